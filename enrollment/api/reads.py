"""What the API shows of families: their own things, in a constant number of queries."""

from datetime import datetime

from django.db.models import Prefetch

from accounts.models import Learner, User
from enrollment.flows import waitlist
from enrollment.models import Enrollment, EnrollmentState, OfferState, Submission, WaitlistOffer


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


def enrollment(pk: int) -> Enrollment:
    return completed(list(enrollments().filter(pk=pk)))[0]
