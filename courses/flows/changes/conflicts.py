"""What stands against a plan: rooms and instructors that are needed elsewhere, rooms too small.

A constraint in the database stands behind it for rooms and instructors alike; travel between houses is counted here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from courses.flows.changes.planning import Edit
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


@dataclass(frozen=True)
class _Meeting:
    """A lesson somewhere, as little of it as is needed: of the plan (with its number), or there already (with its id)."""

    starts_at: datetime
    ends_at: datetime
    room: int | None
    instructors: tuple[int, ...]
    number: int | None = None
    pk: int | None = None


def conflicts_of(edits: Iterable[Edit], *, leave_out: Iterable[int] = ()) -> list[Conflict]:
    """In four queries, however many edits, and in a time that grows with what is found. Only what would take place counts.

    leave_out: ids of lessons that will be elsewhere, besides those of the edits.
    """
    edits = list(edits)
    placed = [edit for edit in edits if edit.after.takes_place]
    if not placed:
        return []
    rooms = Room.objects.in_bulk({edit.after.room for edit in placed} - {None})
    small = [
        Conflict(TimetableReason.ROOM_SMALL, edit) for edit in placed
        if edit.after.room and rooms[edit.after.room].capacity < edit.run.capacity
        and not (edit.before and edit.before.takes_place and edit.before.room == edit.after.room)
    ]  # fmt: skip
    venues = {pk: room.venue_id for pk, room in rooms.items()}
    mine = [
        _Meeting(after.starts_at, after.ends_at, after.room, after.instructors, number)
        for number, edit in enumerate(placed)
        for after in [edit.after]
    ]
    meetings = mine + _others(mine, {edit.lesson.pk for edit in edits if edit.lesson} | set(leave_out), venues)
    pairs = sorted(_meeting_pairs(meetings, venues), key=lambda pair: _in_order(*pair))
    others = Lesson.objects.filter(pk__in={two.pk for _, two, _ in pairs} - {None}).for_change().in_bulk()
    return small + [
        Conflict(
            TimetableReason.ROOM_TAKEN if person is None else TimetableReason.INSTRUCTOR_TAKEN,
            placed[one.number], others.get(two.pk), None if two.number is None else placed[two.number], person,
        )
        for one, two, person in pairs
        if two.number is not None or two.pk in others
    ]  # fmt: skip


def _in_order(one, two, person):
    """By the edits as they were given; rooms before people, what is there before what the plan brings."""
    return one.number, person is not None, person or 0, two.number is not None, two.starts_at, two.number or two.pk


def _meeting_pairs(meetings, venues) -> Iterator[tuple[_Meeting, _Meeting, int | None]]:
    """(one of the plan, another, instructor or None for the room) for all that are in each other's way, each pair once."""
    by_room, by_person = defaultdict(list), defaultdict(list)
    for meeting in meetings:
        if meeting.room:
            by_room[meeting.room].append(meeting)
        for person in meeting.instructors:
            by_person[person].append(meeting)
    for room_meetings in by_room.values():
        yield from ((*pair, None) for pair in _near_each_other(room_meetings, lambda one, two: timedelta()))
    for person, their_meetings in by_person.items():
        near = _near_each_other(their_meetings, lambda one, two: _travel(one, two, venues))
        yield from ((*pair, person) for pair in near)


def _near_each_other(meetings, gap_between) -> Iterator[tuple[_Meeting, _Meeting]]:
    """One after another by their start, each is compared only with those that begin before it ends."""
    longest = timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)
    meetings = sorted(meetings, key=lambda one: one.starts_at)
    for index, earlier in enumerate(meetings):
        for later in meetings[index + 1 :]:
            if later.starts_at >= earlier.ends_at + longest:
                break
            if later.starts_at < earlier.ends_at + gap_between(earlier, later):
                of_plan = sorted(
                    (one for one in (earlier, later) if one.number is not None), key=lambda one: one.number
                )
                if of_plan:
                    yield of_plan[0], of_plan[1] if len(of_plan) > 1 else earlier if of_plan[0] is later else later


def _others(mine, away, venues) -> list[_Meeting]:
    """What takes place in the same rooms or with the same people meanwhile; its rooms come into `venues`."""
    rooms = {one.room for one in mine} - {None}
    people = {person for one in mine for person in one.instructors}
    travel = timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)
    teaching = Lesson.instructors.through.objects
    near = (
        Lesson.objects.scheduled()
        .filter(
            starts_at__lt=max(one.ends_at for one in mine) + travel,
            ends_at__gt=min(one.starts_at for one in mine) - travel,
        )
        .filter(Q(room__in=rooms) | Q(pk__in=teaching.filter(user__in=people).values("lesson_id")))
    )
    taught = defaultdict(list)
    for lesson, person in teaching.filter(lesson__in=near.values("pk"), user__in=people).values_list("lesson", "user"):
        taught[lesson].append(person)
    found = []
    for pk, starts_at, ends_at, room, venue in near.values_list("pk", "starts_at", "ends_at", "room", "room__venue"):
        if pk not in away:
            venues[room] = venue
            found.append(_Meeting(starts_at, ends_at, room, tuple(taught[pk]), pk=pk))
    return found


def _travel(one, two, venues):
    if None in (one.room, two.room) or venues[one.room] == venues[two.room]:
        return timedelta()
    return timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)
