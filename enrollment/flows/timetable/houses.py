"""Everything of one house into another one: each room's lessons go to a room of their own there."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from courses.flows import changes
from courses.models import Lesson, Room


@dataclass(frozen=True, kw_only=True)
class MoveToHouse(changes.Move):
    """Like Move, but the room is chosen: in that venue, one for each room that is left, big enough and free."""

    venue_id: int


def plan(order: changes.Order, lessons: Iterable[Lesson], *, now: datetime) -> changes.Plan:
    """What courses.flows.changes plans, and of a move to a house one plan of all its rooms. Raises TimetableRefused."""
    if not isinstance(order, MoveToHouse):
        return changes.plan(order, lessons, now=now)
    by_room = defaultdict(list)
    for lesson in lessons:
        by_room[lesson.room_id].append(lesson)
    rooms = list(Room.objects.filter(venue=order.venue_id).order_by("capacity", "pk"))
    found, given = changes.Plan(order), set()
    # The fullest first: what needs a big room must not find it given away.
    for several in sorted(by_room.values(), key=lambda some: (-max(one.run.capacity for one in some), some[0].pk)):
        found.edits += _fitting(order, several, [room for room in rooms if room.pk not in given], rooms, now)
        given |= {edit.after.room for edit in found.edits}
    found.edits.sort(key=lambda edit: (edit.before.starts_at, edit.lesson.pk))
    return found


def _fitting(order, lessons, rooms, all_rooms, now) -> list[changes.Edit]:
    """In the first of the rooms against which nothing stands; otherwise in the last, for people to see what does."""
    best, fewest = None, None
    for room in rooms or all_rooms[-1:]:
        into = changes.Move(days=order.days, reason=order.reason, room_id=room.pk)
        edits = changes.plan(into, lessons, now=now).edits
        against = len(changes.conflicts_of(edits))
        if fewest is None or against < fewest:
            best, fewest = edits, against
        if not against:
            break
    if best is None:  # the house has no room at all
        return changes.plan(replace(order, room_id=None), lessons, now=now).edits
    return best
