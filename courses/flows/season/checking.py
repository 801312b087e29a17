"""What is to be known about drafts before they are published: clashes, days skipped, rooms, hours, instructors.

A constant number of queries, however many groups.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from accounts.models import User
from courses.flows.changes.conflicts import Conflict, conflicts_of
from courses.flows.changes.planning import Edit, Snapshot
from courses.flows.season.dates import DaysOff, OddDates, odd_dates, skipped
from courses.flows.season.drafts import teaching_ids
from courses.models import CourseRun, Lesson, LessonState, Room, RunState, Term
from courses.opening import hours_on
from courses.refusals import TimetableReason


@dataclass(frozen=True)
class Clash:
    """With one other group, because of a room or of one instructor, on all the dates on which it happens."""

    reason: TimetableReason
    other: CourseRun
    starts: tuple[datetime, ...]
    instructor: User | None = None

    @property
    def is_with_a_draft(self) -> bool:
        return self.other.state == RunState.DRAFT


@dataclass
class GroupCheck:
    run: CourseRun
    lessons: int = 0
    skipped: list[tuple[date, str]] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    odd: OddDates = field(default_factory=OddDates)
    is_room_small: bool = False
    when_closed: list[datetime] = field(default_factory=list)  # lessons while the venue is closed to visitors: allowed
    gone: list[User] = field(default_factory=list)  # instructors who do not teach any more

    @property
    def has_no_room(self) -> bool:
        return self.run.room_id is None

    @property
    def has_no_instructor(self) -> bool:
        return not self.run.instructors.all()

    @property
    def refuses(self) -> bool:
        """Whether it cannot be published as it is."""
        return bool(self.clashes or self.is_room_small or not self.lessons or self.gone)

    @property
    def is_to_be_looked_at(self) -> bool:
        return self.refuses or self.has_no_room or self.has_no_instructor or bool(self.when_closed or self.odd)


def as_published(runs: Iterable[CourseRun]) -> list[Edit]:
    """The planned lessons of these drafts as they would take place, in two queries."""
    by_pk = {run.pk: run for run in runs}
    planned = Lesson.objects.filter(run__in=by_pk, state=LessonState.PLANNED).order_by("starts_at", "pk")
    lessons = list(planned)
    people = instructors_of(by_pk)
    edits = []
    for lesson in lessons:
        lesson.run = by_pk[lesson.run_id]
        facts = {
            "starts_at": lesson.starts_at, "ends_at": lesson.ends_at, "room": lesson.room_id, "topic": lesson.topic,
            "instructors": people.get(lesson.pk, ()), "is_remote": lesson.is_remote, "change_note": "",
        }  # fmt: skip
        before = Snapshot(**facts, state=LessonState.PLANNED)
        edits.append(Edit(lesson.run, lesson, before, Snapshot(**facts, state=LessonState.SCHEDULED)))
    return edits


def instructors_of(run_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """{lesson id: who teaches it, in order}"""
    found = defaultdict(list)
    rows = Lesson.instructors.through.objects.filter(lesson__run__in=run_ids).order_by("user")
    for lesson, person in rows.values_list("lesson", "user"):
        found[lesson].append(person)
    return {lesson: tuple(people) for lesson, people in found.items()}


def check(term: Term, runs: Iterable[CourseRun], *, off: DaysOff | None = None) -> dict[int, GroupCheck]:
    """{run id: …} for drafts of the term, read with course, room__venue and instructors."""
    off, runs = off or DaysOff(term), list(runs)
    found = {run.pk: GroupCheck(run) for run in runs}
    edits = as_published(runs)
    of_run = defaultdict(list)
    for edit in edits:
        of_run[edit.run.pk].append(edit)
    teaching = teaching_ids()
    is_open = _Opening()
    for run in runs:
        run.term = term
        mine, own = found[run.pk], of_run[run.pk]
        lessons = [edit.lesson for edit in own]
        mine.lessons = len(lessons)
        mine.gone = [one for one in run.instructors.all() if one.pk not in teaching]
        mine.odd = odd_dates(run, lessons, off, instructors={edit.lesson.pk: edit.after.instructors for edit in own})
        if lessons and run.weekday is not None:
            mine.skipped = skipped(run, off, last=timezone.localdate(lessons[-1].starts_at))
        if run.room is not None:
            mine.when_closed = [one.starts_at for one in lessons if not is_open(run.room, one)]
    _note(found, conflicts_of(edits))
    return found


class _Opening:
    """Whether a venue is open to visitors during all of a lesson; where hours are not kept, it is."""

    def __init__(self):
        self._hours = {}

    def __call__(self, room: Room, lesson: Lesson) -> bool:
        if not room.venue.opening_hours or lesson.room_id != room.pk or lesson.is_remote:
            return True
        starts, ends = timezone.localtime(lesson.starts_at), timezone.localtime(lesson.ends_at)
        key = room.venue_id, starts.date()
        if key not in self._hours:
            self._hours[key] = hours_on(room.venue, starts.date())
        hours = self._hours[key]
        return (
            hours is not None and hours[0] <= starts.time() and starts.date() == ends.date() and ends.time() <= hours[1]
        )


def _note(found: dict[int, GroupCheck], conflicts: list[Conflict]):
    clashes = defaultdict(set)  # {(run id, reason, other run id, instructor id): starts}
    others = {}
    for one in conflicts:
        if one.reason == TimetableReason.ROOM_SMALL:
            found[one.edit.run.pk].is_room_small = True
            continue
        sides = [(one.edit.run, one.other_run)]
        if one.other_edit is not None:
            sides.append((one.other_run, one.edit.run))
        for mine, other in sides:
            others[other.pk] = other
            clashes[mine.pk, one.reason, other.pk, one.instructor_id].add(one.edit.after.starts_at)
    people = User.objects.in_bulk({person for *_, person in clashes} - {None})
    for (mine, reason, other, person), starts in clashes.items():
        found[mine].clashes.append(Clash(reason, others[other], tuple(sorted(starts)), people.get(person)))


def free_rooms(run: CourseRun) -> list[Room]:
    """Rooms with enough seats in which nothing takes place, and nothing of the term's drafts is planned, whenever the
    draft meets; those of the same venue first, the smallest first. Three queries."""
    lessons = sorted(run.lessons.values_list("starts_at", "ends_at"))
    rooms = list(Room.objects.filter(capacity__gte=run.capacity).select_related("venue").order_by("capacity", "pk"))
    rooms.sort(key=lambda room: run.room is not None and room.venue_id != run.room.venue_id)
    if not lessons:
        return rooms
    others = Lesson.objects.filter(starts_at__lt=lessons[-1][1], ends_at__gt=lessons[0][0]).exclude(run=run)
    others = others.exclude(room=None).exclude(state=LessonState.CANCELLED).values_list("room", "starts_at", "ends_at")
    busy = defaultdict(list)
    for room, starts_at, ends_at in others:
        busy[room].append((starts_at, ends_at))
    return [
        room
        for room in rooms
        if not any(start < until and begin < end for begin, until in busy[room.pk] for start, end in lessons)
    ]
