"""The free-slot finder: rooms that are free on one day, or on every day of a weekday over a term, and who could teach.

find(Search(...), today=...) in at most six queries, however many rooms, lessons and weeks there are.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings

from accounts.formatting import local
from courses.models import CourseRun, Lesson, LessonState, Room, Term
from enrollment.family.weeks import closed_days

from .freetime import Span, clocks, common, gaps, open_hours
from .loading import Person, instructors, moment

MOST_RESULTS = 120
NAMES_SHOWN = 3


@dataclass(frozen=True)
class Search:
    minutes: int
    people: int = 1
    day: date | None = None  # one day …
    term: Term | None = None  # … or every week of a term
    weekdays: frozenset[int] = frozenset()  # of a term; empty means Monday to Saturday
    first_minute: int = 9 * 60
    last_minute: int = 20 * 60
    venue: str = ""  # slug
    with_instructor: bool = False
    instructor: int | None = None  # id of the one who has to be free
    leave_out: int | None = None  # a lesson that would move, so that it is in nobody's way


@dataclass(frozen=True)
class Chance:
    """Somebody who is free for long enough within a free stretch."""

    person: Person
    span: Span

    @property
    def hours(self):
        return clocks(self.span)


@dataclass(frozen=True)
class Slot:
    """A stretch in which a room is free: on a day, or on a weekday in all the weeks that are counted."""

    room: Room
    weekday: int
    span: Span
    days: int  # on how many days
    first_day: date
    chances: list[Chance] = field(default_factory=list)

    @property
    def hours(self):
        return clocks(self.span)

    @property
    def starts(self):
        return self.hours[0]

    @property
    def shown_chances(self) -> list[Chance]:
        return self.chances[:NAMES_SHOWN]


@dataclass(frozen=True)
class Found:
    slots: list[Slot]
    days: list[date]  # that were looked at
    closed: dict[date, str]
    more: int = 0  # slots past MOST_RESULTS


def find(search: Search, *, today: date) -> Found:
    """The stretches of at least that length, by weekday, house, room and time."""
    days, closed = _days(search, today)
    if not days:
        return Found([], [], closed)
    everywhere = list(Room.objects.select_related("venue").order_by("venue__pk", "pk"))
    rooms = [room for room in everywhere if room.capacity >= search.people and search.venue in ("", room.venue.slug)]
    lessons = Lesson.objects.filter(starts_at__gte=moment(days[0]), starts_at__lt=moment(days[-1] + timedelta(days=1)))
    lessons = lessons.exclude(state=LessonState.CANCELLED).exclude(pk=search.leave_out)
    in_room, of_lesson = defaultdict(list), {}
    venues = {room.pk: room.venue_id for room in everywhere}
    for pk, run, room, starts_at, ends_at in lessons.values_list("pk", "run_id", "room_id", "starts_at", "ends_at"):
        day, span = _span(starts_at, ends_at)
        in_room[room, day].append(span)
        of_lesson[pk] = (run, day, span, venues.get(room))
    people = _people(search, lessons, of_lesson)
    by_weekday = defaultdict(list)
    for day in days:
        by_weekday[day.weekday()].append(day)
    slots = []
    for weekday, same in sorted(by_weekday.items()):
        free_people = {
            venue_id: {person: _free_of(person_busy, venue_id, same, search) for person, person_busy in people.items()}
            for venue_id in sorted({room.venue_id for room in rooms} if people else ())
        }
        for room in rooms:
            for span in _everywhere(same, lambda day, room=room: _room_gaps(search, room, day, in_room), search):
                chances = _chances(span, free_people.get(room.venue_id, {}), search)
                if chances or not (search.with_instructor or search.instructor):
                    slots.append(Slot(room, weekday, span, len(same), same[0], chances))
    return Found(slots[:MOST_RESULTS], days, closed, max(0, len(slots) - MOST_RESULTS))


def _days(search, today):
    if search.term is None:
        day = search.day or today
        closed = closed_days(day, day)
        return [] if closed else [day], closed
    first, last = (
        max(search.term.starts_on, search.term.classes_start_on or search.term.starts_on, today),
        search.term.ends_on,
    )
    if first > last:
        return [], {}
    closed = closed_days(first, last)
    wanted = search.weekdays or frozenset(range(6))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day.weekday() in wanted and day not in closed], closed


def _span(starts_at, ends_at):
    from_local = local(starts_at)
    first = from_local.hour * 60 + from_local.minute
    return from_local.date(), (first, first + int((ends_at - starts_at).total_seconds() // 60))


def _room_gaps(search, room, day, in_room):
    hours = open_hours(room.venue, day)
    if hours is None:
        return []
    within = max(hours[0], search.first_minute), min(hours[1], search.last_minute)
    return gaps(within, in_room[room.pk, day], shortest=search.minutes)


def _everywhere(days, spans_of, search) -> list[Span]:
    """What is free on each of the days."""
    left = None
    for day in days:
        spans = spans_of(day)
        left = spans if left is None else common(left, spans, shortest=search.minutes)
        if not left:
            return []
    return left or []


def _free_of(busy, venue_id, days, search) -> list[Span]:
    """When somebody can teach in that house on all those days: the way from another one takes its time."""
    travel = settings.TRAVEL_MINUTES_BETWEEN_VENUES

    def of_day(day):
        taken = []
        for (first, last), where in busy[day]:
            way = travel if where not in (None, venue_id) else 0
            taken.append((first - way, last + way))
        return gaps((search.first_minute, search.last_minute), taken, shortest=search.minutes)

    return _everywhere(days, of_day, search)


def _people(search, lessons, of_lesson) -> dict[Person, dict[date, list[tuple[Span, int | None]]]]:
    """{instructor: {day: [(when they teach, the house)]}}, of those who come into question."""
    if not (search.with_instructor or search.instructor):
        return {}
    everybody = {person.pk: person for person in instructors()}
    busy = {person: defaultdict(list) for pk, person in everybody.items() if search.instructor in (None, pk)}
    teaching = Lesson.instructors.through.objects.filter(lesson__in=lessons.order_by().values("pk"))
    taught = defaultdict(set)
    for lesson, pk in teaching.values_list("lesson_id", "user_id"):
        taught[lesson].add(pk)
    of_run = defaultdict(set)
    leading = CourseRun.instructors.through.objects.filter(courserun__in=lessons.order_by().values("run"))
    for run, pk in leading.values_list("courserun_id", "user_id"):
        of_run[run].add(pk)
    for lesson, (run, day, span, venue_id) in of_lesson.items():
        for pk in taught.get(lesson) or of_run.get(run, ()):
            if (person := everybody.get(pk)) in busy:
                busy[person][day].append((span, venue_id))
    return busy


def _chances(span, free_people, search) -> list[Chance]:
    return [
        Chance(person, shared[0])
        for person, spans in free_people.items()
        if (shared := common([span], spans, shortest=search.minutes))
    ]
