"""The board: what stands in which column, what is free, what is in its way, and that its size costs no queries."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from courses.flows import changes
from courses.models import Break, Lesson, LessonState
from enrollment.benchmarks.boards import full_week
from enrollment.models import Enrollment
from enrollment.schedule.clashes import Need
from enrollment.schedule.wanted import By, View
from tests.enrollment.schedule.scenes import (
    TUESDAY,
    at,
    board,
    cell_of,
    codes,
    instructor,
    lesson,
    make_house,
    make_room_in,
)
from tests.factories import NOON, WEEK, enroll, make_child, make_slot, make_term

pytestmark = pytest.mark.django_db


def test_a_day_has_a_column_for_every_room_in_use_by_house():
    vizium, street = make_house(), make_house("Akmeņu iela 3")
    lab, workshop, hall = (make_room_in(vizium, name) for name in ("Laboratorija", "Darbnīca", "Zāle"))
    other = make_room_in(street, "Klase")
    lesson("R-1", lab, at(16))
    lesson("D-1", workshop, at(10))
    lesson("P-1", other, at(17))
    lesson("Z-1", hall, at(17, days=1))  # tomorrow

    found = board()

    assert [(house.title, [column.title for column in house.columns]) for house in found.houses] == [
        ("VIZIUM", ["Laboratorija", "Darbnīca"]), ("Akmeņu iela 3", ["Klase"]),
    ]  # fmt: skip
    assert found.shape == "day"
    assert codes(found.blocks) == ["D-1", "R-1", "P-1"]
    assert [(one.title, one.count, one.checked) for one in found.choices] == [
        ("Laboratorija", 1, True), ("Darbnīca", 1, True), ("Zāle", 0, False), ("Klase", 1, True),
    ]  # fmt: skip


def test_a_day_begins_and_ends_at_midnight_in_riga():
    room = make_room_in(make_house(), "Laboratorija")
    lesson("R-1", room, at(0))
    lesson("R-2", room, at(22, 15))
    lesson("R-3", room, at(-2))  # yesterday
    lesson("R-4", room, at(24))

    assert codes(board().blocks) == ["R-1", "R-2"]
    assert board().hours[0] == time(0)


def test_free_times_lie_between_lessons_and_within_the_opening_hours():
    room = make_room_in(make_house(), "Laboratorija")
    lesson("R-1", room, at(13, 30), minutes=60)
    lesson("R-2", room, at(14, 40), minutes=80)  # ten minutes later: too short to tell
    lesson("R-3", room, at(17), state=LessonState.CANCELLED)

    free = [tuple(f"{hour:%H:%M}" for hour in one.hours) for one in cell_of(board(), "laboratorija").free]

    assert free == [("10:00", "13:30")]  # and not from 16:00: there stands what was cancelled
    assert cell_of(board(shows_free=False), "laboratorija").free == []


def test_a_closed_house_and_a_holiday_have_no_free_time():
    room = make_room_in(make_house(days=("mon",)), "Laboratorija")
    lesson("R-1", room, at(16))
    assert cell_of(board(), "laboratorija").free == []

    independence = date(2026, 11, 18)
    lesson("R-2", room, at(16, days=-6))
    found = board(day=independence)
    assert cell_of(found, "laboratorija", independence).closed
    assert found.closed[0][0] == independence


def test_a_break_is_named_in_every_column():
    room = make_room_in(make_house(), "Laboratorija")
    lesson("R-1", room, at(16))
    term = make_term()
    Break.objects.create(
        term=term, slug="ziema", name_lv="Ziemas brīvlaiks", name_en="Winter break", starts_on=TUESDAY, ends_on=TUESDAY
    )

    assert cell_of(board(), "laboratorija").closed == "Ziemas brīvlaiks"


def test_a_draft_over_a_lesson_is_told_as_a_clash_of_the_room_with_lanes_and_a_hatch():
    room = make_room_in(make_house(), "Laboratorija")
    lesson("R-1", room, at(14), minutes=90)
    lesson("PY-1", room, at(15), minutes=60, state=LessonState.PLANNED)

    found = board()

    (clash,) = found.needed_twice
    assert (clash.need, clash.one.run.code, clash.other.run.code) == (Need.ROOM, "R-1", "PY-1")
    cell = cell_of(found, "laboratorija")
    assert [(block.kind, block.lane, block.lanes, block.is_clash) for block in cell.blocks] == [
        ("held", 1, 2, True), ("draft", 2, 2, True),
    ]  # fmt: skip
    assert [tuple(f"{hour:%H:%M}" for hour in one.hours) for one in cell.overlaps] == [("15:00", "15:30")]
    assert codes(found.drafts) == ["PY-1"]


def test_an_instructor_needs_a_quarter_of_an_hour_between_houses():
    here, there = make_room_in(make_house(), "Laboratorija"), make_room_in(make_house("Akmeņu iela 3"), "Klase")
    nina = instructor()
    lesson("R-1", here, at(14), minutes=60, by=nina)
    lesson("R-2", there, at(15, 10), minutes=60, by=nina)
    lesson("R-3", there, at(16, 30), minutes=60, by=nina)

    (clash,) = board().needed_twice

    assert (clash.need, clash.person.name, clash.other.run.code) == (Need.INSTRUCTOR, "Ņina Krastiņa", "R-2")
    assert [block.clashes_elsewhere for block in board().blocks] == [True, True, False]


def test_a_learner_in_two_places_is_told_apart_from_what_the_centre_needs_twice():
    house = make_house()
    first = lesson("R-1", make_room_in(house, "Laboratorija"), at(14, days=7))
    second = lesson("D-1", make_room_in(house, "Darbnīca"), at(15, days=7))
    child = make_child()
    for one in (first, second):
        enroll(one.run, make_child())
    enroll(first.run, child)
    Enrollment.objects.filter(run=second.run).update(learner=child)  # staff may go on in spite of a clash

    found = board(day=TUESDAY + timedelta(days=7))

    assert found.needed_twice == []
    (clash,) = found.of_learners
    assert (clash.learners, {clash.one.run.code, clash.other.run.code}) == (1, {"R-1", "D-1"})


def test_what_was_moved_stands_where_it_was_for_a_week():
    house = make_house()
    lab, workshop = make_room_in(house, "Laboratorija"), make_room_in(house, "Darbnīca")
    moved = lesson("R-1", lab, at(16))
    order = changes.Move(at=time(17), room_id=workshop.pk)
    plan = changes.plan(order, Lesson.objects.filter(pk=moved.pk).for_change(), now=NOON)
    change = changes.apply(plan, key=uuid4(), by=None, now=NOON)

    found = board()
    (ghost,) = cell_of(found, "laboratorija").blocks
    assert (ghost.kind, ghost.starts, ghost.placed.takes_time) == ("ghost", "16:00", False)
    assert [block.starts for block in cell_of(found, "darbnīca").blocks] == ["17:00"]
    assert found.find(moved.pk).starts == "17:00"

    assert codes(board(now=NOON + WEEK + timedelta(seconds=1)).blocks) == ["R-1"]
    changes.undo(change, by=None, now=NOON)
    assert [block.kind for block in board().blocks] == ["held"]


def test_what_lacks_a_room_or_an_instructor_has_a_column_of_its_own():
    room = make_room_in(make_house(), "Laboratorija")
    nina = instructor()
    lesson("R-1", None, at(16), by=nina)
    lesson("R-2", room, at(16))
    lesson("R-3", None, at(17), by=instructor("Anna"), is_remote=True)
    make_slot(starts_at=at(15), room=room)  # by head count: led by whoever is there
    over = lesson("R-0", room, at(8))  # over at noon: nobody is wanted any more

    by_room, by_person = board(), board(by=By.INSTRUCTOR)

    assert codes(by_room.without_room) == ["R-1"]
    assert codes(by_room.without_instructor) == ["R-2"]
    assert [column.key for column in by_room.columns] == ["laboratorija", "no-room", "online"]
    assert [(column.key, codes(column.cells[0].blocks)) for column in by_person.columns if column.needs_somebody] == [("nobody", ["R-2"])]  # fmt: skip
    assert over.run.code in codes(by_room.blocks)


def test_the_instructors_of_a_group_teach_its_lessons_unless_a_lesson_names_others():
    room = make_room_in(make_house(), "Laboratorija")
    nina, anna = instructor(), instructor("Anna", "Ābola")
    usual, substituted = lesson("R-1", room, at(14)), lesson("R-2", room, at(16), by=anna)
    for one in (usual, substituted):
        one.run.instructors.add(nina)

    columns = {column.title: codes(column.cells[0].blocks) for column in board(by=By.INSTRUCTOR).columns}

    assert columns == {"Anna Ābola": ["R-2"], "Ņina Krastiņa": ["R-1"]}


def test_a_week_of_one_room_stands_by_days_and_hours_of_many_as_a_table():
    house = make_house()
    lab, workshop = make_room_in(house, "Laboratorija"), make_room_in(house, "Darbnīca")
    for days, room in ((-1, lab), (0, lab), (3, workshop)):
        lesson(f"R-{days}", room, at(16, days=days))

    many = board(view=View.WEEK)
    one = board(view=View.WEEK, rooms=frozenset(["laboratorija"]))

    assert (many.shape, one.shape) == ("matrix", "week")
    assert [len(strip.cell.blocks) for strip in one.panels[0].strips] == [
        1,
        1,
        0,
        0,
        0,
        0,
    ]  # no Sunday without a lesson
    assert [column.count for column in many.columns] == [2, 1]


def test_filters_narrow_by_house_room_and_words_of_the_group():
    vizium, street = make_house(), make_house("Akmeņu iela 3")
    lab, workshop, other = (
        make_room_in(vizium, "Laboratorija"),
        make_room_in(vizium, "Darbnīca"),
        make_room_in(street, "Klase"),
    )
    for code, room, title in (("R-1", lab, "Robotika"), ("D-1", workshop, "Druka"), ("P-1", other, "Programmēšana")):
        lesson(code, room, at(16), title=title)

    assert codes(board(venues=frozenset(["vizium"])).blocks) == ["R-1", "D-1"]
    assert codes(board(rooms=frozenset(["darbnīca"])).blocks) == ["D-1"]
    # A house of which no room is named stands for all its rooms.
    assert codes(board(venues=frozenset(["vizium", "akmeņu-iela-3"]), rooms=frozenset(["klase"])).blocks) == [
        "R-1",
        "D-1",
        "P-1",
    ]
    assert codes(board(text="programmesana").blocks) == ["P-1"]
    assert codes(board(by=By.GROUP, text="d-1").blocks) == ["D-1"]


def test_forty_rooms_take_as_many_queries_as_one(django_assert_num_queries, django_assert_max_num_queries):
    week = full_week(now=NOON, rooms=1, days=1, lessons=1)
    with django_assert_num_queries(8):
        small = board(view=View.WEEK)
    full_week(now=NOON, rooms=40, days=5, lessons=6)

    with django_assert_num_queries(8):
        large = board(view=View.WEEK)
    with django_assert_max_num_queries(9):
        people = board(view=View.WEEK, by=By.INSTRUCTOR)

    assert (len(small.blocks), len(large.blocks), len(people.blocks)) == (1, 1201, 1201)
    assert len(large.columns) == 41
    assert week.monday.date() == large.wanted.first
