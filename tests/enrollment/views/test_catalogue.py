"""The catalogue: what it lists, how it is narrowed and ordered, whom it suits, and what it costs to make."""

import re
from datetime import time

import pytest
import time_machine
from django.core.cache import cache

from courses.models import CourseKind, CourseStatus, ProgramKind, RuleKind, RunState, Topic
from enrollment.catalogue.listing import PAGE_SIZE
from tests.factories import (
    DAY,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_room,
    make_rule,
    make_run,
    make_slot,
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


def titles(client, query=""):
    return TITLE.findall(client.get(CATALOGUE + query).content.decode())


def words(client, query=""):
    return " ".join(client.get(CATALOGUE + query).content.decode().split())


def group(title, **fields):
    course = {
        name: fields.pop(name)
        for name in ("topic", "program", "grade_min", "grade_max", "price", "audience", "fee_policy") if name in fields
    }  # fmt: skip
    return make_run(course=make_course(title_lv=title, title_en=title, **course), **fields)


# -- What is listed -------------------------------------------------------------------------------


def test_there_is_a_card_for_every_group_one_per_course_of_slots_and_one_per_listed_offer(client):
    robots = make_course(title_lv="Roboti", title_en="Robots")
    make_run(course=robots)
    make_run(course=robots)
    football = make_slot()
    make_slot(course=football.course, starts_at=NOON + 5 * DAY)
    vizium = make_program(kind=ProgramKind.VIZIUM)
    make_course(program=vizium, kind=CourseKind.BIRTHDAY, title_lv="Ballīte", title_en="Party")

    assert titles(client) == ["Robots", "Robots", "Robot football", "Party"]


def test_drafts_cancelled_finished_and_historic_are_not_listed(client):
    group("Shown")
    group("Draft", state=RunState.DRAFT)
    group("Cancelled", state=RunState.CANCELLED)
    group("Finished", starts_at=NOON - 8 * WEEK, enrollment_opens_at=NOON - 9 * WEEK)
    make_course(title_lv="Historic", title_en="Historic", status=CourseStatus.HISTORIC)
    historic = group("Historic group")
    historic.course.status = CourseStatus.HISTORIC
    historic.course.save()

    assert titles(client) == ["Shown", "Cancelled", "Draft", "Finished"]  # their courses, once each, as listed offers
    assert words(client).count("no dates yet") == 3


def test_a_slots_card_shows_the_next_three_times_and_how_many_follow(client):
    first = make_slot(starts_at=NOON + DAY)
    for days in (2, 3, 4, 5):
        make_slot(course=first.course, starts_at=NOON + days * DAY)

    page = words(client)

    assert page.count("free places: 20") == 3
    assert "More times: 2" in page


def test_a_slot_that_has_begun_is_not_offered(client, clock):
    slot = make_slot(starts_at=NOON + DAY)
    assert "Choose a time" in words(client)

    clock.move_to(slot.starts_at)

    assert "Choose a time" not in words(client)


@pytest.mark.parametrize(
    ("fields", "step", "places"),
    [
        ({"capacity": 3, "seats_taken": 1}, "Apply", "Free places: 2 of 3"),
        ({"capacity": 3, "seats_taken": 3, "waitlist_length": 2}, "Join the queue", "Full · in the queue: 2"),
        ({"capacity": 3, "seats_taken": 2, "waitlist_length": 2}, "Join the queue", "Full · in the queue: 2"),
        ({"enrollment_opens_at": NOON + DAY}, "See the group", "Opens 25.11., 12:00"),
        ({"enrollment_closes_at": NOON - DAY}, "See the group", "Free places: 2 of 2"),
    ],
)
def test_a_card_says_the_places_and_the_next_step(client, fields, step, places):
    group("Robots", **fields)

    page = words(client)

    assert places in page
    assert f"<span>{step}</span>" in page


# -- Narrowing ------------------------------------------------------------------------------------


@pytest.fixture
def offers():
    """Three groups that differ in everything a filter asks."""
    other = make_room(venue=make_room().venue, name_lv="Cita", name_en="Other")
    other.venue.slug = "parventa"
    other.venue.short_name = "Pārventa"
    other.venue.save()
    group("Robots", grade_min=1, grade_max=3, topic=Topic.ROBOTICS, weekday=0, price=0, code="R-2")
    group(
        "Games",
        grade_min=4,
        grade_max=6,
        topic=Topic.PROGRAMMING,
        weekday=2,
        price=20,
        seats_taken=2,
        room=other,
        code="P-2",
    )
    group(
        "Excel",
        program=make_program(kind=ProgramKind.ADULTS),
        audience="adults",
        topic=Topic.ADULTS,
        weekday=4,
        price=64,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?for=children", ["Robots", "Games"]),
        ("?for=adults", ["Excel"]),
        ("?grade=2", ["Robots"]),
        ("?grade=5", ["Games"]),
        ("?day=4", ["Excel"]),
        ("?place=parventa", ["Games"]),
        ("?topic=programming", ["Games"]),
        ("?price=free", ["Robots"]),
        ("?price=paid&for=children", ["Games"]),
        ("?free=1", ["Robots", "Excel"]),
        ("?q=GĀMES", ["Games"]),
        ("?q=r-2", ["Robots"]),
        ("?grade=5&topic=programming&day=2", ["Games"]),
    ],
)
def test_a_filter_in_the_address_narrows_the_list(client, offers, query, found):
    assert titles(client, query) == found


def test_search_ignores_diacritics_and_reads_sh_as_s(client):
    make_run(course=make_course(title_lv="Šahs un ģeometrija", title_en="Chess"))
    group("Other")

    assert titles(client, "?q=shahs+geometrija") == ["Chess"]


def test_when_nothing_matches_the_narrowest_filter_is_left_out_and_named(client, offers):
    page = words(client, "?grade=5&day=0&topic=programming")

    assert "Nothing matches all filters. Without “Monday”: 1." in page
    assert TITLE.findall(page) == ["Games"]


def test_when_no_single_filter_is_to_blame_everything_is_shown(client, offers):
    page = words(client, "?grade=12&day=6&q=zzz&for=children")

    assert "Everything is shown instead: 2." in page


@pytest.mark.parametrize(
    "query",
    [
        "?grade=x&page=-1&q=%00", "?grade=99&day=7&topic=no&for=no&price=no&sort=no", "?page=99999999999999999999",
        f"?grade={'9' * 5000}", "?child=x&child=-1", "?child=99999999999999999999999", "?day=²", f"?q={'a' * 2000}",
        "?place=%00%FF", "?q=%E2%80%AE%0A", "?for=children&for=adults",
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_ignored(client, offers, query):
    assert client.get(CATALOGUE + query).status_code == 200


def test_filters_stay_in_the_links_of_the_page(client, offers):
    page = client.get(CATALOGUE + "?for=children&topic=programming").content.decode()

    assert '<a class="chip chip-on" href="?for=children">' in page  # leaves the topic out again
    assert "?for=children&amp;day=2&amp;topic=programming" in page


# -- Order and pages ------------------------------------------------------------------------------


def test_groups_with_places_stand_first_and_each_kind_by_topic_and_alphabet(client):
    group("Full", seats_taken=2)
    group("Later", enrollment_opens_at=NOON + DAY)
    group("Žagari")
    group("Zari")
    group("Ābeles")
    group("Web", topic=Topic.PROGRAMMING)

    assert titles(client) == ["Ābeles", "Zari", "Žagari", "Web", "Full", "Later"]
    assert titles(client, "?sort=title") == ["Ābeles", "Full", "Later", "Web", "Zari", "Žagari"]


def test_the_order_by_day_follows_the_week(client):
    group("Friday", weekday=4)
    group("Monday late", weekday=0, start_time=time(17))
    group("Monday", weekday=0, start_time=time(9))

    assert titles(client, "?sort=day") == ["Monday", "Monday late", "Friday"]


def test_a_long_list_grows_by_pages_and_keeps_its_filters(client):
    course = make_course(title_lv="Roboti", title_en="Robots")
    for _ in range(PAGE_SIZE + 2):
        make_run(course=course, lessons=0)

    first = words(client, "?topic=robotics")
    second = words(client, "?topic=robotics&page=2")

    assert len(TITLE.findall(first)) == PAGE_SIZE
    assert 'href="?topic=robotics&amp;page=2#more">Show more (2)' in first
    assert len(TITLE.findall(second)) == PAGE_SIZE + 2
    assert "Show more" not in second


# -- For a family ---------------------------------------------------------------------------------


@pytest.fixture
def guardian(client):
    user = make_guardian()
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def fits(page):
    return re.findall(r"<b>(\w+):</b> ([^<]*)</span>", page)


def test_each_child_has_a_line_that_says_whether_the_group_suits(client, guardian):
    make_child(guardian, first_name="Annija", grade=4)
    make_child(guardian, first_name="Roberts", grade=2)
    run = group("Robots", grade_min=4, grade_max=6)
    make_rule(run.course, RuleKind.GRADE, minimum=4, maximum=6)

    page = words(client)

    assert fits(page) == [("Annija", "fits"), ("Roberts", "the group is for grades 4–6")]
    assert "<span>Apply</span>" in page


def test_a_group_that_suits_nobody_leads_to_what_fits(client, guardian):
    make_child(guardian, grade=2)
    run = group("Robots")
    make_rule(run.course, RuleKind.GRADE, minimum=4, maximum=6)

    assert "<span>See what fits</span>" in words(client)


def test_a_child_in_the_queue_sees_the_own_number_and_the_queue(client, guardian):
    child = make_child(guardian)
    run = group("Robots", capacity=1)
    enroll(run)
    enroll(run)
    enroll(run, child, by=guardian)

    page = words(client)

    assert fits(page) == [("Annija", "place in the queue: 2")]
    assert "<span>See the queue</span>" in page


def test_a_group_not_open_yet_still_says_whom_it_would_suit(client, guardian):
    make_child(guardian, grade=4)
    run = group("Robots", enrollment_opens_at=NOON + DAY)
    make_rule(run.course, RuleKind.GRADE, minimum=4, maximum=6)

    assert fits(words(client)) == [("Annija", "fits")]


def test_what_suits_the_chosen_children_stands_first(client, guardian):
    annija = make_child(guardian, first_name="Annija", grade=4)
    roberts = make_child(guardian, first_name="Roberts", grade=2)
    young, old = group("A young"), group("B old")
    make_rule(young.course, RuleKind.GRADE, minimum=1, maximum=3)
    make_rule(old.course, RuleKind.GRADE, minimum=4, maximum=6)

    assert titles(client, f"?child={annija.pk}") == ["B old", "A young"]
    assert titles(client, f"?child={roberts.pk}") == ["A young", "B old"]
    assert fits(words(client, "?child=0")) == []


def test_another_familys_child_cannot_be_chosen(client, guardian):
    make_child(guardian, first_name="Annija")
    stranger = make_child(make_guardian(), first_name="Svešais")
    group("Robots")

    page = words(client, f"?child={stranger.pk}")

    assert "Svešais" not in page
    assert fits(page) == []
