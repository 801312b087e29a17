"""Signed links in letters: one thing, for one person, until a time (TRUST, 16).

The signature proves whom the letter was for; whether the offer or the booking still stands is read
from the database, so that a link says nothing once it is over.
"""

from django.core import signing
from django.urls import reverse

from accounts.models import Guardianship, User
from enrollment.models import Enrollment, WaitlistOffer

_OFFER, _TICKET = "enrollment.offer", "enrollment.ticket"
TRIAL, STILL_COMING = "trial", "still_coming"  # what is asked; names of the pages as well


def offer_path(offer: WaitlistOffer, user: User | None) -> str:
    """The page on which this guardian (or guest) answers the offer, without a password."""
    token = signing.dumps([offer.pk, user.pk if user else None], salt=_OFFER)
    return reverse("enrollment:offer", args=[token])


def read_offer(token: str) -> tuple[WaitlistOffer, User | None] | None:
    """The offer and the person it was sent to; None when the link is false or the person may no longer act."""
    try:
        offer_id, user_id = signing.loads(token, salt=_OFFER)
    except (signing.BadSignature, ValueError):
        return None
    offers = WaitlistOffer.objects.select_related(
        "enrollment__run__course__program",
        "enrollment__run__room__venue",
        "enrollment__learner",
        "enrollment__submission",
        "enrollment__replaces__run",
    )
    offer = offers.filter(pk=offer_id).first()
    if offer is None:
        return None
    if user_id is None:
        return (offer, None) if offer.enrollment.learner_id is None else None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return (offer, user) if user and _acts_for(user, offer.enrollment) else None


def question_path(question: str, enrollment: Enrollment, user: User | None) -> str:
    """The page on which this guardian (or guest) answers a question about a place, without a password."""
    token = signing.dumps([enrollment.pk, user.pk if user else None], salt=f"enrollment.{question}")
    return reverse(f"enrollment:{question}", args=[token])


def read_question(question: str, token: str) -> tuple[Enrollment, User | None] | None:
    """The place and the person who was asked; None when the link is false or the person may no longer act."""
    try:
        enrollment_id, user_id = signing.loads(token, salt=f"enrollment.{question}")
    except (signing.BadSignature, ValueError):
        return None
    enrollment = Enrollment.objects.for_display().select_related("trial_lesson").filter(pk=enrollment_id).first()
    if enrollment is None:
        return None
    if user_id is None:
        return (enrollment, None) if enrollment.learner_id is None else None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return (enrollment, user) if user and _acts_for(user, enrollment) else None


def _acts_for(user, enrollment):
    learner = enrollment.learner
    if learner is None:
        return enrollment.submission.submitted_by_id == user.pk
    return learner.user_id == user.pk or Guardianship.objects.live().filter(guardian=user, learner=learner).exists()


def ticket_path(enrollment: Enrollment) -> str:
    """The page of a booking by head count: its QR code, change and giving back."""
    return reverse("enrollment:ticket", args=[signing.dumps(enrollment.pk, salt=_TICKET)])


def ticket_calendar_path(enrollment: Enrollment) -> str:
    """The same booking for a calendar program, with the ticket's own secret."""
    return reverse("enrollment:ticket_calendar", args=[signing.dumps(enrollment.pk, salt=_TICKET)])


def read_ticket(token: str) -> Enrollment | None:
    try:
        enrollment_id = signing.loads(token, salt=_TICKET)
    except (signing.BadSignature, ValueError):
        return None
    return Enrollment.objects.for_display().filter(pk=enrollment_id, learner=None).first()
