import pytest

from accounts import staff_log
from enrollment.flows import capacity
from enrollment.models import EnrollmentState
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import NOON, enroll, make_room, make_run, make_user, states_of

pytestmark = pytest.mark.django_db


def change(run, seats, **more):
    return capacity.change_capacity(run=run, capacity=seats, by=make_user(), reason="Lielāka telpa", now=NOON, **more)


def test_a_raised_capacity_is_offered_to_the_queue():
    run = make_run(capacity=1)
    enroll(run)
    waiting = enroll(run)

    promoted = change(run, 2)

    assert promoted == [waiting]
    assert states_of(run) == [EnrollmentState.CONFIRMED, EnrollmentState.OFFERED]


@pytest.mark.parametrize("seats", [1, 15])
def test_the_seats_taken_and_the_room_are_the_limits(seats):
    run = make_run(capacity=3, room=make_room(capacity=14))
    enroll(run), enroll(run)

    with pytest.raises(EnrollmentRefused) as refused:
        change(run, seats)

    assert refused.value.refusal.reason == Reason.CAPACITY
    assert refused.value.refusal.facts == {"taken": 2, "room": 14}
    run.refresh_from_db()
    assert run.capacity == 3
    assert not staff_log.rows_about(run).exists()


def test_the_reason_is_kept():
    run = make_run(capacity=1)

    change(run, 4)

    assert [row.change_message for row in staff_log.rows_about(run)] == ["1 → 4: Lielāka telpa"]


def test_the_same_capacity_again_changes_nothing():
    run = make_run(capacity=4)

    assert change(run, 4) == []
    assert not staff_log.rows_about(run).exists()
