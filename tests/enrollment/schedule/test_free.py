"""Where there is room: on one day, on every week of a term, and with somebody to teach."""

from datetime import date

import pytest

from courses.models import Term
from enrollment.benchmarks.boards import full_week
from enrollment.schedule.free import Search, find
from tests.enrollment.schedule.scenes import TUESDAY, at, instructor, lesson, make_house, make_room_in
from tests.factories import NOON, make_term

pytestmark = pytest.mark.django_db

MONTH = date(2026, 11, 24), date(2026, 12, 18)


def slots(**search):
    found = find(Search(**{"minutes": 60, "first_minute": 600, "last_minute": 1140} | search), today=TUESDAY)
    return [(slot.room.name, f"{slot.hours[0]:%H:%M}–{slot.hours[1]:%H:%M}") for slot in found.slots]


@pytest.fixture
def term() -> Term:
    return make_term(starts_on=MONTH[0], ends_on=MONTH[1])


def test_a_room_is_free_on_a_weekday_only_when_it_is_on_every_one(term):
    room = make_room_in(make_house(), "Laboratorija")
    lesson("R-1", room, at(10), minutes=120)
    lesson("R-2", room, at(13, days=14), minutes=120)
    lesson("R-3", room, at(10, days=1))  # a Wednesday

    assert slots(term=term, weekdays=frozenset([1])) == [
        ("Laboratorija", "12:00–13:00"),
        ("Laboratorija", "15:00–19:00"),
    ]
    assert slots(term=term, weekdays=frozenset([1]), minutes=90) == [("Laboratorija", "15:00–19:00")]


def test_holidays_and_breaks_do_not_count():
    year = make_term(starts_on=MONTH[0], ends_on=date(2027, 1, 5), breaks=[(date(2026, 12, 1), date(2026, 12, 31))])
    room = make_room_in(make_house(), "Laboratorija")
    lesson("R-1", room, at(10, days=7), minutes=540)  # in the break

    found = find(Search(minutes=60, term=year, weekdays=frozenset([1])), today=TUESDAY)

    assert found.days == [date(2026, 11, 24), date(2027, 1, 5)]
    assert len(found.slots) == 1
    assert find(Search(minutes=60, day=date(2026, 12, 25)), today=TUESDAY).slots == []


def test_a_closed_house_has_no_room():
    make_room_in(make_house(days=("mon",)), "Laboratorija")

    assert slots(day=TUESDAY) == []
    assert slots(day=date(2026, 11, 23)) == [("Laboratorija", "10:00–19:00")]


def test_somebody_to_teach_is_free_long_enough_and_has_time_for_the_way():
    here, there = make_house(), make_house("Akmeņu iela 3")
    lab, room = make_room_in(here, "Laboratorija"), make_room_in(there, "Klase")
    nina = instructor()
    lesson("R-1", lab, at(12), minutes=240, by=nina)

    found = find(
        Search(minutes=60, day=TUESDAY, first_minute=600, last_minute=1140, with_instructor=True), today=TUESDAY
    )

    chances = {(slot.room.name, slot.hours[0].hour): [f"{one.hours[0]:%H:%M}–{one.hours[1]:%H:%M}" for one in slot.chances] for slot in found.slots}  # fmt: skip
    assert chances == {
        ("Laboratorija", 10): ["10:00–12:00"], ("Laboratorija", 16): ["16:00–19:00"],
        (room.name, 10): ["10:00–11:45"],  # the first of the stretches that suit
    }  # fmt: skip
    assert slots(day=TUESDAY, instructor=nina.pk, first_minute=720, last_minute=960) == []


def test_six_queries_whatever_there_is(term, django_assert_max_num_queries):
    full_week(now=NOON)

    with django_assert_max_num_queries(6):
        found = find(Search(minutes=60, term=term, with_instructor=True, people=10), today=TUESDAY)

    assert found.slots
