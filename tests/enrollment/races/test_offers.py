"""Races for freed seats: answers, deadlines, cancelling, taking back; what one ends the other cannot have."""

from datetime import timedelta

import pytest

from courses.flows import seats
from enrollment import eligibility
from enrollment.flows import enrollments, reconfirmations, trials, upkeep, waitlist
from enrollment.models import Enrollment, EnrollmentState as State, OfferState, WaitlistOffer
from tests.enrollment.races.guards import COUNTERS, LOCKS, OVERFULL, ROUNDS, STATES, differences, refused
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    counters_of,
    enroll,
    make_course,
    make_program,
    make_run,
    make_user,
    states_of,
    try_lesson,
)  # fmt: skip

pytestmark = pytest.mark.slow

CONFIRMED, OFFERED, WAITLISTED, WITHDRAWN = State.CONFIRMED, State.OFFERED, State.WAITLISTED, State.WITHDRAWN
CANCELLED, DECLINED, EXPIRED, LEAVING = State.CANCELLED, State.DECLINED, State.EXPIRED, State.LEAVING
A_MINUTE = timedelta(minutes=1)


def an_offer():
    """A group with one seat, offered to the first of two who wait: (run, offer)."""
    run = make_run(capacity=1)
    seated, _first, _second = enroll(run), enroll(run), enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    return run, WaitlistOffer.objects.open().get(enrollment__run=run)


# -- An answer and the deadline --------------------------------------------------------------------


def accepted_when_time_is_up(guards):
    guards.slow(eligibility, "why_not_accept")
    run, offer = an_offer()

    refused(guards.race(
        lambda: waitlist.accept(offer=offer, by=None, now=offer.expires_at - A_MINUTE),
        lambda: waitlist.expire(offer=offer, now=offer.expires_at),
        lambda: waitlist.decline(offer=offer, by=None, now=offer.expires_at - A_MINUTE),
    ))  # fmt: skip

    return states_of(run)[1:]


def expired_when_it_is_accepted(guards):
    guards.slow(waitlist, "_end", before=True)
    run, offer = an_offer()

    accepted, _ = outcomes = guards.race(
        lambda: waitlist.expire(offer=offer, now=offer.expires_at),
        lambda: waitlist.accept(offer=offer, by=None, now=offer.expires_at - A_MINUTE),
    )[::-1]

    refused(outcomes)
    return isinstance(accepted, Enrollment), states_of(run)[1:]


def test_an_offer_is_accepted_or_ends_and_the_seat_is_one_familys(guards):
    for _ in range(ROUNDS):
        assert accepted_when_time_is_up(guards) in [
            [CONFIRMED, WAITLISTED], [EXPIRED, OFFERED], [DECLINED, OFFERED]
        ]  # fmt: skip
    assert differences() == []


def test_an_offer_that_was_accepted_does_not_end(guards):
    for _ in range(ROUNDS):
        assert expired_when_it_is_accepted(guards) in [
            (True, [CONFIRMED, WAITLISTED]), (False, [EXPIRED, OFFERED])
        ]  # fmt: skip
    assert differences() == []


def test_without_guards_the_seat_is_accepted_and_offered_to_the_next(guards):
    guards.take_away(LOCKS, STATES)

    assert accepted_when_time_is_up(guards) == [CONFIRMED, OFFERED]
    assert OVERFULL in differences()


def test_without_guards_an_accepted_place_is_lost_to_the_deadline(guards):
    guards.take_away(LOCKS, STATES, COUNTERS)

    assert expired_when_it_is_accepted(guards) == (True, [EXPIRED, OFFERED])
    assert differences() != []


# -- Cancelling and promoting ----------------------------------------------------------------------


def cancelled_when_it_is_their_turn(guards):
    """A seat more is there, and the worker gives it to whoever waits first, whom the desk takes off the list."""
    guards.slow(waitlist, "_give", before=True)
    run, desk = make_run(capacity=1), make_user()
    _seated, first, _second = enroll(run), enroll(run), enroll(run)
    seats.set_capacity(run, capacity=2)

    refused(guards.race(
        lambda: waitlist.promote(run=run, now=NOON),
        lambda: enrollments.cancel(enrollment=first, by=desk, reason="Dubults", now=NOON),
    ))  # fmt: skip

    return states_of(run)[1:]


def test_who_is_cancelled_is_not_offered_a_seat(guards):
    for _ in range(ROUNDS):
        assert cancelled_when_it_is_their_turn(guards) in [[CANCELLED, OFFERED], [LEAVING, WAITLISTED]]
    assert differences() == []


def test_without_guards_a_cancelled_child_is_offered_a_seat(guards):
    guards.take_away(LOCKS, STATES, COUNTERS)

    assert cancelled_when_it_is_their_turn(guards) == [OFFERED, OFFERED]
    assert OVERFULL in differences()


# -- Taking back and passing on --------------------------------------------------------------------


def taken_back_when_it_is_passed_on(guards):
    guards.slow(enrollments, "_filled_meanwhile")
    run = make_run(capacity=1)
    seated, _waiting = enroll(run), enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)

    refused(guards.race(
        lambda: enrollments.undo_withdrawal(enrollment=seated, by=None, now=NOON),
        lambda: enrollments.pass_on(enrollment=seated, by=None, now=NOON),
        lambda: upkeep.run_due(now=NOON + HOUR),
    ))  # fmt: skip

    return states_of(run)


def test_a_place_is_taken_back_or_passed_on(guards):
    for _ in range(ROUNDS):
        assert taken_back_when_it_is_passed_on(guards) in [[CONFIRMED, WAITLISTED], [WITHDRAWN, OFFERED]]
    assert differences() == []


def test_without_guards_it_is_both(guards):
    guards.take_away(LOCKS, STATES)

    assert taken_back_when_it_is_passed_on(guards) == [CONFIRMED, OFFERED]
    assert OVERFULL in differences()


# -- Two who make room -----------------------------------------------------------------------------


def freed_twice(guards):
    """Two workers end the same hold."""
    guards.slow(enrollments, "release", before=True)
    run = make_run(capacity=2)
    seated, _other, _first, _second = (enroll(run) for _ in range(4))
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)

    refused(guards.race(*[lambda: enrollments.release_due(enrollment=seated, now=NOON + HOUR)] * 2))

    return states_of(run), counters_of(run)


def test_two_workers_free_a_seat_once(guards):
    for _ in range(ROUNDS):
        assert freed_twice(guards) == ([WITHDRAWN, CONFIRMED, OFFERED, WAITLISTED], (2, 1, 1))
    assert differences() == []


def test_without_guards_they_free_it_twice_and_offer_two(guards):
    guards.take_away(LOCKS, STATES)

    states, _counters = freed_twice(guards)

    assert states == [WITHDRAWN, CONFIRMED, OFFERED, OFFERED]
    assert OVERFULL in differences()


# -- After the place was given ---------------------------------------------------------------------


def a_trial_kept_when_it_ends(guards):
    guards.slow(trials, "_is_over")
    run = make_run(capacity=1, course=make_course(program=make_program(trial_answer_hours=48)))
    trial = try_lesson(run)
    enroll(run)

    kept, _ = outcomes = guards.race(
        lambda: trials.keep(enrollment=trial, by=None, now=trial.trial_ends_at - A_MINUTE),
        lambda: trials.expire(enrollment=trial, now=trial.trial_ends_at),
    )

    refused(outcomes)
    return isinstance(kept, Enrollment), states_of(run)


def test_a_trial_is_kept_or_ends(guards):
    for _ in range(ROUNDS):
        assert a_trial_kept_when_it_ends(guards) in [
            (True, [CONFIRMED, WAITLISTED]), (False, [EXPIRED, OFFERED])
        ]  # fmt: skip
    assert differences() == []


def test_without_guards_it_is_kept_and_offered_to_the_next(guards):
    guards.take_away(LOCKS, STATES)

    assert a_trial_kept_when_it_ends(guards) == (True, [CONFIRMED, OFFERED])
    assert OVERFULL in differences()


def still_coming_when_time_is_up(guards):
    guards.slow(reconfirmations, "_end", before=True)
    run = make_run(capacity=1, course=make_course(program=make_program(reconfirm_days=5)), starts_at=NOON + 2 * WEEK)
    asked = enroll(run)
    enroll(run)
    reconfirmations.ask(enrollment=asked, now=NOON + 9 * DAY)
    asked.refresh_from_db()

    yes, _ = outcomes = guards.race(
        lambda: reconfirmations.expire(enrollment=asked, now=asked.reconfirm_by),
        lambda: reconfirmations.confirm(enrollment=asked, by=None, now=asked.reconfirm_by - A_MINUTE),
    )[::-1]

    refused(outcomes)
    return isinstance(yes, Enrollment), states_of(run)


def test_who_said_in_time_that_they_come_keeps_the_place(guards):
    for _ in range(ROUNDS):
        assert still_coming_when_time_is_up(guards) in [
            (True, [CONFIRMED, WAITLISTED]), (False, [EXPIRED, OFFERED])
        ]  # fmt: skip
    assert differences() == []


def test_without_guards_their_place_is_lost_all_the_same(guards):
    guards.take_away(LOCKS, STATES)

    assert still_coming_when_time_is_up(guards) == (True, [EXPIRED, OFFERED])


# -- Two guardians ---------------------------------------------------------------------------------


def both_guardians_accept(guards):
    guards.slow(eligibility, "why_not_accept")
    run, offer = an_offer()

    refused(guards.race(*[lambda: waitlist.accept(offer=offer, by=None, now=NOON)] * 2))

    rows = offer.enrollment.ledger.filter(event="accepted").count()
    return rows, counters_of(run), WaitlistOffer.objects.get(pk=offer.pk).state


def test_two_guardians_accept_once(guards):
    for _ in range(ROUNDS):
        assert both_guardians_accept(guards) == (1, (1, 0, 1), OfferState.ACCEPTED)
    assert differences() == []


def test_without_guards_they_accept_twice_and_the_counters_drift(guards):
    guards.take_away(LOCKS, STATES, COUNTERS)

    rows, _counters, _state = both_guardians_accept(guards)

    assert rows == 2
    assert differences() != []
