"""When a run meets: its weekly rule in local time, or the dates it was given.

Lessons are built from local date and time, so that one at 16:00 stays at 16:00 when the clocks change.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import holidays
from django.db import transaction
from django.utils import timezone

from courses.models import CourseRun, Lesson, Term
from courses.refusals import TimetableReason, TimetableRefused

# -- Days and times, pure -------------------------------------------------------------------


@cache
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("LV", years=year))


def state_holidays(first: date, last: date) -> set[date]:
    """Latvia's state holidays from `first` to `last`, with the days off moved by the government as far as published."""
    return {day for year in range(first.year, last.year + 1) for day in _holidays_of(year) if first <= day <= last}


def days_between(first: date, last: date) -> list[date]:
    """Every day, both ends included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def weekly_dates(*, weekday: int, first: date, last: date, count: int, off: Collection[date] = ()) -> list[date]:
    """The first `count` dates on that weekday (0 is Monday) from `first` to `last`, without the days off."""
    start = first + timedelta(days=(weekday - first.weekday()) % 7)
    weeks = range((last - start).days // 7 + 1)  # empty when `start` is past `last`
    return [day for week in weeks if (day := start + timedelta(weeks=week)) not in off][:count]


def lesson_times(days: Iterable[tuple[date, time]], *, minutes: int) -> list[tuple[datetime, datetime]]:
    """(start, end) in UTC of lessons that begin at those local dates and times and last that many minutes."""
    zone = timezone.get_default_timezone()
    starts = [datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for day, at in days]
    return [(start, start + timedelta(minutes=minutes)) for start in starts]


def days_off(*, term: Term, grade: int | None = None) -> set[date]:
    """Days of the term without lessons: state holidays and breaks.

    grade: of a group of exactly one grade; a break of one grade's own is left out for everybody else.
    """
    off = state_holidays(term.starts_on, term.ends_on)
    for one in term.breaks.all():
        if one.grade in (None, grade):
            off.update(days_between(one.starts_on, one.ends_on))
    return off


# -- Lessons of a run -----------------------------------------------------------------------


def weekly_times(run: CourseRun) -> list[tuple[datetime, datetime]]:
    """When a weekly run meets by its rule, from its first day on, as often as its course plans or until the term ends."""
    term, course = run.term, run.course
    grade = course.grade_min if course.grade_min == course.grade_max else None
    days = weekly_dates(
        weekday=run.weekday, first=max(run.starts_on, term.classes_start_on or term.starts_on), last=term.ends_on,
        count=course.lessons_planned, off=days_off(term=term, grade=grade),
    )  # fmt: skip
    return lesson_times([(day, run.start_time) for day in days], minutes=run.duration_minutes)


@transaction.atomic
def generate_lessons(*, run: CourseRun, now: datetime) -> list[Lesson]:
    """Write the lessons of a weekly run and the span of the run. A run that has lessons keeps those.

    Raises TimetableRefused when the term has no day for a single lesson.
    """
    return list(run.lessons.order_by("starts_at")) or write_lessons(run=run, times=weekly_times(run), now=now)


@transaction.atomic
def dated_lessons(*, run: CourseRun, days: Iterable[tuple[date, time]], now: datetime) -> list[Lesson]:
    """The same for a run whose meetings are given as local dates and times: a camp, a course, a slot."""
    times = lesson_times(sorted(days), minutes=run.duration_minutes)
    return list(run.lessons.order_by("starts_at")) or write_lessons(run=run, times=times, now=now)


def span(times: list[tuple[datetime, datetime]]) -> dict:
    """The columns of a run that its lessons decide."""
    if not times:
        raise TimetableRefused(TimetableReason.NO_LESSONS)
    return {
        "starts_on": timezone.localdate(times[0][0]),
        "starts_at": times[0][0],
        "ends_at": max(end for _, end in times),
    }


def write_lessons(
    *, run: CourseRun, times: list[tuple[datetime, datetime]], now: datetime, without_room: Collection[datetime] = ()
) -> list[Lesson]:
    """Write lessons at those times, in the run's room and with its instructors, and the columns that follow.

    without_room: starts of lessons that have none yet.
    """
    columns = span(times) | {"changed_at": now}
    for name, value in columns.items():
        setattr(run, name, value)
    CourseRun.objects.filter(pk=run.pk).update(**columns)
    lessons = Lesson.objects.bulk_create(
        Lesson(
            run=run,
            room_id=None if start in without_room else run.room_id,
            starts_at=start,
            ends_at=end,
            changed_at=now,
        )
        for start, end in times
    )
    teaching = Lesson.instructors.through
    instructors = list(run.instructors.values_list("pk", flat=True))
    teaching.objects.bulk_create(teaching(lesson_id=lesson.pk, user_id=pk) for pk in instructors for lesson in lessons)
    return lessons
