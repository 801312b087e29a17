from datetime import timedelta

import pytest
from django.db import connection

from courses.models import CourseRun, RunState
from enrollment import reconciliation
from enrollment.flows import bookings, enrollments, upkeep
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry, LedgerEvent, OfferState, WaitlistOffer
from enrollment.reconciliation import Difference, reconcile
from tests.factories import NOON, enroll, make_child, make_guardian, make_run, make_slot

pytestmark = pytest.mark.django_db


def found():
    return [(one.what, one.expected, one.found) for one in reconcile().differences]


def test_what_the_flows_did_adds_up():
    run, slot = make_run(capacity=2), make_slot(capacity=4)
    seated, _stays, _first, _second = (enroll(run) for _ in range(4))
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    upkeep.run_due(now=NOON + timedelta(hours=1))
    for key in range(2):
        bookings.book(
            run=slot, seats_wanted=3, name="Līga", email="l@example.lv", key=f"00000000-0000-0000-0000-00000000000{key}",
            now=NOON,
        )  # fmt: skip

    outcome = reconcile()

    assert (outcome.runs, outcome.enrollments, outcome.ledger_rows, outcome.differences) == (2, 6, 9, [])


@pytest.mark.parametrize("column", ["seats_taken", "waitlist_length"])
def test_a_counter_that_is_off_is_found(column):
    run = make_run(capacity=5)
    enroll(run)
    right = getattr(CourseRun.objects.get(pk=run.pk), column)
    CourseRun.objects.filter(pk=run.pk).update(**{column: right + 1})

    assert reconcile().differences == [Difference(run.pk, column, right, right + 1)]


def test_an_offer_that_is_counted_and_not_there_is_found():
    run = make_run()
    enroll(run)
    CourseRun.objects.filter(pk=run.pk).update(seats_offered=1)

    assert found() == [("seats_offered", 0, 1)]


def test_a_state_changed_by_hand_is_found():
    one = enroll(make_run())
    Enrollment.objects.filter(pk=one.pk).update(state=State.WITHDRAWN, ended_at=NOON)

    assert found() == [
        ("seats_taken", 0, 1),
        (f"enrollment {one.pk}: state", State.CONFIRMED, State.WITHDRAWN),
        (f"enrollment {one.pk}: seats in the ledger", 0, 1),
    ]


def test_an_enrollment_without_a_history_is_found():
    one = enroll(make_run())
    Enrollment.objects.create(
        run=one.run,
        submission=one.submission,
        learner=make_child(),
        state=State.CONFIRMED,
        received_at=NOON,
        changed_at=NOON,
    )
    CourseRun.objects.filter(pk=one.run_id).update(seats_taken=2)

    assert [what.partition(": ")[2] for what, _expected, _found in found()] == ["ledger rows"]


@pytest.mark.parametrize(
    ("number", "from_state", "fault"), [(3, "confirmed", [3, "confirmed"]), (2, "waitlisted", [2, "waitlisted"])]
)
def test_a_gap_or_a_break_in_the_ledger_is_found(number, from_state, fault):
    one = enroll(make_run())
    LedgerEntry.objects.create(
        enrollment=one, run=one.run, number=number, event=LedgerEvent.SKIPPED, from_state=from_state, to_state="confirmed",
        seats=0, at=NOON,
    )  # fmt: skip
    Enrollment.objects.filter(pk=one.pk).update(version=number)

    assert found() == [
        (f"enrollment {one.pk}: ledger row (number, from, run)", [2, "confirmed", one.run_id], [*fault, one.run_id])
    ]


def test_an_open_offer_to_somebody_who_was_offered_nothing_is_found():
    one = enroll(make_run())
    WaitlistOffer.objects.create(
        enrollment=one, state=OfferState.OPEN, offered_at=NOON, remind_at=NOON, expires_at=NOON + timedelta(hours=1)
    )

    assert found() == [(f"enrollment {one.pk}: open offers", 0, 1)]


def test_somebody_left_in_a_cancelled_group_is_found():
    one = enroll(make_run())
    CourseRun.objects.filter(pk=one.run_id).update(state=RunState.CANCELLED)

    assert found() == [("live enrollments of a cancelled group", 0, 1)]


def test_all_groups_are_seen_however_many_are_read_at_once(monkeypatch):
    monkeypatch.setattr(reconciliation, "RUNS_AT_ONCE", 2)
    for _ in range(5):
        enroll(make_run())
    told = []

    outcome = reconcile(progress=lambda done, total: told.append((done, total)))

    assert (outcome.runs, outcome.enrollments, told) == (5, 5, [(2, 5), (4, 5), (5, 5)])


def test_more_enrollments_take_no_more_queries(django_assert_num_queries):
    run, guardian = make_run(capacity=20), make_guardian()
    enroll(run, make_child(guardian))
    with django_assert_num_queries(18):
        reconcile()
    enroll(run, *(make_child(guardian, first_name=name) for name in ("Anna", "Jānis", "Pēteris")))
    with django_assert_num_queries(18):
        reconcile()


@pytest.mark.django_db(transaction=True)
def test_a_lot_is_read_from_one_snapshot():
    """Outside a test's transaction the isolation is really asked for."""
    enroll(make_run())

    assert (reconcile().differences, connection.in_atomic_block) == ([], False)
