"""What programs outside rely on: one JSON document on standard output, words elsewhere, exit codes (docs/operations.md)."""

import io
import json
import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from courses.models import CourseRun
from tests.factories import enroll, make_run

pytestmark = pytest.mark.django_db


def run(name, *arguments):
    """(the JSON document, exit code, what was said beside it)."""
    written, said, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(name, "--json", *arguments, stdout=written, stderr=said)
    except SystemExit as ended:
        code = ended.code
    return json.loads(written.getvalue()), code, said.getvalue()


def test_reconcile_without_a_difference():
    enroll(make_run())

    document, code, said = run("reconcile")

    assert document == {"checked": {"runs": 1, "enrollments": 1, "ledger_rows": 1}, "differences": []}
    assert (code, said) == (0, "groups: 1 of 1\n")


def test_reconcile_with_a_difference_ends_with_1():
    group = make_run()
    CourseRun.objects.filter(pk=group.pk).update(seats_taken=2)

    document, code, _said = run("reconcile")

    assert document["differences"] == [{"run": group.pk, "what": "seats_taken", "expected": 0, "found": 2}]
    assert code == 1


def test_routes_tell_route_name_methods_audience_and_view():
    document, code, _said = run("routes")

    by_name = {one["name"]: one for one in document}
    assert code == 0
    assert by_name["healthz"] == {
        "route": "/healthz", "name": "healthz", "methods": ["GET", "HEAD"], "audience": "public",
        "view": "enrollment.views.health.healthz",
    }  # fmt: skip
    assert by_name["api:enrollments"] == {
        "route": "/api/v1/enrollments/", "name": "api:enrollments", "methods": ["OPTIONS", "POST"],
        "audience": "signed_in", "view": "enrollment.api.views.Enrollments",
    }  # fmt: skip
    assert by_name["account_logout"]["view"] == "allauth.account.views.LogoutView"


def test_worker_once():
    call_command("worker", "--once", stdout=io.StringIO())  # whatever a fresh database makes due

    document, code, _said = run("worker", "--once")

    assert (set(document.values()), code) == ({0}, 0)


def test_json_of_a_worker_without_end_is_wrong_use():
    with pytest.raises(CommandError) as refused:
        run("worker")

    assert refused.value.returncode == 2


def test_wrong_use_ends_with_2():
    ended = subprocess.run(
        [sys.executable, "manage.py", "reconcile", "--no-such-option"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (2, b"")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_cleanly_also_while_the_database_is_away(number):
    environment = os.environ | {
        "DATABASE_URL": "sqlite:////no/such/folder/db.sqlite3", "DJANGO_SETTINGS_MODULE": "enrollment.settings.development",
    }  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=settings.BASE_DIR,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = [worker.stderr.readline(), worker.stderr.readline()]

    worker.send_signal(number)
    rest = worker.communicate(timeout=20)[1]

    assert first[0] == "worker: started\n"
    assert "the database does not answer (OperationalError)" in first[1]
    assert (rest.endswith("worker: stopped\n"), worker.returncode) == (True, 0)
