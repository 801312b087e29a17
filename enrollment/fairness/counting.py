"""Counting who applied, who has a place and how it came; the raw numbers, which nobody but `publishing` sees.

One pass over the enrollments of a program and term in the order of their learners, so that a million of them need no
more memory than one.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q

from accounts.ages import FIRST_GRADE, LAST_GRADE, grade_on
from courses.models import (
    Course,
    CourseRun,
    EligibilityRule,
    PriorityWindow,
    Program,
    ProgramKind,
    RuleKind,
    RunKind,
    RunState,
    Term,
)
from enrollment.models import (
    ATTENDING,
    Applicant,
    ApplicationState,
    Draw,
    DrawState,
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
    WaitlistOffer,
)  # fmt: skip
from enrollment.refusals import OVERRIDABLE, Reason

FIRST_HOUR = timedelta(hours=1)
OTHER = "other"  # a grade that the groups are not for, or none
SEVERAL = "several"  # rules overridden at once

# How somebody came to the place that they have, the first of them.
BY_DRAW, EARLIER, IN_FIRST_HOUR, LATER, FROM_QUEUE = "draw", "earlier", "first_hour", "later", "queue"
SERVED = (LedgerEvent.OFFERED, LedgerEvent.PROMOTED, LedgerEvent.STANDBY)


@dataclass
class Counts:
    """Children, unless said otherwise. Keys of the counters are those of `grades`, `topics`, `ways`, `rules`."""

    grades: list[str]
    topics: list[str]
    ways: list[str]
    rules: list[str]
    limit: int | None  # places per child and term
    applied: int = 0
    with_one: int = 0
    with_more: int = 0
    waiting: int = 0
    first_time: Counter = field(default_factory=Counter)  # {had a place in the program before: applied}
    first_time_placed: Counter = field(default_factory=Counter)
    by_grade: Counter = field(default_factory=Counter)
    by_grade_placed: Counter = field(default_factory=Counter)
    by_topic: Counter = field(default_factory=Counter)  # a child counts in each of its topics
    by_topic_placed: Counter = field(default_factory=Counter)
    by_way: Counter = field(default_factory=Counter)
    offers: Counter = field(default_factory=Counter)  # offers, by their state
    past_rules: Counter = field(default_factory=Counter)  # places, by the rule that staff overrode
    served_hours: float | None = None  # median wait of those who were offered a place
    served: int = 0  # children, up to what matters
    waiting_hours: float | None = None

    @property
    def placed(self) -> int:
        return self.with_one + self.with_more

    @property
    def without(self) -> int:
        return self.applied - self.placed


def runs_of(program: Program, term: Term):
    """The groups whose places are counted: those that were ever published."""
    return CourseRun.objects.filter(course__program=program, term=term, kind=RunKind.GROUP).exclude(
        state=RunState.DRAFT
    )


@dataclass(frozen=True)
class Opened:
    """A program and term some of whose groups have opened."""

    program: int
    term: int
    opened_at: datetime
    ends_at: datetime


def opened(*, now: datetime) -> list[Opened]:
    """All programs for children, by the first group that opened or the first draw that was held; two queries."""
    groups = CourseRun.objects.filter(
        kind=RunKind.GROUP, term__isnull=False, course__program__kind=ProgramKind.CHILDREN
    ).exclude(state=RunState.DRAFT).order_by()  # fmt: skip
    pairs = groups.values("course__program", "term").annotate(opens=Min("enrollment_opens_at"), ends=Max("ends_at"))
    held = Draw.objects.filter(state=DrawState.HELD, term__isnull=False).order_by().values("program", "term")
    drawn = {(one["program"], one["term"]): one["at"] for one in held.annotate(at=Min("held_at"))}
    found = []
    for one in pairs:
        key = (one["course__program"], one["term"])
        opens = min(one["opens"], drawn.get(key, one["opens"]))
        if opens <= now:
            found.append(Opened(*key, opens, one["ends"]))
    return sorted(found, key=lambda one: (one.opened_at, one.program, one.term))


def count(*, program: Program, term: Term, now: datetime) -> Counts:
    """Everything about the places of the program's groups of the term; a constant number of queries."""
    runs = runs_of(program, term)
    facts = runs.aggregate(day=Min("starts_on"), begins=Min("starts_at"))
    counts = Counts(
        grades=_grades(runs), topics=sorted(set(runs.order_by().values_list("course__topic", flat=True))),
        ways=_ways(program, term), rules=_rules(program), limit=program.max_places_per_term,
    )  # fmt: skip
    begins = facts["begins"] or now
    for rows in (_enrolled(program, runs, begins), _refused(program, runs, begins)):
        for _learner, several in groupby(rows, key=attrgetter("learner")):
            _add_child(counts, list(several), facts["day"])
    offers = WaitlistOffer.objects.filter(enrollment__run__in=runs, enrollment__learner__isnull=False).order_by()
    counts.offers.update(dict(offers.values_list("state").annotate(Count("pk"))))
    _add_overrides(counts, runs)
    _add_waits(counts, runs, now)
    return counts


# -- What there is to count by ------------------------------------------------------------------------


def _grades(runs) -> list[str]:
    """The grades that the groups are for, and one for everybody else."""
    found: set[int] = set()
    courses = Course.objects.filter(runs__in=runs).order_by().distinct()
    for first, last, *ages in courses.values_list("grade_min", "grade_max", "age_min", "age_max"):
        if first is None and last is None and any(ages):
            continue  # for an age, not for a grade
        found |= set(range(max(first or FIRST_GRADE, FIRST_GRADE), (last or LAST_GRADE) + 1))
    return [*map(str, sorted(found)), OTHER]


def _ways(program, term) -> list[str]:
    """In the order of time; only what is possible at all, since everybody knows what is not."""
    has_draws = Draw.objects.filter(program=program, term=term, state=DrawState.HELD).exists()
    has_earlier = PriorityWindow.objects.filter(program=program, term=term).exists()
    return [
        *([BY_DRAW] if has_draws else []), *([EARLIER] if has_earlier else []), IN_FIRST_HOUR, LATER, FROM_QUEUE
    ]  # fmt: skip


def _rules(program) -> list[str]:
    """The rules that the program has, of those that staff may override."""
    kinds = set(
        EligibilityRule.objects.filter(Q(program=program) | Q(course__program=program)).values_list("kind", flat=True)
    )
    possible = {Reason.NOT_OPEN_YET, Reason.CLOSED, Reason.OUT_OF_TURN}
    possible |= {reason for reason in OVERRIDABLE if reason.value in kinds}
    possible |= {Reason.PROFILE} if RuleKind.AGE in kinds else set()
    possible |= {Reason.CLASH} if program.forbids_clash else set()
    possible |= {Reason.LIMIT} if program.max_places_per_term is not None else set()
    return [*sorted(reason.value for reason in possible), SEVERAL]


# -- Children ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """One enrollment of a child, or one wish that led nowhere."""

    learner: int
    topic: str
    grade: int | None
    school_year: int | None
    had_before: bool
    state: str = ""
    received_at: datetime | None = None
    opens_at: datetime | None = None
    event: str = ""
    began_as: str = ""


def _had_before(program, begins, learner):
    """Whether a child kept a place in a group of the program that began earlier."""
    kept = Enrollment.objects.filter(learner=OuterRef(learner), state=State.CONFIRMED)
    return Exists(kept.filter(run__course__program=program, run__starts_at__lt=begins))


def _enrolled(program, runs, begins) -> Iterator[_Row]:
    enrollments = Enrollment.objects.filter(run__in=runs, learner__isnull=False, ledger__number=1)
    rows = enrollments.annotate(had_before=_had_before(program, begins, "learner")).values_list(
        "learner", "run__course__topic", "learner__grade", "learner__grade_school_year", "had_before", "state",
        "submission__received_at", "run__enrollment_opens_at", "ledger__event", "ledger__to_state",
    )  # fmt: skip
    for row in rows.order_by("learner", "submission__received_at", "pk").iterator(chunk_size=5000):
        yield _Row(*row)


def _refused(program, runs, begins) -> Iterator[_Row]:
    """Children whose applications were decided and led to nothing, and who have nothing else there."""
    enrolled = Enrollment.objects.filter(learner=OuterRef("learner"), run__in=runs)
    applicants = Applicant.objects.filter(
        ~Exists(enrolled), application__state=ApplicationState.DECIDED, application__submission=None,
        application__wishes__run__in=runs,
    )  # fmt: skip
    rows = applicants.annotate(
        had_before=_had_before(program, begins, "learner"), topic=F("application__wishes__run__course__topic")
    ).values_list("learner", "topic", "learner__grade", "learner__grade_school_year", "had_before")
    for row in rows.order_by("learner").iterator(chunk_size=5000):
        yield _Row(*row)


def _add_child(counts: Counts, rows: list[_Row], day) -> None:
    """rows: of one child, the earliest application first."""
    first = rows[0]
    placed = [row for row in rows if row.state in ATTENDING]
    grade = grade_on(day, grade=first.grade, as_of_school_year=first.school_year)
    grade = str(grade) if str(grade) in counts.grades else OTHER
    counts.applied += 1
    counts.with_one += len(placed) == 1
    counts.with_more += len(placed) > 1
    counts.waiting += any(row.state == State.WAITLISTED for row in rows)
    counts.first_time[first.had_before] += 1
    counts.by_grade[grade] += 1
    counts.by_topic.update({row.topic for row in rows})
    if placed:
        counts.first_time_placed[first.had_before] += 1
        counts.by_grade_placed[grade] += 1
        counts.by_topic_placed.update({row.topic for row in placed})
        counts.by_way[_way(placed[0], counts)] += 1


def _way(row: _Row, counts: Counts) -> str:
    if row.began_as == State.WAITLISTED:
        return FROM_QUEUE
    if row.event == LedgerEvent.DRAWN:
        return BY_DRAW if BY_DRAW in counts.ways else LATER
    if row.received_at < row.opens_at and EARLIER in counts.ways:
        return EARLIER
    return IN_FIRST_HOUR if row.received_at < row.opens_at + FIRST_HOUR else LATER


# -- Places and waits -------------------------------------------------------------------------------


def _add_overrides(counts: Counts, runs) -> None:
    rows = LedgerEntry.objects.filter(run__in=runs).exclude(overrides="").order_by()
    for codes, number in rows.values_list("overrides").annotate(Count("pk")):
        counts.past_rules[codes if codes in counts.rules else SEVERAL] += number


def _add_waits(counts: Counts, runs, now) -> None:
    rows = LedgerEntry.objects.filter(
        run__in=runs, from_state=State.WAITLISTED, event__in=SERVED, enrollment__learner__isnull=False
    )
    children, hours = set(), []
    waits = rows.order_by().values_list("enrollment__learner", "at", "enrollment__received_at")
    for learner, at, received_at in waits.iterator(chunk_size=5000):
        children.add(learner)
        hours.append(_hours(at - received_at))
    counts.served, counts.served_hours = len(children), _median(hours)
    waiting = Enrollment.objects.filter(run__in=runs, learner__isnull=False, state=State.WAITLISTED).order_by()
    moments = waiting.values_list("received_at", flat=True)
    counts.waiting_hours = _median(_hours(now - at) for at in moments.iterator(chunk_size=5000))


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _median(numbers: Iterable[float]) -> float | None:
    numbers = list(numbers)
    return statistics.median(numbers) if numbers else None
