"""Why somebody has a place, or waits for one: everything the ledger, the outbox and a draw know about it.

The reads only; enrollment.desk.answers puts them into sentences. A constant number of queries, however long the
history of the group is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from django.db.models import Q

from accounts.models import User
from accounts.outbox.models import Message
from enrollment import causes
from enrollment.flows import waitlist
from enrollment.models import (
    Application,
    Draw,
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
    Wish,
)  # fmt: skip
from enrollment.standing import CapacityChange, Standing, at_receipt, changes_of_capacity

SHOWN = 100  # places that became free, the newest; the history of the group has them all
CAPACITY, UNKNOWN = "capacity", "unknown"  # causes beside the events of the ledger


@dataclass(frozen=True)
class PassedOver:
    """Somebody who stood before whoever got the place, and why it was not theirs."""

    enrollment: int  # id
    free: int | None = None
    needed: int | None = None  # None: staff passed them over, with the reason of that row


@dataclass(frozen=True)
class Given:
    """To whom a place went that had become free."""

    enrollment: int  # id
    at: datetime
    event: str
    with_sibling: bool = False  # sent together with whoever was served just before
    passed: tuple[PassedOver, ...] = ()
    reason: str = ""


@dataclass
class Freed:
    """Places that became free while this one waited, and where they went."""

    at: datetime
    cause: str  # the event that freed them, CAPACITY, or UNKNOWN
    seats: int
    enrollment: int | None = None  # id: whose they were
    by: int | None = None  # user id; None is the system
    reason: str = ""
    given: list[Given] = field(default_factory=list)


@dataclass(frozen=True)
class Letter:
    """One message to everybody who was told: its kind, and what became of each of them."""

    at: datetime
    copies: list[Message]
    answer: LedgerEntry | None = None  # what ended the question it asked

    @property
    def first(self) -> Message:
        return self.copies[0]


@dataclass(frozen=True)
class Why:
    enrollment: Enrollment
    rows: list[LedgerEntry]  # its own, the oldest first
    standing: Standing
    freed: list[Freed]  # the oldest first
    left_out: int  # older ones that are not shown
    letters: list[Letter]
    names: dict[int, str]  # {enrollment id: who}, of everybody else who is named
    users: dict[int, User]
    position: int | None = None  # in the queue now
    draw: Draw | None = None
    wishes: list[Wish] = field(default_factory=list)
    came_from: Enrollment | None = None  # the place it was moved from
    went_to: Enrollment | None = None

    @property
    def first(self) -> LedgerEntry:
        return self.rows[0]

    @property
    def received_with(self) -> Given | None:
        """How a place that became free came to this one."""
        mine = (given for one in self.freed for given in one.given if given.enrollment == self.enrollment.pk)
        return next(mine, None)


def why(*, enrollment: Enrollment) -> Why:
    """Needs the run and the submission of the enrollment loaded."""
    rows = list(enrollment.ledger.select_related("by").order_by("number"))
    for row in rows:
        row.enrollment = enrollment
    changes = changes_of_capacity(enrollment.run)
    freed, left_out = _freed(enrollment, rows, changes)
    application = Application.objects.filter(submission=enrollment.submission_id).with_draw().first()
    return Why(
        enrollment=enrollment, rows=rows, freed=freed, left_out=left_out,
        standing=at_receipt(rows[0], capacity_changes=changes) if rows else Standing(),
        letters=_letters(enrollment, rows, application), names=_names(freed), users=_users(freed),
        position=waitlist.positions([enrollment]).get(enrollment.pk), draw=application and application.draw,
        wishes=list(application.wishes.select_related("run__course").order_by("rank")) if application else [],
        **_neighbours(enrollment),
    )  # fmt: skip


def _neighbours(enrollment):
    """The places it came from and went to, by a move or a change of the group."""
    links = Q(moved_to=enrollment.pk) | Q(replaced_by=enrollment.pk) | Q(moved_from=enrollment.pk)
    found = {"came_from": None, "went_to": None}
    for one in Enrollment.objects.filter(links | Q(replaces=enrollment.pk)).select_related("run").distinct():
        is_before = one.pk in (enrollment.moved_from_id, enrollment.replaces_id)
        found["came_from" if is_before else "went_to"] = one
    return found


# -- The places that became free -----------------------------------------------------------------


_COLUMNS = ("at", "pk", "enrollment_id", "event", "from_state", "to_state", "seats", "by_id", "reason")


@dataclass
class _Row:
    at: datetime
    pk: int
    enrollment: int
    event: str
    from_state: str
    to_state: str
    seats: int
    by: int | None
    reason: str


def _freed(enrollment, rows, changes: list[CapacityChange]) -> tuple[list[Freed], int]:
    """What became free in the group while this one waited, and how many older ones are left out; three queries."""
    if not rows or rows[0].to_state != State.WAITLISTED:
        return [], 0
    until = next((row for row in rows if row.from_state == State.WAITLISTED != row.to_state), None)
    history = LedgerEntry.objects.filter(run=enrollment.run_id)
    if until is not None:
        history = history.filter(at__lte=until.at)
    found = sorted(history.order_by().values_list(*_COLUMNS), key=itemgetter(0, 1))
    members = Enrollment.objects.filter(run=enrollment.run_id).order_by()
    turns = {
        pk: _Turn((priority, received_at, pk), submission if together else None)
        for pk, priority, received_at, submission, together in members.values_list(
            "pk", "priority", "received_at", "submission", "submission__is_together"
        )
    }
    replay = _Replay(turns, changes, since=(rows[0].at, rows[0].pk))
    for values in found:
        replay.add(_Row(*values))
        if until is not None and values[1] == until.pk:
            break
    else:
        replay.raise_capacity(None)
    return replay.freed[-SHOWN:], max(0, len(replay.freed) - SHOWN)


@dataclass(frozen=True)
class _Turn:
    key: tuple  # the order in which who waits is served
    party: int | None  # the submission of those who go together


class _Replay:
    """The ledger of a group, row after row: who waits, what becomes free, to whom it goes."""

    def __init__(self, turns: dict[int, _Turn], changes: list[CapacityChange], *, since):
        self.turns, self.since = turns, since
        self.changes = [one for one in changes if one.at >= since[0]]
        self.waiting: set[int] = set()
        self.leaving: dict[int, _Row] = {}  # {enrollment id: the row with which it gave its place back}
        self.skipped: dict[int, str] = {}  # {enrollment id: why it was passed over last}
        self.freed: list[Freed] = []
        self.last: _Row | None = None  # the row with which somebody was served last

    def add(self, row: _Row) -> None:
        is_since = (row.at, row.pk) > self.since
        if is_since:
            self.raise_capacity(row.at)
        if row.event == LedgerEvent.SKIPPED:
            self.skipped[row.enrollment] = row.reason
        elif row.to_state == State.LEAVING:
            self.leaving[row.enrollment] = row
        if row.seats < 0 and is_since:
            self._note_freed(row)
        if row.to_state == State.WAITLISTED:
            self.waiting.add(row.enrollment)
        elif row.from_state == State.WAITLISTED:
            if row.seats > 0 and is_since:
                self._note_given(row)
            self.waiting.discard(row.enrollment)

    def raise_capacity(self, until: datetime | None) -> None:
        """Note the changes of the capacity that were made by then."""
        while self.changes and (until is None or self.changes[0].at <= until):
            one = self.changes.pop(0)
            if one.after > one.before:
                by = one.by.pk if one.by else None
                self.freed.append(Freed(one.at, CAPACITY, one.after - one.before, by=by, reason=one.reason))

    def _note_freed(self, row):
        begun = self.leaving.pop(row.enrollment, row) if row.event == LedgerEvent.RELEASED else row
        self.freed.append(
            Freed(row.at, begun.event, -row.seats, enrollment=row.enrollment, by=begun.by, reason=begun.reason)
        )

    def _note_given(self, row):
        source = next((one for one in reversed(self.freed) if len(one.given) < one.seats), None)
        if source is None:
            source = Freed(row.at, UNKNOWN, max(1, row.seats))
            self.freed.append(source)
        source.given.append(
            Given(
                row.enrollment, row.at, row.event, with_sibling=self._follows_sibling(row),
                passed=self._passed(row), reason=row.reason,
            )
        )  # fmt: skip
        self.last = row

    def _follows_sibling(self, row):
        party = self.turns[row.enrollment].party
        return (
            self.last is not None
            and party is not None
            and self.last.at == row.at
            and self.turns[self.last.enrollment].party == party
        )

    def _passed(self, row) -> tuple[PassedOver, ...]:
        if self._follows_sibling(row):
            return ()
        turn = self.turns[row.enrollment]
        before = (pk for pk in self.waiting if self.turns[pk].key < turn.key)
        together = (pk for pk in before if turn.party is None or self.turns[pk].party != turn.party)
        return tuple(self._passed_over(pk) for pk in sorted(together, key=lambda pk: self.turns[pk].key))

    def _passed_over(self, pk):
        code, facts = causes.read(self.skipped.get(pk, "")) or ("", {})
        if code != causes.PASSED_OVER:
            return PassedOver(pk)
        return PassedOver(pk, int(facts["free"]), int(facts["needed"]))


# -- Who is named ----------------------------------------------------------------------------------


def _names(freed: list[Freed]) -> dict[int, str]:
    ids = {one.enrollment for one in freed} - {None}
    given = [given for one in freed for given in one.given]
    ids |= {one.enrollment for one in given} | {passed.enrollment for one in given for passed in one.passed}
    found = Enrollment.objects.filter(pk__in=ids).select_related("learner") if ids else ()
    return {one.pk: one.who for one in found}


def _users(freed: list[Freed]) -> dict[int, User]:
    ids = {one.by for one in freed} - {None}
    return User.objects.in_bulk(ids) if ids else {}


# -- Letters ---------------------------------------------------------------------------------------

_TO_GUESTS = (
    "place_given", "joined_waitlist", "seat_offered", "offer_reminder", "offer_ended", "place_ended", "still_coming",
    "still_coming_reminder", "place_unconfirmed", "group_runs", "group_cancelled",
)  # fmt: skip
ASKING = frozenset(
    f"enrollment.{name}"
    for name in ("seat_offered", "offer_reminder", "trial_question", "still_coming", "still_coming_reminder")
)
ANSWERS = frozenset(
    {
        LedgerEvent.ACCEPTED, LedgerEvent.DECLINED, LedgerEvent.EXPIRED, LedgerEvent.KEPT, LedgerEvent.TRIAL_ENDED,
        LedgerEvent.RECONFIRMED, LedgerEvent.UNCONFIRMED, LedgerEvent.GIVEN_BACK, LedgerEvent.CANCELLED,
    }
)  # fmt: skip
IN_TIME_NOBODY_ANSWERED = frozenset({LedgerEvent.EXPIRED, LedgerEvent.TRIAL_ENDED, LedgerEvent.UNCONFIRMED})


def _letters(enrollment, rows, application) -> list[Letter]:
    """What was written about this place, the oldest first; one query."""
    by_event: dict[str, list[Message]] = {}
    for message in _messages(enrollment, application).select_related("recipient").order_by("created_at", "pk"):
        by_event.setdefault(message.event_key, []).append(message)
    return [Letter(copies[0].created_at, copies, next(_answers(copies[0], rows), None)) for copies in by_event.values()]


def _answers(message: Message, rows) -> Iterator[LedgerEntry]:
    if message.kind in ASKING:
        yield from (row for row in rows if row.at >= message.created_at and row.event in ANSWERS)


def _messages(enrollment, application):
    """By what the outbox has an index for: the learner, or the whole key of the event."""
    key = f"enrollment-{enrollment.pk}-"
    of_group = [f"run-{enrollment.run_id}-{name}" for name in ("group_runs", "group_cancelled")]
    if enrollment.learner_id is None:
        numbers = range(1, enrollment.version + 1)
        keys = [f"{key}{number}-{name}" for number in numbers for name in _TO_GUESTS]
        theirs = Q(event_key__in=of_group, address=enrollment.guest_email)
        return Message.objects.filter(Q(event_key__in=keys) | theirs)
    told = User.objects.acting_for(enrollment.learner_id).values("pk")
    found = Q(learner=enrollment.learner_id, event_key__startswith=key)
    if application is not None:
        found |= Q(learner=enrollment.learner_id, event_key__startswith=f"application-{application.pk}-")
    return Message.objects.filter(found | Q(event_key__in=of_group, recipient__in=told))
