"""When a run meets: its weekly rule in local time, or the dates it was given.

Lessons are built from local date and time, so that one at 16:00 stays at 16:00 when the clocks change.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import holidays
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from courses.models import CourseRun, Lesson, LessonState, Term
from courses.refusals import TimetableReason, TimetableRefused

LAST_WEEKS_WITHOUT_OFFERS = timedelta(weeks=4)  # before the last lesson of a weekly group
Times = list[tuple[datetime, datetime]]  # (start, end) in UTC, in order

# -- Days and times, pure -------------------------------------------------------------------


@cache
def _holidays_of(year: int, language: str = "lv") -> dict[date, str]:
    return dict(holidays.country_holidays("LV", years=year, language=language))


def holiday_names(first: date, last: date) -> dict[date, str]:
    """{state holiday: its name in the active language} from `first` to `last`."""
    language = "lv" if (get_language() or "lv").startswith("lv") else "en_US"
    named = {
        day: name for year in range(first.year, last.year + 1) for day, name in _holidays_of(year, language).items()
    }
    return {day: named[day] for day in sorted(named) if first <= day <= last}


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


def insist_on_real_times(times: Times, at: time) -> None:
    """Raise TimetableRefused where the clock leaves out that local hour (in March, at night)."""
    for start, _ in times:
        if timezone.localtime(start).time() != at:
            raise TimetableRefused(TimetableReason.NO_SUCH_TIME, day=timezone.localdate(start))


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


def first_day(term: Term) -> date:
    """On which its classes begin."""
    return term.classes_start_on or term.starts_on


def only_grade(course) -> int | None:
    """The grade, when a course is for exactly one: a break of that grade's own is its break, too."""
    return course.grade_min if course.grade_min == course.grade_max else None


def weekly_times(run: CourseRun, *, off: Collection[date] | None = None) -> Times:
    """When a weekly run meets by its rule, from its first day on, as often as its course plans or until the term ends.

    off: the term's days off, where they are known already.
    """
    term, course = run.term, run.course
    if off is None:
        off = days_off(term=term, grade=only_grade(course))
    days = weekly_dates(
        weekday=run.weekday, first=max(run.starts_on, first_day(term)), last=term.ends_on,
        count=course.lessons_planned, off=off,
    )  # fmt: skip
    return lesson_times([(day, run.start_time) for day in days], minutes=run.duration_minutes)


def last_useful_moment(times: Times) -> datetime:
    """After it nobody new joins a weekly group: some weeks before the last lesson, but not before the first."""
    return max(times[-1][0] - LAST_WEEKS_WITHOUT_OFFERS, times[0][0])


@transaction.atomic
def generate_lessons(*, run: CourseRun, now: datetime, state: LessonState = LessonState.SCHEDULED) -> list[Lesson]:
    """Write the lessons of a weekly run and the span of the run. A run that has lessons keeps those.

    Raises TimetableRefused when the term has no day for a single lesson.
    """
    return list(run.lessons.order_by("starts_at")) or write_lessons(
        run=run, times=weekly_times(run), now=now, state=state
    )


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
    *,
    run: CourseRun,
    times: Times,
    now: datetime,
    without_room: Collection[datetime] = (),
    state: LessonState = LessonState.SCHEDULED,
) -> list[Lesson]:
    """Write lessons at those times, in the run's room and with its instructors, and the columns that follow.

    without_room: starts of lessons that have none yet.
    """  # fmt: skip
    columns = span(times) | {"changed_at": now}
    for name, value in columns.items():
        setattr(run, name, value)
    CourseRun.objects.filter(pk=run.pk).update(**columns)
    instructors = list(run.instructors.values_list("pk", flat=True))
    return insert_lessons([(run, times, instructors)], now=now, without_room=without_room, state=state)


def insert_lessons(
    planned: Iterable[tuple[CourseRun, Times, Sequence[int]]],
    *,
    now: datetime,
    state: LessonState,
    without_room: Collection[datetime] = (),
) -> list[Lesson]:
    """The rows of many runs' lessons alone, as few statements as there can be. planned: (run, times, instructors' ids)."""
    planned = list(planned)
    lessons = Lesson.objects.bulk_create(
        Lesson(
            run=run,
            room_id=None if start in without_room else run.room_id,
            starts_at=start,
            ends_at=end,
            state=state,
            changed_at=now,
        )
        for run, times, _ in planned
        for start, end in times
    )
    written = iter(lessons)
    teaching = Lesson.instructors.through
    teaching.objects.bulk_create(
        teaching(lesson_id=lesson.pk, user_id=pk)
        for _, times, instructors in planned
        for lesson in [next(written) for _ in times]
        for pk in instructors
    )
    return lessons
