"""The home page and the pages about the site itself."""

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import CourseKind, ProgramKind
from tests.factories import DAY, HOUR, NOON, make_course, make_guardian, make_program, make_run, make_slot

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


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_home_tells_what_is_open_now_what_opens_next_and_what_needs_more_people(client):
    make_run()
    make_run(seats_taken=2)
    make_run(
        course=make_course(title_lv="Grafika", title_en="Graphics"), code="G-1", enrollment_opens_at=NOON + 7 * DAY
    )
    adults = make_program(kind=ProgramKind.ADULTS)
    excel = make_course(program=adults, title_lv="Excel", title_en="Excel basics", price=64)
    make_run(course=excel, capacity=12, seats_taken=4, minimum_size=6, decision_on=(NOON + 9 * DAY).date())

    text = words(client, "/")

    assert "Groups with free places: 1" in text
    assert "Graphics, G-1" in text
    assert "Applications open on Tuesday 01.12.2026 at 12:00." in text
    assert "Excel basics, 64,00 €" in text
    assert "Takes place if 2 more apply." in text
    assert "Decision: 03.12.2026" in text


def test_home_says_when_nothing_is_open(client):
    assert "No applications are open just now" in words(client, "/")


def test_home_shows_the_slots_of_today_and_of_the_weekend(client):
    today = make_slot(starts_at=NOON + 4 * HOUR)
    for title, days in (
        ("Thursday's", 2),
        ("Saturday's", 4),
        ("Sunday's", 5),
        ("Monday's", 6),
        ("Next Saturday's", 11),
    ):
        make_slot(
            course=make_course(program=today.course.program, kind=CourseKind.SHOW, title_lv=title, title_en=title),
            starts_at=NOON + days * DAY,
        )

    text = words(client, "/")

    assert "Today, Tuesday 24.11." in text
    assert [title in text for title in ("Thursday", "Saturday&#x27;s", "Sunday&#x27;s", "Monday&#x27;s", "Next Sat")] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_home_without_slots_this_week_shows_the_next_day_that_has_some(client):
    make_slot(starts_at=NOON + 9 * DAY)

    assert "Thursday 03.12." in words(client, "/")


def test_home_says_whether_vizium_is_open_today(client):
    slot = make_slot()
    slot.room.venue.opening_hours = [
        {"days": ["tue", "wed"], "opens": "10:00", "closes": "19:00"},
        {"days": ["mon"], "closed_from": "11-01", "closed_until": "03-31"},
    ]
    slot.room.venue.save()

    assert "VIZIUM today: 10:00–19:00" in words(client, "/")


def test_the_first_door_of_somebody_signed_in_is_their_family(client, guardian):
    text = words(client, "/")

    assert '<a class="card door" href="/my/">' in text
    assert "For a child" not in text


def test_home_follows_every_change_and_the_clock(client, clock):
    run = make_run(code="R-1", enrollment_opens_at=NOON + DAY)
    slot = make_slot(starts_at=NOON + HOUR)
    assert "Soon" in words(client, "/")

    slot.room.venue.address = "Jūras iela 1"
    slot.room.venue.save()
    assert "Jūras iela 1" in words(client, "/")

    clock.move_to(NOON + HOUR)
    assert "Robot football" not in words(client, "/")

    clock.move_to(run.enrollment_opens_at)
    assert "Groups with free places: 1" in words(client, "/")


def test_home_costs_the_same_whatever_there_is(client):
    make_run(), make_slot()
    one = queries(client, "/?lang=en")
    for _ in range(4):
        make_run(), make_slot()

    assert queries(client, "/?lang=en") == one


@pytest.mark.parametrize("path", ["/help/", "/privacy/", "/accessibility/"])
@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_pages_about_the_site_open_in_both_languages(client, path, language):
    client.cookies["django_language"] = language

    assert f'<html lang="{language}"' in words(client, path)
