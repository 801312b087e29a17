"""The lessons of a board, one after the other: what sheets and printed lists hold.

Head counts, never a child's name: rooms and instructors have no need of it.
"""

from dataclasses import dataclass
from datetime import date, time

from django.utils.translation import gettext as _, pgettext

from ..freetime import clock
from ..shapes import Block, Board


@dataclass(frozen=True)
class Row:
    day: date
    starts: time
    ends: time
    house: str
    room: str
    code: str
    title: str
    instructors: str
    taken: int
    capacity: int
    state: str
    note: str


def state_words(block: Block) -> str:
    """What is particular about it; nothing for a lesson that takes place as planned."""
    words = {
        "draft": pgettext("lesson", "draft"), "cancelled": pgettext("lesson", "cancelled"), "ghost": pgettext("lesson", "moved"),
    }.get(block.kind, "")  # fmt: skip
    parts = [words, _("overlaps") if block.is_clash else ""]
    parts += [_("Instructor wanted") if block.needs_instructor else "", _("Room wanted") if block.needs_room else ""]
    return ", ".join(part for part in parts if part)


def rows_of(board: Board) -> list[Row]:
    return [_row(block) for block in board.blocks]


def _row(block: Block) -> Row:
    placed, lesson = block.placed, block.lesson
    room = placed.room
    return Row(
        day=placed.day, starts=clock(placed.first_minute), ends=clock(placed.last_minute % (24 * 60)),
        house=room.venue.short_name if room else "", room=room.name if room else _("Online") if lesson.is_remote else "",
        code=block.code, title=block.run.course.title, instructors=", ".join(person.name for person in placed.people),
        taken=block.run.seats_taken, capacity=block.run.capacity, state=state_words(block),
        note=lesson.cancel_reason if block.kind == "cancelled" else lesson.change_note,
    )  # fmt: skip
