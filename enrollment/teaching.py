"""An instructor's week: the lesson that is on or comes next, today, the days after, the own groups."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from courses.models import CourseRun, Lesson
from enrollment.rosters import runs_taught

DAYS = 7  # how far the week reaches, today included


@dataclass(frozen=True)
class Day:
    date: date
    lessons: list[Lesson]


@dataclass(frozen=True)
class TeachingWeek:
    current: Lesson | None  # on now, or the next one that takes place
    is_on: bool
    today: list[Lesson]
    days: list[Day]  # after today
    groups: list[CourseRun]  # whose people may be seen now

    def may_open(self) -> set[int]:
        return {run.pk for run in self.groups}


def week_of(*, user: User, now: datetime) -> TeachingWeek:
    """The instructor's lessons of seven days, in two queries."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = start + timedelta(days=DAYS)  # wall-clock arithmetic: a local midnight
    taught = Q(instructors=user) | Q(run__instructors=user, instructors=None)
    lessons = list(
        Lesson.objects.published()
        .filter(taught, starts_at__gte=start, starts_at__lt=end)
        .select_related("run__course", "room__venue")
        .order_by("starts_at", "pk")
        .distinct()
    )
    to_come = [one for one in lessons if one.ends_at > now and not one.is_cancelled]
    current = to_come[0] if to_come else None
    days = [
        Day(day, list(found)) for day, found in groupby(lessons, lambda one: timezone.localtime(one.starts_at).date())
    ]
    return TeachingWeek(
        current=current,
        is_on=current is not None and current.starts_at <= now,
        today=next((day.lessons for day in days if day.date == start.date()), []),
        days=[day for day in days if day.date != start.date()],
        groups=list(runs_taught(user=user, now=now)),
    )
