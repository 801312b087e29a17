"""Do you still come? Asked before the start, answered with one press; without an answer the place goes on."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.outbox.models import Message
from enrollment.flows import aftercare, bookings, enrollments, reconfirmations
from enrollment.flows.places import NotTheirs
from enrollment.models import EnrollmentState as State, LedgerEvent
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    codes_of,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_slot,
    make_user,
    states_of,
)

pytestmark = pytest.mark.django_db

START = NOON + 2 * WEEK
ASKED = START - 7 * DAY  # at noon
DEADLINE = ASKED + 48 * HOUR


def make_asking_run(**fields):
    return make_run(course=make_course(program=make_program(reconfirm_days=7)), **fields)


def asked(run=None, **fields):
    """A place that was asked about."""
    enrollment = enroll(run or make_asking_run(**fields))
    assert aftercare.run_due(now=ASKED)["asked"] == 1
    enrollment.refresh_from_db()
    return enrollment


def letters(kind):
    return Message.objects.filter(kind=f"enrollment.{kind}")


def test_each_is_asked_once_that_many_days_before_the_start():
    run = make_asking_run()
    enroll(run)
    enroll(run)

    done = [aftercare.run_due(now=now)["asked"] for now in (ASKED - HOUR / 3600, ASKED, ASKED)]

    assert done == [0, 2, 0]
    assert set(run.enrollments.values_list("reconfirm_by", "state")) == {(DEADLINE, State.CONFIRMED)}
    assert letters("still_coming").count() == 2
    assert reconcile().differences == []


def test_nobody_is_asked_where_the_program_does_not_say_so():
    enroll(make_run())

    assert aftercare.run_due(now=ASKED)["asked"] == 0


def test_who_waits_or_got_the_place_after_that_day_is_not_asked():
    run = make_asking_run(capacity=2)
    enroll(run)
    enroll(run, now=ASKED + HOUR)
    enroll(run)

    assert aftercare.run_due(now=ASKED + 2 * HOUR)["asked"] == 1


def test_never_at_night():
    run = make_asking_run(starts_at=datetime(2026, 12, 8, 1, 0, tzinfo=UTC))  # asked from 3:00 in Riga on
    enroll(run)
    at_eight = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)

    assert [aftercare.run_due(now=at_eight - HOUR)["asked"], aftercare.run_due(now=at_eight)["asked"]] == [0, 1]


def test_no_deadline_is_at_night_or_too_near_the_start():
    evening = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # 18:00 in Riga

    assert reconfirmations.reconfirm_deadline(now=evening, starts_at=evening + 8 * HOUR) is None
    night = reconfirmations.reconfirm_deadline(now=evening, starts_at=evening + 20 * HOUR)
    assert night == datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
    assert reconfirmations.reconfirm_deadline(now=evening, starts_at=evening + 3 * HOUR) is None


def test_yes_is_noted_once():
    place = asked()

    for _ in range(2):
        reconfirmations.confirm(enrollment=place, by=place.entered_by, now=ASKED + HOUR)

    place.refresh_from_db()
    events = list(place.ledger.order_by("number").values_list("event", flat=True))
    assert (place.state, place.reconfirmed_at) == (State.CONFIRMED, ASKED + HOUR)
    assert events == [LedgerEvent.RECEIVED, LedgerEvent.ASKED, LedgerEvent.RECONFIRMED]
    assert aftercare.run_due(now=DEADLINE)["ended"] == 0
    assert reconcile().differences == []


def test_who_has_not_answered_is_reminded_once_at_half_time():
    asked()

    done = [aftercare.run_due(now=ASKED + hours * HOUR)["asked"] for hours in (23, 24, 25)]

    assert done == [0, 1, 0]
    assert letters("still_coming_reminder").count() == 1


def test_who_has_answered_is_not_reminded():
    place = asked()
    reconfirmations.confirm(enrollment=place, by=place.entered_by, now=ASKED + HOUR)

    assert aftercare.run_due(now=ASKED + 25 * HOUR)["asked"] == 0


def test_without_an_answer_the_place_goes_to_the_queue():
    run = make_asking_run(capacity=1)
    place = asked(run)
    enroll(run)

    done = [aftercare.run_due(now=now)["ended"] for now in (DEADLINE - HOUR / 3600, DEADLINE, DEADLINE)]

    assert done == [0, 1, 0]
    assert states_of(run) == [State.EXPIRED, State.OFFERED]
    assert place.ledger.latest("number").event == LedgerEvent.UNCONFIRMED
    assert letters("place_unconfirmed").count() == 1
    assert reconcile().differences == []


def test_a_late_yes_ends_it_on_the_spot():
    run = make_asking_run(capacity=1)
    place = asked(run)
    enroll(run)

    for _ in range(2):
        with pytest.raises(EnrollmentRefused) as refused:
            reconfirmations.confirm(enrollment=place, by=place.entered_by, now=DEADLINE)
        assert codes_of(refused) == [Reason.TOO_LATE_TO_ANSWER]

    assert states_of(run) == [State.EXPIRED, State.OFFERED]


def test_no_longer_gives_the_place_back_and_undoing_that_says_yes():
    place = asked()

    enrollments.withdraw(enrollment=place, by=None, now=ASKED + HOUR)
    unanswered_while_leaving = aftercare.run_due(now=DEADLINE)["ended"]
    back = enrollments.undo_withdrawal(enrollment=place, by=None, now=ASKED + HOUR + timedelta(minutes=9))

    assert (unanswered_while_leaving, back.state) == (0, State.CONFIRMED)
    assert aftercare.run_due(now=DEADLINE)["ended"] == 0


def test_a_pupils_own_login_does_not_answer():
    child = make_child()
    run = make_asking_run()
    place = enroll(run, child)
    aftercare.run_due(now=ASKED)
    pupil = make_user()
    type(child).objects.filter(pk=child.pk).update(user=pupil)

    with pytest.raises(NotTheirs):
        reconfirmations.confirm(enrollment=place, by=pupil, now=ASKED)


def test_guests_are_asked_by_their_address_and_both_guardians_with_links_of_their_own():
    program = make_program(reconfirm_days=7)
    slot = make_slot(course=make_course(program=program), starts_at=START)
    bookings.book(run=slot, seats_wanted=2, name="Anna", email="anna@example.lv", key=uuid4(), now=NOON)
    child = make_child()
    child.guardianships.create(guardian=make_guardian(), started_at=NOON)
    enroll(make_run(course=make_course(program=program)), child)

    aftercare.run_due(now=ASKED)

    found = letters("still_coming")
    assert found.filter(address="anna@example.lv").count() == 1
    assert len({letter.facts["answer_path"] for letter in found}) == 3
