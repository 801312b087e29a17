"""What stands against a plan: rooms and instructors that are needed elsewhere, rooms too small.

A constraint in the database stands behind it for rooms and instructors alike; travel between houses is counted here.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from courses.flows.changes.planning import Edit, Snapshot
from courses.models import CourseRun, Lesson, Room
from courses.refusals import TimetableReason


@dataclass(frozen=True)
class Conflict:
    reason: TimetableReason
    edit: Edit
    other: Lesson | None = None  # what is there already
    other_edit: Edit | None = None  # or what the same plan would put there
    instructor_id: int | None = None

    @property
    def other_run(self) -> CourseRun | None:
        found = self.other or self.other_edit
        return found and found.run


def conflicts_of(edits: Iterable[Edit], *, leave_out: Iterable[int] = ()) -> list[Conflict]:
    """In three queries, however many edits. Only what would take place is looked at.

    leave_out: ids of lessons that will be elsewhere, besides those of the edits.
    """
    edits = list(edits)
    placed = [edit for edit in edits if edit.after.takes_place]
    if not placed:
        return []
    rooms = Room.objects.in_bulk({edit.after.room for edit in placed} - {None})
    found = [
        Conflict(TimetableReason.ROOM_SMALL, edit) for edit in placed
        if edit.after.room and rooms[edit.after.room].capacity < edit.run.capacity
        and not (edit.before and edit.before.takes_place and edit.before.room == edit.after.room)
    ]  # fmt: skip
    away = {edit.lesson.pk for edit in edits if edit.lesson} | set(leave_out)
    others = _others(placed, away)
    venues = {pk: room.venue_id for pk, room in rooms.items()} | {
        other.room_id: other.room.venue_id for other in others if other.room_id
    }
    by_room, by_person = defaultdict(list), defaultdict(list)
    there = [(Snapshot.of(other), other, None) for other in others]
    for snapshot, other, edit in [*there, *((edit.after, None, edit) for edit in placed)]:
        by_room[snapshot.room].append((snapshot, other, edit))
        for person in snapshot.instructors:
            by_person[person].append((snapshot, other, edit))
    order = {id(edit): number for number, edit in enumerate(placed)}
    for number, edit in enumerate(placed):
        mine = edit.after

        def is_another(second, number=number):
            return second is None or order[id(second)] > number  # each pair of the plan's own once

        if mine.room:
            found += (
                Conflict(TimetableReason.ROOM_TAKEN, edit, other, second)
                for theirs, other, second in by_room[mine.room]
                if is_another(second) and _overlap(mine, theirs)
            )
        for person in mine.instructors:
            found += (
                Conflict(TimetableReason.INSTRUCTOR_TAKEN, edit, other, second, person)
                for theirs, other, second in by_person[person]
                if is_another(second) and _overlap(mine, theirs, _travel(mine, theirs, venues))
            )
    return found


def _others(placed, away) -> list[Lesson]:
    rooms = {edit.after.room for edit in placed} - {None}
    people = {person for edit in placed for person in edit.after.instructors}
    travel = timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)
    taught = Lesson.instructors.through.objects.filter(user__in=people).values("lesson_id")
    near = (
        Lesson.objects.scheduled()
        .filter(
            starts_at__lt=max(edit.after.ends_at for edit in placed) + travel,
            ends_at__gt=min(edit.after.starts_at for edit in placed) - travel,
        )
        .filter(Q(room__in=rooms) | Q(pk__in=taught))
    )
    return [one for one in near.for_change() if one.pk not in away]


def _overlap(mine, theirs, gap=timedelta()) -> bool:
    return theirs.starts_at < mine.ends_at + gap and theirs.ends_at > mine.starts_at - gap


def _travel(mine, theirs, venues):
    if None in (mine.room, theirs.room) or venues[mine.room] == venues[theirs.room]:
        return timedelta()
    return timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)
