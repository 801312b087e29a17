"""Races for seats: the last one, the last few, a capacity that is lowered and a group that is cancelled meanwhile."""

from uuid import uuid4

import pytest

from courses.flows import seats
from courses.flows.catalogue import CatalogueRefused, import_catalogue
from courses.models import CourseRun, RunState
from enrollment import eligibility
from enrollment.flows import bookings, capacity, decisions, enrollments, standby
from enrollment.models import Enrollment, EnrollmentState as State, Submission
from tests.courses.catalogues import a_catalogue, a_course, as_yaml
from tests.enrollment.races.guards import COUNTERS, KEYS, LOCKS, OVERFULL, ROUNDS, differences, refused
from tests.factories import (
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_children,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_slot,
    make_user,
    states_of,
)  # fmt: skip

pytestmark = pytest.mark.slow

IN_AUGUST = NOON - 13 * WEEK  # applications for the groups of the catalogue are open
CONFIRMED, WAITLISTED, CANCELLED = State.CONFIRMED, State.WAITLISTED, State.CANCELLED


def as_shown(run):
    """The group as pages read it, before the flow."""
    return CourseRun.objects.for_display().get(pk=run.pk)


def press(run, *children, together=False, now=NOON):
    by = children[0].guardianships.select_related("guardian").first().guardian
    return lambda: enrollments.enroll(
        run=as_shown(run), learners=list(children), key=uuid4(), by=by, now=now, together=together
    )


# -- The last seat ---------------------------------------------------------------------------------


def the_last_seat(guards):
    guards.slow(eligibility.Facts, "load")
    run = make_run(capacity=1, lessons=0)

    refused(guards.race(*(press(run, child) for child in make_children(3))))

    return run


def test_the_last_seat_is_given_once(guards):
    for _ in range(ROUNDS):
        run = the_last_seat(guards)
        assert sorted(states_of(run)) == [CONFIRMED, WAITLISTED, WAITLISTED]
    assert differences() == []


def test_looked_for_first_and_written_then_it_is_given_twice(guards):
    guards.take_away(LOCKS, COUNTERS)

    run = the_last_seat(guards)

    assert states_of(run).count(CONFIRMED) == 2
    assert OVERFULL in differences()


# -- Siblings and a single child -------------------------------------------------------------------


def siblings_and_a_single_child(guards):
    """The states of those who go together, and of the other one."""
    guards.slow(eligibility.Facts, "load")
    run, siblings, single = make_run(capacity=2, lessons=0), make_children(2, make_guardian()), make_child()

    refused(guards.race(press(run, *siblings, together=True), press(run, single)))

    of = dict(run.enrollments.values_list("learner", "state"))
    return {of[child.pk] for child in siblings}, of[single.pk]


def test_siblings_get_both_seats_or_both_wait(guards):
    for _ in range(ROUNDS):
        assert siblings_and_a_single_child(guards) in [({CONFIRMED}, WAITLISTED), ({WAITLISTED}, CONFIRMED)]
    assert differences() == []


def test_without_guards_siblings_and_a_single_child_sit_on_two_seats(guards):
    guards.take_away(LOCKS, COUNTERS)

    assert siblings_and_a_single_child(guards) == ({CONFIRMED}, CONFIRMED)
    assert OVERFULL in differences()


# -- Parties of guests -----------------------------------------------------------------------------


def book(slot, seats_wanted, *, key=None, email="viesis@example.lv"):
    return lambda: bookings.book(
        run=as_shown(slot), seats_wanted=seats_wanted, name="Viesis", email=email, key=key or uuid4(), now=NOON
    )


def seats_held(slot):
    return sum(Enrollment.objects.filter(run=slot).holding().values_list("seats", flat=True))


def three_parties(guards):
    guards.slow(bookings, "why_not")
    slot = make_slot(capacity=5)

    refused(guards.race(book(slot, 3), book(slot, 4, email="cits@example.lv"), book(slot, 2, email="vel@example.lv")))

    return seats_held(slot)


def test_parties_get_all_their_seats_or_none(guards):
    for _ in range(ROUNDS):
        assert three_parties(guards) in (2, 3, 4, 5)
    assert differences() == []


def test_without_guards_parties_sit_on_each_others_seats(guards):
    guards.take_away(LOCKS, COUNTERS)

    assert three_parties(guards) == 7
    assert OVERFULL in differences()


def the_same_form_twice(guards):
    guards.slow(bookings, "why_not")
    slot, key = make_slot(capacity=20), uuid4()

    refused(guards.race(book(slot, 3, key=key), book(slot, 3, key=key)))

    return seats_held(slot)


def test_the_same_form_sent_twice_is_one_booking(guards):
    for _ in range(ROUNDS):
        assert the_same_form_twice(guards) == 3
    assert Submission.objects.count() == ROUNDS
    assert differences() == []


def test_looked_up_instead_of_written_first_it_is_two(guards):
    guards.take_away(LOCKS, KEYS)

    assert the_same_form_twice(guards) == 6  # the books are in order: only the guest knows that it was one booking


# -- A capacity that is lowered --------------------------------------------------------------------


def fewer_seats(guards):
    guards.slow(seats, "set_capacity", before=True)
    run, desk = make_run(capacity=2, lessons=0), make_user()
    enroll(run)

    outcomes = guards.race(
        lambda: capacity.change_capacity(run=run, capacity=1, by=desk, reason="Telpa", now=NOON),
        press(run, make_child()),
    )

    return refused(outcomes), states_of(run)


def test_a_lower_capacity_is_never_below_those_who_are_in(guards):
    for _ in range(ROUNDS):
        assert fewer_seats(guards) in [([], [CONFIRMED, WAITLISTED]), (["capacity"], [CONFIRMED, CONFIRMED])]
    assert differences() == []


def test_without_guards_a_seat_is_taken_away_under_a_child(guards):
    guards.take_away(LOCKS, COUNTERS)

    assert fewer_seats(guards) == ([], [CONFIRMED, CONFIRMED])
    assert OVERFULL in differences()


def an_import_lowers_it(guards, hour=15):
    """The catalogue says one seat; somebody has it, and another one comes while the file is read in."""
    guards.slow(seats, "set_capacity", before=True)
    course = {"id": f"robotika-{uuid4().hex[:6]}", "groups": [{"weekday": "tue", "start": f"{hour}:30"}], "min_size": 1}

    def read_in(capacity):
        octets = as_yaml(a_catalogue(courses=[a_course(**course, capacity=capacity)]))
        try:
            import_catalogue(octets=octets, now=IN_AUGUST)
        except CatalogueRefused as refused:
            return [error.path.rpartition(".")[2] for error in refused.errors]
        return "done"

    assert read_in(2) == "done"
    run = CourseRun.objects.latest("pk")
    enroll(run, now=IN_AUGUST)

    outcomes = guards.race(lambda: read_in(1), press(run, make_child(), now=IN_AUGUST))

    refused(outcomes)
    return outcomes[0], states_of(run)


def test_an_import_takes_no_seat_away_from_a_family(guards):
    for hour in range(10, 10 + 2 * ROUNDS, 2):  # one after another in the same room
        assert an_import_lowers_it(guards, hour) in [
            (["capacity"], [CONFIRMED, CONFIRMED]), ("done", [CONFIRMED, WAITLISTED])
        ]  # fmt: skip
    assert differences() == []


def test_without_guards_an_import_does(guards):
    guards.take_away(LOCKS, COUNTERS)

    assert an_import_lowers_it(guards) == ("done", [CONFIRMED, CONFIRMED])
    assert OVERFULL in differences()


# -- A group that is cancelled ---------------------------------------------------------------------


def a_group_is_cancelled(guards):
    guards.slow(eligibility.Facts, "load")
    run, desk = make_run(capacity=2), make_user()

    outcomes = guards.race(
        press(run, make_child()), lambda: decisions.cancel_run(run=run, by=desk, reason="Pasniedzējs slims", now=NOON)
    )

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    return refused(outcomes), states_of(run)


def test_nobody_gets_into_a_group_while_it_is_cancelled(guards):
    for _ in range(ROUNDS):
        assert a_group_is_cancelled(guards) in [(["cancelled"], []), ([], [CANCELLED])]
    assert differences() == []


def test_without_guards_a_child_has_a_place_in_a_cancelled_group(guards):
    guards.take_away(LOCKS, COUNTERS)

    assert a_group_is_cancelled(guards) == ([], [CONFIRMED])
    assert "live enrollments of a cancelled group" in differences()


# -- At the door -----------------------------------------------------------------------------------


def one_seat_at_the_door(guards):
    guards.slow(eligibility, "in_the_way")
    run = make_run(capacity=1, course=make_course(program=make_program(has_standby=True)), offers_end_at=NOON + HOUR)
    seated, first, second = enroll(run), enroll(run), enroll(run)
    at_the_start, desk = run.starts_at, make_user()
    standby.note_no_show(enrollment=seated, by=desk, now=at_the_start)

    def give(one):
        return lambda: standby.give_place(enrollment=one, by=desk, now=at_the_start, reason="Ir klāt")

    refused(guards.race(give(first), give(second)))
    return Enrollment.objects.filter(run=run, state=CONFIRMED).count()


def test_an_empty_place_at_the_door_is_given_once(guards):
    for _ in range(ROUNDS):
        assert one_seat_at_the_door(guards) == 1
    assert differences() == []


def test_without_guards_it_is_given_twice(guards):
    guards.take_away(LOCKS, COUNTERS)

    assert one_seat_at_the_door(guards) == 2
    assert OVERFULL in differences()
