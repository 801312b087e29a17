"""Races over one family: both guardians, the desk and a guardian, two who change groups crosswise, and a draw."""

from uuid import uuid4

import pytest
from django.db import OperationalError

from accounts.models import Role
from enrollment import eligibility
from enrollment.flows import applications, draws, enrollments
from enrollment.flows.applications import preparing
from enrollment.flows.draws import recording
from enrollment.models import Application, ApplicationState as Stage, DrawState, EnrollmentState as State
from enrollment.refusals import Reason
from tests.enrollment.drawing import DURING, HELD, announce, apply, drawn_groups, seated
from tests.enrollment.races.guards import (
    COMPARISON,
    COUNTERS,
    LOCKS,
    ONCE,
    ORDER,
    ROUNDS,
    STATES,
    differences,
    refused,
)  # fmt: skip
from tests.factories import (
    DAY,
    NOON,
    WEEK,
    change_group,
    counters_of,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_run,
    make_user,
    states_of,
)  # fmt: skip

pytestmark = pytest.mark.slow

CONFIRMED, LEAVING, MOVED = State.CONFIRMED, State.LEAVING, State.MOVED


# -- Two guardians of one child --------------------------------------------------------------------


def both_guardians_enroll(guards):
    guards.slow(eligibility.Facts, "load")
    run, mother, father = make_run(capacity=5), make_guardian(), make_guardian()
    child = make_child(mother)
    child.guardianships.create(guardian=father, started_at=NOON)

    def press(by):
        return lambda: enrollments.enroll(run=run, learners=[child], key=uuid4(), by=by, now=NOON)

    return refused(guards.race(press(mother), press(father))), states_of(run)


def test_a_child_enrolled_by_both_guardians_has_one_place(guards):
    for _ in range(ROUNDS):
        assert both_guardians_enroll(guards) == ([Reason.ALREADY], [CONFIRMED])
    assert differences() == []


def test_without_the_learners_lock_the_constraint_still_lets_only_one_in(guards):
    guards.take_away(LOCKS)

    _codes, states = both_guardians_enroll(guards)

    assert states == [CONFIRMED]


def test_without_both_the_child_has_two_places(guards):
    guards.take_away(LOCKS, ONCE)

    assert both_guardians_enroll(guards) == ([], [CONFIRMED, CONFIRMED])
    assert differences() == ["live enrollments, one per learner"]


# -- The desk and a guardian -----------------------------------------------------------------------


def moved_when_it_is_given_back(guards):
    """The desk moves a child to another group while a guardian gives its place back."""
    guards.slow(eligibility.Facts, "load")
    desk, course = make_user(roles=[Role.DESK]), make_course()
    one, other = (make_run(course=course, capacity=1, starts_at=NOON + 2 * WEEK + days * DAY) for days in range(2))
    place = enroll(one)

    moved, given_back = guards.race(
        lambda: enrollments.move(enrollment=place, to_run=other, by=desk, reason="Pēc lūguma", now=NOON),
        lambda: enrollments.withdraw(enrollment=place, by=place.entered_by, now=NOON),
    )

    refused([moved, given_back])
    return list(place.ledger.values_list("event", flat=True))[1:], states_of(other)


def test_a_child_is_moved_or_its_place_is_given_back(guards):
    for _ in range(ROUNDS):
        assert moved_when_it_is_given_back(guards) in [(["moved"], [CONFIRMED]), (["given_back"], [])]
    assert differences() == []


def test_without_guards_it_is_both_and_who_gave_up_has_a_place(guards):
    guards.take_away(LOCKS, STATES)

    assert moved_when_it_is_given_back(guards) == (["given_back", "moved"], [CONFIRMED])
    assert any("ledger row" in what for what in differences())


# -- Crosswise -------------------------------------------------------------------------------------


def crosswise(guards):
    """Two families change into each other's group, where a seat is free."""
    course = make_course()
    one, other = (make_run(course=course, capacity=2, starts_at=NOON + 2 * WEEK + days * DAY) for days in range(2))
    here, there = enroll(one), enroll(other)

    outcomes = guards.race(lambda: change_group(here, other), lambda: change_group(there, one))

    return outcomes, [states_of(one), states_of(other)], [counters_of(one), counters_of(other)]


def test_two_families_cross_over_and_no_seat_is_lost(guards):
    guards.slow(eligibility.Facts, "load")
    for _ in range(ROUNDS):
        outcomes, states, counters = crosswise(guards)
        assert refused(outcomes) == []
        assert states == [[MOVED, CONFIRMED]] * 2
        assert counters == [(1, 0, 0)] * 2
    assert differences() == []


def test_written_by_what_was_read_before_a_seat_is_lost_and_another_counted_twice(guards):
    guards.slow(eligibility.Facts, "load")
    guards.take_away(LOCKS, COUNTERS)

    _outcomes, states, counters = crosswise(guards)

    assert states == [[MOVED, CONFIRMED]] * 2
    assert counters == [(0, 0, 0), (2, 0, 0)]
    assert differences() == ["seats_taken", "seats_taken"]


@pytest.mark.postgresql_only  # SQLite has one lock, so that there is no order to keep
def test_locked_in_the_order_of_use_one_of_the_two_gets_an_error(guards):
    guards.take_away(ORDER)

    outcomes, states, _counters = crosswise(guards)

    assert sorted(isinstance(one, OperationalError) for one in outcomes) == [False, True]
    assert sorted(map(len, states)) == [1, 2]


# -- A draw ----------------------------------------------------------------------------------------


def taken_back_when_it_is_drawn(guards):
    """A family takes its application back in the last second, while the worker holds the draw."""
    guards.slow(recording, "parties")
    (run,) = drawn_groups(1)
    draw = announce(run)
    application = apply(run)

    refused(guards.race(
        lambda: draws.hold(draw=draw, now=HELD),
        lambda: applications.drop(application=application, by=application.prepared_by, now=DURING),
    ))  # fmt: skip

    return after_the_draw(draw, application)


def after_the_draw(draw, *sent):
    draw.refresh_from_db()
    assert draw.state == DrawState.HELD
    stages = [Application.objects.get(pk=one.pk).state for one in sent]
    return stages, [len(seated(run)) for run in draw.runs.order_by("pk")]


def test_who_takes_an_application_back_is_not_drawn(guards):
    for _ in range(ROUNDS):
        assert taken_back_when_it_is_drawn(guards) in [([Stage.DECIDED], [1]), ([Stage.DROPPED], [0])]
    assert differences() == []


def test_without_guards_who_took_it_back_has_a_place(guards):
    guards.take_away(LOCKS, COMPARISON)

    assert taken_back_when_it_is_drawn(guards) == ([Stage.DROPPED], [1])
    assert any("application" in what for what in differences())


def wished_anew_when_it_is_drawn(guards):
    """A family wishes for another group in the last second, and the worker holds the draw before that is written."""
    guards.slow(preparing, "_insist_on_news")
    one, other = drawn_groups(1, 1)
    draw = announce(one, other)
    application = apply(one)

    refused(guards.race(
        lambda: applications.prepare(application=application, runs=[other], by=application.prepared_by, now=DURING),
        lambda: draws.hold(draw=draw, now=HELD),
    ))  # fmt: skip

    _stages, given = after_the_draw(draw, application)
    wish = application.wishes.get()
    return wish.run == other, wish.outcome, given


def test_who_wishes_for_another_group_is_drawn_for_that_one_or_keeps_the_old_wish(guards):
    for _ in range(ROUNDS):
        assert wished_anew_when_it_is_drawn(guards) in [(True, "place", [0, 1]), (False, "place", [1, 0])]
    assert differences() == []


def test_without_guards_the_place_is_in_the_group_that_is_not_wished_for(guards):
    guards.take_away(LOCKS)

    assert wished_anew_when_it_is_drawn(guards) == (True, "", [1, 0])
    assert any("wishes without an outcome" in what for what in differences())
