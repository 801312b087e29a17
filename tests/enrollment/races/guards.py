"""Races that end the same way every time, and the way to take a guard away from them.

    guards.slow(eligibility.Facts, "load")             the first caller looks, lets all others come to their end, and
    guards.race(press(run, anna), press(run, berta))   then acts on what it saw; behind a lock nobody can pass meanwhile

    guards.take_away(LOCKS, COUNTERS)                  its twin: the same race without what keeps the books right

Nothing here is left to luck: the first caller stands still at the one moment that matters, and the others begin only
then. A guarded race gives them a little time to pass, a twin waits until they have, and fails if they cannot.

Behind most guards stands another one, so that a twin often takes several away; it names them all. What a lock is
differs: PostgreSQL locks rows, SQLite lets one transaction at a time read and write (BEGIN IMMEDIATE). LOCKS is both.
"""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Event, local
from time import monotonic
from uuid import uuid4

from django.db import IntegrityError, connection
from django.db.backends.signals import connection_created
from django.db.models import F, QuerySet

from accounts.statements import Statement
from courses.flows import seats
from courses.models import CourseRun, RunState
from enrollment.flows import places
from enrollment.flows.draws import holding
from enrollment.models import Enrollment, Submission
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused
from tests.races import race

LOCKS = "locks"  # what a transaction has read may be changed by others before it writes
COUNTERS = "counters"  # of a group: written as sums of what was read, whatever they are by now; no CHECK checks them
STATES = "states"  # of an enrollment: written although it is not any more what was read
KEYS = "keys"  # whether a form was sent before is looked up, and not decided by the database
ORDER = "order"  # of locks: two groups are locked in the order in which they are named
COMPARISON = "comparison"  # of what a draw wrote with its record
ONCE = "enrollment_is_live_once_per_learner_and_run"  # any unique constraint of enrollments can be named

OVERFULL = "seats held within capacity"  # a difference that reconcile finds

ROUNDS = 2  # of a guarded race: how it ends may depend on who is faster
SECONDS_TO_PASS = 0.1  # enough to pass, if there were no lock
SECONDS_OF_A_TWIN = 30  # enough on a busy computer, where there is none


class Guards:
    def __init__(self, monkeypatch):
        self._monkeypatch, self._caller = monkeypatch, local()
        self._to_take_away: list[Callable] = []
        self._to_slow, self._is_slow = {}, set()
        self._put_back: list[Callable] = []
        self._is_twin = False
        self._first_is_there, self._done = (
            Event(),
            [],
        )  # of a race: the first caller stands still; who has come to the end

    def slow(self, owner, name: str, *, before=False) -> None:
        """The first caller of each race stands still after it called this (or before), until all others are done."""
        self._to_slow[owner, name] = before

    def _slow(self, owner, name, before):
        original = getattr(owner, name)

        def and_others_pass(*args, **options):
            if before:
                self._let_others_pass()
                return original(*args, **options)
            result = original(*args, **options)
            self._let_others_pass()
            return result

        replacement = staticmethod(and_others_pass) if isinstance(owner, type) else and_others_pass
        self._monkeypatch.setattr(owner, name, replacement)

    def _let_others_pass(self):
        if getattr(self._caller, "index", None) != 0 or self._first_is_there.is_set():
            return
        self._first_is_there.set()
        until = monotonic() + (SECONDS_OF_A_TWIN if self._is_twin else SECONDS_TO_PASS)
        have_passed = [done.wait(max(0, until - monotonic())) for done in self._done[1:]]
        if self._is_twin and not all(have_passed):
            raise AssertionError("some of the others cannot pass: there still is a guard")

    def take_away(self, *guards: str) -> None:
        """From the next race on, until the end of the test. What leads to the race is guarded."""
        self._is_twin = True
        self._to_take_away = [getattr(self, f"_without_{name}", partial(self._without, name)) for name in guards]

    def race(self, *work: Callable) -> list:
        """What each of them gives, or raises; the first is the slow one."""
        for each in self._to_take_away:
            each()
        for (owner, name), before in self._to_slow.items():
            if (owner, name) not in self._is_slow:
                self._is_slow.add((owner, name))
                self._slow(owner, name, before)
        self._to_take_away, self._first_is_there = [], Event()
        self._done = [Event() for _ in work]
        return race(list(enumerate(work)), self._take_part)

    def _take_part(self, numbered):
        self._caller.index, work = numbered
        try:
            if self._caller.index:
                self._first_is_there.wait(SECONDS_OF_A_TWIN)
            if self._is_twin:
                self._wait_for_turn()
            return work()
        finally:
            self._done[self._caller.index].set()
            if not self._caller.index:
                self._first_is_there.set()  # also when it never came to where it is slow

    def _wait_for_turn(self):
        """Only the first is overtaken; the others come one after another, so that a twin ends in one way alone."""
        for done in self._done[1 : self._caller.index]:
            done.wait(SECONDS_OF_A_TWIN)

    def put_back(self) -> None:
        """What was taken from the database itself. Needs it empty: rows may break what is put back."""
        while self._put_back:
            self._put_back.pop()()

    # -- What is taken away --------------------------------------------------------------------------

    def _without_locks(self):
        """PostgreSQL: SELECT without FOR UPDATE. SQLite: every statement by itself, without a transaction.

        A transaction of SQLite that is not IMMEDIATE would not do: it reads one snapshot, and SQLite itself refuses to
        let it write once another one has. Nothing that breaks here could happen there.
        """
        unlocked = QuerySet._chain
        self._monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, *args, **options: unlocked(rows))
        for name in ("_locked_of", "_locked"):  # composed anew, without the lock
            self._monkeypatch.setattr(places, name, Statement(getattr(places, name)._build))
        if connection.vendor == "sqlite":
            from accounts.sqlite.base import DatabaseWrapper  # only where it is in use

            self._monkeypatch.setattr(DatabaseWrapper, "_start_transaction_under_autocommit", lambda wrapper: None)
            self._monkeypatch.setattr(DatabaseWrapper, "_savepoint_allowed", lambda wrapper: False)

    def _without_counters(self):
        for write in (take, join_full, shift, set_capacity):
            self._monkeypatch.setattr(seats, write.__name__, write)
        self._put_back.append(_drop_checks(CourseRun._meta.db_table))

    def _without_states(self):
        guarded = places.change
        columns = ("state", "ended_at", "releases_at", "releases_to", "trial_ends_at")

        def change(enrollment, *args, **options):
            current = Enrollment.objects.filter(pk=enrollment.pk)
            current.update(
                **{name: getattr(enrollment, name) for name in columns}
            )  # as it was read, if never so long ago
            enrollment.version = current.get().version
            return guarded(enrollment, *args, **options)

        self._monkeypatch.setattr(places, "change", change)

    def _without_keys(self):
        rows = Submission.objects.get_queryset()

        def create(*, key, **columns):
            if rows.filter(key=key).exists():
                raise IntegrityError("known")
            return rows.create(key=uuid4(), **columns)

        self._monkeypatch.setattr(Submission.objects, "create", create)

    def _without_order(self):
        """Both callers have locked their first group when either wants its second."""
        in_order, meeting = seats.lock, Barrier(2, timeout=SECONDS_OF_A_TWIN)

        def lock(*run_ids):
            first, *others = run_ids
            found = in_order(first)
            if others:
                self._first_is_there.set()
                meeting.wait()
            for pk in others:
                found |= in_order(pk)
            return found

        self._monkeypatch.setattr(seats, "lock", lock)

    def _without_comparison(self):
        self._monkeypatch.setattr(holding, "_compare", lambda *args: None)

    def _without(self, name):
        """A unique constraint."""
        constraint = next(one for one in Enrollment._meta.constraints if one.name == name)
        with connection.schema_editor() as editor:
            editor.remove_constraint(Enrollment, constraint)
        self._put_back.append(partial(_add, constraint))


# -- Looked first, written then --------------------------------------------------------------------


def take(run, wanted=1):
    if run.state != RunState.PUBLISHED or run.waitlist_length or run.seats_taken + wanted > run.capacity:
        return False
    return shift(run, taken=wanted)


def join_full(run, wanted=1):
    CourseRun.objects.filter(pk=run.pk).update(waitlist_length=F("waitlist_length") + wanted)
    return CourseRun.objects.get(pk=run.pk).waitlist_length


def shift(run, *, taken=0, offered=0, waiting=0):
    run.seats_taken, run.seats_offered = run.seats_taken + taken, run.seats_offered + offered
    run.waitlist_length += waiting
    names = ("seats_taken", "seats_offered", "waitlist_length")
    return bool(CourseRun.objects.filter(pk=run.pk).update(**{name: getattr(run, name) for name in names}))


def set_capacity(run, *, capacity):
    return run.seats_taken <= capacity and bool(CourseRun.objects.filter(pk=run.pk).update(capacity=capacity))


# -- Putting back ----------------------------------------------------------------------------------


def _add(constraint):
    with connection.schema_editor() as editor:
        editor.add_constraint(Enrollment, constraint)


def _drop_checks(table) -> Callable:
    """Put the CHECK constraints of a table out of force; gives what puts them back."""
    if connection.vendor == "sqlite":
        _ignore_checks(connection=connection)
        connection_created.connect(_ignore_checks)

        def put_back():
            connection_created.disconnect(_ignore_checks)
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")

        return put_back
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'c' AND conrelid = %s::regclass",
            [table],
        )
        checks = cursor.fetchall()
        for name, _ in checks:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')

    def put_back():
        with connection.cursor() as cursor:
            for name, definition in checks:
                cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')

    return put_back


def _ignore_checks(*, connection, **_):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")


# -- Afterwards ------------------------------------------------------------------------------------


def differences() -> list[str]:
    """What the books say about a race: [] is how it has to end."""
    return [one.what for one in reconcile().differences]


def refused(outcomes) -> list[str]:
    """The codes of all refusals among the outcomes. Any other exception is a fault, and raised."""
    for one in outcomes:
        if isinstance(one, Exception) and not isinstance(one, EnrollmentRefused):
            raise one
    return [one.refusal.code for one in outcomes if isinstance(one, Exception)]
