"""The catalogue of the project, imported once: what arrives of it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import School
from courses.flows.catalogue import import_catalogue
from courses.models import Course, CourseRun, Lesson, Program, Topic
from tests.courses.catalogues import everything
from tests.factories import NOON, WEEK

REAL = Path(settings.BASE_DIR) / "courses" / "data" / "catalogue.yaml"

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def imported(kept_for_the_module):
    return import_catalogue(octets=REAL.read_bytes(), now=NOON).as_dict()


def test_every_entry_of_the_catalogue_arrives(imported):
    assert imported == {
        "created": {
            "bookables": 4, "breaks": 9, "contests": 2, "courses": 76, "fee_policies": 13, "programs": 6, "rooms": 13,
            "runs": 67, "schools": 10, "slots": 124, "terms": 2, "venues": 6,
        },
        "updated": {},
        "unchanged": {},
    }  # fmt: skip
    assert (Course.objects.count(), School.objects.count(), Program.objects.count()) == (82, 10, 6)


def test_a_second_import_changes_nothing(imported):
    before = everything()

    again = import_catalogue(octets=REAL.read_bytes(), now=NOON + timedelta(hours=3)).as_dict()

    assert (again["created"], again["updated"]) == ({}, {})
    assert everything() == before


def test_an_import_after_a_week_only_adds_later_slots(imported):
    before = everything()

    again = import_catalogue(octets=REAL.read_bytes(), now=NOON + WEEK).as_dict()

    assert (set(again["created"]), again["updated"]) == ({"slots"}, {})
    after = everything()
    assert {name: rows[: len(before[name])] for name, rows in after.items()} == before


def test_codes_are_a_letter_and_a_number_used_once(imported):
    codes = list(CourseRun.objects.filter(kind="group").values_list("code", flat=True))

    assert len(set(codes)) == len(codes) == 67
    assert [code for code in codes if not (code[0].isupper() and code[1] == "-" and code[2:].isdecimal())] == []
    assert sorted(run.code for run in CourseRun.objects.filter(course__slug="robotika-4-6")) == ["R-3", "R-4"]


def test_topics_follow_the_rulings(imported):
    found = dict(Course.objects.values_list("slug", "topic"))

    assert {slug: found[slug] for slug in (
        "majaslapas-7-9", "spelu-izstrade-7-12", "datu-analize", "elektronika-5-8", "dronu-skola-7-12", "vr-8-12",
        "digitala-majturiba-3-6", "datorgrafika-4-6", "animacija-4-6", "3d-druka-5-9", "foto-4-6", "video-7-9",
        "eksperimenti-4-6", "excel-pamati",
    )} == {
        "majaslapas-7-9": Topic.PROGRAMMING, "spelu-izstrade-7-12": Topic.PROGRAMMING, "datu-analize": Topic.PROGRAMMING,
        "elektronika-5-8": Topic.ROBOTICS, "dronu-skola-7-12": Topic.ROBOTICS, "vr-8-12": Topic.ROBOTICS,
        "digitala-majturiba-3-6": Topic.DESIGN, "datorgrafika-4-6": Topic.DESIGN, "animacija-4-6": Topic.DESIGN,
        "3d-druka-5-9": Topic.DESIGN, "foto-4-6": Topic.MEDIA, "video-7-9": Topic.MEDIA,
        "eksperimenti-4-6": Topic.SCIENCE, "excel-pamati": Topic.ADULTS,
    }  # fmt: skip


def test_what_is_not_offered_any_more_has_no_runs(imported):
    historic = ["digiyouth", "problemu-risinasana", "ikt-razosanas-cikls", "darbnica-udens"]

    assert CourseRun.objects.filter(course__slug__in=historic).count() == 0


def test_visits_packages_contests_and_the_public_zone_are_listed_without_runs(imported):
    listed = Course.objects.listed().filter(runs=None).values_list("slug", flat=True)

    assert set(listed) == {
        "ekspozicija", "grupa-pirmsskola", "grupa-sakumskola", "grupa-pamatskola", "grupa-vidusskola", "olimpiskas-speles",
        "ekskursija-ar-sovu", "dzimsanas-diena", "it-izaicinajums", "digitins", "dators", "dators-parventa",
        "konsultacija", "druka",
    }  # fmt: skip


def test_no_two_series_of_the_import_meet_in_one_room_at_once(imported):
    series = Lesson.objects.filter(run__course__kind__in=["course", "teacher_training"])
    clashes = [
        (lesson.run.code, other.run.code)
        for lesson in series.select_related("run")
        for other in Lesson.objects.filter(
            room=lesson.room, starts_at__lt=lesson.ends_at, ends_at__gt=lesson.starts_at
        ).exclude(pk=lesson.pk)
    ]

    assert clashes == []


def test_series_are_in_the_future_and_inside_their_term(imported):
    for run in CourseRun.objects.filter(course__kind__in=["course", "teacher_training"]).select_related(
        "term", "course"
    ):
        assert run.starts_at > NOON + 2 * WEEK
        assert timezone.localdate(run.ends_at) <= run.term.ends_on
        assert run.lessons.count() == run.course.lessons_planned


def test_no_run_has_more_places_than_its_room_has_seats(imported):
    assert [run for run in CourseRun.objects.exclude(room=None) if run.capacity > run.room.capacity] == []
