from datetime import timedelta

import pytest

from accounts.models import Role
from enrollment import rosters
from enrollment.flows import capacity, enrollments, waitlist
from enrollment.models import Enrollment
from enrollment.refusals import Reason
from tests.factories import (
    DAY,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_children,
    make_course,
    make_lesson,
    make_rule,
    make_run,
    make_user,
)

pytestmark = pytest.mark.django_db


def surnames(rows):
    return [row.learner.last_name for row in rows]


def test_the_list_follows_the_latvian_alphabet_and_the_queue_its_order():
    run = make_run(capacity=4)
    for surname in ("Žagars", "Čakste", "Āboliņa", "Celms"):
        enroll(run, make_child(last_name=surname))
    for minute, surname in enumerate(("Zars", "Ābele")):
        enroll(run, make_child(last_name=surname), now=NOON + timedelta(minutes=minute))

    found = rosters.roster(run=run, now=NOON)

    assert surnames(found.seated) == ["Āboliņa", "Celms", "Čakste", "Žagars"]
    assert [(row.number, row.learner.last_name) for row in found.queue] == [(1, "Zars"), (2, "Ābele")]
    numbers = waitlist.positions([row.enrollment for row in found.queue])
    assert [numbers[row.enrollment.pk] for row in found.queue] == [row.number for row in found.queue]


def test_a_place_given_back_stays_in_the_list_while_it_is_held():
    run = make_run(capacity=1)
    seated = enroll(run)

    enrollments.withdraw(enrollment=seated, by=None, now=NOON, hold_seconds=60)

    found = rosters.roster(run=run, now=NOON)
    assert (found.seated, [row.enrollment for row in found.held]) == ([], [seated])


def test_an_open_offer_stands_beside_its_row():
    run = make_run(capacity=1)
    seated = enroll(run)
    waiting = enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)

    found = rosters.roster(run=run, now=NOON)

    assert [(row.enrollment, row.offer.enrollment_id) for row in found.deciding] == [(waiting, waiting.pk)]


def test_a_roster_takes_the_same_queries_for_one_and_for_many(django_assert_num_queries):
    one, many = make_run(capacity=10), make_run(capacity=2)
    enroll(one)
    for child in make_children(5):
        enroll(many, child)

    for run in (one, many):
        with django_assert_num_queries(3):
            rosters.roster(run=run, now=NOON)


def test_the_phone_is_the_first_guardians():
    run = make_run()
    enroll(run, make_child(make_user(phone="+37129123456")))

    (row,) = rosters.roster(run=run, now=NOON).seated

    assert row.phone == "+37129123456"


# -- Groups ---------------------------------------------------------------------------------------


def codes(**filters):
    return [row.run.code for row in rosters.groups(now=NOON, **filters)]


def test_groups_are_filtered_and_sorted():
    full = make_run(capacity=1, code="R-2", weekday=1, course=make_course(title_lv="Āra robotika"))
    for _ in range(2):
        enroll(full)
    make_run(code="D-1", weekday=3, course=make_course(title_lv="Zīmēšana", topic="design"))
    make_run(code="C-1", weekday=3, course=make_course(title_lv="Čakli pirksti"), starts_at=NOON + WEEK)
    make_run(code="X-1", starts_at=NOON - 20 * WEEK, enrollment_opens_at=NOON - 30 * WEEK)  # has ended

    assert codes() == ["R-2", "C-1", "D-1"]
    assert codes(weekday=3) == ["C-1", "D-1"]
    assert codes(topic="design") == ["D-1"]
    assert codes(only_free=True) == ["C-1", "D-1"]
    assert codes(only_queue=True) == ["R-2"]
    assert codes(text="cakli") == codes(text="c1") == ["C-1"]
    assert codes(text="cet") == ["C-1", "D-1"]
    assert codes(sort="queue")[0] == "R-2"


def test_groups_take_the_same_queries_for_one_and_for_many(django_assert_num_queries):
    make_run()
    with django_assert_num_queries(2):
        rosters.groups(now=NOON)

    make_run(), make_run()
    with django_assert_num_queries(2):
        rosters.groups(now=NOON)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"state": "draft"}, "neutral"),
        ({"state": "cancelled"}, "bad"),
        ({"enrollment_opens_at": NOON + DAY}, "info"),
        ({"enrollment_closes_at": NOON - DAY, "enrollment_opens_at": NOON - WEEK}, "neutral"),
        ({}, "ok"),
    ],
)
def test_each_state_of_a_group_has_its_pill(fields, kind):
    assert rosters.state_of(make_run(**fields), now=NOON)[0] == kind


# -- Choosing ---------------------------------------------------------------------------------------


def test_groups_that_fit_and_have_places_come_first():
    child = make_child(grade=4)
    too_old = make_run(code="A-1", weekday=0)
    make_rule(too_old.course, "grade", minimum=9, maximum=12)
    full = make_run(code="B-1", weekday=0, capacity=1)
    enroll(full)
    make_run(code="C-1", weekday=5)

    found = rosters.choices(learner=child, now=NOON)

    assert [(one.run.code, one.fits, one.can_override) for one in found] == [
        ("C-1", True, False),
        ("B-1", True, False),
        ("A-1", False, True),
    ]
    assert found[2].refusal.reason == Reason.GRADE


def test_a_group_that_is_left_is_no_choice_and_no_clash():
    run, other = make_run(), make_run()  # at the same time
    enrollment = enroll(run)

    found = rosters.choices(learner=enrollment.learner, now=NOON, leaving=enrollment)

    assert [(one.run, one.refusal) for one in found] == [(other, None)]


# -- Taking back ------------------------------------------------------------------------------------


def undo_of(enrollment, now):
    found = Enrollment.objects.select_related("learner", "run", "moved_from__run").get(pk=enrollment.pk)
    return rosters.undo_of(found, now=now)


def test_a_move_can_be_undone_for_a_minute():
    enrollment, other = enroll(make_run(code="R-2")), make_run(code="R-3")
    staff = make_user(roles=[Role.DESK])

    moved = enrollments.move(enrollment=enrollment, to_run=other, by=staff, reason="", now=NOON)

    undo = undo_of(moved, NOON)
    assert (undo.is_move, undo.old_code, undo.seconds) == (True, "R-2", 60)
    assert undo_of(enrollment, NOON) is None  # the new enrollment is sent back, not the old one
    assert undo_of(moved, NOON + timedelta(seconds=60)) is None


def test_a_place_given_back_or_cancelled_can_be_undone():
    staff = make_user(roles=[Role.DESK])
    given_back, cancelled = enroll(make_run()), enroll(make_run())
    enrollments.withdraw(enrollment=given_back, by=staff, now=NOON, hold_seconds=60)
    enrollments.cancel(enrollment=cancelled, by=staff, reason="Dubults pieteikums", now=NOON)

    assert [undo_of(one, NOON).by_centre for one in (given_back, cancelled)] == [False, True]
    assert undo_of(enroll(make_run()), NOON) is None


# -- Teaching ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (NOON - timedelta(days=7, minutes=1), False),
        (NOON - timedelta(days=7), True),
        (NOON + 2 * WEEK + timedelta(minutes=90) + timedelta(days=14), True),
        (NOON + 2 * WEEK + timedelta(minutes=91) + timedelta(days=14), False),
    ],
)
def test_an_instructor_sees_a_group_in_the_teaching_window(moment, is_open):
    nina = make_user(roles=[Role.INSTRUCTOR])
    run = make_run(starts_at=NOON, lessons=3)
    run.instructors.add(nina)

    assert list(rosters.runs_taught(user=nina, now=moment)) == ([run] if is_open else [])


def test_a_substitute_of_one_lesson_sees_the_group_and_nobody_else_does():
    nina, janis = make_user(roles=[Role.INSTRUCTOR]), make_user(roles=[Role.INSTRUCTOR])
    run = make_run(starts_at=NOON, lessons=1)
    make_lesson(run, NOON + WEEK).instructors.add(nina)

    assert list(rosters.runs_taught(user=nina, now=NOON)) == [run]
    assert list(rosters.runs_taught(user=janis, now=NOON)) == []


def test_the_class_list_holds_those_who_have_a_place():
    run = make_run(capacity=2)
    for surname in ("Šteina", "Āboliņa", "Zariņa"):
        enroll(run, make_child(last_name=surname))

    assert surnames(rosters.class_list(run=run, now=NOON)) == ["Āboliņa", "Šteina"]


def test_history_joins_the_ledger_and_the_capacity():
    run = make_run(capacity=1)
    enroll(run)
    capacity.change_capacity(
        run=run, capacity=3, by=make_user(first_name="Inga"), reason="Lielāka telpa", now=NOON + DAY
    )

    found = rosters.history(run=run)

    assert [(one.reason, one.at) for one in found] == [("1 → 3: Lielāka telpa", NOON + DAY), ("", NOON)]
