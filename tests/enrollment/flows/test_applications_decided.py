"""Applications in their turn: places that are still held, and what the worker decides."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.outbox.models import Message
from courses.models import RunState
from enrollment.flows import applications, enrollments, upkeep
from enrollment.models import ApplicationState as Stage, Enrollment, Submission
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused
from tests.enrollment.flows.applications import LATER, OPENS, in_line, outcomes_of, prepare, send, soon
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    codes_of,
    counters_of,
    enroll,
    make_child,
    make_children,
    make_course,
    make_guardian,
    make_run,
    make_user,
    states_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def guardian():
    return make_guardian()


@pytest.fixture
def child(guardian):
    return make_child(guardian)


@pytest.fixture
def course():
    return make_course()


def test_a_place_given_back_a_moment_ago_comes_back(guardian, child):
    run = make_run(capacity=1)
    seated = enroll(run, child)
    enrollments.withdraw(enrollment=seated, by=guardian, now=NOON)
    (prepared,) = prepare(guardian, run, learners=[child])

    sent = send(prepared, guardian, now=NOON + timedelta(minutes=5))

    assert (states_of(run), counters_of(run), outcomes_of(sent)) == (["confirmed"], (1, 0, 0), ["place"])
    assert list(sent.submission.enrollments.all()) == [seated]
    assert not Message.objects.filter(kind="enrollment.place_ended", stopped_at=None).exists()


def test_a_place_whose_hold_is_over_is_passed_on_first(guardian, child):
    run = make_run(capacity=1)
    seated, _waiting = enroll(run, child), enroll(run)
    enrollments.withdraw(enrollment=seated, by=guardian, now=NOON)
    (prepared,) = prepare(guardian, run, learners=[child])

    send(prepared, guardian, now=NOON + timedelta(minutes=11))

    assert states_of(run) == ["withdrawn", "offered", "waitlisted"]
    assert reconcile().differences == []


def test_siblings_of_whom_one_still_holds_a_place_need_only_the_others(guardian, child):
    sibling, run = make_child(guardian, first_name="Roberts"), make_run(capacity=2)
    seated = enroll(run, child)
    enrollments.withdraw(enrollment=seated, by=guardian, now=NOON)
    (prepared,) = prepare(guardian, run, learners=[child, sibling], together=True)

    send(prepared, guardian, now=NOON)

    assert (states_of(run), counters_of(run)) == (["confirmed", "confirmed"], (2, 0, 0))
    assert reconcile().differences == []


def test_siblings_who_do_not_fit_together_wait_together_and_hold_nothing(guardian, child):
    sibling, run = make_child(guardian, first_name="Roberts"), make_run(capacity=2)
    seated, _other = enroll(run, child), enroll(run)
    enrollments.withdraw(enrollment=seated, by=guardian, now=NOON)
    (prepared,) = prepare(guardian, run, learners=[child, sibling], together=True)

    send(prepared, guardian, now=NOON)

    assert (states_of(run), counters_of(run)) == (["withdrawn", "confirmed", "waitlisted", "waitlisted"], (1, 0, 2))
    assert reconcile().differences == []


def test_a_key_that_was_used_elsewhere_stops_nothing(guardian, child, course):
    run, elsewhere = soon(course), make_run(course=course, starts_at=NOON + 3 * WEEK + DAY)
    (prepared,) = prepare(guardian, run, learners=[child])
    enroll(elsewhere, child, key=prepared.key)

    sent = send(prepared, guardian)

    assert (sent.state, sent.submission.key == sent.key, states_of(run)) == (Stage.DECIDED, False, ["confirmed"])


# -- In the worker --------------------------------------------------------------------------------


def test_the_worker_decides_in_the_order_of_receipt_as_of_the_second_of_receipt(guardian):
    run = soon(capacity=1)
    one, other = make_children(2, guardian)
    later = in_line(run, one, guardian, at=OPENS + timedelta(seconds=2))
    first = in_line(run, other, guardian, at=OPENS + timedelta(seconds=1))

    summary = upkeep.run_due(now=LATER)

    assert summary["decided"] == 2
    assert [outcomes_of(one) for one in (first, later)] == [["place"], ["queue"]]
    assert [one.received_at for one in run.enrollments.order_by("received_at")] == [
        first.received_at,
        later.received_at,
    ]
    assert upkeep.run_due(now=LATER)["decided"] == 0


def test_what_was_received_a_moment_ago_waits_for_those_who_may_have_come_before(guardian, child, settings):
    application = in_line(soon(), child, guardian)
    settled = OPENS + timedelta(seconds=settings.APPLICATIONS_SETTLE_SECONDS)

    assert upkeep.run_due(now=settled - timedelta(seconds=1))["decided"] == 0
    assert upkeep.run_due(now=settled)["decided"] == 1
    assert outcomes_of(application) == ["place"]


def test_it_is_decided_after_the_closing_as_of_its_receipt(guardian, child):
    run = soon(enrollment_closes_at=OPENS + HOUR)
    in_line(run, child, guardian, at=OPENS + HOUR - timedelta(seconds=1))

    upkeep.run_due(now=OPENS + 2 * HOUR)

    assert states_of(run) == ["confirmed"]


def test_received_but_refused_tells_why(guardian, child):
    run = soon()
    application = in_line(run, child, guardian)
    type(run).objects.filter(pk=run.pk).update(state=RunState.CANCELLED)

    upkeep.run_due(now=LATER)

    application.refresh_from_db()
    assert (application.state, application.submission, outcomes_of(application)) == (Stage.DECIDED, None, ["cancelled"])
    assert list(Message.objects.values_list("kind", "learner")) == [("enrollment.application_refused", child.pk)]


def test_while_one_waits_nobody_passes_by_any_door(guardian, child):
    run, other = soon(), make_guardian()
    first = in_line(run, child, guardian)
    second, third = make_children(2, other)

    (received,) = applications.submit(run=run, learners=[second], key=uuid4(), by=other, now=OPENS + HOUR)
    with pytest.raises(EnrollmentRefused) as raised:
        enroll(run, now=OPENS + HOUR)
    (prepared,) = prepare(other, run, learners=[third])
    sent = send(prepared, other, now=OPENS + 2 * HOUR)

    assert (received.state, sent.state, codes_of(raised), states_of(run)) == (
        Stage.RECEIVED,
        Stage.RECEIVED,
        ["busy"],
        [],
    )
    upkeep.run_due(now=LATER)
    assert [outcomes_of(one) for one in (first, received, sent)] == [["place"], ["place"], ["queue"]]


def test_staff_move_nobody_past_those_who_wait_but_with_a_reason(guardian, child):
    run, officer = soon(capacity=1), make_guardian()
    in_line(run, child, guardian)
    seated = enroll(make_run(starts_at=run.starts_at + DAY), now=OPENS + HOUR)

    def move(**reason):
        return enrollments.move(enrollment=seated, to_run=run, by=officer, reason="x", now=OPENS + HOUR, **reason)

    with pytest.raises(EnrollmentRefused) as raised:
        move()
    moved = move(override_reason="slimība")

    assert (codes_of(raised), moved.run) == (["busy"], run)


def test_a_place_that_staff_give_past_those_who_wait_says_so_in_the_ledger(guardian, child):
    run, officer = soon(capacity=2), make_user(roles=["desk"])
    in_line(run, child, guardian)
    elsewhere = enroll(make_run(starts_at=run.starts_at + DAY), now=OPENS + HOUR)

    given = enroll(run, by=officer, override_reason="slimība", now=OPENS + HOUR)
    moved = enrollments.move(
        enrollment=elsewhere, to_run=run, by=officer, reason="x", override_reason="slimība", now=OPENS + HOUR
    )

    assert [one.ledger.get().overrides for one in (given, moved)] == ["out_of_turn", "out_of_turn"]


def test_whoever_came_before_a_receipt_is_served_at_once(guardian, child):
    run, other = soon(), make_guardian()
    in_line(run, child, guardian, at=OPENS + HOUR)

    applications.submit(run=run, learners=[make_child(other)], key=uuid4(), by=other, now=OPENS)

    assert states_of(run) == ["confirmed"]


def test_the_same_press_again_finds_the_same_receipt_before_and_after_it_is_decided(guardian, child):
    run, key = soon(), uuid4()
    sibling = make_child(guardian, first_name="Roberts")
    blocker = make_guardian()
    in_line(run, make_child(blocker), blocker)

    def press(now):
        return applications.submit(run=run, learners=[child, sibling], key=key, by=guardian, now=now)

    received, again = press(OPENS + HOUR), press(OPENS + 2 * HOUR)
    upkeep.run_due(now=LATER)
    answered = press(LATER)

    assert received == again
    assert [one.received_at for one in again] == [OPENS + HOUR] * 2
    assert answered == Submission.objects.get(key=key)
    assert Enrollment.objects.filter(learner__in=[child, sibling]).count() == 2


def test_a_second_tab_and_the_other_guardian_find_the_receipt_that_waits(guardian, child):
    run, other, blocker = soon(), make_guardian(), make_guardian()
    child.guardianships.create(guardian=other, started_at=NOON)
    in_line(run, make_child(blocker), blocker)

    first = applications.submit(run=run, learners=[child], key=uuid4(), by=guardian, now=OPENS)
    tab = applications.submit(run=run, learners=[child], key=uuid4(), by=guardian, now=OPENS)
    theirs = applications.submit(run=run, learners=[child], key=uuid4(), by=other, now=OPENS)

    assert first == tab == theirs


def test_a_receipt_is_not_given_to_whom_it_cannot_help(guardian, child):
    run, blocker = soon(enrollment_closes_at=OPENS + HOUR), make_guardian()
    in_line(run, make_child(blocker), blocker)

    for now, code in ((OPENS - HOUR, "not_open_yet"), (OPENS + HOUR, "closed")):
        with pytest.raises(EnrollmentRefused) as raised:
            applications.submit(run=run, learners=[child], key=uuid4(), by=guardian, now=now)
        assert codes_of(raised) == [code]


def test_a_failure_of_ours_keeps_no_other_from_its_turn(guardian, child, monkeypatch, caplog):
    run = soon(capacity=2)
    broken = in_line(run, child, guardian)
    whole = in_line(run, make_child(guardian, first_name="Roberts"), guardian, at=OPENS + HOUR)
    enter = applications.deciding.enter

    def fails_for_one(application, *rest, **more):
        if application.pk == broken.pk:
            raise ValueError("broken")
        return enter(application, *rest, **more)

    monkeypatch.setattr(applications.deciding, "enter", fails_for_one)

    assert upkeep.run_due(now=LATER)["decided"] == 1
    assert [outcomes_of(one) for one in (broken, whole)] == [[""], ["place"]]
    assert counters_of(run) == (1, 0, 0)


def test_what_was_taken_back_is_not_decided(guardian, child):
    run = soon()
    application = in_line(run, child, guardian)

    applications.drop(application=application, by=guardian, now=OPENS)

    assert (upkeep.run_due(now=LATER)["decided"], states_of(run)) == (0, [])
