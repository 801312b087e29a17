from datetime import date, timedelta

import pytest

from accounts.models import TeacherProfile
from courses.models import CourseRun, ProgramKind, RuleKind, VentspilsEvidence
from enrollment.eligibility import fit, why_not
from enrollment.refusals import Reason
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_children,
    make_course,
    make_guardian,
    make_lesson,
    make_program,
    make_room,
    make_rule,
    make_run,
    make_school,
    make_slot,
    make_user,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def reason(run, learner, now=NOON):
    refusal = why_not(run=run, learner=learner, now=now)
    return refusal and refusal.reason


def run_with_rule(kind, *, starts_at=NOON + 2 * WEEK, **fields):
    course = make_course()
    make_rule(course, kind, **fields)
    return make_run(course=course, starts_at=starts_at)


@pytest.mark.parametrize(
    ("grade", "expected"), [(3, Reason.GRADE), (4, None), (6, None), (7, Reason.GRADE), (None, Reason.GRADE)]
)
def test_a_grade_fits_from_the_first_to_the_last(grade, expected):
    run = run_with_rule(RuleKind.GRADE, minimum=4, maximum=6)

    assert reason(run, make_child(grade=grade)) == expected


def test_the_grade_is_that_of_the_day_the_group_starts():
    september = NOON + timedelta(weeks=42)  # a November application for a class of the next school year
    run = run_with_rule(RuleKind.GRADE, minimum=4, maximum=6, starts_at=september)

    assert reason(run, make_child(grade=3)) is None
    assert reason(run, make_child(grade=6)) == Reason.GRADE


@pytest.mark.parametrize(
    ("birth_date", "expected"),
    [
        (date(2008, 12, 8), None),  # comes of age on the very day
        (date(2008, 12, 9), Reason.AGE),
    ],
)
def test_the_age_is_that_of_the_day_the_group_starts(birth_date, expected):
    run = run_with_rule(RuleKind.AGE, minimum=18, maximum=120)

    assert reason(run, make_child(birth_date=birth_date, grade=None)) == expected


def test_a_rule_may_name_another_date():
    run = run_with_rule(RuleKind.AGE, minimum=18, maximum=120, counted_on=date(2026, 11, 30))

    assert reason(run, make_child(birth_date=date(2008, 12, 8), grade=None)) == Reason.AGE


def test_an_adults_own_account_needs_no_date_of_birth():
    run = run_with_rule(RuleKind.AGE, minimum=18, maximum=120)
    adult = make_child(birth_date=None, grade=None)
    adult.user = make_user()
    adult.save()

    assert reason(run, adult) is None
    assert reason(run, make_child(birth_date=None)) == Reason.PROFILE


@pytest.mark.parametrize(
    ("evidence", "school", "residency", "fits"),
    [
        (VentspilsEvidence.SCHOOL, "ventspils", "elsewhere", True),
        (VentspilsEvidence.SCHOOL, "ventspils_novads", "ventspils", False),
        (VentspilsEvidence.RESIDENCE, "ventspils", "elsewhere", False),
        (VentspilsEvidence.RESIDENCE, "ventspils_novads", "ventspils", True),
        (VentspilsEvidence.EITHER, "ventspils", "unknown", True),
        (VentspilsEvidence.EITHER, "ventspils_novads", "ventspils", True),
        (VentspilsEvidence.EITHER, "ventspils_novads", "elsewhere", False),
    ],
)
def test_the_program_says_which_evidence_of_ventspils_counts(evidence, school, residency, fits):
    run = run_with_rule(RuleKind.VENTSPILS, evidence=evidence)
    child = make_child(school=make_school(municipality=school), residency=residency)

    assert reason(run, child) == (None if fits else Reason.VENTSPILS)


def test_a_courses_rule_replaces_its_programs_rule_of_the_same_kind():
    program = make_program()
    make_rule(program, RuleKind.GRADE, minimum=1, maximum=3)
    course = make_course(program=program)
    make_rule(course, RuleKind.GRADE, minimum=4, maximum=6)

    assert reason(make_run(course=course), make_child(grade=4)) is None
    assert reason(make_run(course=make_course(program=program)), make_child(grade=4)) == Reason.GRADE


def test_a_training_for_teachers_asks_for_a_school_of_ventspils():
    run = run_with_rule(RuleKind.TEACHER)
    teacher = make_child(grade=None)
    teacher.user = make_user()
    teacher.save()
    before = reason(run, teacher)

    TeacherProfile.objects.create(user=teacher.user, school=make_school())

    assert (before, reason(run, teacher)) == (Reason.TEACHER, None)


def test_a_course_may_ask_for_another_one_completed_first():
    first = make_course()
    past = make_run(course=first, starts_at=NOON - 10 * WEEK, enrollment_opens_at=NOON - 20 * WEEK)
    run = run_with_rule(RuleKind.PREREQUISITE, prerequisite=first)
    experienced, newcomer = make_child(), make_child()
    enroll(past, experienced, now=NOON - 12 * WEEK)

    assert reason(run, experienced) is None
    assert reason(run, newcomer) == Reason.PREREQUISITE


def test_a_term_has_so_many_places_per_learner_in_one_program():
    program, child = make_program(max_places_per_term=2), make_child()
    weeks = [make_run(course=make_course(program=program), starts_at=NOON + 2 * WEEK + day * DAY) for day in range(3)]
    elsewhere = make_run(starts_at=NOON + 2 * WEEK + 4 * DAY)
    enroll(weeks[0], child)
    one_left = reason(weeks[2], child)
    enroll(weeks[1], child)

    assert (one_left, reason(weeks[2], child)) == (None, Reason.LIMIT)
    assert reason(elsewhere, child) is None


def test_a_place_in_a_queue_is_not_a_place():
    program, child = make_program(max_places_per_term=1), make_child()
    full = make_run(capacity=1, course=make_course(program=program))
    enroll(full)
    enroll(full, child)

    assert reason(make_run(course=make_course(program=program)), child) is None


@pytest.mark.parametrize(
    ("starts_after", "same_venue", "overlaps"),
    [
        (timedelta(minutes=-90), True, False),  # ends as the other begins
        (timedelta(minutes=-89), True, True),
        (timedelta(minutes=89), True, True),
        (timedelta(minutes=90), True, False),
        (timedelta(minutes=90), False, True),  # no time to travel
        (timedelta(minutes=104), False, True),
        (timedelta(minutes=105), False, False),
    ],
)
def test_lessons_of_one_child_may_not_overlap_travel_included(starts_after, same_venue, overlaps):
    room, child = make_room(), make_child()
    enroll(make_run(room=room, starts_at=NOON + 2 * WEEK), child)
    other_room = make_room(venue=room.venue) if same_venue else make_room()

    run = make_run(room=other_room, starts_at=NOON + 2 * WEEK + starts_after)

    assert reason(run, child) == (Reason.CLASH if overlaps else None)


def test_a_single_moved_lesson_is_enough_to_overlap():
    child = make_child()
    taken = make_run(starts_at=NOON + 2 * WEEK)
    enroll(taken, child)
    make_lesson(taken, NOON + 3 * WEEK + 2 * DAY)

    refusal = why_not(run=make_run(starts_at=NOON + 2 * WEEK + 2 * DAY), learner=child, now=NOON)

    assert (refusal.reason, refusal.facts["run"], refusal.facts["at"]) == (
        Reason.CLASH,
        taken,
        NOON + 3 * WEEK + 2 * DAY,
    )


def test_a_cancelled_lesson_overlaps_nothing():
    child = make_child()
    taken = make_run(starts_at=NOON + 2 * WEEK)
    enroll(taken, child)
    taken.lessons.update(state="cancelled")

    assert reason(make_run(starts_at=NOON + 2 * WEEK), child) is None


def test_a_program_may_allow_overlapping():
    child = make_child()
    enroll(make_run(starts_at=NOON + 2 * WEEK), child)

    lenient = make_course(program=make_program(kind=ProgramKind.ADULTS, forbids_clash=False))

    assert reason(make_run(course=lenient, starts_at=NOON + 2 * WEEK), child) is None


def test_a_timed_slot_is_booked_by_head_count_not_by_learner():
    assert reason(make_slot(), make_child()) == Reason.NOT_BOOKABLE


def test_a_full_group_is_no_reason_since_it_has_a_queue():
    run = make_run(capacity=1)
    enroll(run)

    assert reason(run, make_child()) is None


def test_many_groups_and_children_take_as_many_queries_as_one(django_assert_num_queries):
    course = make_course()
    make_rule(course, RuleKind.GRADE, minimum=4, maximum=6)
    guardian = make_guardian()
    children = make_children(3, guardian)
    for hours in range(3):
        enroll(make_run(capacity=9, starts_at=NOON + WEEK + DAY + hours * 3 * HOUR), *children)
    for _ in range(4):
        make_run(course=course)
    runs = list(CourseRun.objects.filter(course=course).for_display())

    with django_assert_num_queries(3):
        answers = fit(runs=runs, learners=children, now=NOON)
    with django_assert_num_queries(3):
        fit(runs=runs[:1], learners=children[:1], now=NOON)

    assert answers == {(run.pk, child.pk): None for run in runs for child in children}
