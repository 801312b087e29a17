"""Reads for public calendars: which lessons one holds, and a cheap sign of whether anything in it has changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from courses.calendars import MAX_EVENTS, Window
from courses.feeds import FORMAT
from courses.models import CourseRun, Lesson, LessonState, Room, RunState

# A change is written with the time at which its request began, and seen by others when it commits: up to the limits
# of a statement and of a lock later, perhaps after a younger one. Only when the newest is older than this is it sure
# that none is on its way.
SETTLED_AFTER = timedelta(seconds=60)


# Lessons share their run and room: read once each instead of joined to every lesson, which takes twice as long.
_RUNS = Prefetch("run", CourseRun.objects.select_related("course__program"))
_ROOMS = Prefetch("room", Room.objects.select_related("venue"))


@dataclass(frozen=True)
class Sign:
    """How many runs a calendar has, and its fingerprint; "" while changes may still be on their way."""

    runs: int
    fingerprint: str


def sign_of(runs: QuerySet[CourseRun], *, window: Window, now: datetime) -> Sign:
    """In one query."""
    found = runs.filter(ends_at__gte=window.starts_at).aggregate(count=Count("pk"), newest=Max("changed_at"))
    count, newest = found["count"], found["newest"]
    if newest is not None and newest > now - SETTLED_AFTER:
        return Sign(count, "")
    return Sign(count, f"{FORMAT} {window.key} {count} {newest and newest.isoformat()}")


def lessons_in(lessons: QuerySet[Lesson], *, window: Window) -> list[Lesson]:
    """The lessons of the window in the order of time, with all that an event shows; three queries, seldom six.

    When there are more than a calendar may hold, those before this week go first, then the farthest.
    """
    cancelled = Q(state=LessonState.CANCELLED) | Q(run__state=RunState.CANCELLED)
    shown = (
        lessons.filter(starts_at__gte=window.starts_at)
        .exclude(cancelled, starts_at__lt=window.cancelled_from)
        .exclude(state=LessonState.PLANNED)
        .prefetch_related(_RUNS, _ROOMS)
        .order_by("starts_at", "pk")
    )
    found = list(shown[: MAX_EVENTS + 1])
    if len(found) > MAX_EVENTS:
        found = list(shown.filter(starts_at__gte=window.this_week)[:MAX_EVENTS])
    return found
