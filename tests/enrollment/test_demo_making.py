"""Making the demonstration: on any day, again from the start, in a process of its own, and where it must not be."""

import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.ages import school_year
from accounts.models import Learner, User
from courses.flows.catalogue.checks import check
from courses.flows.catalogue.document import read
from courses.models import Lesson
from enrollment.demo import people, seed, serving
from enrollment.demo.season import first_day_of_classes, season
from enrollment.models import Draw, Enrollment, EnrollmentState, WaitlistOffer
from tests.factories import WEEK, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def make_demo(*options):
    call_command("demo", "--no-serve", *options, stdout=io.StringIO(), stderr=io.StringIO())


@pytest.mark.once
def test_the_season_lies_around_every_day():
    for today in (date(2026, 1, 1) + timedelta(days=number) for number in range(3 * 366)):
        first = first_day_of_classes(today)

        assert today - 11 * WEEK < first <= today, today
        assert school_year(first) == school_year(today), today


@pytest.mark.once
@pytest.mark.parametrize("today", [date(2026, 9, 1), date(2027, 1, 1), date(2028, 2, 29), date(2028, 8, 31)], ids=str)
def test_the_season_is_a_catalogue_without_faults(today):
    (term,) = check(read(season(today)))["terms"]

    assert term["starts"] <= today <= term["ends"]


@pytest.mark.parametrize(
    "now",
    [
        # A holiday, ten to midnight; the first ten minutes of the school year.
        pytest.param(datetime(2026, 11, 18, 21, 50, tzinfo=UTC), marks=pytest.mark.postgresql_only),
        pytest.param(datetime(2026, 8, 31, 21, 10, tzinfo=UTC), marks=pytest.mark.postgresql_only),
        # After the lessons of the day on which Emīls has his own; and a holiday on a day of the week full of groups.
        pytest.param(datetime(2026, 11, 26, 19, 30, tzinfo=UTC), marks=pytest.mark.sqlite_only),
        pytest.param(datetime(2026, 12, 26, 10, tzinfo=UTC), marks=pytest.mark.sqlite_only),
        # After the lesson of the group in which Roberts is offered a place.
        pytest.param(datetime(2026, 12, 2, 14, 56, tzinfo=UTC), marks=pytest.mark.postgresql_only),
    ],
    ids=str,
)
def test_the_demonstration_can_be_made_at_odd_hours(db, now):
    seed.seed(now=now)

    lesson = Lesson.objects.filter(starts_at__lte=now, ends_at__gt=now, instructors__email="instructor@demo.example")
    assert lesson.count() == 1
    waiting = Enrollment.objects.waitlisted().filter(run__draws=None)
    assert (WaitlistOffer.objects.open().count(), waiting.count()) == (1, 7)
    assert Enrollment.objects.filter(state=EnrollmentState.TRIAL).count() == 1
    assert sorted(Draw.objects.values_list("state", flat=True)) == ["announced", "held"]
    children = Learner.objects.visible_to(people.BY_KEY["parent"].user())
    assert {child.first_name: child.grade_on(timezone.localdate(now)) for child in children} == {
        "Annija": 4,
        "Roberts": 3,
    }


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_reset_begins_with_fresh_data(settings, tmp_path):
    settings.MAIL_DIR = tmp_path
    make_demo()
    (tmp_path / "00000000000000000001-0.eml").write_text("to somebody who is gone")
    User.objects.filter(email=people.BY_KEY["parent"].email).update(first_name="Cita")

    make_demo("--reset")

    assert people.BY_KEY["parent"].user().first_name == "Līga"
    assert list(tmp_path.glob("*.eml")) == []
    assert Enrollment.objects.filter(state=EnrollmentState.OFFERED).count() == 1


def test_a_database_with_other_people_is_left_alone(settings, tmp_path):
    settings.MAIL_DIR = tmp_path
    make_user("somebody@example.lv")

    with pytest.raises(CommandError, match="people who are not"):
        make_demo("--reset")

    assert User.objects.count() == 1


def test_demo_people_without_data_says_how_to_make_them():
    with pytest.raises(CommandError, match="no demonstration data yet") as refused:
        call_command("demo_people", "--json")

    assert refused.value.returncode == 1


@pytest.mark.once
def test_the_demonstration_runs_until_it_is_told_to_end(tmp_path, free_port):
    process = start(tmp_path, free_port)
    try:
        wait_for(f"http://127.0.0.1:{free_port}/healthz", process)
        page = urllib.request.urlopen(f"http://127.0.0.1:{free_port}/demo/").read().decode()
        second = start(tmp_path, free_port)
        _, said = second.communicate(timeout=60)

        assert "Līga Bērziņa" in page
        assert second.returncode == 1
        assert f"Cannot listen at 127.0.0.1:{free_port}" in said
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
    serving.insist_on_port("127.0.0.1", free_port)  # nothing is left that listens


@pytest.mark.once
@pytest.mark.parametrize("port", ["web", "0", "70000"])
def test_a_port_that_is_none_is_wrong_use(monkeypatch, port):
    monkeypatch.setenv("PORT", port)

    with pytest.raises(CommandError, match="PORT is no port") as refused:
        call_command("demo")

    assert refused.value.returncode == 2


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, port):
    """The command in a process of its own, with a database and an inbox of its own."""
    (folder / "demo_settings.py").write_text(
        f"from enrollment.settings.development import *\nMAIL_DIR = {str(folder / 'mail')!r}\n"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "demo_settings",
        "PYTHONPATH": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "PORT": str(port),
    }
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    )


def wait_for(address, process, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        try:
            return urllib.request.urlopen(address).read()
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(address)
