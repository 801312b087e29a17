"""A family sees what changed of the lessons of these days: what will not take place, and what is elsewhere or at another time."""

from datetime import time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.flows import changes
from enrollment.family.home import home
from enrollment.flows import timetable
from tests.enrollment.flows.timetable.changing import carry_out, lessons_of, make_coordinator, these
from tests.enrollment.views.desk import client_of
from tests.factories import DAY, HOUR, NOON, enroll, make_child, make_guardian, make_room, make_run

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mother():
    return make_guardian()


@pytest.fixture
def run(mother):
    run = make_run(starts_at=NOON + 2 * DAY, lessons=3)
    enroll(run, make_child(mother), by=mother)
    return run


def shown(mother):
    return [(one.title, one.was, one.will_be) for one in home(user=mother, now=NOON).rearranged]


def words(response):
    return " ".join(response.content.decode().split())


def test_a_moved_lesson_of_these_days_shows_before_and_after_everywhere(mother, run):
    room = make_room(name_lv="Laboratorija", name_en="Laboratory")
    carry_out(changes.Move(at=time(16), room_id=room.pk), lessons_of(run), by=make_coordinator())

    (moved,) = shown(mother)
    client = client_of(mother)
    enrollment = run.enrollments.get()

    assert moved == (
        "Mainīts laiks un telpa.", "ceturtdien, 26.11.2026., 12:00–13:30, VIZIUM, Mācību klase 2",
        "ceturtdien, 26.11.2026., 16:00–17:30, VIZIUM, Laboratorija",
    )  # fmt: skip
    note = "26.11.2026., 12:00 → 26.11.2026., 16:00; VIZIUM, Mācību klase 2 → VIZIUM, Laboratorija"
    assert "Mainīts laiks un telpa." in words(client.get("/my/"))
    for address in (enrollment.get_absolute_url(), run.get_absolute_url(), "/my/week/?view=list"):
        assert note in words(client.get(address)), address


def test_a_lesson_turned_online_or_on_again_is_told_and_one_undone_or_unchanged_is_not(mother, run):
    by = make_coordinator()
    first = run.lessons.earliest("starts_at")
    undone = carry_out(changes.Move(at=time(16)), these(first), by=by)
    timetable.undo(undone, by=by, now=NOON + SECOND)
    assert shown(mother) == []

    carry_out(changes.Cancel(reason="slimība"), these(first), by=by, now=NOON + HOUR)
    carry_out(changes.Restore(), these(first), by=by, now=NOON + 2 * HOUR)
    assert [title for title, *_rest in shown(mother)] == ["Nodarbība tomēr notiks."]
    carry_out(changes.SetTopic(topic="Sensori"), these(first), by=by, now=NOON + 3 * HOUR)
    carry_out(changes.TurnRemote(), these(first), by=by, now=NOON + 4 * HOUR)
    assert [title for title, *_rest in shown(mother)] == ["Nodarbība notiks tiešsaistē."]


def test_a_cancelled_lesson_is_a_card_with_its_replacement_and_not_among_the_moved(mother, run):
    first = run.lessons.earliest("starts_at")
    carry_out(
        changes.Cancel(reason="pasniedzēja slimība", replaced_at=first.starts_at + DAY),
        these(first),
        by=make_coordinator(),
    )

    page = words(client_of(mother).get("/my/"))

    assert "Nodarbība nenotiks." in page
    assert "Aizstās: piektdien, 27.11.2026., plkst. 12:00" in page
    assert shown(mother) == []


def test_the_home_page_takes_as_many_queries_for_many_moved_lessons_as_for_one(mother, run):
    by = make_coordinator()
    counts = []
    for number, lessons in enumerate((these(run.lessons.earliest("starts_at")), lessons_of(run))):
        carry_out(changes.Move(at=time(16 + number)), lessons, by=by, now=NOON + number * SECOND)
        with CaptureQueriesContext(connection) as queries:
            home(user=mother, now=NOON)
        counts.append(len(queries))

    assert counts[0] == counts[1]
