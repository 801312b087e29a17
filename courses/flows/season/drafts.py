"""Draft groups of a term: made, changed, moved together, and removed. Their lessons are planned: they take nobody's room."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from django.db import transaction

from accounts import staff_log
from accounts.models import Role, RoleGrant, User
from courses.flows import codes, seats, timetable
from courses.flows.season.dates import DaysOff, OddDates, begins_with_term, odd_dates, rule_times
from courses.flows.season.locking import lock_draft
from courses.models import Course, CourseRun, Lesson, LessonChange, LessonState, Room, RunKind, RunState, Term
from courses.refusals import TimetableReason, TimetableRefused


@dataclass(frozen=True, kw_only=True)
class GroupFacts:
    """What a coordinator says about a group. Everything else follows from it."""

    weekday: int  # 0 is Monday
    start_time: time  # local
    duration_minutes: int
    room: Room | None
    instructors: tuple[int, ...]  # ids
    capacity: int
    minimum_size: int
    enrollment_opens_at: datetime
    enrollment_closes_at: datetime
    decision_on: date | None = None
    starts_on: date | None = None  # not before it; None: when the term's classes begin

    @classmethod
    def of(cls, run: CourseRun, off: DaysOff) -> "GroupFacts":
        """As they are; costs a query unless the instructors were prefetched."""
        return cls(
            weekday=run.weekday, start_time=run.start_time, duration_minutes=run.duration_minutes, room=run.room,
            instructors=tuple(sorted(one.pk for one in run.instructors.all())), capacity=run.capacity,
            minimum_size=run.minimum_size, enrollment_opens_at=run.enrollment_opens_at,
            enrollment_closes_at=run.enrollment_closes_at, decision_on=run.decision_on,
            starts_on=None if begins_with_term(run, off) else run.starts_on,
        )  # fmt: skip


class OddDatesRefused(TimetableRefused):
    """The rule changes, and these dates would be lost."""

    def __init__(self, odd: OddDates):
        super().__init__(TimetableReason.ODD_DATES)
        self.odd = odd


def teaching_ids() -> set[int]:
    """Who may teach: an active login with the live role."""
    grants = RoleGrant.objects.live().filter(role=Role.INSTRUCTOR, user__is_active=True)
    return set(grants.values_list("user", flat=True))


def set_facts(run: CourseRun, facts: GroupFacts, term: Term) -> None:
    """On the unsaved or locked run. Raises TimetableRefused: ENROLLMENT_ENDS_FIRST."""
    if facts.enrollment_closes_at <= facts.enrollment_opens_at:
        raise TimetableRefused(TimetableReason.ENROLLMENT_ENDS_FIRST)
    run.term = term
    for name in (
        "weekday", "start_time", "duration_minutes", "room", "capacity", "minimum_size", "enrollment_opens_at",
        "enrollment_closes_at", "decision_on",
    ):  # fmt: skip
        setattr(run, name, getattr(facts, name))
    run.starts_on = facts.starts_on or timetable.first_day(term)


def set_times(run: CourseRun, times: timetable.Times, now: datetime) -> None:
    """The columns that follow from the lessons. Raises TimetableRefused: DECISION_LATE."""
    for name, value in timetable.span(times).items():
        setattr(run, name, value)
    if run.decision_on and run.decision_on > run.starts_on:
        raise TimetableRefused(TimetableReason.DECISION_LATE)
    run.offers_end_at, run.changed_at = timetable.last_useful_moment(times), now


def preview(course: Course, facts: GroupFacts, term: Term, off: DaysOff) -> tuple[CourseRun, timetable.Times]:
    """The group that would be made, unsaved, and when it would meet. Raises TimetableRefused as create does."""
    run = CourseRun(course=course, kind=RunKind.GROUP, state=RunState.DRAFT)
    set_facts(run, facts, term)
    times = rule_times(run, off)
    return run, times


@transaction.atomic
def create(*, term: Term, course: Course, facts: GroupFacts, by: User, now: datetime) -> CourseRun:
    """A draft with the lessons of its rule. Takes its turn for a code.

    Raises TimetableRefused: NO_INSTRUCTOR, FIRST_DAY, NO_LESSONS, NO_SUCH_TIME, ENROLLMENT_ENDS_FIRST, DECISION_LATE.
    """
    codes.take_turns()
    _insist_on_teaching(facts.instructors)
    run, times = preview(course, facts, term, DaysOff(term))
    set_times(run, times, now)
    run.code = codes.Codes().next(codes.letter_of(course))
    run.slug = codes.address_of(run.code, term)
    (run,) = insert([(run, times, facts.instructors)], now=now)
    return run


def insert(planned: list[tuple[CourseRun, timetable.Times, tuple[int, ...]]], *, now: datetime) -> list[CourseRun]:
    """Write new drafts whose columns are set, with instructors and lessons; a constant number of statements."""
    runs = CourseRun.objects.bulk_create(run for run, _, _ in planned)
    teaching = CourseRun.instructors.through
    teaching.objects.bulk_create(
        teaching(courserun_id=run.pk, user_id=pk)
        for run, (_, _, people) in zip(runs, planned, strict=True)
        for pk in people
    )
    timetable.insert_lessons(
        [(run, times, people) for run, (_, times, people) in zip(runs, planned, strict=True)],
        now=now, state=LessonState.PLANNED,
    )  # fmt: skip
    return runs


def _insist_on_teaching(people: Iterable[int]) -> None:
    if set(people) - teaching_ids():
        raise TimetableRefused(TimetableReason.NO_INSTRUCTOR)


# -- Changing ----------------------------------------------------------------------------------------


@transaction.atomic
def change(
    *, run: CourseRun, facts: GroupFacts, seen: str | None, lose_odd_dates: bool = False, by: User, now: datetime
) -> CourseRun:
    """Give a draft other facts. Another rule writes its lessons anew; another room or instructor is theirs, too, where
    a lesson has none of its own. Locks the run.

    Raises TimetableRefused as create does, and NO_DRAFT, STALE; OddDatesRefused when dates would be lost and
    `lose_odd_dates` does not say that they may be.
    """
    run = lock_draft(run.pk, seen)
    was = {one.pk for one in run.instructors.all()}
    _insist_on_teaching(set(facts.instructors) - was)
    off = DaysOff(run.term)
    lessons = list(run.lessons.prefetch_related("instructors").order_by("starts_at"))
    odd = odd_dates(run, lessons, off)
    before = (run.weekday, run.start_time, run.duration_minutes, GroupFacts.of(run, off).starts_on)
    if before == (facts.weekday, facts.start_time, facts.duration_minutes, facts.starts_on) and lessons:
        first_day_was, usual_room = run.starts_on, run.room_id
        set_facts(run, facts, run.term)
        set_times(run, [(one.starts_at, one.ends_at) for one in lessons], now)
        run.starts_on = first_day_was
        run.save()
        _pass_on(run, lessons, facts, usual_room, was, now)
        return run
    if odd and not lose_odd_dates:
        raise OddDatesRefused(odd)
    set_facts(run, facts, run.term)
    _rewrite(run, facts.instructors, off, now)
    return run


def _pass_on(run, lessons, facts, usual_room, was, now):
    """The group's new room and instructors, to the lessons that had its old ones."""
    moving = [one.pk for one in lessons if one.room_id == usual_room and one.room_id != run.room_id]
    run.lessons.filter(pk__in=moving).update(room=run.room, changed_at=now)
    if was == set(facts.instructors):
        return
    teaching = Lesson.instructors.through
    usual = [one.pk for one in lessons if {person.pk for person in one.instructors.all()} == was]
    teaching.objects.filter(lesson__in=usual).delete()
    teaching.objects.bulk_create(teaching(lesson_id=pk, user_id=person) for pk in usual for person in facts.instructors)
    run.lessons.filter(pk__in=usual).update(changed_at=now)
    run.instructors.set(facts.instructors)


def _rewrite(run, instructors, off, now):
    """The lessons of the rule instead of those there are. Raises TimetableRefused."""
    times = rule_times(run, off)
    set_times(run, times, now)
    run.save()
    run.instructors.set(instructors)
    run.lessons.all().delete()
    timetable.insert_lessons([(run, times, instructors)], now=now, state=LessonState.PLANNED)


@dataclass
class Followed:
    """What became of drafts when their term, a break or their rule changed for all of them."""

    done: list[CourseRun]
    odd: list[CourseRun]  # left as they are: dates were changed one by one
    impossible: list[tuple[CourseRun, TimetableRefused]]  # left as they are


@dataclass
class Drafts:
    """Those of a term as they were before its days change."""

    even: list[CourseRun] = field(default_factory=list)  # have the dates of their rule and no others
    odd: list[CourseRun] = field(default_factory=list)
    with_term: set[int] = field(default_factory=set)  # ids of even ones that begin when the term does


def drafts_of(term: Term) -> Drafts:
    """Locks them."""
    drafts = CourseRun.objects.filter(term=term, state=RunState.DRAFT, kind=RunKind.GROUP).order_by("pk")
    locked = seats.lock(*drafts.values_list("pk", flat=True))
    runs = list(drafts.filter(pk__in=locked).select_related("course", "room").prefetch_related("instructors"))
    lessons = defaultdict(list)
    for lesson in Lesson.objects.filter(run__in=runs).prefetch_related("instructors").order_by("starts_at"):
        lessons[lesson.run_id].append(lesson)
    off, found = DaysOff(term), Drafts()
    for run in runs:
        run.term = term
        (found.odd if odd_dates(run, lessons[run.pk], off) else found.even).append(run)
        if begins_with_term(run, off):
            found.with_term.add(run.pk)
    return found


def follow_term(term: Term, before: Drafts, *, now: datetime) -> Followed:
    """After the term's days have changed: give its drafts, as drafts_of found them before, the dates of their rule anew."""
    off, followed, new = DaysOff(term), Followed([], before.odd, []), {}
    for run in before.even:
        run.term = term
        if run.pk in before.with_term:
            run.starts_on = timetable.first_day(term)
        try:
            new[run] = rule_times(run, off)
            set_times(run, new[run], now)
        except TimetableRefused as refused:
            new.pop(run, None)
            followed.impossible.append((run, refused))
    there = defaultdict(list)
    known = Lesson.objects.filter(run__in=new).order_by("starts_at")
    for pk, starts_at, ends_at in known.values_list("run", "starts_at", "ends_at"):
        there[pk].append((starts_at, ends_at))
    followed.done = [run for run, times in new.items() if there[run.pk] != times]
    Lesson.objects.filter(run__in=followed.done).delete()
    people = {run: [one.pk for one in run.instructors.all()] for run in followed.done}
    timetable.insert_lessons(
        [(run, new[run], people[run]) for run in followed.done], now=now, state=LessonState.PLANNED
    )
    columns = ["starts_on", "starts_at", "ends_at", "offers_end_at", "changed_at"]
    CourseRun.objects.bulk_update(followed.done, columns, batch_size=200)
    return followed


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What happens to many drafts at once; None leaves it as it is."""

    minutes_later: int = 0
    weekday: int | None = None
    room: Room | None = None
    instructor: int | None = None


@transaction.atomic
def shift(*, term: Term, run_ids: Iterable[int], by_how_much: Shift, by: User, now: datetime) -> Followed:
    """Move many drafts of a term alike, those that can be; drafts with odd dates and a new rule are left. Locks them.

    Raises TimetableRefused: NO_INSTRUCTOR.
    """
    if by_how_much.instructor is not None:
        _insist_on_teaching([by_how_much.instructor])
    off, followed = DaysOff(term), Followed([], [], [])
    for pk, run in seats.lock(*run_ids).items():
        if run.state != RunState.DRAFT or run.term_id != term.pk:
            continue
        run.term = term
        facts = _shifted(GroupFacts.of(run, off), by_how_much)
        try:
            if facts is None:
                raise TimetableRefused(TimetableReason.NO_SUCH_TIME)
            with transaction.atomic():
                followed.done.append(change(run=run, facts=facts, seen=None, by=by, now=now))
        except OddDatesRefused:
            followed.odd.append(run)
        except TimetableRefused as refused:
            followed.impossible.append((CourseRun.objects.select_related("course").get(pk=pk), refused))
    return followed


def _shifted(facts: GroupFacts, by_how_much: Shift) -> GroupFacts | None:
    """None when the day ends before."""
    minutes = facts.start_time.hour * 60 + facts.start_time.minute + by_how_much.minutes_later
    if not 0 <= minutes < 24 * 60:
        return None
    weekday = facts.weekday if by_how_much.weekday is None else by_how_much.weekday
    starts_on = facts.starts_on
    if starts_on is not None and weekday != facts.weekday:
        starts_on -= timedelta(days=starts_on.weekday())  # the same week
    return replace(
        facts, start_time=time(*divmod(minutes, 60)), weekday=weekday, starts_on=starts_on,
        room=by_how_much.room or facts.room,
        instructors=facts.instructors if by_how_much.instructor is None else (by_how_much.instructor,),
    )  # fmt: skip


# -- Removing ----------------------------------------------------------------------------------------


@transaction.atomic
def remove(*, term: Term, run_ids: Iterable[int], by: User, now: datetime) -> list[str]:
    """Delete drafts of a term with their lessons; their codes. What is no draft any more stays. Locks them."""
    drafts = [run for run in seats.lock(*run_ids).values() if run.state == RunState.DRAFT and run.term_id == term.pk]
    pks, gone = [run.pk for run in drafts], [run.code for run in drafts]
    LessonChange.objects.filter(run__in=pks).delete()  # nobody was told of them
    Lesson.objects.filter(run__in=pks).delete()
    CourseRun.objects.filter(pk__in=pks).delete()
    if gone:
        staff_log.write(by=by, about=term, what=f"drafts removed: {', '.join(gone)}"[:2000], now=now)
    return gone
