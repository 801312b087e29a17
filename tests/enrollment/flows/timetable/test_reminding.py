"""Late changes are told once more to people whose calendar has not fetched them, and to nobody else."""

from datetime import time, timedelta

import pytest

from courses.flows import changes
from enrollment.flows import calendar_links, timetable, upkeep
from enrollment.models import FeedKind, FeedLink
from tests.enrollment.flows.timetable.changing import carry_out, lessons_of, letters, make_coordinator
from tests.factories import DAY, HOUR, NOON, enroll, make_child, make_guardian, make_run

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TODAY = NOON + 6 * HOUR  # the lesson starts at 18:00


@pytest.fixture
def by():
    return make_coordinator()


@pytest.fixture
def lesson():
    return make_run(lessons=1, starts_at=TODAY, capacity=20, enrollment_closes_at=TODAY + HOUR, offers_end_at=TODAY)


def subscriber(run, *, fetched=None, kind=FeedKind.FAMILY, made=NOON - DAY, revoked=None, of_another=False):
    parent = make_guardian()
    child = make_child(parent)
    enroll(run, child, by=parent, now=NOON - DAY)
    shown = make_child(parent, first_name="Bruno") if of_another else child
    link, _token = calendar_links.create(
        user=parent,
        name="Telefons",
        kind=kind,
        learner=shown if kind == FeedKind.LEARNER else None,
        language="lv",
        now=made,
    )
    FeedLink.objects.filter(pk=link.pk).update(last_fetched_at=fetched, revoked_at=revoked)
    return parent


def reminded():
    return {one.recipient for one in letters("late_change")}


def test_only_people_with_a_calendar_that_has_not_fetched_the_change_are_reminded(lesson, by):
    behind = {
        subscriber(lesson), subscriber(lesson, fetched=NOON - HOUR), subscriber(lesson, kind=FeedKind.LEARNER, fetched=NOON - HOUR),
    }  # fmt: skip
    subscriber(lesson, fetched=NOON + MINUTE)
    subscriber(lesson, revoked=NOON - HOUR)
    subscriber(lesson, made=NOON + HOUR)  # a new link shows the change at once
    subscriber(lesson, kind=FeedKind.LEARNER, of_another=True)
    enroll(lesson, now=NOON - DAY)  # no link at all

    carry_out(changes.Cancel(reason="slimība"), lessons_of(lesson), by=by, now=NOON)

    assert len(letters()) == 8  # everybody, at once
    assert timetable.remind_of_late_changes(now=TODAY - 3 * HOUR - MINUTE) == 0
    assert timetable.remind_of_late_changes(now=TODAY - 3 * HOUR) == 3
    assert timetable.remind_of_late_changes(now=TODAY - 2 * HOUR) == 0
    assert reminded() == behind


def test_one_of_several_links_that_has_fetched_it_is_enough(lesson, by):
    parent = subscriber(lesson)
    link, _token = calendar_links.create(user=parent, name="Dators", language="lv", now=NOON - DAY)
    FeedLink.objects.filter(pk=link.pk).update(last_fetched_at=NOON + MINUTE)
    carry_out(changes.TurnRemote(), lessons_of(lesson), by=by, now=NOON)

    assert timetable.remind_of_late_changes(now=TODAY - HOUR) == 0


def test_the_earlier_of_the_old_and_the_new_start_counts(lesson, by):
    subscriber(lesson)
    carry_out(changes.Move(at=time(20)), lessons_of(lesson), by=by, now=NOON)

    assert timetable.remind_of_late_changes(now=TODAY - 3 * HOUR) == 1


def test_a_change_made_in_the_last_hours_is_reminded_of_when_its_letter_has_left(lesson, by):
    subscriber(lesson)
    carry_out(changes.Cancel(reason="slimība"), lessons_of(lesson), by=by, now=TODAY - HOUR)

    counts = [timetable.remind_of_late_changes(now=TODAY - HOUR + seconds * MINUTE / 60) for seconds in (59, 60)]

    assert counts == [0, 1]


def test_what_is_undone_or_changed_again_or_was_told_in_time_or_is_over_is_not_reminded_of(by):
    runs = [
        make_run(lessons=1, starts_at=TODAY, capacity=5, enrollment_closes_at=TODAY + HOUR, offers_end_at=TODAY)
        for _ in range(3)
    ]
    undone, early, again = runs
    for run in runs:
        subscriber(run)
    carry_out(changes.Cancel(reason="slimība"), lessons_of(early), by=by, now=TODAY - DAY)
    done = carry_out(changes.Cancel(reason="slimība"), lessons_of(undone), by=by, now=NOON)
    timetable.undo(done, by=by, now=NOON + MINUTE / 2)
    carry_out(changes.Move(at=time(20)), lessons_of(again), by=by, now=NOON)
    carry_out(changes.Cancel(reason="slimība"), lessons_of(again), by=by, now=NOON + HOUR)

    assert timetable.remind_of_late_changes(now=TODAY - HOUR) == 1
    assert [one.facts["what"] for one in letters("late_change")] == ["cancelled"]
    assert timetable.remind_of_late_changes(now=TODAY + MINUTE) == 0


def test_one_reminder_tells_of_everything_of_that_day(by):
    parent = make_guardian()
    runs = [
        make_run(lessons=1, starts_at=TODAY - number * 2 * HOUR, capacity=5, enrollment_closes_at=TODAY + HOUR, offers_end_at=TODAY)
        for number in range(2)
    ]  # fmt: skip
    for run in runs:
        enroll(run, make_child(parent), by=parent, now=NOON - DAY)
    calendar_links.create(user=parent, name="Telefons", language="lv", now=NOON - DAY)
    carry_out(changes.TurnRemote(), lessons_of(*runs), by=by, now=NOON)

    assert upkeep.run_due(now=TODAY - 3 * HOUR)["reminded"] == 1
    assert upkeep.run_due(now=TODAY - 3 * HOUR + MINUTE)["reminded"] == 0
    assert [one.facts["count"] for one in letters("late_change")] == [2]


def test_reminders_of_many_take_as_many_queries_as_of_few(lesson, by, django_assert_num_queries):
    for _ in range(6):
        subscriber(lesson)
    carry_out(changes.Cancel(reason="slimība"), lessons_of(lesson), by=by, now=NOON)

    with django_assert_num_queries(9):
        assert timetable.remind_of_late_changes(now=TODAY - HOUR) == 6
