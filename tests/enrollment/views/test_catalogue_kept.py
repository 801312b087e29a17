"""The catalogue is made once and kept: it is always right, and costs the same however long it is."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    DAY,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_run,
    make_slot,
    make_user,
)

pytestmark = pytest.mark.django_db

CATALOGUE = "/courses/"
TITLE = re.compile(r'<a class="cover" href="[^"]*">([^<]*)</a>')


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
    client.cookies["django_language"] = "en"
    return user


def titles(client):
    return TITLE.findall(words(client))


def words(client, query=""):
    return " ".join(client.get(CATALOGUE + query).content.decode().split())


def group(title, **fields):
    return make_run(course=make_course(title_lv=title, title_en=title), **fields)


def test_the_page_follows_every_change_of_what_it_shows(client):
    run = group("Robots", capacity=3)
    assert "Free places: 3 of 3" in words(client)

    enroll(run)
    assert "Free places: 2 of 3" in words(client)

    run.course.title_en = "Robotics"
    run.course.save()
    assert titles(client) == ["Robotics"]

    run.room.venue.short_name = "Elsewhere"
    run.room.venue.save()
    assert "Elsewhere, Classroom 2" in words(client)

    run.instructors.add(make_user(first_name="Ņina", last_name="Krastiņa"))
    assert "Ņina Krastiņa" in words(client)


def test_the_page_follows_the_clock(client, clock):
    group("Robots", enrollment_opens_at=NOON + timedelta(minutes=5))
    assert "Opens 24.11., 12:05" in words(client)

    clock.move_to(NOON + timedelta(minutes=4, seconds=59))
    assert "Opens 24.11., 12:05" in words(client)

    clock.move_to(NOON + timedelta(minutes=5))
    assert "<span>Apply</span>" in words(client)


def test_a_kept_page_is_kept_per_language_and_appearance(client):
    group("Robots")
    words(client)

    client.cookies["django_language"] = "lv"
    assert 'lang="lv"' in words(client)
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in words(client)


def test_a_kept_page_is_not_shown_to_somebody_with_a_session(client, guardian):
    group("Robots")
    client.logout()
    words(client)
    client.force_login(guardian)
    client.cookies["django_language"] = "en"

    assert "My family" in words(client)


def queries(client, query):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(CATALOGUE + query).status_code == 200
    return len(captured)


@pytest.mark.parametrize("query", ["", "?for=children", "?day=1", "?q=robots&sort=title"])
def test_the_number_of_queries_does_not_grow_with_the_list(client, query):
    group("Robots")
    make_slot()
    one = queries(client, query)
    for _ in range(4):
        group("Robots")
        make_slot()
    cache.clear()

    assert queries(client, query) == one


def test_a_kept_page_costs_three_queries(client):
    group("Robots")
    client.get(CATALOGUE)

    assert queries(client, "") == 3


def test_the_number_of_queries_does_not_grow_with_groups_and_children_of_a_family(client, guardian):
    enroll(group("Robots", capacity=9), make_child(guardian), by=guardian)
    one = queries(client, "?for=children")
    for days in (1, 2, 3, 4):
        enroll(group("Robots", capacity=9, starts_at=NOON + 2 * WEEK + days * DAY), make_child(guardian), by=guardian)

    assert queries(client, "?for=children") == one
