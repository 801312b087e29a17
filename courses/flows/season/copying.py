"""A term copied into another: each group again, on the same weekday at the same time, as a draft.

Copying again adds only what is missing: a group is copied once into a term, by constraint.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import staff_log
from accounts.models import User
from courses.flows import codes, timetable
from courses.flows.season.dates import DaysOff, begins_with_term, rule_times
from courses.flows.season.drafts import GroupFacts, insert, set_facts, set_times, teaching_ids
from courses.models import CourseRun, CourseStatus, RunKind, RunState, Term
from courses.refusals import TimetableReason, TimetableRefused


@dataclass(frozen=True)
class Line:
    """A group of the term that is copied."""

    run: CourseRun
    copy: CourseRun | None  # in the other term, when it is there already

    @property
    def is_wanted(self) -> bool:
        """What is ticked at first: not what is there already, was cancelled, or is not offered any more."""
        return (
            self.copy is None
            and self.run.state == RunState.PUBLISHED
            and self.run.course.status != CourseStatus.HISTORIC
        )


@dataclass
class Copied:
    made: list[CourseRun] = field(default_factory=list)
    known: int = 0  # were there already
    to_come: int = 0  # left for the next call by `at_most`
    impossible: list[tuple[CourseRun, TimetableRefused]] = field(default_factory=list)


def groups_of(term: Term):
    """What can be copied of it: weekly groups that families have seen."""
    runs = CourseRun.objects.filter(term=term, kind=RunKind.GROUP, weekday__isnull=False, start_time__isnull=False)
    runs = runs.exclude(state=RunState.DRAFT).select_related("course", "room__venue").prefetch_related("instructors")
    return runs.order_by("course__title_lv", "weekday", "start_time", "pk")


def lines(source: Term, target: Term) -> list[Line]:
    """In four queries."""
    copies = {run.copied_from_id: run for run in CourseRun.objects.filter(term=target, copied_from__term=source)}
    return [Line(run, copies.get(run.pk)) for run in groups_of(source)]


@transaction.atomic
def copy(
    *, source: Term, target: Term, run_ids: Iterable[int], at_most: int | None = None, by: User, now: datetime
) -> Copied:
    """Make drafts of these groups in the other term, all in one: the same weekday, time, room and numbers, and of the
    instructors those who still teach. Groups for which the term has no day are named and left out. With `at_most` only so
    many in this call: copying again goes on with those that are missing.

    Locks the terms, for codes and so that two who copy at once add each group once. A constant number of statements.
    Raises TimetableRefused: SAME_TERM.
    """
    if source.pk == target.pk:
        raise TimetableRefused(TimetableReason.SAME_TERM)
    codes.take_turns()
    result, planned, numbers = Copied(), [], codes.Codes()
    off_before, off, teaching = DaysOff(source), DaysOff(target), teaching_ids()
    there = set(CourseRun.objects.filter(term=target).values_list("copied_from", flat=True))
    for run in groups_of(source).filter(pk__in=list(run_ids)):
        if run.pk in there:
            result.known += 1
            continue
        if len(planned) == at_most:
            result.to_come += 1
            continue
        try:
            made, times, people = _draft(run, source, target, off_before, off, teaching, now)
        except TimetableRefused as refused:
            result.impossible.append((run, refused))
            continue
        made.code = numbers.next(run.code[0] if run.code[1:2] == "-" else codes.letter_of(run.course))
        made.slug = codes.address_of(made.code, target)
        planned.append((made, times, people))
    result.made = insert(planned, now=now)
    if result.made:
        made_codes = ", ".join(run.code for run in result.made)
        staff_log.write(by=by, about=target, what=f"copied from term #{source.pk}: {made_codes}"[:2000], now=now)
    return result


def _draft(run, source, target, off_before, off, teaching, now):
    shift = _whole_weeks(source, target)
    facts = _moved(GroupFacts.of(run, off_before), source, target, shift, begins_with_term(run, off_before), teaching)
    made = CourseRun(course=run.course, kind=RunKind.GROUP, state=RunState.DRAFT, copied_from=run)
    set_facts(made, facts, target)
    times = rule_times(made, off)
    first = timezone.localdate(times[0][0])
    if made.decision_on and made.decision_on > first:
        made.decision_on = first
    set_times(made, times, now)
    return made, times, facts.instructors


def _whole_weeks(source, target) -> timedelta:
    """From the first day of classes of one to that of the other, so that weekdays stay."""
    days = (timetable.first_day(target) - timetable.first_day(source)).days
    return timedelta(weeks=round(days / 7))


def _moved(facts, source, target, shift, begins_with_term, teaching) -> GroupFacts:
    opens = later(facts.enrollment_opens_at, shift)
    if target.enrollment_opens_at and facts.enrollment_opens_at == source.enrollment_opens_at:
        opens = target.enrollment_opens_at
    closes = later(facts.enrollment_closes_at, shift)
    if closes <= opens:
        closes = opens + (facts.enrollment_closes_at - facts.enrollment_opens_at)
    starts_on = None
    if not begins_with_term:
        monday = facts.starts_on - timedelta(days=facts.starts_on.weekday())
        starts_on = max(monday + shift, timetable.first_day(target))
    return GroupFacts(
        weekday=facts.weekday, start_time=facts.start_time, duration_minutes=facts.duration_minutes, room=facts.room,
        instructors=tuple(pk for pk in facts.instructors if pk in teaching), capacity=facts.capacity,
        minimum_size=facts.minimum_size, enrollment_opens_at=opens, enrollment_closes_at=closes, starts_on=starts_on,
        decision_on=facts.decision_on and facts.decision_on + shift,
    )  # fmt: skip


def later(moment: datetime, shift: timedelta) -> datetime:
    """At the same local time so many days later."""
    local = timezone.localtime(moment).replace(tzinfo=None) + shift
    return local.replace(tzinfo=timezone.get_default_timezone()).astimezone(UTC)
