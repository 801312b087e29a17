"""Private calendars of what is tried, changed and cancelled with its group (CALENDARS, 7)."""

import pytest
import time_machine
from django.core.cache import cache

from accounts.models import Role
from courses.flows.publishing import runs_showing, touch_runs
from enrollment.flows import decisions, enrollments, places, trials
from enrollment.models import EnrollmentState, FeedKind, LedgerEvent
from tests.calendars import events, link_for, titles
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    change_group,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_user,
    try_lesson,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    cache.clear()
    with time_machine.travel(NOON + HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mother():
    return make_guardian()


@pytest.fixture
def feed(mother):
    return link_for(mother)


def make_trial_run(**fields):
    return make_run(course=make_course(program=make_program(trial_answer_hours=48)), **fields)


def test_of_a_trial_the_lesson_that_is_tried_and_all_of_them_once_it_is_kept(client, mother, feed):
    trial = try_lesson(make_trial_run(), make_child(mother))

    while_trying = len(events(client.get(feed)))
    trials.keep(enrollment=trial, by=mother, now=NOON)

    assert (while_trying, len(events(client.get(feed)))) == (1, 3)


def test_a_trial_changes_the_calendar_of_who_has_read_it(client, mother, feed):
    child = make_child(mother)
    first = client.get(feed)
    try_lesson(make_trial_run(), child)

    again = client.get(feed, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, len(events(again))) == (200, 1)


def test_lessons_of_a_cancelled_group_stay_in_the_familys_calendar_and_are_marked(client, mother, feed):
    run = make_run()
    enroll(run, make_child(mother))
    client.get(feed)

    decisions.cancel_run(run=run, by=make_user(roles=[Role.COORDINATOR]), reason="slimība", now=NOON + HOUR)

    shown = events(client.get(feed))
    assert {str(event["STATUS"]) for event in shown} == {"CANCELLED"}
    assert [title.startswith("ATCELTS: ") for title in titles(client.get(feed))] == [True] * 3
    assert {int(event["SEQUENCE"]) for event in shown} == {1}


def test_who_only_waited_or_had_left_before_sees_none_of_it(client, mother, feed):
    run, child, other = make_run(capacity=1), make_child(mother), make_child(mother, first_name="Bruno")
    enrollments.withdraw(enrollment=enroll(run, child), by=None, now=NOON)
    enroll(run, other)

    decisions.cancel_run(run=run, by=make_user(roles=[Role.COORDINATOR]), reason="slimība", now=NOON + HOUR)

    assert events(client.get(feed)) == []


def test_a_changed_group_changes_the_calendar(client, mother, feed):
    course = make_course()
    one, other = make_run(course=course), make_run(course=course, lessons=2, starts_at=one_day_later())
    place = enroll(one, make_child(mother))
    client.get(feed)

    change_group(place, other)

    assert len(events(client.get(feed))) == 2


def one_day_later():
    return NOON + 15 * DAY


def test_the_instructors_calendar_counts_who_tries(client):
    teacher = make_user(roles=[Role.INSTRUCTOR])
    run = make_trial_run(lessons=1)
    run.instructors.add(teacher)
    run.lessons.first().instructors.add(teacher)
    address = link_for(teacher, kind=FeedKind.INSTRUCTOR)
    try_lesson(run)

    (event,) = events(client.get(address))

    assert "1" in str(event["DESCRIPTION"])


def test_lessons_of_a_cancelled_group_stay_when_something_of_it_is_renamed_later(client, mother, feed, clock):
    run = make_run(lessons=1)
    enroll(run, make_child(mother))
    decisions.cancel_run(run=run, by=make_user(roles=[Role.COORDINATOR]), reason="slimība", now=NOON + HOUR)
    run.room.name_lv = "Studija"
    run.room.save()

    touch_runs(runs_showing(run.room), now=NOON + 2 * HOUR)

    (event,) = events(client.get(feed))
    assert (str(event["STATUS"]), "Studija" in str(event["LOCATION"])) == ("CANCELLED", True)


def test_a_place_that_the_centre_ended_before_shows_nothing_when_the_group_is_cancelled(client, mother, feed):
    run = make_run()
    place = enroll(run, make_child(mother))
    places.change(place, EnrollmentState.CANCELLED, LedgerEvent.CANCELLED, by=None, now=NOON, reason="nav maksāts")

    decisions.cancel_run(run=run, by=make_user(roles=[Role.COORDINATOR]), reason="slimība", now=NOON + HOUR)

    assert events(client.get(feed)) == []
