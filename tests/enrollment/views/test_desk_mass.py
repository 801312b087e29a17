"""Coordinators change many lessons at once: a house that closes, everything online; seen first, done once."""

import pytest
import time_machine

from courses.models import Lesson, LessonState
from tests.enrollment.flows.timetable.changing import letters, make_coordinator
from tests.enrollment.views.desk import client_of, make_desk, publish, sent_with, words
from tests.factories import DAY, NOON, WEEK, enroll, make_child, make_guardian, make_room, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk():
    return client_of(make_desk())


@pytest.fixture
def coordinator():
    return client_of(make_coordinator())


MASS = "/desk/schedule/change/"


def test_a_house_that_closes_is_one_change_and_one_letter_for_each_family(coordinator):
    mother, here = make_guardian(), make_room()
    runs = [make_run(room=here, starts_at=NOON + WEEK + day * DAY, lessons=2) for day in range(2)]
    other = make_run(starts_at=NOON + WEEK, lessons=1)
    for number, run in enumerate((*runs, other)):
        enroll(run, make_child(mother, first_name=f"Bērns {'ABC'[number]}"), by=mother)
    query = {
        "where": f"venue-{here.venue_id}", "first": "2026-12-01", "last": "2026-12-07", "what": "cancel", "reason": "Nav apkures",
    }  # fmt: skip

    page = coordinator.get(MASS, query)
    assert "Nodarbības: 2 · grupas: 2" in words(page)
    done = coordinator.post(MASS, sent_with(page))

    assert done.status_code == 302
    assert Lesson.objects.filter(state=LessonState.CANCELLED).count() == 2
    assert [one.recipient for one in letters()] == [mother]
    assert coordinator.post(MASS, sent_with(page)).url == done.url


def test_lessons_in_the_way_are_listed_and_can_be_left_out(coordinator):
    run, taken = make_run(lessons=2, capacity=4), make_run(lessons=1, capacity=4)
    query = {
        "where": f"room-{run.room_id}", "first": "2026-12-01", "last": "2026-12-31", "what": "move", "to": f"room-{taken.room_id}",
    }  # fmt: skip

    listed = coordinator.get(MASS, query)
    done = publish(coordinator, MASS, query | {"skip": "on"})

    assert f"telpa aizņemta: Robotika 4.–6. klasei, {taken.code}" in words(listed)
    assert done.status_code == 302
    assert [one.room_id for one in run.lessons.order_by("starts_at")] == [run.room_id, taken.room_id]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"first": "2026-12-07", "last": "2026-12-01"}, "Pēdējā diena ir pirms pirmās."),
        ({"first": "2026-12-01", "last": "2028-12-01"}, "Reizē ne vairāk par gadu."),
        ({"first": "", "last": "2026-12-01"}, "Jāievada diena."),
        ({"where": "venue-999"}, ""),
        ({"what": "move"}, "Norādiet, uz kurieni"),
        ({"what": "cancel"}, "Ierakstiet iemeslu: ģimenes to lasīs."),
        ({"what": "dance"}, ""),
        ({"days": "1000000", "what": "move"}, ""),
        ({}, "Nekas nemainītos"),
    ],
)
def test_what_is_wrong_with_a_mass_change_is_said(coordinator, query, said):
    asked = {"where": "all", "first": "2026-12-01", "last": "2026-12-07", "what": "remote"} | query

    page = coordinator.get(MASS, asked)

    assert page.status_code == 422
    assert said in words(page)


def test_only_coordinators_change_many_lessons(desk):
    assert [desk.get(MASS).status_code, desk.post(MASS, {}).status_code] == [403, 403]
