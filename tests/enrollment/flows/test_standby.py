"""The day itself: empty places are given at the door, in the order of the queue."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Role
from accounts.outbox.models import Message
from enrollment.flows import bookings, standby
from enrollment.models import EnrollmentState as State, LedgerEvent
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    codes_of,
    counters_of,
    enroll,
    make_children,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_slot,
    make_user,
    states_of,
)
from tests.races import race

pytestmark = pytest.mark.django_db

START = NOON + 4 * DAY
DOOR_OPENS = START - 3 * HOUR  # offers of such a slot end an hour before, and are never shorter than two


@pytest.fixture
def desk():
    return make_user(roles=[Role.DESK])


def make_door(*, capacity=4, has_standby=True):
    return make_slot(capacity=capacity, course=make_course(program=make_program(has_standby=has_standby)))


def book(slot, seats=2, name="Anna"):
    return bookings.book(
        run=slot, seats_wanted=seats, name=name, email=f"{name.lower()}@example.lv", key=uuid4(), now=NOON
    )


def test_the_first_in_the_queue_gets_an_empty_place(desk):
    slot = make_door()
    absent, _there, first = book(slot), book(slot), book(slot)
    standby.note_no_show(enrollment=absent, by=desk, now=START)

    for _ in range(2):  # pressed twice
        standby.give_place(enrollment=first, by=desk, now=START)

    assert states_of(slot) == [State.EXPIRED, State.CONFIRMED, State.CONFIRMED]
    assert counters_of(slot) == (4, 0, 0)
    assert list(absent.ledger.values_list("event", flat=True))[-1] == LedgerEvent.NO_SHOW
    assert list(first.ledger.values_list("event", flat=True))[-1] == LedgerEvent.STANDBY
    assert Message.objects.filter(kind="enrollment.place_given", address="anna@example.lv").count() == 3
    assert reconcile().differences == []


def test_nobody_is_let_in_past_the_capacity(desk):
    slot = make_door()
    book(slot), book(slot)
    waiting = book(slot)

    with pytest.raises(EnrollmentRefused) as refused:
        standby.give_place(enrollment=waiting, by=desk, now=START)

    assert codes_of(refused) == [Reason.FULL]
    assert counters_of(slot) == (4, 0, 2)


def test_past_others_only_with_a_written_reason(desk):
    slot = make_door()
    absent, _there, _first, second = book(slot), book(slot), book(slot, name="Berta"), book(slot, name="Cilda")
    standby.note_no_show(enrollment=absent, by=desk, now=START)

    with pytest.raises(EnrollmentRefused) as refused:
        standby.give_place(enrollment=second, by=desk, now=START)
    given = standby.give_place(enrollment=second, by=desk, now=START, reason="Berta nav ieradusies")

    assert codes_of(refused) == [Reason.OUT_OF_TURN]
    assert "Berta" in str(refused.value.refusal)
    row = given.ledger.latest("number")
    assert (row.event, row.reason, row.overrides) == (LedgerEvent.STANDBY, "Berta nav ieradusies", "out_of_turn")


def test_a_party_that_does_not_fit_stands_in_nobodys_way(desk):
    slot = make_door(capacity=2)
    absent, _large, small = book(slot, seats=1), book(slot, seats=4), book(slot, seats=1)
    standby.note_no_show(enrollment=absent, by=desk, now=START)

    assert standby.give_place(enrollment=small, by=desk, now=START).state == State.CONFIRMED


@pytest.mark.parametrize(
    ("now", "reason"),
    [(DOOR_OPENS - HOUR / 3600, Reason.TOO_EARLY), (START + 2 * HOUR, Reason.FINISHED)],
)
def test_only_on_the_day(desk, now, reason):
    slot = make_door(capacity=2)
    seated, waiting = book(slot), book(slot)

    for flow, one in ((standby.give_place, waiting), (standby.note_no_show, seated)):
        with pytest.raises(EnrollmentRefused) as refused:
            flow(enrollment=one, by=desk, now=now)
        assert codes_of(refused) == [reason]


def test_only_where_the_program_says_so(desk):
    slot = make_door(capacity=2, has_standby=False)
    seated, waiting = book(slot), book(slot)

    for flow, one in ((standby.give_place, waiting), (standby.note_no_show, seated)):
        with pytest.raises(EnrollmentRefused) as refused:
            flow(enrollment=one, by=desk, now=START)
        assert codes_of(refused) == [Reason.NO_STANDBY]


def test_nobody_is_late_before_the_start(desk):
    seated = book(make_door())

    with pytest.raises(EnrollmentRefused) as refused:
        standby.note_no_show(enrollment=seated, by=desk, now=START - timedelta(seconds=1))

    assert codes_of(refused) == [Reason.TOO_EARLY]


def test_who_came_after_all_has_the_place_again_while_it_is_empty(desk):
    slot = make_door(capacity=2)
    late, waiting = book(slot), book(slot)
    standby.note_no_show(enrollment=late, by=desk, now=START)
    back = standby.undo_no_show(enrollment=late, by=desk, now=START)
    standby.note_no_show(enrollment=late, by=desk, now=START)
    standby.give_place(enrollment=waiting, by=desk, now=START)

    with pytest.raises(EnrollmentRefused) as refused:
        standby.undo_no_show(enrollment=late, by=desk, now=START)

    assert (back.state, codes_of(refused)) == (State.CONFIRMED, [Reason.TOO_LATE])
    assert reconcile().differences == []


def siblings_at_the_door(*, capacity):
    """A group of which nobody came; two siblings who go together wait for it."""
    program = make_program(has_standby=True)
    group = make_run(capacity=capacity, course=make_course(program=program), offers_end_at=NOON + 2 * WEEK)
    absent = [enroll(group) for _ in range(capacity)]
    enroll(group, *make_children(2, make_guardian()), together=True)
    for one in absent[:2]:
        standby.note_no_show(enrollment=one, by=None, now=group.starts_at)
    return group, list(group.enrollments.waitlisted())


def test_siblings_who_go_together_get_their_places_together(desk):
    group, (first, _second) = siblings_at_the_door(capacity=2)

    standby.give_place(enrollment=first, by=desk, now=group.starts_at)

    assert states_of(group) == [State.EXPIRED, State.EXPIRED, State.CONFIRMED, State.CONFIRMED]
    assert reconcile().differences == []


def test_one_of_them_alone_gets_a_place_with_a_written_reason(desk):
    group, (first, second) = siblings_at_the_door(capacity=1)

    with pytest.raises(EnrollmentRefused) as refused:
        standby.give_place(enrollment=first, by=desk, now=group.starts_at)
    standby.give_place(enrollment=second, by=desk, now=group.starts_at, reason="Pirmais saslima")

    assert (codes_of(refused), states_of(group)) == ([Reason.FULL], [State.EXPIRED, State.WAITLISTED, State.CONFIRMED])
    assert second.ledger.latest("number").overrides == "out_of_turn"


def test_who_came_into_the_group_anew_does_not_come_back_besides(desk):
    group = make_run(course=make_course(program=make_program(has_standby=True)), offers_end_at=NOON + 2 * WEEK)
    late, start = enroll(group), group.starts_at
    standby.note_no_show(enrollment=late, by=desk, now=start)
    enroll(group, late.learner, now=start)

    with pytest.raises(EnrollmentRefused) as refused:
        standby.undo_no_show(enrollment=late, by=desk, now=start)

    assert (codes_of(refused), states_of(group)) == ([Reason.ALREADY], [State.EXPIRED, State.CONFIRMED])


def test_who_has_a_place_at_that_time_by_now_does_not_come_back(desk):
    course = make_course(program=make_program(has_standby=True))
    group, same_time = (make_run(course=course, offers_end_at=NOON + 2 * WEEK) for _ in range(2))
    late, start = enroll(group), group.starts_at
    standby.note_no_show(enrollment=late, by=desk, now=start)
    enroll(same_time, late.learner, now=start)

    with pytest.raises(EnrollmentRefused) as refused:
        standby.undo_no_show(enrollment=late, by=desk, now=start)

    assert codes_of(refused) == [Reason.CLASH]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_at_the_desk_give_one_empty_place_once():
    desk = make_user(roles=[Role.DESK])
    for _ in range(5):
        slot = make_door(capacity=2)
        absent, first, second = book(slot), book(slot), book(slot)
        standby.note_no_show(enrollment=absent, by=desk, now=START)

        outcomes = race(
            [first, second],
            lambda one: standby.give_place(enrollment=one, by=desk, now=START, reason="ir klāt"),
        )

        assert sorted(type(one).__name__ for one in outcomes) == ["Enrollment", "EnrollmentRefused"]
        assert counters_of(slot)[0] == 2
    assert reconcile().differences == []
