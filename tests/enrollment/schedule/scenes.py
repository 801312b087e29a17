"""Days of a timetable for the tests of the board."""

from datetime import date, timedelta

from accounts.models import Role
from courses.models import LessonState, Room, Venue
from enrollment.schedule.board import build
from enrollment.schedule.shapes import Board
from enrollment.schedule.wanted import Wanted
from tests.factories import NOON, make_course, make_lesson, make_run, make_user

TUESDAY = date(2026, 11, 24)  # the day of NOON, which is 12:00 in Riga


def make_house(
    name="VIZIUM", *, opens="10:00", closes="19:00", days=("mon", "tue", "wed", "thu", "fri", "sat")
) -> Venue:
    hours = [{"days": list(days), "opens": opens, "closes": closes}]
    slug = name.lower().replace(" ", "-")
    return Venue.objects.create(
        slug=slug, name_lv=name, name_en=name, short_name=name, address="Iela 1", opening_hours=hours
    )


def make_room_in(house, name, *, capacity=16) -> Room:
    return Room.objects.create(
        slug=name.lower().replace(" ", "-"), venue=house, name_lv=name, name_en=name, capacity=capacity
    )


def instructor(first_name="Ņina", last_name="Krastiņa"):
    return make_user(first_name=first_name, last_name=last_name, roles=[Role.INSTRUCTOR])


def at(hour, minute=0, *, days=0):
    """That hour of the Tuesday in Riga (or of so many days later)."""
    return NOON + timedelta(days=days, hours=hour - 12, minutes=minute)


def lesson(code, room, start, *, minutes=90, by=None, title="Robotika", **fields):
    """A lesson of a group of its own; by: who teaches it."""
    state = fields.pop("state", LessonState.SCHEDULED)
    run_state = "draft" if state == LessonState.PLANNED else "published"
    run = make_run(
        course=make_course(title_lv=title),
        room=room,
        lessons=0,
        code=code,
        starts_at=start,
        capacity=12,
        state=run_state,
    )
    made = make_lesson(run, start, minutes=minutes, room=room, state=state, **fields)
    if by:
        made.instructors.add(by)
    return made


def board(*, now=NOON, **wanted) -> Board:
    return build(Wanted(**{"day": TUESDAY} | wanted), now=now)


def codes(blocks) -> list[str]:
    return [block.run.code for block in blocks]


def cell_of(found, key, day=TUESDAY):
    (column,) = (one for one in found.columns if one.key == key)
    return next(cell for cell in column.cells if cell.day == day)
