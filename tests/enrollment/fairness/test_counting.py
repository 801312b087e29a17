"""Who is counted, as what, and once."""

import threading
from collections import Counter
from datetime import timedelta

import pytest

from accounts.models import Role
from courses.models import FirstServed, PriorityWindow, RuleKind, Topic
from enrollment.fairness import counting
from enrollment.flows import applications, bookings, enrollments, fairness, waitlist
from enrollment.models import Application, ApplicationState as Stage, Enrollment, FairnessReport
from enrollment.worker import Worker
from tests.enrollment import drawing
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_rule,
    make_run,
    make_slot,
    make_term,
    make_user,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def program():
    return make_program(max_places_per_term=2)


@pytest.fixture
def term():
    return make_term()


@pytest.fixture
def group(program, term):
    """Makes groups of the program and term that open at NOON, for grades 4 to 6, on days of their own."""
    made = []

    def make(*, capacity=9, topic=Topic.ROBOTICS, **fields):
        course = make_course(program=program, topic=topic, grade_min=4, grade_max=6)
        made.append(course)
        starts_at = NOON + 2 * WEEK + len(made) * DAY
        defaults = {"term": term, "course": course, "starts_at": starts_at, "enrollment_opens_at": NOON, "lessons": 1}
        return make_run(capacity=capacity, **defaults | fields)

    return make


def count(program, term, now=NOON + DAY):
    return counting.count(program=program, term=term, now=now)


def test_children_count_once_by_the_places_that_they_have(program, term, group):
    robotics, science = group(), group(topic=Topic.SCIENCE, capacity=1)
    both, one, none = make_child(), make_child(grade=5), make_child(grade=9)
    enroll(robotics, both, now=NOON + MINUTE)
    enroll(science, both, now=NOON + 2 * MINUTE)
    enroll(robotics, one, now=NOON + 2 * HOUR)
    enroll(science, none, now=NOON + 3 * HOUR)

    found = count(program, term)

    assert (found.applied, found.with_one, found.with_more, found.without, found.waiting) == (3, 1, 1, 1, 1)
    assert found.by_grade == Counter({"4": 1, "5": 1, "other": 1})
    assert found.by_grade_placed == Counter({"4": 1, "5": 1})
    assert (found.by_topic, found.by_topic_placed) == (
        Counter({"robotics": 2, "science": 2}), Counter({"robotics": 2, "science": 1}),
    )  # fmt: skip
    assert found.by_way == Counter({"first_hour": 1, "later": 1})
    assert (found.grades, found.topics, found.ways) == (
        ["4", "5", "6", "other"], ["robotics", "science"], ["first_hour", "later", "queue"],
    )  # fmt: skip


def test_who_kept_a_place_in_an_earlier_group_of_the_program_is_not_new(program, term, group):
    pupil, elsewhere, gave_back = make_child(), make_child(), make_child()
    before = make_run(
        course=make_course(program=program), starts_at=NOON - 40 * WEEK, enrollment_opens_at=NOON - 42 * WEEK
    )
    for child in (pupil, gave_back):
        enroll(before, child, now=NOON - 41 * WEEK, override_reason="Vēlāk", by=make_user(roles=[Role.DESK]))
    Enrollment.objects.filter(learner=gave_back).update(state="withdrawn", ended_at=NOON)
    run = group()
    for child in (pupil, elsewhere, gave_back):
        enroll(run, child, now=NOON + MINUTE)

    found = count(program, term)

    assert (found.first_time, found.first_time_placed) == (Counter({False: 2, True: 1}), Counter({False: 2, True: 1}))


def test_a_place_that_came_from_the_queue_is_told_apart_and_so_is_one_of_an_earlier_opening(program, term, group):
    PriorityWindow.objects.create(program=program, term=term, who=FirstServed.CURRENT, opens_at=NOON - DAY)
    run, pupil = group(capacity=2), make_child()
    enroll(make_run(course=make_course(program=program), starts_at=NOON - 2 * WEEK), pupil, now=NOON - 3 * WEEK,
           override_reason="Vēlāk", by=make_user(roles=[Role.DESK]))  # fmt: skip
    enroll(run, pupil, now=NOON - 2 * HOUR)
    seated, waiting = enroll(run, now=NOON + MINUTE), enroll(run, now=NOON + 2 * MINUTE)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON + HOUR, hold_seconds=0)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON + HOUR + 2 * MINUTE)
    waitlist.accept(offer=waiting.offers.get(), by=None, now=NOON + 2 * HOUR)

    found = count(program, term)

    assert found.ways == ["earlier", "first_hour", "later", "queue"]
    assert found.by_way == Counter({"earlier": 1, "queue": 1})
    assert (found.offers, found.served, found.served_hours) == (Counter({"accepted": 1}), 1, 1.0)


def test_a_place_that_was_drawn_is_told_apart(term):
    (group,) = drawing.drawn_groups(1, term=term)
    draw = drawing.announce(group)
    for _ in range(3):
        drawing.apply(group)
    drawing.hold(draw)

    found = count(group.course.program, term, now=drawing.HELD)

    assert (found.ways[0], found.by_way, found.applied, found.waiting) == ("draw", Counter({"draw": 1}), 3, 2)
    assert fairness.refresh(now=drawing.HELD - DAY) == 0
    assert fairness.refresh(now=drawing.HELD) == 1  # the draw comes before the opening to all


def test_a_child_who_was_moved_keeps_the_moment_of_the_application(program, term, group):
    one = enroll(group(), now=NOON + MINUTE)
    enrollments.move(
        enrollment=one, to_run=group(), by=make_user(roles=[Role.DESK]), reason="Cits laiks", now=NOON + 9 * HOUR
    )

    assert (count(program, term).by_way, count(program, term).applied) == (Counter({"first_hour": 1}), 1)


def test_an_application_that_led_nowhere_counts_and_one_that_is_not_decided_does_not(program, term, group):
    run, family = group(), make_guardian()
    for name, state in (("Anna", Stage.DECIDED), ("Jānis", Stage.RECEIVED)):
        one = applications.prepare(learners=[make_child(family, first_name=name)], runs=[run], by=family, now=NOON)
        ended_at = NOON + HOUR if state == Stage.DECIDED else None
        Application.objects.filter(pk=one.pk).update(state=state, received_at=NOON, ended_at=ended_at)

    found = count(program, term)

    assert (found.applied, found.without, found.by_topic) == (1, 1, Counter({"robotics": 1}))


def test_places_past_a_rule_are_counted_by_the_rule(program, term, group):
    make_rule(program, RuleKind.GRADE, minimum=4, maximum=6)
    officer = make_user(roles=[Role.DESK])
    late = group(enrollment_opens_at=NOON + 9 * DAY)
    enroll(late, make_child(grade=5), by=officer, override_reason="Brālis", now=NOON)
    enroll(group(), make_child(grade=9), by=officer, override_reason="Brālis", now=NOON)

    found = count(program, term)

    assert found.past_rules == Counter({"not_open_yet": 1, "grade": 1})
    assert found.rules == ["clash", "closed", "grade", "limit", "not_open_yet", "out_of_turn", "several"]


def test_guests_other_terms_and_drafts_are_not_counted(program, term, group):
    slot = make_slot(course=make_course(program=program), term=term)
    bookings.book(run=slot, seats_wanted=3, name="Līga", email="l@example.lv", key="0" * 32, now=NOON)
    enroll(make_run(course=make_course(program=program)))
    group(state="draft")

    assert count(program, term).applied == 0


def test_more_children_take_no_more_queries(program, term, group, django_assert_num_queries):
    run = group()
    enroll(run, now=NOON + MINUTE)
    with django_assert_num_queries(12):
        count(program, term)
    for _ in range(4):
        enroll(run, now=NOON + MINUTE)
    with django_assert_num_queries(12):
        count(program, term)


# -- Keeping what is published ---------------------------------------------------------------------


def test_nothing_is_counted_before_the_opening_and_what_is_settled_is_counted_once(program, term, group):
    run = group()
    enroll(run, by=make_user(roles=[Role.DESK]), override_reason="Brālis", now=NOON - HOUR)

    assert (fairness.refresh(now=NOON - MINUTE), FairnessReport.objects.count()) == (0, 0)
    assert fairness.refresh(now=NOON + HOUR) == 1
    assert fairness.refresh(now=run.ends_at + 29 * DAY) == 1
    assert fairness.refresh(now=run.ends_at + 31 * DAY) == 0
    report = FairnessReport.objects.get()
    assert (report.program, report.term, report.opened_at, report.computed_at) == (
        program, term, NOON, run.ends_at + 29 * DAY,
    )  # fmt: skip


def test_what_is_kept_holds_no_small_number(program, term, group):
    run = group()
    for _ in range(3):
        enroll(run, now=NOON + MINUTE)

    fairness.refresh(now=NOON + HOUR)

    assert FairnessReport.objects.get().figures == {
        "numbers": {
            "applied": None, "placed": "few", "without": "few", "waiting": "few", "offers": "few", "past_rules": "few",
            "served_hours": None, "waiting_hours": None,
        },
        "tables": {},
    }  # fmt: skip


def test_one_program_that_can_not_be_counted_keeps_no_other_from_its_turn(program, term, group, monkeypatch):
    group()
    make_run(term=term)
    counted = counting.count

    def fails_once(*, program, term, now):
        monkeypatch.setattr(counting, "count", counted)
        raise ValueError("no")

    monkeypatch.setattr(counting, "count", fails_once)

    assert (fairness.refresh(now=NOON + HOUR), FairnessReport.objects.count()) == (1, 1)


def test_the_worker_counts_once_a_night(program, term, group):
    group()
    worker = Worker(stop=threading.Event())

    rounds = [worker.round(now=NOON + hours * HOUR)["nightly"] for hours in (1, 2, 30)]

    assert (rounds, FairnessReport.objects.get().computed_at) == ([1, 0, 1], NOON + 30 * HOUR)
