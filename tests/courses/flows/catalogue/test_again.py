"""Importing a catalogue again, after the file or the centre changed something."""

import pytest

from courses.flows.lessons import cancel_lesson
from courses.models import Course, CourseRun, EligibilityRule, Program
from enrollment.models import Enrollment
from tests.courses.catalogues import COURSE, a_catalogue, a_course, a_show, everything, load, local, refused
from tests.factories import DAY, NOON, enroll, make_child, make_children

OPEN = NOON.replace(month=9, day=1)  # while the small catalogue's applications are open

pytestmark = pytest.mark.django_db


def test_a_changed_text_updates_the_course_and_tells_calendars():
    load(a_catalogue())
    before = everything()

    report = load(a_catalogue(courses=[a_course(title_lv="Roboti 4.–6. klasei")]), now=NOON + DAY)

    assert report["updated"] == {"courses": 1}
    after = everything()
    assert Course.objects.get().search_key.startswith("roboti 4.")
    assert {name for name in after if after[name] != before[name]} == {"Course", "CourseRun"}
    assert set(CourseRun.objects.values_list("changed_at", flat=True)) == {NOON + DAY}


def test_a_new_group_gets_the_next_number_and_the_others_keep_theirs():
    load(a_catalogue())
    groups = [{"weekday": "mon", "start": "10:00"}, *COURSE["groups"]]

    report = load(a_catalogue(courses=[a_course(groups=groups)]))

    assert report["created"] == {"runs": 1}
    assert list(CourseRun.objects.order_by("pk").values_list("code", "weekday")) == [("R-1", 1), ("R-2", 3), ("R-3", 0)]


def test_an_empty_group_moves_to_its_new_time():
    load(a_catalogue())
    groups = [{"weekday": "tue", "start": "16:15"}, COURSE["groups"][1]]

    report = load(a_catalogue(courses=[a_course(groups=groups)]), now=NOON + DAY)

    assert report["updated"] == {"runs": 1}
    run = CourseRun.objects.get(code="R-1")
    assert [local(lesson.starts_at) for lesson in run.lessons.order_by("starts_at")] == [
        "Tue 15.09.2026 16:15", "Tue 22.09.2026 16:15", "Tue 29.09.2026 16:15",
    ]  # fmt: skip
    assert (local(run.starts_at), local(run.ends_at), run.changed_at) == (
        "Tue 15.09.2026 16:15",
        "Tue 29.09.2026 17:45",
        NOON + DAY,
    )


def test_a_group_with_people_keeps_its_time_and_a_new_one_is_made():
    load(a_catalogue(), now=OPEN)
    taken = CourseRun.objects.get(code="R-1")
    enroll(taken, now=OPEN)
    groups = [{"weekday": "tue", "start": "17:15"}, COURSE["groups"][1]]

    report = load(a_catalogue(courses=[a_course(groups=groups)]))

    assert report["created"] == {"runs": 1}
    taken.refresh_from_db()
    assert (local(taken.starts_at), taken.seats_taken) == ("Tue 15.09.2026 15:30", 1)
    assert local(CourseRun.objects.get(code="R-3").starts_at) == "Tue 15.09.2026 17:15"


def test_a_group_whose_room_is_taken_meets_without_a_room_yet():
    load(a_catalogue(), now=OPEN)
    taken = CourseRun.objects.get(code="R-1")
    enroll(taken, now=OPEN)

    load(a_catalogue(courses=[a_course(groups=[{"weekday": "tue", "start": "16:15"}, COURSE["groups"][1]])]))

    assert {lesson.room for lesson in taken.lessons.all()} == {taken.room}
    assert {lesson.room for lesson in CourseRun.objects.get(code="R-3").lessons.all()} == {None}


def test_a_changed_break_moves_the_lessons_of_empty_groups_only():
    load(a_catalogue(), now=OPEN)
    taken, empty = CourseRun.objects.get(code="R-1"), CourseRun.objects.get(code="R-2")
    enroll(taken, now=OPEN)
    catalogue = a_catalogue()
    catalogue["terms"][0]["breaks"][0] |= {"starts": "2026-09-21", "ends": "2026-09-25"}

    report = load(catalogue)

    assert report["updated"] == {"breaks": 1, "runs": 1}
    assert [local(one.starts_at)[4:10] for one in taken.lessons.order_by("starts_at")] == ["15.09.", "22.09.", "29.09."]
    assert [local(one.starts_at)[4:10] for one in empty.lessons.order_by("starts_at")] == ["17.09.", "01.10.", "08.10."]


def test_what_the_desk_changed_in_a_lesson_stays():
    load(a_catalogue(), now=OPEN)
    lesson = CourseRun.objects.get(code="R-1").lessons.earliest("starts_at")
    cancel_lesson(lesson=lesson, by=None, reason="slimība", now=OPEN, replacement=(lesson.starts_at + 4 * DAY, None))
    before = everything()

    load(a_catalogue())

    assert everything() == before


def test_places_are_never_touched():
    load(a_catalogue(courses=[a_course(capacity=2, min_size=1)]), now=OPEN)
    run = CourseRun.objects.get(code="R-1")
    for child in make_children(3):
        enroll(run, child, now=OPEN)
    before = list(Enrollment.objects.values())

    load(a_catalogue(courses=[a_course(capacity=12, title_lv="Cits", duration_min=60)]))

    run.refresh_from_db()
    assert list(Enrollment.objects.values()) == before
    assert (run.seats_taken, run.waitlist_length, run.capacity, run.duration_minutes) == (2, 1, 12, 90)


def test_a_capacity_below_the_seats_taken_refuses_the_whole_file():
    load(a_catalogue(), now=OPEN)
    run = CourseRun.objects.get(code="R-1")
    for _ in range(7):
        enroll(run, make_child(), now=OPEN)
    before = everything()

    errors = refused(a_catalogue(courses=[a_course(title_lv="Cits", capacity=6)]))

    assert [(path, reason) for _, path, reason in errors] == [
        ("courses[0].capacity", "R-1 has 7 seats taken; the capacity cannot be 6.")
    ]
    assert everything() == before


def test_a_program_keeps_what_the_coordinator_set():
    load(a_catalogue())
    Program.objects.filter(slug="children").update(max_places_per_term=3, offer_hours=24)
    EligibilityRule.objects.filter(program__slug="teachers").delete()

    load(a_catalogue())

    program = Program.objects.get(slug="children")
    assert (
        program.max_places_per_term,
        program.offer_hours,
        EligibilityRule.objects.filter(program__slug="teachers").count(),
    ) == (3, 24, 0)


def test_a_changed_audience_changes_the_rules():
    load(a_catalogue())

    load(a_catalogue(courses=[a_course(audience={"kind": "ages", "min": 9, "max": 12})]))

    assert set(EligibilityRule.objects.filter(course__isnull=False).values_list("kind", "minimum", "maximum")) == {
        ("age", 9, 12),
        ("ventspils", None, None),
    }


def test_what_the_file_no_longer_has_is_left_alone():
    load(a_catalogue())
    before = everything()

    load(a_catalogue(courses=[]))

    assert everything() == before


def test_checking_tells_what_would_happen_and_writes_nothing():
    load(a_catalogue())
    before = everything()

    report = load(a_catalogue(courses=[a_course(title_lv="Cits"), a_show()]), check_only=True)

    assert (report["updated"], set(report["created"])) == ({"courses": 1}, {"courses", "slots"})
    assert everything() == before
