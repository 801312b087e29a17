"""What a family wants: prepared before the opening, sent with one press, decided in its turn."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.outbox.models import Message
from courses.models import FirstServed, PriorityWindow, RunState
from enrollment.flows import applications, enrollments, upkeep
from enrollment.flows.places import NotTheirs
from enrollment.models import Application, ApplicationState as Stage, Enrollment, Submission
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused
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
    make_program,
    make_run,
    make_term,
    states_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db

OPENS = NOON + HOUR
LATER = OPENS + 10 * HOUR  # the worker comes


@pytest.fixture
def guardian():
    return make_guardian()


@pytest.fixture
def child(guardian):
    return make_child(guardian)


@pytest.fixture
def course():
    return make_course()


def soon(course=None, *, days=0, **fields):
    """A group that opens in an hour."""
    defaults = {"enrollment_opens_at": OPENS, "course": course or make_course()}
    return make_run(starts_at=NOON + 2 * WEEK + days * DAY, **defaults | fields)


def prepare(by, *runs, learners, **options):
    return applications.prepare_each(learners=learners, runs=list(runs), by=by, now=NOON, **options)


def send(application, by, now=OPENS):
    return applications.send(application=application, by=by, now=now)


def outcomes_of(application):
    return list(application.wishes.order_by("rank").values_list("outcome", flat=True))


def places_of(learner):
    """{code of the group: state} of what a learner has."""
    return dict(learner.enrollments.filter(ended_at=None).values_list("run__code", "state"))


def in_line(run, child, by, *, at=OPENS):
    """An application that was received while the group was out of reach."""
    application = applications.prepare(learners=[child], runs=[run], by=by, now=NOON)
    Application.objects.filter(pk=application.pk).update(state=Stage.RECEIVED, received_at=at)
    application.refresh_from_db()
    return application


# -- Preparing -----------------------------------------------------------------------------------


def test_what_is_prepared_changes_no_place(guardian, child):
    run = soon()

    (prepared,) = prepare(guardian, run, learners=[child])

    assert (prepared.state, prepared.received_at, states_of(run), counters_of(run)) == (
        Stage.PREPARED,
        None,
        [],
        (0, 0, 0),
    )
    assert applications.opens_at(prepared, now=NOON) == OPENS


def test_siblings_get_an_application_each_or_one_together(guardian, child, course):
    sibling = make_child(guardian, first_name="Roberts")

    each = prepare(guardian, soon(course), learners=[child, sibling])
    together = prepare(guardian, soon(course, days=1), learners=[child, sibling], together=True)

    assert [[one.pk for one in application.learners.all()] for application in each] == [[child.pk], [sibling.pk]]
    assert [one.pk for one in together[0].learners.all()] == [child.pk, sibling.pk]


def test_the_same_form_sent_twice_prepares_once(guardian, child):
    sibling, run, key = make_child(guardian, first_name="Roberts"), soon(), uuid4()

    first = prepare(guardian, run, learners=[child, sibling], key=key)
    second = prepare(guardian, run, learners=[child, sibling], key=key)

    assert first == second
    assert Application.objects.count() == 2


def test_another_familys_key_is_no_key(guardian, child):
    run, key, other = soon(), uuid4(), make_guardian()
    theirs = prepare(guardian, run, learners=[child], key=key)

    ours = prepare(other, run, learners=[make_child(other)], key=key)

    assert ours != theirs


def test_either_guardian_sees_it_and_a_second_one_is_not_prepared(guardian, child):
    other, run = make_guardian(), soon()
    child.guardianships.create(guardian=other, started_at=NOON)
    (prepared,) = prepare(guardian, run, learners=[child])

    with pytest.raises(EnrollmentRefused) as raised:
        prepare(other, run, learners=[child])

    assert codes_of(raised) == ["prepared"]
    assert raised.value.refusal.facts["application"] == prepared
    assert list(Application.objects.visible_to(other)) == [prepared]


def test_a_guardian_of_one_sibling_does_not_see_what_both_are_in(guardian, child):
    half = make_child(guardian, first_name="Roberts")
    other = make_guardian()
    child.guardianships.create(guardian=other, started_at=NOON)
    (prepared,) = prepare(guardian, soon(), learners=[child, half], together=True)

    assert list(Application.objects.visible_to(other)) == []
    with pytest.raises(NotTheirs):
        send(prepared, other)
    with pytest.raises(NotTheirs):
        applications.drop(application=prepared, by=other, now=NOON)


def test_a_minors_own_login_looks_and_does_not_decide(guardian):
    pupil, child = make_guardian(), make_child(guardian)
    type(child).objects.filter(pk=child.pk).update(user=pupil)
    (prepared,) = prepare(guardian, soon(), learners=[child])

    assert list(Application.objects.visible_to(pupil)) == [prepared]
    for act in (
        lambda: prepare(pupil, soon(), learners=[child]),
        lambda: send(prepared, pupil),
        lambda: applications.drop(application=prepared, by=pupil, now=NOON),
    ):
        with pytest.raises(NotTheirs):
            act()


def test_what_does_not_fit_is_said_when_preparing(guardian):
    run, child = soon(state=RunState.CANCELLED), make_child(guardian)

    with pytest.raises(EnrollmentRefused) as raised:
        prepare(guardian, run, learners=[child])

    assert codes_of(raised) == ["cancelled"]


def test_nobody_prepares_without_end(guardian, child, course, monkeypatch):
    monkeypatch.setattr("enrollment.flows.applications.preparing.MOST_PENDING", 2)
    for day in range(2):
        prepare(guardian, soon(course, days=day), learners=[child])

    with pytest.raises(EnrollmentRefused) as raised:
        prepare(guardian, soon(course, days=3), learners=[child])

    assert codes_of(raised) == ["too_many"]


def test_more_places_than_the_limit_are_not_wanted(guardian, child):
    course = make_course(program=make_program(max_places_per_term=1))

    (prepared,) = prepare(guardian, soon(course), soon(course, days=1), learners=[child], places_wanted=5)

    assert prepared.places_wanted == 1


def test_the_wishes_of_a_prepared_application_are_replaced(guardian, child, course):
    first, second = soon(course), soon(course, days=1)
    (prepared,) = prepare(guardian, first, learners=[child])

    applications.prepare(
        application=prepared, runs=[second, first, second], by=guardian, now=NOON, waits_for=[first.pk]
    )

    assert list(prepared.wishes.order_by("rank").values_list("run", "joins_waitlist")) == [
        (second.pk, False),
        (first.pk, True),
    ]


def test_what_was_received_keeps_its_wishes(guardian, child, course):
    """Otherwise its early second would pass those who wait for the other group."""
    received = in_line(soon(course), child, guardian)

    with pytest.raises(EnrollmentRefused) as raised:
        applications.prepare(application=received, runs=[soon(course, days=1)], by=guardian, now=OPENS)

    assert codes_of(raised) == ["ended"]


def test_taking_back_twice_changes_nothing_more(guardian, child):
    (prepared,) = prepare(guardian, soon(), learners=[child])

    applications.drop(application=prepared, by=guardian, now=NOON)
    again = applications.drop(application=prepared, by=guardian, now=OPENS)

    assert (again.state, again.ended_at) == (Stage.DROPPED, NOON)
    with pytest.raises(EnrollmentRefused) as raised:
        send(prepared, guardian)
    assert codes_of(raised) == ["ended"]


# -- The press -----------------------------------------------------------------------------------


def test_a_press_before_the_opening_loses_nothing(guardian, child):
    run = soon()
    (prepared,) = prepare(guardian, run, learners=[child])

    with pytest.raises(EnrollmentRefused) as raised:
        send(prepared, guardian, now=OPENS - timedelta(microseconds=1))

    prepared.refresh_from_db()
    assert (codes_of(raised), prepared.state, prepared.received_at) == (["not_open_yet"], Stage.PREPARED, None)
    assert send(prepared, guardian).state == Stage.DECIDED
    assert states_of(run) == ["confirmed"]


def test_it_is_sent_when_the_last_of_its_groups_opens(guardian, child, course):
    run, last = soon(course), soon(course, days=1, enrollment_opens_at=OPENS + HOUR)
    (prepared,) = prepare(guardian, run, last, learners=[child])

    with pytest.raises(EnrollmentRefused) as raised:
        send(prepared, guardian, now=OPENS)

    assert (codes_of(raised), raised.value.refusal.facts["at"]) == (["not_open_yet"], OPENS + HOUR)
    assert applications.opens_at(prepared, now=NOON) == OPENS + HOUR


def test_whoever_may_apply_earlier_sends_earlier(guardian, child):
    term = make_term()
    program = make_program()
    course = make_course(program=program)
    enroll(make_run(course=course, term=term, starts_at=NOON - WEEK), child, now=NOON - 3 * WEEK / 2 + WEEK)
    PriorityWindow.objects.create(program=program, term=term, who=FirstServed.CURRENT, opens_at=NOON)
    run = soon(make_course(program=program), days=2, term=term)
    (prepared,) = prepare(guardian, run, learners=[child])

    assert applications.opens_at(prepared, now=NOON) == NOON
    assert send(prepared, guardian, now=NOON).state == Stage.DECIDED
    assert states_of(run) == ["confirmed"]


def test_the_best_free_wish_is_given_and_the_others_are_left(guardian, child, course):
    full, free, spare = soon(course, capacity=1), soon(course, days=1), soon(course, days=2)
    enroll(full, now=OPENS)
    (prepared,) = prepare(guardian, full, free, spare, learners=[child], waits_for=[full.pk])

    sent = send(prepared, guardian)

    assert places_of(child) == {free.code: "confirmed"}
    assert (outcomes_of(sent), sent.received_at, sent.submission.key) == (
        ["full", "place", "unneeded"],
        OPENS,
        sent.key,
    )


def test_without_a_free_wish_it_waits_where_it_asked_to(guardian, child, course):
    first, second = soon(course, capacity=1), soon(course, days=1, capacity=1)
    for run in (first, second):
        enroll(run, now=OPENS)
    (prepared,) = prepare(guardian, first, second, learners=[child], waits_for=[first.pk])

    sent = send(prepared, guardian)

    assert places_of(child) == {first.code: "waitlisted"}
    assert outcomes_of(sent) == ["queue", "full"]


def test_two_places_wanted_are_two_places_or_one_and_the_queues(guardian, child, course):
    first, full = soon(course), soon(course, days=1, capacity=1)
    enroll(full, now=OPENS)
    (prepared,) = prepare(guardian, full, first, learners=[child], places_wanted=2)

    send(prepared, guardian)

    assert places_of(child) == {full.code: "waitlisted", first.code: "confirmed"}


def test_wishes_at_the_same_time_come_true_once(guardian, child, course):
    run, same_time = soon(course), soon(course)
    (prepared,) = prepare(guardian, run, same_time, learners=[child], places_wanted=2)

    sent = send(prepared, guardian)

    assert outcomes_of(sent) == ["place", "clash"]


def test_a_cancelled_wish_does_not_hinder_the_others(guardian, child, course):
    run, other = soon(course), soon(course, days=1)
    (prepared,) = prepare(guardian, run, other, learners=[child])
    type(run).objects.filter(pk=run.pk).update(state=RunState.CANCELLED)

    sent = send(prepared, guardian)

    assert (outcomes_of(sent), places_of(child)) == (["cancelled", "place"], {other.code: "confirmed"})


def test_siblings_together_get_all_or_wait_together(guardian, child, course):
    sibling = make_child(guardian, first_name="Roberts")
    one_left, enough = soon(course, capacity=1), soon(course, days=1, capacity=2)
    (prepared,) = prepare(guardian, one_left, enough, learners=[child, sibling], together=True)

    sent = send(prepared, guardian)

    assert outcomes_of(sent) == ["full", "place"]
    assert [places_of(one) for one in (child, sibling)] == [{enough.code: "confirmed"}] * 2
    assert sent.submission.is_together is True


def test_when_nothing_is_possible_it_stays_prepared_with_the_reasons(guardian, child, course):
    run = soon(course)
    (prepared,) = prepare(guardian, run, learners=[child])
    enroll(run, child, now=OPENS)

    with pytest.raises(EnrollmentRefused) as raised:
        send(prepared, guardian)

    prepared.refresh_from_db()
    assert (codes_of(raised), prepared.state, outcomes_of(prepared)) == (["already"], Stage.PREPARED, [""])


def test_a_full_group_whose_queue_is_not_wanted_is_refused_and_can_be_changed(guardian, child):
    run = soon(capacity=1)
    enroll(run, now=OPENS)
    (prepared,) = prepare(guardian, run, learners=[child], waits_for=[])

    with pytest.raises(EnrollmentRefused) as raised:
        send(prepared, guardian)
    applications.prepare(application=prepared, runs=[run], by=guardian, now=OPENS)
    send(prepared, guardian)

    assert (codes_of(raised), places_of(child)) == (["full"], {run.code: "waitlisted"})


def test_pressed_twice_and_by_both_guardians_it_is_sent_once(guardian, child):
    other, run = make_guardian(), soon()
    child.guardianships.create(guardian=other, started_at=NOON)
    (prepared,) = prepare(guardian, run, learners=[child])
    stale = Application.objects.get(pk=prepared.pk)

    send(prepared, other)
    again = send(stale, guardian, now=OPENS + HOUR)

    assert (again.state, again.received_at, states_of(run)) == (Stage.DECIDED, OPENS, ["confirmed"])
    assert Submission.objects.get().submitted_by == other


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
