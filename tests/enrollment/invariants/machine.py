"""A state machine that does whatever can be done, in any order, and checks every law after each step.

Each story runs inside a transaction that is rolled back, so that the next one finds the same world and a step costs
some milliseconds; flows get savepoints, which undo a refused one as a transaction would. That leaves out what only a
commit shows: waiting for locks and other connections, which are the business of tests/enrollment/races.
"""

import copy
from collections.abc import Collection, Iterable

from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, Verbosity, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from accounts.models import Learner, User
from courses.models import CourseRun
from enrollment.models import Enrollment, LedgerEntry
from enrollment.reconciliation import reconcile
from tests.enrollment.invariants import laws
from tests.enrollment.invariants.actions import ACTIONS, Action
from tests.enrollment.invariants.books import Books
from tests.enrollment.invariants.world import World

# What mostly has happened before a story begins, so that groups are full and somebody waits.
SEASON = (*["enroll"] * 8, "enroll_siblings", "enroll_siblings", "prepare", "book")
MOSTLY = [False, *[True] * 7]  # nothing stands first: what a failure does not need is left out of its story


class Broken(AssertionError):
    """A law does not hold any more, or a flow failed; the message says which, and how it came to that."""

    def __init__(self, what: Iterable[str], told: list[str]):
        super().__init__("\n".join([*what, "", "The story:", *told]))


class Story(RuleBasedStateMachine):
    """One story. `tell_stories` adds the rules, one or some for each action."""

    def __init__(self, world: World, names: Collection[str], season: Collection[str] = SEASON):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.world, self.season = copy.copy(world), [name for name in season if name in names]
        self.books = Books.read()
        self.told, self.is_broken = [], False

    @initialize(data=st.data())
    def a_season_has_begun(self, data):
        for name in self.season:
            if data.draw(st.sampled_from(MOSTLY)):
                self.do(ACTIONS[name], data)

    def do(self, action: Action, data) -> None:
        picked = []

        def pick(options):
            picked.append(data.draw(st.sampled_from(options)))
            return picked[-1]

        try:
            has_changed = action(self.world, self.books, pick)
        except Exception as problem:
            self.told.append(self._line(action, picked))
            raise self._broken(repr(problem)) from problem
        self.told.append(self._line(action, picked) + ("" if has_changed else " - refused"))
        if has_changed or action.changes_when_refused:
            self._look(action)
        elif LedgerEntry.objects.order_by("-pk").values_list("pk", flat=True).first() != self.books.last_row:
            raise self._broken("refused, and yet something was written")

    def _look(self, action):
        after = Books.read()
        found = laws.broken(self.books, after, now=self.world.now)
        if action.name == "the_worker_comes":
            found += laws.broken_after_the_worker(after, now=self.world.now)
            # Nothing is overdue then, but a decision that is left to people.
            overdue = reconcile(now=self.world.now).differences
            found += [f"reconcile: {one}" for one in overdue if not one.what.startswith("decision whether")]
        self.books = after
        if found:
            raise self._broken(*found)

    def _broken(self, *what):
        self.is_broken = True
        return Broken(what, self.told)

    def teardown(self):
        try:
            if not self.is_broken:
                if found := reconcile().differences:
                    raise self._broken(*(f"reconcile: {one}" for one in found))
                connection.check_constraints()  # those that a database looks at when it commits
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def _line(self, action, picked):
        return f"{self.world.now:%d.%m. %H:%M} {action.name}: {', '.join(map(_word, picked))}"


def _word(picked):
    if isinstance(picked, Enrollment):
        return f"#{picked.pk} {picked.who} in {picked.run.code}, {picked.state}"
    if isinstance(picked, list):
        return f"[{', '.join(map(_word, picked))}]"
    known = {CourseRun: "code", Learner: "first_name", User: "email"}
    return str(getattr(picked, known.get(type(picked), ""), picked))


def tell_stories(
    world: World, *, stories: int, steps: int, names: Collection[str] = tuple(ACTIONS), season: Collection[str] = SEASON,
    shrinks=True, by_chance=False,
) -> None:  # fmt: skip
    """Let that many stories of at most that many steps happen; raises Broken with the shortest one that breaks a law.

    names: of the actions that may happen. season: those that mostly have happened before. by_chance: other stories each time; otherwise always the same ones.
    """
    rules = dict(
        _rule(ACTIONS[name], number) for name in names for number in range(1, ACTIONS[name].often + 1)
    )  # fmt: skip
    machine = type("Places", (Story,), {"__init__": lambda self: Story.__init__(self, world, names, season), **rules})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=stories, stateful_step_count=steps, deadline=None, database=None, derandomize=not by_chance,
            phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate], report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet, print_blob=False,
        ),
    )  # fmt: skip


def _rule(action: Action, number: int):
    """(name, rule) by which Hypothesis lets the action happen, whenever there is something it can be done to."""

    def happens(self, data):
        self.do(action, data)

    happens.__name__ = action.name if number == 1 else f"{action.name}_{number}"
    possible = precondition(lambda self: bool(action.candidates(self.books, self.world)))
    return happens.__name__, possible(rule(data=st.data())(happens))
