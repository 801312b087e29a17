"""Counters, enrollments and ledger of some groups, read from one snapshot."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from accounts.snapshots import snapshot
from courses.models import CourseRun, RunState
from enrollment.flows.places import COUNTS, NOTHING
from enrollment.models import (
    ATTENDING,
    LIVE,
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
    OfferState,
    WaitlistOffer,
)  # fmt: skip

from .outcome import Difference, Outcome

COLUMNS = ("run", "learner", "state", "seats", "version", "ended_at", "reconfirm_by", "reconfirmed_at")


def check(run_ids: list[int], outcome: Outcome) -> None:
    with snapshot():
        runs = CourseRun.objects.in_bulk(run_ids)
        enrollments = _enrollments(run_ids)
        replayed, rows = _replay(run_ids)
        offers = _open_offers(run_ids)
        links = list(_links(run_ids))
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
    for link in links:
        outcome.differences += [Difference(link.run, *found) for found in _of_link(link)]


def _enrollments(run_ids) -> dict[int, list[Enrollment]]:
    """{run id: enrollments, with the fields compared here}."""
    found = Enrollment.objects.filter(run__in=run_ids).only(*COLUMNS)
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
    events: set[str] = field(default_factory=set)
    first_fault: tuple | None = None  # (what, expected, found)

    def add(self, run_id, enrollment_run_id, number, event, from_state, to_state, change):
        expected = (self.number + 1, self.state, enrollment_run_id)
        if self.first_fault is None and (number, from_state, run_id) != expected:
            self.first_fault = ("ledger row (number, from, run)", list(expected), [number, from_state, run_id])
        self.number, self.state, self.seats = number, to_state, self.seats + change
        self.events.add(event)


def _replay(run_ids) -> tuple[dict[int, Replayed], int]:
    """({enrollment id: Replayed}, number of rows). The rows themselves are not kept."""
    rows = LedgerEntry.objects.filter(enrollment__run__in=run_ids).order_by("enrollment_id", "number")
    columns = ("enrollment_id", "run_id", "enrollment__run_id", "number", "event", "from_state", "to_state", "seats")
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
    if run.state == RunState.CANCELLED:
        left = sum(1 for one in enrollments if one.ended_at is None)
        if left:
            yield "live enrollments of a cancelled group", 0, left
        out = sum(offers.get(one.pk, 0) for one in enrollments)
        if out:
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
    for column, event in (("reconfirm_by", LedgerEvent.ASKED), ("reconfirmed_at", LedgerEvent.RECONFIRMED)):
        if getattr(one, column) is not None and event not in replayed.events:
            yield f"{name}{column} without a row of the ledger", event.value, "nothing"


# -- Places that belong to another place, or to a lesson ------------------------------------------


@dataclass(frozen=True)
class _Link:
    """An enrollment that names another one, or a lesson, and what these are."""

    pk: int
    run: int
    learner: int | None
    state: str
    replaces: int | None
    replaces_run: int | None
    replaces_learner: int | None
    replaces_state: str | None
    moved_from: int | None
    moved_from_learner: int | None
    moved_from_state: str | None
    trial_lesson: int | None
    trial_lesson_run: int | None
    was_restored: bool  # the place that it replaces was taken back


def _links(run_ids) -> Iterator[_Link]:
    restored = LedgerEntry.objects.filter(enrollment=OuterRef("replaces"), event=LedgerEvent.RESTORED)
    linked = Enrollment.objects.filter(
        Q(replaces__isnull=False) | Q(moved_from__isnull=False) | Q(trial_lesson__isnull=False), run__in=run_ids
    ).annotate(was_restored=Exists(restored))
    columns = (
        "pk", "run", "learner", "state", "replaces", "replaces__run", "replaces__learner", "replaces__state",
        "moved_from", "moved_from__learner", "moved_from__state", "trial_lesson", "trial_lesson__run", "was_restored",
    )  # fmt: skip
    for row in linked.order_by("pk").values_list(*columns).iterator(chunk_size=2000):
        yield _Link(*row)


def _of_link(link: _Link) -> Iterator[tuple]:
    name = f"enrollment {link.pk}: "
    if link.trial_lesson and link.trial_lesson_run != link.run:
        yield f"{name}group of the trial lesson", link.run, link.trial_lesson_run
    if link.moved_from and link.moved_from_learner != link.learner:
        yield f"{name}learner of the place it was moved from", link.learner, link.moved_from_learner
    if link.moved_from and link.state in LIVE and link.moved_from_state in LIVE:
        yield f"{name}place it was moved from, enrollment {link.moved_from}", State.MOVED, link.moved_from_state
    if not link.replaces:
        return
    if link.replaces_learner != link.learner:
        yield f"{name}learner of the place it replaces", link.learner, link.replaces_learner
    if link.replaces_run == link.run:
        yield f"{name}group of the place it replaces", "another group", link.run
    # Who took the old place back after it had ended, before the new one was theirs, may have both.
    if link.state in ATTENDING and link.replaces_state in ATTENDING and not link.was_restored:
        yield f"{name}place it replaces, enrollment {link.replaces}", State.MOVED, link.replaces_state
