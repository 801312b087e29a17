"""`manage.py rehearse`, whole: with a database, a server, a worker and a client of its own, all gone afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from enrollment.rehearsal import database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SMALL = ["--families", "60", "--groups", "3", "--capacity", "8", "--seconds", "1"]
SECONDS_TO_FINISH = 180


@pytest.fixture
def environment():
    """Configured for the test's own database, which has no tables that a rehearsal could write."""
    with database.of_our_own() as url:
        connection.ensure_connection()
        yield os.environ | {"DJANGO_SETTINGS_MODULE": "enrollment.settings.development", "DATABASE_URL": url}


def start(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, "manage.py", "rehearse", *arguments], cwd=settings.BASE_DIR, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def databases_of(pid):
    """What the rehearsal of that process has made beside the configured database."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        return [one.name for one in path.parent.glob(f"{path.stem}*-{pid}.sqlite3")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"%rehearsal_{pid}"])
        return [name for (name,) in cursor.fetchall()]


def processes_of(pid):
    """Processes whose environment names the database of that rehearsal: its server, worker and client."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            values = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if f"rehearsal-{pid}.sqlite3" in values or f"rehearsal_{pid}\0" in values:
            found.append(int(process.name))
    return found


def wait_for_opening(process):
    """Read until the families press."""
    for line in process.stderr:
        if line.startswith("opening:"):
            return
    raise AssertionError("the rehearsal ended before it opened")


def assert_is_gone(pid):
    deadline = time.monotonic() + 30
    while (left := processes_of(pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def test_it_answers_with_exactly_what_programs_rely_on_and_leaves_nothing(environment):
    process = start(environment, *SMALL, "--instant", "20", "--json")
    written, said = process.communicate(timeout=SECONDS_TO_FINISH)
    assert process.returncode == 0, said

    document = json.loads(written)
    assert list(document) == [
        *("families", "groups", "capacity", "accepted", "queued", "refused", "errors", "oversold"),
        *("answers_per_second", "p50_ms", "p95_ms", "p99_ms", "floor_answers_per_second", "ratio"),
    ]
    counted = {name: document[name] for name in list(document)[:8]}
    assert counted == {
        "families": 60, "groups": 3, "capacity": 8, "accepted": 24, "queued": 36, "refused": 0, "errors": 0, "oversold": 0,
    }  # fmt: skip
    assert 0 < document["p50_ms"] <= document["p95_ms"] <= document["p99_ms"]
    assert document["ratio"] == pytest.approx(
        document["answers_per_second"] / document["floor_answers_per_second"], abs=0.01
    )
    assert "opening: " in said
    assert "of a core" in said
    assert databases_of(process.pid) == []
    assert connection.introspection.table_names() == []
    assert_is_gone(process.pid)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.sqlite_only),
        pytest.param(signal.SIGTERM, marks=pytest.mark.postgresql_only),
    ],
)
def test_interrupted_it_ends_everything_that_it_started(environment, number):
    process = start(environment, "--families", "300", "--seconds", "60")
    wait_for_opening(process)
    assert databases_of(process.pid) != []
    assert processes_of(process.pid) != []

    process.send_signal(number)
    process.communicate(timeout=60)

    assert process.returncode == 130
    assert databases_of(process.pid) == []
    assert_is_gone(process.pid)


def test_what_a_killed_one_left_is_removed_by_the_next(environment):
    killed = start(environment, "--families", "300", "--seconds", "60")
    wait_for_opening(killed)
    killed.kill()
    killed.communicate(timeout=60)
    assert_is_gone(killed.pid)
    assert databases_of(killed.pid) != []

    process = start(environment, *SMALL)
    process.communicate(timeout=SECONDS_TO_FINISH)

    assert process.returncode == 0
    assert databases_of(killed.pid) == []
