"""What the tests of changed lessons share: a coordinator, and how an order is previewed and carried out."""

from uuid import uuid4

from accounts.models import Role
from accounts.outbox.models import Message
from courses.models import Lesson, TimetableChange
from courses.refusals import TimetableRefused
from enrollment.flows import timetable
from tests.factories import NOON, make_user


def make_coordinator(**fields):
    return make_user(first_name="Ilze", last_name="Ozola", roles=[Role.COORDINATOR], **fields)


def lessons_of(*runs):
    return Lesson.objects.filter(run__in=runs).for_change()


def these(*lessons):
    return Lesson.objects.filter(pk__in=[one.pk for one in lessons]).for_change()


def seen(order, lessons, *, now=NOON) -> timetable.Preview:
    return timetable.preview(order, lessons, now=now)


def carry_out(order, lessons, *, by, now=NOON, key=None, **options) -> TimetableChange:
    """Previewed, and done as it was seen."""
    fingerprint = seen(order, lessons, now=now).plan.fingerprint
    return timetable.change(order, lessons, key=key or uuid4(), fingerprint=fingerprint, by=by, now=now, **options)


def reason_against(order, lessons, **options):
    try:
        carry_out(order, lessons, **options)
    except TimetableRefused as refused:
        return refused.reason
    return None


def letters(kind="lessons_changed"):
    return list(Message.objects.filter(kind=f"enrollment.{kind}").order_by("pk"))


def waiting(kind="lessons_changed"):
    return [one for one in letters(kind) if one.stopped_at is None and one.sent_at is None]
