"""The page of a course and the page of a group."""

from datetime import time

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import CourseKind, CourseStatus, FeePolicy, LessonState, ProgramKind, RuleKind, RunState, Topic
from enrollment.flows import enrollments
from enrollment.models import EnrollmentState as State
from tests.factories import (
    DAY,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_lesson,
    make_program,
    make_rule,
    make_run,
    make_slot,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    cache.clear()
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"


@pytest.fixture
def guardian(client):
    user = make_guardian()
    client.force_login(user)
    return user


def words(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split()).replace("\xa0", " ")


def page(client, run):
    return words(client, run.get_absolute_url())


def action(text):
    """The words of the sticky bar at the end of a group's page."""
    return text[text.index('<div class="action-bar">') :].partition("<footer")[0]


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


# -- Course ---------------------------------------------------------------------------------------


def test_a_course_lists_its_groups_with_their_places(client):
    run = make_run(capacity=12, seats_taken=5, code="R-2")
    make_run(course=run.course, code="R-9", state=RunState.DRAFT)
    make_run(course=run.course, code="R-3", enrollment_opens_at=NOON + DAY)

    text = words(client, run.course.get_absolute_url())

    assert "R-2 · Tuesdays 12:00–13:30" in text
    assert "Free places: 7 of 12" in text
    assert "Opens 25.11., 12:00" in text
    assert "R-9" not in text


def test_a_course_tells_price_hours_certificate_and_what_it_takes(client):
    policy = FeePolicy.objects.create(
        slug="adult", name_lv="Maksas", name_en="Paid", unit="course", reductions=[{"id": "senior", "percent": 50}]
    )
    course = make_course(
        program=make_program(kind=ProgramKind.ADULTS), fee_policy=policy, price=64, academic_hours=16,
        certificate="attendance_certificate", prerequisite_en="Excel basics", prerequisite_lv="Excel pamati", lessons_planned=4,
    )  # fmt: skip
    make_run(course=course, capacity=12, seats_taken=4, minimum_size=6, decision_on=(NOON + 9 * DAY).date())

    text = words(client, course.get_absolute_url())

    assert "64,00 €" in text
    assert "Seniors: 32,00 €" in text
    assert "Academic hours: 16, certificate of attendance" in text
    assert "Needed before: Excel basics" in text
    assert "Lessons: 4, each 90 min" in text
    assert "Takes place if 2 more apply. Decision: 03.12.2026" in text


def test_a_free_course_says_for_whom_and_what_others_pay(client):
    policy = FeePolicy.objects.create(
        slug="free", name_lv="Bez maksas skolēniem", name_en="Free for Ventspils pupils", amount=20, unit="month",
        exempt=["attends_ventspils_school"],
    )  # fmt: skip
    course = make_course(fee_policy=policy)

    assert "Free for Ventspils pupils; others: 20,00 € per month" in words(client, course.get_absolute_url())


def test_a_workshop_lists_its_times_with_the_places_left(client):
    slot = make_slot(seats_taken=6)

    text = words(client, slot.course.get_absolute_url())

    assert "Saturday 28.11.2026" in text
    assert "Free places: 14 of 20" in text
    assert f"{slot.get_absolute_url()}book/" in text


def test_what_is_only_listed_says_how_to_arrange_it(client):
    course = make_course(program=make_program(kind=ProgramKind.VIZIUM), kind=CourseKind.BIRTHDAY)

    text = words(client, course.get_absolute_url())

    assert "Call or write to us with the day and the number of people" in text
    assert "mailto:" in text


def test_a_contest_tells_its_team_grades_and_days(client):
    course = make_course(
        program=make_program(kind=ProgramKind.CONTESTS), kind=CourseKind.CONTEST, price=0,
        information={
            "team": {"pupils": 3, "adults": 1}, "groups": [{"id": "A", "grades": [1, 3]}],
            "editions": [
                {"year": 2023, "final": ["2023-12-06", "2023-12-08"]},
                {"year": 2026, "final": ["2026-12-02", "2026-12-04"], "prize_fund": "12000.00"},
            ],
        },
    )  # fmt: skip

    text = words(client, course.get_absolute_url()).replace("\u2060", "")

    assert "In a team: pupils 3, adults 1" in text
    assert "Group A: grades 1–3" in text
    assert "Final in Ventspils: 02.12.–04.12.2026" in text
    assert "Prize fund: 12 000,00 €" in text
    assert "2023" not in text


def test_a_historic_course_does_not_exist(client):
    run = make_run(course=make_course(status=CourseStatus.HISTORIC))

    assert client.get(run.course.get_absolute_url()).status_code == 404
    assert client.get(run.get_absolute_url()).status_code == 404


# -- Group ----------------------------------------------------------------------------------------


def test_a_draft_does_not_exist(client):
    assert client.get(make_run(state=RunState.DRAFT).get_absolute_url()).status_code == 404


def test_a_slot_leads_to_its_booking(client):
    slot = make_slot()

    assert client.get(slot.get_absolute_url()).url == f"{slot.get_absolute_url()}book/"


@pytest.mark.parametrize(
    ("fields", "step", "note"),
    [
        ({"capacity": 12, "seats_taken": 5}, "Apply for a child", "Free places: 7 of 12"),
        ({"capacity": 2, "seats_taken": 2, "waitlist_length": 4}, "Join the queue", "Waiting: 4."),
        (
            {"enrollment_opens_at": NOON + DAY},
            "Prepare an application",
            "Applications open on Wednesday 25.11.2026 at 12:00.",
        ),
        ({"enrollment_closes_at": NOON - DAY}, "See groups open now", "Applications closed on 23.11.2026"),
        ({"state": RunState.CANCELLED}, "See other groups", "The centre has cancelled this group."),
        (
            {"starts_at": NOON - 8 * WEEK, "enrollment_opens_at": NOON - 9 * WEEK},
            "See what is on now",
            "All lessons of this group are over.",
        ),
    ],
)
def test_every_state_has_one_next_step(client, fields, step, note):
    bar = action(page(client, make_run(**fields)))

    assert step in bar
    assert note in bar


def test_adults_apply_for_themselves(client):
    run = make_run(course=make_course(program=make_program(kind=ProgramKind.ADULTS)))

    bar = action(page(client, run))

    assert ">Apply</a>" in bar
    assert f"/my/enroll/{run.pk}/" in bar


def test_the_dates_the_skipped_days_and_the_trainer_are_shown(client):
    run = make_run(lessons=0, starts_at=NOON + WEEK)
    for week in (1, 2, 4):
        make_lesson(run, NOON + week * WEEK)
    run.instructors.add(make_user(first_name="Ņina", last_name="Krastiņa"))

    text = page(client, run)

    assert "First lesson: Tuesday 01.12.2026, 12:00" in text
    assert "Last: 22.12.2026" in text
    assert 'No lesson: <span class="nowrap">15.12.</span>' in text
    assert "Trainer: Ņina Krastiņa" in text


def test_a_cancelled_lesson_and_its_replacement_are_shown(client):
    run = make_run()
    lesson = run.lessons.first()
    lesson.state, lesson.cancel_reason = LessonState.CANCELLED, "trainer is ill"
    lesson.save()
    make_lesson(run, lesson.starts_at + 4 * DAY, replaces=lesson)

    text = page(client, run)

    assert "Will not take place" in text
    assert "Reason: trainer is ill." in text
    assert "Instead: Saturday 12.12.2026, 12:00" in text


def test_each_child_sees_whether_the_group_suits_and_where_instead(client, guardian):
    make_child(guardian, first_name="Annija", grade=4)
    make_child(guardian, first_name="Roberts", grade=2)
    program = make_program()
    run = make_run(course=make_course(program=program))
    young = make_run(course=make_course(program=program, title_lv="Sākums", title_en="First steps"), code="R-7")
    make_rule(run.course, RuleKind.GRADE, minimum=4, maximum=6)
    make_rule(young.course, RuleKind.GRADE, minimum=1, maximum=3)

    text = page(client, run)

    assert "The requirements are met and the time is free." in text
    assert "This group is for grades 4–6" in text
    assert "Fits: First steps, R-7" in text
    assert "Apply for a child" in action(text)


def test_a_clash_is_drawn_and_named(client, guardian):
    child = make_child(guardian)
    enroll(make_run(code="P-2"), child, by=guardian)
    run = make_run(code="R-3", start_time=time(12))

    text = page(client, run)

    assert "Overlaps" in text
    assert "The times overlap." in text
    assert 'class="day-strip"' in text
    assert "12:00–13:30: P-2; 12:00–13:30: R-3 (new)" in text
    assert "See what fits" in action(text)


def test_who_has_a_place_is_led_to_it(client, guardian):
    child = make_child(guardian)
    run = make_run()
    enrollment = enroll(run, child, by=guardian)

    bar = action(page(client, run))

    assert "See the application" in bar
    assert enrollment.get_absolute_url() in bar


def test_who_is_offered_a_place_is_led_to_the_answer(client, guardian):
    run = make_run(capacity=1)
    seated = enroll(run)
    waiting = enroll(run, make_child(guardian), by=guardian)
    enrollments.pass_on(enrollment=enrollments.withdraw(enrollment=seated, by=None, now=NOON), by=None, now=NOON)
    waiting.refresh_from_db()
    assert waiting.state == State.OFFERED

    bar = action(page(client, run))

    assert "Answer the offer" in bar
    assert "/offers/" in bar


def test_similar_groups_are_of_the_same_course_and_topic_first(client):
    program = make_program()
    robots = make_course(program=program, title_lv="Roboti", title_en="Robots")
    run = make_run(course=robots, code="R-1")
    make_run(course=make_course(program=program, topic=Topic.MEDIA, title_lv="Video", title_en="Video"), code="V-1")
    make_run(course=make_course(program=program, title_lv="Droni", title_en="Drones"), code="R-5")
    make_run(course=robots, code="R-2")
    make_run(code="X-1")  # of another program

    text = page(client, run)

    similar = text[text.index("Similar groups") :]
    assert similar.index("R-2") < similar.index("R-5") < similar.index("V-1")
    assert "X-1" not in similar


def test_a_group_page_names_nobody_who_is_in_it(client):
    run = make_run()
    enroll(run, make_child(first_name="Vienīgais", last_name="Unikālais"))

    text = page(client, run)

    assert "Vienīgais" not in text
    assert "Unikālais" not in text


def test_a_group_page_costs_the_same_for_one_and_for_many(client, guardian):
    program = make_program()
    run = make_run(course=make_course(program=program), capacity=9)
    other = make_run(course=make_course(program=program), capacity=9, starts_at=NOON + 2 * WEEK + DAY)
    enroll(other, make_child(guardian), by=guardian)
    one = queries(client, run.get_absolute_url())
    for days in (2, 3, 4):
        another = make_run(course=make_course(program=program), capacity=9, starts_at=NOON + 2 * WEEK + days * DAY)
        enroll(another, make_child(guardian), by=guardian)
        make_lesson(run, NOON + (5 + days) * WEEK)

    assert queries(client, run.get_absolute_url()) == one
