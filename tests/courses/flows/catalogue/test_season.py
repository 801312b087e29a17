from datetime import date

import pytest
from django.forms.models import model_to_dict

from courses.models import CourseRun, EligibilityRule, Program, RunState
from tests.courses.catalogues import a_catalogue, a_course, a_show, an_adult_course, everything, load, local
from tests.factories import NOON, WEEK

pytestmark = pytest.mark.django_db


def test_a_group_becomes_a_published_run_with_its_lessons():
    load(a_catalogue())

    run = CourseRun.objects.get(code="R-1")
    assert model_to_dict(run, exclude=["id", "course", "term", "room", "instructors"]) == {
        "slug": "r-1-2026-27", "code": "R-1", "kind": "group", "state": RunState.PUBLISHED, "weekday": 1,
        "start_time": run.start_time, "duration_minutes": 90, "starts_on": date(2026, 9, 15), "starts_at": run.starts_at,
        "ends_at": run.ends_at, "enrollment_opens_at": run.enrollment_opens_at, "changed_at": NOON,
        "enrollment_closes_at": run.enrollment_closes_at, "offers_end_at": run.offers_end_at, "minimum_size": 6,
        "decision_on": None, "decided_at": None, "cancellation_reason": "", "capacity": 12, "copied_from": None,
    }  # fmt: skip
    assert [local(lesson.starts_at) for lesson in run.lessons.order_by("starts_at")] == [
        "Tue 15.09.2026 15:30", "Tue 22.09.2026 15:30", "Tue 29.09.2026 15:30",
    ]  # fmt: skip
    assert (local(run.enrollment_opens_at), local(run.enrollment_closes_at)) == (
        "Mon 24.08.2026 10:00",
        "Fri 11.09.2026 18:00",
    )


def test_offers_end_some_weeks_before_the_last_lesson():
    load(a_catalogue(courses=[a_course(sessions=20)]))

    run = CourseRun.objects.get(code="R-1")
    assert run.lessons.latest("starts_at").starts_at - run.offers_end_at == 4 * WEEK


def test_a_term_without_registration_is_open_around_its_first_day():
    catalogue = a_catalogue()
    del catalogue["terms"][0]["registration"]

    load(catalogue)

    run = CourseRun.objects.get(code="R-1")
    assert (local(run.enrollment_opens_at), local(run.enrollment_closes_at)) == (
        "Tue 18.08.2026 10:00",
        "Tue 15.09.2026 10:00",
    )
    assert run.starts_on == date(2026, 9, 1)


def test_grades_and_ventspils_become_rules():
    load(a_catalogue())

    rules = EligibilityRule.objects.filter(course__slug="robotika-4-6")
    assert set(rules.values_list("kind", "minimum", "maximum", "evidence")) == {
        ("grade", 4, 6, ""),
        ("ventspils", None, None, "either"),
    }


def test_rules_of_whom_a_program_is_for():
    adults = [
        an_adult_course(),
        an_adult_course(id="seniori", audience={"kind": "who", "who": "senior"}),
        an_adult_course(id="strada", audience={"kind": "who", "who": "employed", "min_age": 25}),
    ]

    load(a_catalogue(courses=[*adults, a_show()]))

    assert set(EligibilityRule.objects.values_list("program__slug", "course__slug", "kind", "minimum", "maximum")) == {
        ("adults", None, "age", 18, 120),
        ("teachers", None, "teacher", None, None),
        (None, "seniori", "age", 60, 120),
        (None, "strada", "age", 25, 120),
    }


def test_a_camp_is_open_to_all_and_takes_no_place_of_the_term():
    camp = a_course(
        without=("groups", "room"), id="nometne", kind="camp", duration_min=420, capacity=30, rooms_used=["klase-2", "darbnica"],
        shifts=[{"starts": "2027-06-21", "ends": "2027-06-25"}, {"starts": "2027-07-05", "ends": "2027-07-09"}],
        audience={"kind": "ages", "min": 7, "max": 13},
    )  # fmt: skip

    load(a_catalogue(courses=[camp]))

    first, second = CourseRun.objects.order_by("pk")
    assert (first.slug, first.term, first.room, second.slug) == ("n-1-2027-06-21", None, None, "n-2-2027-07-05")
    assert [local(lesson.starts_at) for lesson in first.lessons.order_by("starts_at")] == [
        "Mon 21.06.2027 09:00", "Tue 22.06.2027 09:00", "Fri 25.06.2027 09:00",  # Līgo and Jāņi between
    ]  # fmt: skip
    assert first.enrollment_closes_at == first.offers_end_at == first.starts_at
    assert list(EligibilityRule.objects.filter(course__slug="nometne").values_list("kind", flat=True)) == ["age"]


def test_children_have_two_places_a_term_and_other_programs_no_limit():
    load(a_catalogue())

    assert dict(Program.objects.values_list("slug", "max_places_per_term")) == {
        "children": 2, "vizium": None, "adults": None, "teachers": None,
    }  # fmt: skip


# -- Series and slots ----------------------------------------------------------------------


def test_an_adult_course_gets_one_evening_series_with_a_decision_day():
    load(a_catalogue(courses=[an_adult_course()]))

    run = CourseRun.objects.get()
    assert (run.code, local(run.starts_at), run.lessons.count(), run.decision_on, run.minimum_size) == (
        "O-1", "Mon 14.12.2026 17:30", 4, date(2026, 12, 7), 6,
    )  # fmt: skip
    assert run.enrollment_closes_at == run.offers_end_at == run.starts_at


def test_a_series_keeps_its_dates_at_later_imports():
    load(a_catalogue(courses=[an_adult_course()]))
    before = everything()

    load(a_catalogue(courses=[an_adult_course()]), now=NOON + 5 * WEEK)

    assert everything() == before


def test_late_in_the_term_a_series_lies_at_its_beginning():
    load(a_catalogue(courses=[an_adult_course()]), now=NOON + 30 * WEEK)

    assert local(CourseRun.objects.get().starts_at) == "Mon 14.09.2026 17:30"


def test_two_series_in_one_room_take_different_evenings():
    load(a_catalogue(courses=[an_adult_course(), an_adult_course(id="word")]))

    assert [local(run.starts_at) for run in CourseRun.objects.order_by("pk")] == [
        "Mon 14.12.2026 17:30",
        "Tue 15.12.2026 17:30",
    ]


def test_a_schedule_becomes_slots_of_the_coming_weeks():
    show = a_show(schedule=[{"days": ["tue", "sun"], "starts": ["12:00", "16:00"]}])

    load(a_catalogue(courses=[show]))  # a Tuesday, 12:00: the first show of the day has begun

    runs = list(CourseRun.objects.order_by("starts_at"))
    assert [local(run.starts_at) for run in runs[:3]] == [
        "Tue 24.11.2026 16:00",
        "Sun 29.11.2026 12:00",
        "Sun 29.11.2026 16:00",
    ]
    assert (len(runs), local(runs[-1].starts_at), runs[0].slug, runs[0].code) == (
        19, "Sun 27.12.2026 16:00", "2026-11-24-1600", "24.11. 16:00",
    )  # fmt: skip
    assert [
        (one.kind, one.capacity, one.lessons.count(), one.enrollment_closes_at == one.starts_at) for one in runs
    ] == [("slot", 12, 1, True)] * 19


def test_there_are_no_slots_while_the_venue_is_closed():
    show = a_show(schedule=[{"days": ["mon"], "starts": ["12:00"]}])

    load(a_catalogue(courses=[show]))
    in_winter = CourseRun.objects.count()
    load(a_catalogue(courses=[show]), now=NOON + 18 * WEEK)  # 30.03.2027.

    assert in_winter == 0
    assert local(CourseRun.objects.earliest("starts_at").starts_at) == "Mon 05.04.2027 12:00"


def test_a_show_without_a_schedule_gets_a_time_at_the_weekend():
    load(a_catalogue(courses=[a_show(), a_show(id="otrs-sovs")]))

    assert [(run.course.slug, local(run.starts_at)) for run in CourseRun.objects.order_by("starts_at")[:4]] == [
        ("sovs", "Sat 28.11.2026 14:00"), ("otrs-sovs", "Sat 28.11.2026 15:00"),
        ("sovs", "Sun 29.11.2026 13:00"), ("otrs-sovs", "Sun 29.11.2026 14:00"),
    ]  # fmt: skip


def test_slots_keep_their_hour_over_the_change_of_clocks():
    show = a_show(schedule=[{"days": ["sat", "sun"], "starts": ["12:00"]}])

    load(a_catalogue(courses=[show]), now=NOON.replace(month=10, day=20))

    assert {local(run.starts_at)[-5:] for run in CourseRun.objects.all()} == {"12:00"}
