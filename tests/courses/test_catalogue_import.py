import io
import json
import time as clock
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import School
from courses.flows.catalogue import import_catalogue
from courses.models import Course, CourseRun, Lesson, Program, Topic
from tests.courses.catalogues import a_catalogue, as_yaml, everything
from tests.factories import NOON, WEEK

REAL = Path(settings.BASE_DIR) / "courses" / "data" / "catalogue.yaml"

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported():
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


def test_the_whole_import_is_quick():
    start = clock.perf_counter()

    import_catalogue(octets=REAL.read_bytes(), now=NOON)

    assert clock.perf_counter() - start < 5


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


def test_the_copy_in_the_project_warns_that_it_is_not_the_real_timetable():
    head = REAL.read_text(encoding="utf-8").partition("\nmeta:")[0]

    assert "Do not publish them as the" in head
    assert "No person is named" in head


# -- The command --------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path):
    """Run the command on a catalogue; its exit code, its JSON answer and what it said meanwhile."""

    def run(catalogue, *options):
        path = tmp_path / "catalogue.yaml"
        path.write_bytes(catalogue if isinstance(catalogue, bytes) else as_yaml(catalogue))
        out, err, code = io.StringIO(), io.StringIO(), 0
        try:
            call_command("import_catalogue", str(path), *options, stdout=out, stderr=err)
        except SystemExit as ended:
            code = ended.code
        return code, out.getvalue(), err.getvalue()

    return run


def test_the_command_answers_with_one_json_document_and_progress_beside_it(command):
    code, out, err = command(a_catalogue(), "--json")

    assert (code, json.loads(out)) == (0, {
        "created": {"breaks": 1, "courses": 1, "fee_policies": 1, "programs": 4, "rooms": 2, "runs": 2, "schools": 1,
                    "terms": 1, "venues": 1},
        "updated": {}, "unchanged": {}, "errors": [],
    })  # fmt: skip
    assert "weekly groups …" in err


def test_the_command_refuses_with_1_and_names_line_path_and_reason(command):
    code, out, _ = command(b"schools: []\nkurses: []\n", "--json")

    answer = json.loads(out)
    assert (code, answer["created"], [(error["line"], error["path"]) for error in answer["errors"]]) == (
        1,
        {},
        [(2, "kurses")],
    )
    assert answer["errors"][0]["reason"].startswith("Unknown key.")


def test_the_command_only_checks_when_asked(command):
    code, out, _ = command(a_catalogue(), "--check", "--json")

    assert (code, json.loads(out)["created"]["runs"], CourseRun.objects.count()) == (0, 2, 0)


def test_the_command_speaks_without_json_too(command):
    assert "created: breaks: 1, courses: 1," in command(a_catalogue())[1]
    assert "line 1: kurses: Unknown key." in command(b"kurses: []\n")[1]


@pytest.mark.parametrize("name", ["nowhere.yaml", "."])
def test_an_unreadable_file_is_wrong_use(tmp_path, name):
    with pytest.raises(CommandError, match="Cannot read") as failed:
        call_command("import_catalogue", str(tmp_path / name))

    assert failed.value.returncode == 2
