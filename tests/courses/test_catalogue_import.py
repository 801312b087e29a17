import io
import json
import time as clock
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from courses.flows.catalogue import import_catalogue
from courses.models import CourseRun
from tests.courses.catalogues import a_catalogue, as_yaml
from tests.factories import NOON

REAL = Path(settings.BASE_DIR) / "courses" / "data" / "catalogue.yaml"

pytestmark = pytest.mark.django_db


def test_the_whole_import_is_quick():
    start = clock.perf_counter()

    import_catalogue(octets=REAL.read_bytes(), now=NOON)

    assert clock.perf_counter() - start < 5


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
