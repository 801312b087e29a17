"""A group whose row cannot be reached: the receipt is written, nobody passes it, and the worker keeps the order."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, connections, transaction

from accounts import locks
from accounts.models import Learner
from courses.models import CourseRun
from enrollment.flows import applications, enrollments, newcomers, upkeep
from enrollment.models import Application, ApplicationState as Stage, Enrollment, Submission
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused
from tests.factories import HOUR, NOON, WEEK, codes_of, make_child, make_children, make_guardian, make_run, states_of
from tests.races import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql_only]

SECOND = timedelta(seconds=1)
LATER = NOON + HOUR


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Every connection of this test gives up waiting for a lock after a fifth of a second."""
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "options", f"{options['options']} -c lock_timeout=200ms")
    connection.close()
    yield
    connection.close()


@contextmanager
def held(*rows):
    """Somebody else's transaction has these rows locked."""
    locked, done, problems = threading.Event(), threading.Event(), []

    def hold():
        try:
            with transaction.atomic():
                for row in rows:
                    type(row).objects.select_for_update(no_key=True).get(pk=row.pk)  # as our own code does
                locked.set()
                done.wait(60)
        except BaseException as problem:
            problems.append(problem)
            locked.set()
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    locked.wait(60)
    try:
        yield
    finally:
        done.set()
        thread.join(60)
    assert problems == []


def press(run, child, by, *, now=NOON, key=None):
    return applications.submit(run=run, learners=[child], key=key or uuid4(), by=by, now=now)


def prepared(by, child, *runs):
    return applications.prepare(learners=[child], runs=list(runs), by=by, now=NOON - HOUR)


def outcomes_of(application):
    return list(application.wishes.order_by("rank").values_list("outcome", flat=True))


def test_the_row_is_really_out_of_reach():
    run, guardian = make_run(), make_guardian()
    child = make_child(guardian)

    with held(run), pytest.raises(OperationalError) as raised:
        enrollments.enroll(run=run, learners=[child], key=uuid4(), by=guardian, now=NOON)

    assert locks.gave_up(raised.value)


def test_a_press_that_cannot_reach_the_group_gets_a_receipt_with_its_second():
    run, guardian = make_run(), make_guardian()
    child = make_child(guardian)

    with held(run):
        (received,) = press(run, child, guardian)
        assert (received.state, received.received_at, states_of(run)) == (Stage.RECEIVED, NOON, [])

    upkeep.run_due(now=LATER)
    assert (outcomes_of(received), states_of(run)) == (["place"], ["confirmed"])
    assert Submission.objects.get().received_at == NOON


def test_a_prepared_application_gets_one_too_but_not_before_the_opening():
    run, guardian = make_run(enrollment_opens_at=NOON), make_guardian()
    application = prepared(guardian, make_child(guardian), run)

    with held(run):
        with pytest.raises(EnrollmentRefused) as raised:
            applications.send(application=application, by=guardian, now=NOON - SECOND)
        received = applications.send(application=application, by=guardian, now=NOON)

    assert codes_of(raised) == ["not_open_yet"]
    assert (received.state, received.received_at) == (Stage.RECEIVED, NOON)


def test_the_same_press_again_finds_the_same_receipt():
    run, guardian, key = make_run(), make_guardian(), uuid4()
    child = make_child(guardian)

    with held(run):
        first = press(run, child, guardian, key=key)
        second = press(run, child, guardian, key=key, now=NOON + SECOND)

    assert first == second
    assert Application.objects.count() == 1


def test_a_later_press_does_not_pass_although_the_group_can_be_reached_again():
    run, guardian = make_run(capacity=1), make_guardian()
    one, other = make_children(2, guardian)

    with held(run):
        (first,) = press(run, one, guardian)
    (later,) = press(run, other, guardian, now=NOON + SECOND)

    assert (later.state, states_of(run)) == (Stage.RECEIVED, [])
    upkeep.run_due(now=LATER)
    assert [outcomes_of(application) for application in (first, later)] == [["place"], ["queue"]]


def one_gives_up_while_another_comes(monkeypatch):
    """Both looked while nobody waited; the earlier gives up waiting for the group, then the later reaches it."""
    run, guardian = make_run(capacity=1), make_guardian()
    one, other = make_children(2, guardian)
    run = CourseRun.objects.for_display().get(pk=run.pk)
    looked, may_go = threading.Event(), threading.Event()
    enroll = enrollments.enroll

    def slow_for_the_later(**wanted):
        if wanted["now"] > NOON:
            looked.set()
            may_go.wait(60)
        return enroll(**wanted)

    monkeypatch.setattr(enrollments, "enroll", slow_for_the_later)

    def early(_):
        looked.wait(60)
        with held(run):
            receipt = press(run, one, guardian)
        may_go.set()
        return receipt

    outcomes = race([early, lambda _: press(run, other, guardian, now=NOON + SECOND)], lambda work: work(None))
    first, later = (one[0] if isinstance(one, list) else one for one in outcomes)

    return run, first, later


def test_who_waits_for_the_lock_does_not_pass_who_gave_up_meanwhile(monkeypatch):
    run, first, later = one_gives_up_while_another_comes(monkeypatch)

    assert (first.state, later.state, states_of(run)) == (Stage.RECEIVED, Stage.RECEIVED, [])
    upkeep.run_due(now=LATER)
    assert [outcomes_of(application) for application in (first, later)] == [["place"], ["queue"]]


def test_asked_only_before_the_lock_the_later_would_pass(monkeypatch):
    monkeypatch.setattr(newcomers, "turns", SimpleNamespace(somebody_is_before=lambda *_, **__: False))

    run, first, _later = one_gives_up_while_another_comes(monkeypatch)

    assert states_of(run) == ["confirmed"]
    upkeep.run_due(now=LATER)
    assert outcomes_of(first) == ["queue"]


def test_a_group_out_of_reach_keeps_its_own_waiting_and_no_others():
    """Also those who wish for two groups: who came later for the second one stays behind them."""
    guardian = make_guardian()
    one, two, three, four = make_children(4, guardian)
    stuck, both, free = (make_run(capacity=1, starts_at=NOON + 2 * WEEK + number * WEEK / 7) for number in range(3))
    first = prepared(guardian, one, stuck)
    second = prepared(guardian, two, stuck, both)
    third = prepared(guardian, three, both)
    other = prepared(guardian, four, free)
    for number, application in enumerate((first, second, third, other)):
        Application.objects.filter(pk=application.pk).update(state=Stage.RECEIVED, received_at=NOON + number * SECOND)

    with held(stuck):
        assert upkeep.run_due(now=LATER)["decided"] == 1
        assert [outcomes_of(one) for one in (first, second, third, other)] == [[""], ["", ""], [""], ["place"]]

    assert upkeep.run_due(now=LATER)["decided"] == 3
    assert [outcomes_of(one) for one in (first, second, third)] == [["place"], ["full", "place"], ["queue"]]
    assert reconcile().differences == []


def test_several_workers_decide_each_once_and_in_order():
    guardian, run = make_guardian(), make_run(capacity=5)
    waiting = []
    for number, child in enumerate(make_children(20, guardian)):
        application = prepared(guardian, child, run)
        Application.objects.filter(pk=application.pk).update(state=Stage.RECEIVED, received_at=NOON + number * SECOND)
        waiting.append(application)

    for _ in range(20):  # who finds the group locked by another worker comes back for the rest
        summaries = race(4, lambda _: upkeep.run_due(now=LATER))
        assert [one for one in summaries if isinstance(one, Exception)] == []
        if not Application.objects.undecided().exists():
            break

    assert [outcomes_of(one) for one in waiting] == [["place"]] * 5 + [["queue"]] * 15
    assert Enrollment.objects.count() == 20
    assert reconcile().differences == []


def test_two_guardians_who_press_at_once_send_it_once():
    run, mother, father = make_run(), make_guardian(), make_guardian()
    child = make_child(mother)
    child.guardianships.create(guardian=father, started_at=NOON)
    application = prepared(mother, child, run)

    outcomes = race([mother, father] * 3, lambda by: applications.send(application=application, by=by, now=NOON).state)

    assert set(outcomes) <= {Stage.DECIDED, Stage.RECEIVED}
    assert states_of(run) == ["confirmed"]


def test_a_child_out_of_reach_is_told_so_and_nothing_is_lost():
    run, guardian = make_run(), make_guardian()
    child = make_child(guardian)

    with held(run, Learner.objects.get(pk=child.pk)), pytest.raises(EnrollmentRefused) as raised:
        press(run, child, guardian)

    assert (codes_of(raised), states_of(run), Application.objects.count()) == (["busy"], [], 0)
