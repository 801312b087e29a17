"""What the API shows of families: their own things, in a constant number of queries."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch

from accounts.models import Learner, User
from enrollment.family.lobby import Card, cards, lobby
from enrollment.flows import waitlist
from enrollment.models import Application, Enrollment, EnrollmentState, OfferState, Submission, WaitlistOffer


def enrollments():
    """Enrollments with all that their serializer reads but the number in the queue."""
    open_offers = WaitlistOffer.objects.filter(state=OfferState.OPEN)
    return (
        Enrollment.objects.select_related("run__course__program", "run__course__fee_policy", "run__room__venue", "submission")
        .prefetch_related(Prefetch("offers", open_offers, to_attr="open_offers"))
        .order_by("run__starts_at", "pk")
    )  # fmt: skip


def completed(found: list[Enrollment]) -> list[Enrollment]:
    """The same enrollments, each with `queue_number`, `open_offer` and `asked_until`."""
    numbers = waitlist.positions(found)
    for one in found:
        one.queue_number = numbers.get(one.pk)
        one.open_offer = one.open_offers[0] if one.open_offers else None
        is_asked = one.state == EnrollmentState.CONFIRMED and one.reconfirmed_at is None
        one.asked_until = one.reconfirm_by if is_asked else None
    return found


def family(user: User, *, now: datetime) -> dict:
    """{"learners": [Learner with shown_enrollments and is_myself], "bookings": [Enrollment]}."""
    learners = list(Learner.objects.visible_to(user).in_name_order())
    mine = enrollments().filter(ended_at=None, run__ends_at__gt=now).visible_to(user)
    found = completed(list(mine))
    for learner in learners:
        learner.is_myself = learner.user_id == user.pk
        learner.shown_enrollments = [one for one in found if one.learner_id == learner.pk]
    return {"learners": learners, "bookings": [one for one in found if one.learner_id is None]}


def submission(sent: Submission) -> Submission:
    """The submission with `shown_enrollments`, as they stand now."""
    sent.shown_enrollments = completed(list(enrollments().filter(submission=sent).order_by("pk")))
    return sent


def applications(user: User, keys: Iterable[UUID] | None = None, *, now: datetime) -> list[Card]:
    """Applications as the family sees them, each with `learner_ids`, `draw_slug` and `shown_enrollments`.

    Those of these keys in their order; without keys what is not decided yet, and what was decided lately.
    """
    if keys is None:
        found = lobby(user=user, now=now).cards
    else:
        by_key = {card.key: card for card in cards(Application.objects.filter(key__in=keys), user=user, now=now)}
        found = [by_key[key] for key in keys]
    submissions = [card.application.submission_id for card in found if card.application.submission_id]
    led_to = completed(list(enrollments().filter(submission__in=submissions).visible_to(user))) if submissions else []
    for card in found:
        card.learner_ids = [member.pk for member in card.members]
        card.draw_slug = card.draw.slug if card.draw else None
        card.shown_enrollments = [one for one in led_to if one.submission_id == card.application.submission_id]
    return found


def enrollment(pk: int) -> Enrollment:
    return completed(list(enrollments().filter(pk=pk)))[0]
