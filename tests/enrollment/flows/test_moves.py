from datetime import timedelta

import pytest

from accounts.models import Role
from accounts.outbox.models import Message
from enrollment.flows import enrollments, upkeep
from enrollment.models import EnrollmentState
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    HOUR,
    NOON,
    WEEK,
    codes_of,
    counters_of,
    enroll,
    make_course,
    make_program,
    make_run,
    make_user,
    states_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db

CONFIRMED, WAITLISTED, LEAVING = EnrollmentState.CONFIRMED, EnrollmentState.WAITLISTED, EnrollmentState.LEAVING
OFFERED, WITHDRAWN, MOVED, CANCELLED = (
    EnrollmentState.OFFERED, EnrollmentState.WITHDRAWN, EnrollmentState.MOVED, EnrollmentState.CANCELLED,
)  # fmt: skip


def test_a_move_takes_the_new_seat_and_holds_the_old_one_for_undo():
    old_run, new_run, desk = (
        make_run(capacity=1),
        make_run(capacity=1, starts_at=NOON + 2 * WEEK + 3 * HOUR),
        make_user(),
    )
    seated, _waiting = enroll(old_run), enroll(old_run)

    moved = enrollments.move(enrollment=seated, to_run=new_run, by=desk, reason="Vecāki lūdza", now=NOON)
    held = states_of(old_run)
    upkeep.run_due(now=NOON + timedelta(seconds=61))

    assert held == [LEAVING, WAITLISTED]
    assert states_of(old_run) == [MOVED, OFFERED]
    assert states_of(new_run) == [CONFIRMED]
    assert moved.moved_from == seated


def test_an_undone_move_restores_the_old_place_and_tells_nobody():
    old_run, new_run, desk = (
        make_run(capacity=1),
        make_run(capacity=1, starts_at=NOON + 2 * WEEK + 3 * HOUR),
        make_user(),
    )
    moved = enrollments.move(enrollment=enroll(old_run), to_run=new_run, by=desk, reason="", now=NOON)

    enrollments.undo_move(enrollment=moved, by=desk, now=NOON + timedelta(seconds=30))

    assert (states_of(old_run), states_of(new_run)) == ([CONFIRMED], [CANCELLED])
    assert (counters_of(old_run), counters_of(new_run)) == ((1, 0, 0), (0, 0, 0))
    assert list(Message.objects.waiting().values_list("kind", flat=True)) == ["enrollment.place_given"]


def test_a_move_into_a_full_group_is_refused_and_changes_nothing():
    old_run, full = make_run(capacity=1), make_run(capacity=1, starts_at=NOON + 2 * WEEK + 3 * HOUR)
    seated = enroll(old_run)
    enroll(full)

    with pytest.raises(EnrollmentRefused) as refused:
        enrollments.move(enrollment=seated, to_run=full, by=make_user(), reason="", now=NOON)

    assert codes_of(refused) == [Reason.FULL]
    assert states_of(old_run) == [CONFIRMED]


def test_a_move_does_not_count_the_place_it_ends_against_the_limit():
    program = make_program(max_places_per_term=1)
    old_run = make_run(course=make_course(program=program))
    new_run = make_run(course=make_course(program=program))

    moved = enrollments.move(enrollment=enroll(old_run), to_run=new_run, by=make_user(), reason="", now=NOON)

    assert moved.state == CONFIRMED


def test_after_an_undone_move_the_learner_can_be_moved_again():
    old_run, new_run, desk = make_run(), make_run(starts_at=NOON + 2 * WEEK + 3 * HOUR), make_user()
    seated = enroll(old_run)
    moved = enrollments.move(enrollment=seated, to_run=new_run, by=desk, reason="", now=NOON)
    enrollments.undo_move(enrollment=moved, by=desk, now=NOON)

    again = enrollments.move(enrollment=seated, to_run=new_run, by=desk, reason="", now=NOON)

    assert again.moved_from == seated
    assert (states_of(old_run), states_of(new_run)) == ([LEAVING], [CANCELLED, CONFIRMED])


def test_the_old_place_of_a_move_is_not_taken_back_beside_the_new_one():
    old_run, new_run = make_run(), make_run(starts_at=NOON + 2 * WEEK + 3 * HOUR)
    desk = make_user(roles=[Role.DESK])
    seated = enroll(old_run)
    enrollments.move(enrollment=seated, to_run=new_run, by=desk, reason="", now=NOON)

    with pytest.raises(EnrollmentRefused):
        enrollments.undo_withdrawal(enrollment=seated, by=desk, now=NOON)

    assert (states_of(old_run), states_of(new_run)) == ([LEAVING], [CONFIRMED])


def test_a_move_is_not_undone_over_what_the_family_got_meanwhile():
    """The old place was at the time of another group, which the move made free for them."""
    old_run, same_time, later = make_run(), make_run(), make_run(starts_at=NOON + 2 * WEEK + 3 * HOUR)
    desk, seated = make_user(), enroll(old_run)
    moved = enrollments.move(enrollment=seated, to_run=later, by=desk, reason="", now=NOON)
    enroll(same_time, seated.learner)

    with pytest.raises(EnrollmentRefused) as raised:
        enrollments.undo_move(enrollment=moved, by=desk, now=NOON + timedelta(seconds=30))

    assert codes_of(raised) == [Reason.CLASH]
    assert (states_of(old_run), states_of(later)) == ([LEAVING], [CONFIRMED])


def test_nobody_is_moved_to_where_their_old_place_is_still_held():
    old_run, later = make_run(), make_run(starts_at=NOON + 2 * WEEK + 3 * HOUR)
    desk = make_user()
    moved = enrollments.move(enrollment=enroll(old_run), to_run=later, by=desk, reason="", now=NOON)

    with pytest.raises(EnrollmentRefused) as raised:
        enrollments.move(enrollment=moved, to_run=old_run, by=desk, reason="", now=NOON)

    assert codes_of(raised) == [Reason.ALREADY]
