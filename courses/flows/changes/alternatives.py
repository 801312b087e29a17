"""Where and when else, once something stands against a plan: rooms that are free then, times when its own room is."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from courses.flows.changes.planning import Edit, Plan, local_moment
from courses.flows.timetable import days_between, state_holidays
from courses.models import Break, Lesson, Room
from courses.refusals import TimetableRefused

SHOWN = 4  # of each kind
FIRST_HOUR, LAST_HOUR = 8, 21  # local; what is proposed begins and ends within them
STEP = timedelta(minutes=30)


@dataclass(frozen=True)
class Alternatives:
    rooms: list[Room] = field(default_factory=list)  # free at the wanted times and big enough; the nearest first
    times: list[tuple[datetime, datetime]] = field(default_factory=list)  # of the first lesson, the nearest first

    def __bool__(self):
        return bool(self.rooms or self.times)


def alternatives_of(found: Plan, *, now: datetime) -> Alternatives:
    """Rooms and times that would do for all lessons of the plan; five queries, however many.

    The same house comes first, then the smallest room. Times are in the week that was wanted, in the wanted room, with
    the instructors free, on no holiday.
    """
    placed = [edit for edit in found.edits if edit.after.takes_place]
    if not placed:
        return Alternatives()
    rooms = {room.pk: room for room in Room.objects.select_related("venue")}
    taken = _Taken(placed, rooms)
    return Alternatives(_rooms(placed, rooms, taken), _times(placed, taken, now))


class _Taken:
    """What is in the way of lessons, by room and by instructor, in the weeks of the plan."""

    def __init__(self, placed: list[Edit], rooms: dict[int, Room]):
        self.rooms = rooms
        week = timedelta(days=8)
        near = Lesson.objects.scheduled().filter(
            starts_at__lt=max(edit.after.ends_at for edit in placed) + week,
            ends_at__gt=min(edit.after.starts_at for edit in placed) - week,
        )
        near = near.exclude(pk__in=[edit.lesson.pk for edit in placed if edit.lesson])
        people = {person for edit in placed for person in edit.after.instructors}
        taught = Lesson.instructors.through.objects.filter(user__in=people, lesson__in=near.order_by().values("pk"))
        teaching = defaultdict(list)
        for lesson, person in taught.values_list("lesson_id", "user_id"):
            teaching[lesson].append(person)
        self.by_room, self.by_person = defaultdict(list), defaultdict(list)
        for pk, room, start, end in near.order_by("starts_at").values_list("pk", "room_id", "starts_at", "ends_at"):
            self.by_room[room].append((start, end, room))
            for person in teaching.get(pk, ()):
                self.by_person[person].append((start, end, room))

    def room(self, room: int | None, start: datetime, end: datetime) -> bool:
        return room is not None and _meets(self.by_room[room], start, end, lambda _other: timedelta())

    def people(self, people, room: int | None, start: datetime, end: datetime) -> bool:
        return any(_meets(self.by_person[one], start, end, lambda other: self._travel(room, other)) for one in people)

    def _travel(self, room, other):
        if None in (room, other) or self.rooms[room].venue_id == self.rooms[other].venue_id:
            return timedelta()
        return timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)


def _meets(lessons, start, end, gap) -> bool:
    """lessons: (start, end, room) in the order of start; none is longer than a day."""
    index = bisect_left(lessons, start - timedelta(days=1), key=lambda one: one[0])
    for other_start, other_end, room in lessons[index:]:
        if other_start >= end + timedelta(hours=1):
            return False
        if other_start < end + gap(room) and other_end > start - gap(room):
            return True
    return False


def _rooms(placed, rooms, taken) -> list[Room]:
    seats = max(edit.run.capacity for edit in placed)
    first = placed[0]
    wanted = rooms.get(first.after.room) or rooms.get(first.before.room if first.before else None)
    free = [
        room for room in rooms.values()
        if room.capacity >= seats and room.pk not in {edit.after.room for edit in placed} and not any(
            taken.room(room.pk, edit.after.starts_at, edit.after.ends_at)
            or taken.people(edit.after.instructors, room.pk, edit.after.starts_at, edit.after.ends_at)
            for edit in placed
        )
    ]  # fmt: skip
    free.sort(key=lambda room: (wanted is None or room.venue_id != wanted.venue_id, room.capacity, room.pk))
    return free[:SHOWN]


def _times(placed, taken, now) -> list[tuple[datetime, datetime]]:
    first = placed[0]
    wanted = timezone.localtime(first.after.starts_at)
    closed = _closed_days(placed)
    found = []
    for days, at in _near(wanted, first.after.ends_at - first.after.starts_at):
        moments = []
        for edit in placed:
            day = timezone.localdate(edit.after.starts_at) + timedelta(days=days)
            term = edit.run.term
            if day in closed or (term and not term.starts_on <= day <= term.ends_on):
                break
            try:
                start = local_moment(day, at)
            except TimetableRefused:
                break
            end = start + (edit.after.ends_at - edit.after.starts_at)
            if start <= now or (edit.after.room and taken.rooms[edit.after.room].capacity < edit.run.capacity):
                break
            if taken.room(edit.after.room, start, end) or taken.people(
                edit.after.instructors, edit.after.room, start, end
            ):
                break
            moments.append((start, end))
        else:
            found.append(moments[0])
            if len(found) == SHOWN:
                break
    return found


def _near(wanted: datetime, length: timedelta) -> Iterator[tuple[int, time]]:
    """(days from the wanted one, local time) in the same week, the nearest first."""
    opens, closes = timedelta(hours=FIRST_HOUR), timedelta(hours=LAST_HOUR)
    at = timedelta(hours=wanted.hour, minutes=wanted.minute)
    starts = [opens + STEP * number for number in range(int((closes - opens - length) / STEP) + 1)]
    offers = [(days, start) for days in range(-wanted.weekday(), 7 - wanted.weekday()) for start in starts]
    offers.sort(key=lambda one: (abs(one[0]), abs(one[1] - at), one))
    for days, start in offers:
        if (days, start) != (0, at):
            yield days, (datetime.min.replace(tzinfo=UTC) + start).time()


def _closed_days(placed) -> set:
    """Breaks of everybody and state holidays around the plan."""
    first = timezone.localdate(min(edit.after.starts_at for edit in placed)) - timedelta(days=7)
    last = timezone.localdate(max(edit.after.ends_at for edit in placed)) + timedelta(days=7)
    closed = state_holidays(first, last)
    for rest in Break.objects.filter(starts_on__lte=last, ends_on__gte=first, grade=None):
        closed.update(days_between(rest.starts_on, rest.ends_on))
    return closed
