"""Proves that ledger, roster and counters tell the same story (PRODUCT, Places 8; TRUST, 3).

Nothing is repaired here: a difference is a bug or a hand in the database, and a person looks at it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction

from courses.models import CourseRun, RunState
from enrollment.flows.places import COUNTS, NOTHING
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry, OfferState, WaitlistOffer

RUNS_AT_ONCE = 50  # what is in memory at one time: these runs' enrollments


@dataclass(frozen=True)
class Difference:
    run: int  # id
    what: str
    expected: object
    found: object


@dataclass
class Outcome:
    runs: int = 0
    enrollments: int = 0
    ledger_rows: int = 0
    differences: list[Difference] = field(default_factory=list)


def reconcile(*, progress: Callable[[int, int], None] = lambda done, total: None) -> Outcome:
    """Recount every run and replay every ledger. `progress` gets the numbers of runs done and of all runs.

    Reads some runs at a time, each lot from one snapshot, so that families who enroll meanwhile make
    no difference. Writes nothing.
    """
    outcome, last, total = Outcome(), 0, CourseRun.objects.count()
    while lot := list(CourseRun.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:RUNS_AT_ONCE]):
        _check(lot, outcome)
        last = lot[-1]
        progress(outcome.runs, total)
    return outcome


def _check(run_ids, outcome):
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # SQLite's transactions are snapshots anyway
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        runs = CourseRun.objects.in_bulk(run_ids)
        enrollments = _enrollments(run_ids)
        replayed, rows = _replay(run_ids)
        offers = _open_offers(run_ids)
    outcome.runs += len(runs)
    outcome.enrollments += sum(len(several) for several in enrollments.values())
    outcome.ledger_rows += rows
    for run in runs.values():
        mine = enrollments[run.pk]
        outcome.differences += [Difference(run.pk, *found) for found in _of_run(run, mine, offers)]
        for one in mine:
            outcome.differences += [
                Difference(run.pk, *found) for found in _of_enrollment(one, replayed.get(one.pk), offers)
            ]


def _enrollments(run_ids) -> dict[int, list[Enrollment]]:
    """{run id: enrollments, with the fields compared here}."""
    found = Enrollment.objects.filter(run__in=run_ids).only("run", "learner", "state", "seats", "version", "ended_at")
    by_run = defaultdict(list)
    for one in found.order_by("pk").iterator(chunk_size=2000):
        by_run[one.run_id].append(one)
    return by_run


def _open_offers(run_ids) -> dict[int, int]:
    """{enrollment id: open offers}."""
    count = defaultdict(int)
    open_ones = WaitlistOffer.objects.filter(state=OfferState.OPEN, enrollment__run__in=run_ids)
    for enrollment_id in open_ones.values_list("enrollment_id", flat=True):
        count[enrollment_id] += 1
    return count


@dataclass
class Replayed:
    """Where the rows of one enrollment's ledger lead."""

    number: int = 0
    state: str = ""
    seats: int = 0
    first_fault: tuple | None = None  # (what, expected, found)

    def add(self, run_id, enrollment_run_id, number, from_state, to_state, change):
        expected = (self.number + 1, self.state, enrollment_run_id)
        if self.first_fault is None and (number, from_state, run_id) != expected:
            self.first_fault = ("ledger row (number, from, run)", list(expected), [number, from_state, run_id])
        self.number, self.state, self.seats = number, to_state, self.seats + change


def _replay(run_ids) -> tuple[dict[int, Replayed], int]:
    """({enrollment id: Replayed}, number of rows). The rows themselves are not kept."""
    rows = LedgerEntry.objects.filter(enrollment__run__in=run_ids).order_by("enrollment_id", "number")
    columns = ("enrollment_id", "run_id", "enrollment__run_id", "number", "from_state", "to_state", "seats")
    replayed, count = defaultdict(Replayed), 0
    for enrollment_id, *row in rows.values_list(*columns).iterator(chunk_size=2000):
        replayed[enrollment_id].add(*row)
        count += 1
    return replayed, count


def _of_run(run, enrollments, offers) -> Iterator[tuple]:
    """(what, expected, found) for what the rows of the run say otherwise than its columns."""
    taken, offered, waiting = (
        sum(COUNTS.get(one.state, NOTHING)[index] * one.seats for one in enrollments) for index in range(3)
    )
    if run.seats_taken != taken:
        yield "seats_taken", taken, run.seats_taken
    if run.seats_offered != offered:
        yield "seats_offered", offered, run.seats_offered
    if run.waitlist_length != waiting:
        yield "waitlist_length", waiting, run.waitlist_length
    if taken > run.capacity:
        yield "seats held within capacity", run.capacity, taken
    live = [one.learner_id for one in enrollments if one.learner_id and one.ended_at is None]
    if len(live) != len(set(live)):
        yield "live enrollments, one per learner", len(set(live)), len(live)
    out = sum(offers.get(one.pk, 0) for one in enrollments)
    if run.state == RunState.CANCELLED and out:
        yield "open offers of a cancelled group", 0, out


def _of_enrollment(one, replayed, offers) -> Iterator[tuple]:
    """(what, expected, found) for where the ledger leads elsewhere than the enrollment is."""
    name = f"enrollment {one.pk}: "
    if replayed is None:
        yield f"{name}ledger rows", one.version, 0
        return
    if replayed.first_fault:
        what, expected, found = replayed.first_fault
        yield f"{name}{what}", expected, found
    if replayed.number != one.version:
        yield f"{name}ledger rows", one.version, replayed.number
    if replayed.state != one.state:
        yield f"{name}state", replayed.state, one.state
    held = COUNTS.get(one.state, NOTHING)[0] * one.seats
    if replayed.seats != held:
        yield f"{name}seats in the ledger", held, replayed.seats
    wanted = 1 if one.state == State.OFFERED else 0
    if offers.get(one.pk, 0) != wanted:
        yield f"{name}open offers", wanted, offers.get(one.pk, 0)
