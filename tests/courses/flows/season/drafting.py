"""What the tests of the season share: a term, a course, and drafts made through the flow."""

from datetime import UTC, date, datetime, time

from django.utils import timezone

from accounts.models import Role
from courses.flows.season import drafts
from courses.models import CourseRun
from tests.factories import NOON, make_course, make_room, make_term, make_user

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
AUTUMN = {"starts_on": date(2027, 9, 1), "ends_on": date(2027, 12, 22)}  # a Wednesday and a Wednesday
OPENS, CLOSES = datetime(2027, 8, 23, 7, tzinfo=UTC), datetime(2027, 9, 10, 15, tzinfo=UTC)


def make_instructor(**fields):
    return make_user(roles=[Role.INSTRUCTOR], **fields)


def facts(**given) -> drafts.GroupFacts:
    defaults = {
        "weekday": TUE, "start_time": time(16), "duration_minutes": 90, "room": None, "instructors": (), "capacity": 12,
        "minimum_size": 6, "enrollment_opens_at": OPENS, "enrollment_closes_at": CLOSES,
    }  # fmt: skip
    return drafts.GroupFacts(**defaults | given)


def make_draft(*, term=None, course=None, now=NOON, **given) -> CourseRun:
    """A draft in a room of its own, unless one is named."""
    if "room" not in given:
        given["room"] = make_room()
    return drafts.create(
        term=term or make_term(**AUTUMN), course=course or make_course(lessons_planned=10), facts=facts(**given),
        by=make_user(roles=[Role.COORDINATOR]), now=now,
    )  # fmt: skip


def days_of(run) -> list[str]:
    """Local dates and times of its lessons."""
    starts = run.lessons.order_by("starts_at").values_list("starts_at", flat=True)
    return [timezone.localtime(one).strftime("%d.%m. %H:%M") for one in starts]
