"""One lesson beside the board: what it is, what is in its way, and what would be when it is moved there."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from accounts.formatting import local
from courses.flows.changes import Conflict, Move, Plan, Snapshot, conflicts_of, plan
from courses.models import Lesson, LessonState, Room
from courses.refusals import TimetableReason, TimetableRefused

from .clashes import Clash
from .shapes import Block


@dataclass(frozen=True)
class Way:
    """Something in the way of a move, in words: the reason, and the lesson that is there."""

    reason: str
    other: Lesson | None = None
    run: object = None  # its group


@dataclass
class Target:
    """Where the lesson would be."""

    starts_at: datetime
    ends_at: datetime
    room: Room | None
    in_the_way: list[Way] = field(default_factory=list)
    elsewhere: bool = False  # in another house than before
    is_same: bool = False

    @property
    def day(self) -> date:
        return local(self.starts_at).date()

    @property
    def room_is_free(self) -> bool:
        return TimetableReason.ROOM_TAKEN.label not in [way.reason for way in self.in_the_way]

    @property
    def person_is_free(self) -> bool:
        return TimetableReason.INSTRUCTOR_TAKEN.label not in [way.reason for way in self.in_the_way]


@dataclass
class Beside:
    block: Block
    target: Target | None = None
    refused: str = ""  # why it cannot be there at all
    is_over: bool = False

    @property
    def lesson(self) -> Lesson:
        return self.block.lesson

    @property
    def clashes(self) -> list[Clash]:
        return self.block.clashes

    @property
    def others(self) -> list[dict]:
        """[{"clash": …, "other": the lesson it is with}]"""
        return [{"clash": clash, "other": clash.beside(self.block.placed)} for clash in self.clashes]

    @property
    def minutes(self) -> int:
        return self.block.placed.last_minute - self.block.placed.first_minute

    @property
    def may_move(self) -> bool:
        return self.block.kind in ("held", "draft")

    @property
    def may_cancel(self) -> bool:
        return self.may_move and not self.is_over and self.lesson.state == LessonState.SCHEDULED


def beside(block: Block, *, day: date | None, starts: time | None, room: Room | None, now: datetime) -> Beside:
    """What is known of the lesson; with any of day, start and room also what a move there would mean. Writes nothing."""
    if day is None and starts is None and room is None:
        return Beside(block, is_over=block.lesson.ends_at <= now)
    lesson = Lesson.objects.for_change().get(pk=block.lesson.pk)
    was = local(lesson.starts_at)
    order = Move(days=((day or was.date()) - was.date()).days, at=starts, room_id=room and room.pk)
    try:
        found = plan(order, [lesson], now=now)
    except TimetableRefused as refused:
        if refused.reason == TimetableReason.NOTHING:
            return Beside(block)
        return Beside(block, refused=refused.reason.label)
    return Beside(block, _target(found, lesson, room))


def _target(found: Plan, lesson: Lesson, room: Room | None) -> Target:
    edit = found.edits[0]
    # A draft takes nobody's room yet; what counts is whether it could when it is published.
    as_held = [replace(edit, after=replace(edit.after, state=LessonState.SCHEDULED))]
    after: Snapshot = edit.after
    where = room or lesson.room
    return Target(
        after.starts_at, after.ends_at, where, [_way(conflict) for conflict in conflicts_of(as_held)],
        elsewhere=bool(where and lesson.room and where.venue_id != lesson.room.venue_id),
    )  # fmt: skip


def _way(conflict: Conflict) -> Way:
    return Way(conflict.reason.label, conflict.other, conflict.other_run)
