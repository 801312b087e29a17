"""Who may take a place back that was given back or cancelled, until when, and past what."""

from datetime import timedelta

import pytest

from accounts.models import Role
from accounts.outbox.models import Message
from enrollment.flows import enrollments
from enrollment.flows.places import NotTheirs
from enrollment.models import EnrollmentState
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    NOON,
    codes_of,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_user,
    states_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db

CONFIRMED, WAITLISTED, LEAVING = EnrollmentState.CONFIRMED, EnrollmentState.WAITLISTED, EnrollmentState.LEAVING
OFFERED, WITHDRAWN, CANCELLED = EnrollmentState.OFFERED, EnrollmentState.WITHDRAWN, EnrollmentState.CANCELLED


def cancelled_by_the_centre(run, child):
    seated = enroll(run, child)
    enrollments.cancel(enrollment=seated, by=make_user(roles=[Role.DESK]), reason="Dubults pieteikums", now=NOON)
    return seated


@pytest.mark.parametrize("flow", [enrollments.undo_withdrawal, enrollments.pass_on])
def test_what_the_centre_ended_is_taken_back_by_staff_alone(flow):
    run, guardian = make_run(capacity=1), make_guardian()
    ended = cancelled_by_the_centre(run, make_child(guardian))

    with pytest.raises(EnrollmentRefused) as refused:
        flow(enrollment=ended, by=guardian, now=NOON)
    held = states_of(run)
    enrollments.undo_withdrawal(enrollment=ended, by=make_user(roles=[Role.DESK]), now=NOON)

    assert (codes_of(refused), held, states_of(run)) == ([Reason.ENDED], [LEAVING], [CONFIRMED])


def test_applying_again_does_not_take_back_what_the_centre_ended():
    run, child = make_run(capacity=1), make_child()
    cancelled_by_the_centre(run, child)
    enroll(run)

    enroll(run, child)

    assert states_of(run) == [CANCELLED, OFFERED, WAITLISTED]


def test_a_hold_that_is_over_is_not_taken_back_by_applying_again():
    run, child = make_run(capacity=1), make_child()
    enrollments.withdraw(enrollment=enroll(run, child), by=None, now=NOON)
    enroll(run)

    enroll(run, child, now=NOON + timedelta(minutes=11))

    assert states_of(run) == [WITHDRAWN, OFFERED, WAITLISTED]


def test_applying_again_stops_the_letter_that_the_place_was_given_back():
    run, child = make_run(capacity=1), make_child()
    enrollments.withdraw(enrollment=enroll(run, child), by=None, now=NOON)

    enroll(run, child)

    assert not Message.objects.waiting().filter(kind="enrollment.place_ended").exists()


def test_a_place_is_not_taken_back_past_the_limit():
    guardian, program = make_guardian(), make_program(max_places_per_term=1)
    child = make_child(guardian)
    run, other = make_run(course=make_course(program=program)), make_run(course=make_course(program=program))
    seated = enroll(run, child)
    enrollments.withdraw(enrollment=seated, by=guardian, now=NOON)
    enroll(other, child, now=NOON + timedelta(minutes=1))

    with pytest.raises(EnrollmentRefused) as refused:
        enrollments.undo_withdrawal(enrollment=seated, by=guardian, now=NOON + timedelta(minutes=2))

    assert codes_of(refused) == [Reason.LIMIT]


def test_the_worker_leaves_a_hold_that_began_anew():
    run = make_run(capacity=1)
    seated = enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.undo_withdrawal(enrollment=seated, by=None, now=NOON + timedelta(minutes=9))
    enrollments.withdraw(enrollment=seated, by=None, now=NOON + timedelta(minutes=9))

    released = enrollments.release_due(enrollment=seated, now=NOON + timedelta(minutes=11))

    assert (released, states_of(run)) == (False, [LEAVING])


def test_a_pupil_with_an_own_login_does_not_give_the_place_back():
    run, child, pupil = make_run(), make_child(), make_user()
    seated = enroll(run, child)
    type(child).objects.filter(pk=child.pk).update(user=pupil)

    with pytest.raises(NotTheirs):
        enrollments.withdraw(enrollment=type(seated).objects.get(pk=seated.pk), by=pupil, now=NOON)

    assert states_of(run) == [CONFIRMED]
