"""The dates of a draft: those of its weekly rule, and the odd ones that were added, dropped or moved one by one.

An odd date is not marked anywhere: it is one that the rule does not give (docs/decisions/0009-timetable.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction

from accounts.models import User
from courses.flows import timetable
from courses.flows.changes.planning import local_moment
from courses.flows.season.locking import lock_draft
from courses.models import CourseRun, Lesson, LessonState, Term
from courses.refusals import TimetableReason, TimetableRefused

Names = Mapping[date, str]  # {day off: why}


class DaysOff:
    """The days without lessons of one term, with their names; read once for all its groups."""

    def __init__(self, term: Term):
        self.term, self._by_grade = term, {}
        self._holidays = timetable.holiday_names(term.starts_on, term.ends_on)
        self._breaks = sorted(term.breaks.all(), key=lambda one: one.starts_on)

    def of(self, course) -> Names:
        grade = timetable.only_grade(course)
        if grade not in self._by_grade:
            named = {}
            for one in self._breaks:
                if one.grade in (None, grade):
                    named |= dict.fromkeys(timetable.days_between(one.starts_on, one.ends_on), one.name)
            self._by_grade[grade] = named | self._holidays
        return self._by_grade[grade]


def rule_times(run: CourseRun, off: DaysOff) -> timetable.Times:
    """When a draft would meet by its rule alone.

    Raises TimetableRefused: NO_WEEKDAY, FIRST_DAY outside the term, NO_LESSONS, NO_SUCH_TIME (with its day).
    """
    if run.weekday is None or run.start_time is None:
        raise TimetableRefused(TimetableReason.NO_WEEKDAY)
    if not off.term.starts_on <= run.starts_on <= off.term.ends_on:
        raise TimetableRefused(TimetableReason.FIRST_DAY)
    times = timetable.weekly_times(run, off=off.of(run.course))
    if not times:
        raise TimetableRefused(TimetableReason.NO_LESSONS)
    timetable.insist_on_real_times(times, run.start_time)
    return times


def skipped(run: CourseRun, off: DaysOff, *, last: date) -> list[tuple[date, str]]:
    """(day, why) of the group's weekday on which it would have met, up to `last`."""
    names = off.of(run.course)
    opening = timetable.first_day(off.term)
    first = opening if begins_with_term(run, off) else max(run.starts_on, opening)
    days = timetable.weekly_dates(weekday=run.weekday, first=first, last=last, count=10_000)
    return [(day, names[day]) for day in days if day in names]


def begins_with_term(run: CourseRun, off: DaysOff) -> bool:
    """Whether its first day is simply the first one that the term has for it."""
    first = timetable.weekly_dates(
        weekday=run.weekday, first=timetable.first_day(off.term), last=off.term.ends_on, count=1, off=off.of(run.course)
    )
    return run.starts_on <= (first[0] if first else off.term.ends_on)


# -- Odd dates ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OddDates:
    """What a draft's lessons have beside its rule."""

    added: list[Lesson] = field(default_factory=list)
    missing: list[datetime] = field(default_factory=list)  # starts
    different: list[Lesson] = field(default_factory=list)  # in another room, or taught by others

    def __bool__(self):
        return bool(self.added or self.missing or self.different)


def odd_dates(
    run: CourseRun, lessons: Iterable[Lesson], off: DaysOff, *, instructors: Mapping[int, tuple[int, ...]] | None = None
) -> OddDates:
    """lessons: of the run. instructors: {lesson id: ids, in order}; None when those of the lessons were prefetched."""
    try:
        wanted = set(rule_times(run, off))
    except TimetableRefused:
        wanted = set()
    usual = tuple(sorted(one.pk for one in run.instructors.all()))
    added, different, there = [], [], set()
    for lesson in lessons:
        when = (lesson.starts_at, lesson.ends_at)
        there.add(when)
        teachers = (
            tuple(sorted(one.pk for one in lesson.instructors.all()))
            if instructors is None
            else instructors.get(lesson.pk, ())
        )
        if when not in wanted:
            added.append(lesson)
        elif (lesson.room_id, teachers) != (run.room_id, usual):
            different.append(lesson)
    return OddDates(added, sorted(start for start, end in wanted - there), different)


@transaction.atomic
def add_date(*, run: CourseRun, day: date, at: time, seen: str | None = None, by: User, now: datetime) -> Lesson:
    """One more lesson of a draft, at that local time. Locks the run.

    Raises TimetableRefused: NO_DRAFT, STALE, OUTSIDE_TERM, NO_SUCH_TIME, SAME_TIME_TWICE.
    """
    run = lock_draft(run.pk, seen)
    starts_at, ends_at = _free_moment(run, day, at)
    lesson = Lesson.objects.create(
        run=run, room_id=run.room_id, starts_at=starts_at, ends_at=ends_at, state=LessonState.PLANNED, changed_at=now
    )
    lesson.instructors.set(run.instructors.all())
    note_span(run, now=now)
    return lesson


@transaction.atomic
def drop_date(*, run: CourseRun, lesson_id: int, seen: str | None = None, by: User, now: datetime) -> None:
    """One lesson less. Locks the run. Gone already: nothing happens. Raises TimetableRefused: NO_DRAFT, STALE, LAST_DATE."""
    run = lock_draft(run.pk, seen)
    if run.lessons.filter(pk=lesson_id).exists() and run.lessons.count() == 1:
        raise TimetableRefused(TimetableReason.LAST_DATE)
    run.lessons.filter(pk=lesson_id).delete()
    note_span(run, now=now)


@transaction.atomic
def move_date(
    *, run: CourseRun, lesson_id: int, day: date, at: time, seen: str | None = None, by: User, now: datetime
) -> None:
    """One lesson to another day or time; its length stays. Locks the run. Raises TimetableRefused as add_date, and STALE
    when the lesson is gone."""
    run = lock_draft(run.pk, seen)
    lesson = run.lessons.filter(pk=lesson_id).first()
    if lesson is None:
        raise TimetableRefused(TimetableReason.STALE)
    length = lesson.ends_at - lesson.starts_at
    lesson.starts_at, lesson.ends_at = _free_moment(run, day, at, length, leave_out=lesson.pk)
    lesson.changed_at = now
    lesson.save(update_fields=["starts_at", "ends_at", "changed_at"])
    note_span(run, now=now)


def _free_moment(run, day, at, length=None, leave_out=None):
    term = run.term
    if not term.starts_on <= day <= term.ends_on:
        raise TimetableRefused(TimetableReason.OUTSIDE_TERM, day=day)
    starts_at = local_moment(day, at)
    ends_at = starts_at + (length or timedelta(minutes=run.duration_minutes))
    if run.lessons.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).exclude(pk=leave_out).exists():
        raise TimetableRefused(TimetableReason.SAME_TIME_TWICE, day=day)
    return starts_at, ends_at


def note_span(run: CourseRun, *, now: datetime) -> None:
    """The span of a draft's lessons and the last useful moment, written anew. The rule's first day stays."""
    times = list(run.lessons.order_by("starts_at").values_list("starts_at", "ends_at"))
    run.starts_at, run.ends_at = times[0][0], max(end for _, end in times)
    run.offers_end_at, run.changed_at = timetable.last_useful_moment(times), now
    run.save(update_fields=["starts_at", "ends_at", "offers_end_at", "changed_at"])
