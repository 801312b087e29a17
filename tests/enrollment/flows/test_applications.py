"""What a family wants: prepared before the opening, and sent with one press."""

from datetime import timedelta
from uuid import uuid4

import pytest

from courses.models import FirstServed, PriorityWindow, RunState
from enrollment.flows import applications
from enrollment.flows.places import NotTheirs
from enrollment.models import Application, ApplicationState as Stage, Submission
from enrollment.refusals import EnrollmentRefused
from tests.enrollment.flows.applications import OPENS, in_line, outcomes_of, places_of, prepare, send, soon
from tests.factories import (
    HOUR,
    NOON,
    WEEK,
    codes_of,
    counters_of,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_term,
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


def test_a_group_that_opens_after_its_term_opens_for_all_at_once(guardian, child):
    term = make_term(enrollment_opens_at=NOON - WEEK)
    program = make_program()
    enroll(make_run(course=make_course(program=program), term=term, starts_at=NOON - WEEK), child)
    PriorityWindow.objects.create(program=program, term=term, who=FirstServed.CURRENT, opens_at=NOON - 2 * WEEK)
    (prepared,) = prepare(guardian, soon(make_course(program=program), days=2, term=term), learners=[child])

    assert applications.opens_at(prepared, now=NOON) == OPENS


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
