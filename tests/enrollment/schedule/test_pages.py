"""The board, the free-slot finder and the weeks as pages: what an address shows, and what it keeps from whom."""

import re

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Role
from courses.models import Lesson, LessonState
from enrollment.benchmarks.boards import full_week
from tests.enrollment.schedule.scenes import TUESDAY, at, instructor, lesson, make_house, make_room_in
from tests.factories import enroll, make_child, make_guardian, make_user

pytestmark = pytest.mark.django_db

BOARD, FREE = "/desk/schedule/", "/desk/schedule/free/"


@pytest.fixture
def room():
    return make_room_in(make_house(), "Laboratorija", capacity=12)


@pytest.fixture
def desk(client):
    cache.clear()
    client.force_login(make_user(roles=[Role.DESK]))
    return client


def text(response):
    return response.content.decode()


def test_a_whole_page_of_forty_rooms_takes_twelve_queries(desk, django_assert_max_num_queries):
    week = full_week(now=at(12))

    with django_assert_max_num_queries(12):
        response = desk.get(f"{BOARD}?view=week&day={week.monday:%Y-%m-%d}")

    assert response.status_code == 200
    assert text(response).count('class="board-row') == 1200


def test_a_lesson_opens_beside_the_board_and_alone_for_scripts(desk, room):
    one = lesson("R-1", room, at(16), by=instructor())
    address = f"{BOARD}?day={TUESDAY}&lesson={one.pk}"

    whole, alone = desk.get(address), desk.get(address, headers={"HX-Request": "true", "HX-Target": "inspector"})

    assert "<!DOCTYPE html>" in text(whole)
    assert 'class="inspector-head"' in text(whole)
    assert "<!DOCTYPE html>" not in text(alone)
    assert reverse("enrollment:desk_lesson", args=[one.pk]) in text(alone)


def test_a_lesson_to_come_is_cancelled_in_three_taps_from_the_board_and_one_that_was_held_is_not(desk, room):
    one, held = lesson("R-1", room, at(16, days=728)), lesson("R-2", room, at(16))
    day = one.starts_at.date()

    beside = text(desk.get(f"{BOARD}?day={day}&lesson={one.pk}"))
    reason = re.search(rf'href="(/desk/lessons/{one.pk}/\?what=cancel&amp;reason=[^"#]+)#preview"', beside).group(1)
    preview = desk.get(reason.replace("&amp;", "&"))
    past = text(
        desk.get(
            f"{BOARD}?day={held.starts_at.date()}&lesson={held.pk}",
            headers={"HX-Request": "true", "HX-Target": "inspector"},
        )
    )

    assert preview.context["form"].cleaned_data["reason"] == "pasniedzēja slimība"
    assert '<form class="publish"' in text(preview)
    assert "what=cancel" not in past


def test_the_board_leads_to_what_was_changed_and_who_builds_to_changing_many(client, desk, room):
    page = text(desk.get(BOARD))
    client.force_login(make_user(roles=[Role.COORDINATOR]))
    builders = text(client.get(BOARD))

    assert ['href="/desk/changes/"' in page, 'href="/desk/schedule/change/"' in page] == [True, False]
    assert 'href="/desk/schedule/change/"' in builders


def test_where_it_was_dragged_to_is_looked_at_and_nothing_is_written(desk, room):
    other = make_room_in(make_house("Akmeņu iela 3"), "Klase", capacity=12)
    one, in_the_way = lesson("R-1", room, at(16, days=728)), lesson("P-1", other, at(17, days=728))
    day = in_the_way.starts_at.date()
    address = f"{BOARD}?day={day}&lesson={one.pk}&to_day={day}&to=16:30&to_room={other.slug}"

    page = text(desk.get(address))

    assert "P-1, 17:00–18:30" in page
    assert f"{reverse('enrollment:desk_lesson', args=[one.pk])}?day={day}&starts=16:30&room={other.slug}" in page
    assert "Akmeņu iela 3" in page
    assert Lesson.objects.get(pk=one.pk).starts_at == one.starts_at


@pytest.mark.parametrize(
    "query",
    [
        "day=never&view=month&by=weather", "room=&venue=&person=x&run=99999999999999999999", "lesson=x", "lesson=99999999",
        "lesson=1&to_day=0000-00-00&to=25:61&to_room=%00", "day=9999-12-31", "day=2026-02-30&q=%F0%9F%98%80", "open=x&view=week",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_shows_the_board(desk, room, query):
    lesson("R-1", room, at(16))

    assert desk.get(f"{BOARD}?{query}").status_code == 200


def test_free_times_of_a_day_leave_out_what_is_taken_and_rooms_that_are_small(desk, room):
    make_room_in(room.venue, "Kabinets", capacity=4)
    lesson("R-1", room, at(14, days=7), minutes=120)
    query = "minutes=90&people=10&start=10:00&until=19:00&when=day&day=2026-12-01"

    page = text(desk.get(f"{FREE}?{query}"))

    assert "10:00–14:00" in page
    assert "16:00–19:00" in page
    assert "Kabinets" not in page


def test_a_moved_lesson_is_not_in_its_own_way_and_leads_to_its_form(desk, room):
    one = lesson("R-1", room, at(14, days=7))
    query = f"minutes=90&people=10&start=10:00&until=19:00&when=day&day=2026-12-01&lesson={one.pk}"

    page = text(desk.get(f"{FREE}?{query}"))

    assert "10:00–19:00" in page
    assert f"{reverse('enrollment:desk_lesson', args=[one.pk])}?day=2026-12-01&starts=10:00&room=laboratorija" in page


@pytest.mark.parametrize(
    "query",
    [
        "when=day",
        "when=term&minutes=90&people=1&start=10:00&until=12:00",
        "when=x&minutes=-1&people=x&start=9&until=8",
        "when=day&minutes=90&people=1&start=10:00&until=12:00&venue=%00&who=%00&lesson=" + "9" * 40,
    ],
)
def test_what_is_missing_in_a_search_is_said(desk, query):
    response = desk.get(f"{FREE}?{query}")

    assert response.status_code == 422
    assert "field-error" in text(response)


def test_an_instructor_sees_the_own_week_without_drafts_and_may_change_nothing(client, room):
    nina, anna = instructor(), instructor("Anna")
    lesson("R-1", room, at(10), by=nina)
    lesson("R-2", room, at(12), by=anna)
    lesson("R-3", room, at(14), by=nina, state=LessonState.PLANNED)
    client.force_login(nina)

    page = text(client.get(f"/teach/week/?day={TUESDAY}"))

    assert "R-1" in page
    assert "R-2" not in page
    assert "R-3" not in page
    assert "/desk/" not in page.partition("<main")[2]


def test_the_desk_sees_the_week_of_a_whole_family(desk, room):
    parent = make_guardian()
    anna, karlis = make_child(parent, first_name="Anna"), make_child(parent, first_name="Kārlis")
    stranger = make_child(first_name="Svešais")
    for number, child in enumerate((anna, karlis, stranger)):
        enroll(lesson(f"R-{number}", room, at(10 + 2 * number, days=7)).run, child)

    page = text(desk.get(f"{reverse('enrollment:desk_family_week', args=[anna.pk])}?week=2026-W49"))

    assert "R-0" in page
    assert "R-1" in page
    assert "R-2" not in page
    assert "Svešais" not in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"minutes": "9000"}, "Ierakstiet skaitli no 15 līdz 600."),
        ({"people": "x"}, "Ierakstiet skaitli no 1 līdz 1000."),
        ({"start": "25:00"}, "Ierakstiet laiku, piemēram, 16:30."),
        ({"start": "20:00", "until": "14:00"}, "Beigas ir pēc sākuma"),
        ({"day": "31.02.2026"}, "Ierakstiet datumu, piemēram, 24.11.2026."),
        ({"when": "term"}, "Izvēlieties"),
    ],
)
def test_what_the_finder_cannot_read_is_said_beside_its_field(desk, given, said):
    asked = {"when": "day", "minutes": "90", "people": "12", "start": "14:00", "until": "20:00", "day": "01.12.2026"}

    response = desk.get(FREE, asked | given)

    assert response.status_code == 422
    assert said in text(response)
