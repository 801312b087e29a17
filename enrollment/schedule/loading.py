"""Everything of some days from the database, in a number of queries that does not grow with the lessons."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Count, Q, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.formatting import local
from accounts.models import Role, RoleGrant
from courses.flows.changes import Snapshot
from courses.models import ChangeKind, CourseRun, Lesson, LessonChange, LessonState, Room, RunKind, RunState
from enrollment.family.weeks import closed_days
from enrollment.models import Enrollment, EnrollmentState

GHOSTS_FOR = timedelta(days=7)  # how long a lesson that was moved is still shown where it was
MOST_GHOSTS = 300


@dataclass(frozen=True)
class Person:
    """An instructor, as far as a timetable needs one."""

    pk: int
    name: str

    @property
    def short(self) -> str:
        """Ņ. Krastiņa"""
        first, _, rest = self.name.rpartition(" ")
        return f"{first[:1]}. {rest}" if first else rest


@dataclass
class Placed:
    """A lesson on the board, or the place it was moved away from."""

    lesson: Lesson
    starts_at: datetime
    ends_at: datetime
    room: Room | None
    people: list[Person]
    is_ghost: bool = False

    @cached_property
    def run(self) -> CourseRun:
        return self.lesson.run

    @cached_property
    def kind(self) -> str:
        """held | draft | cancelled | ghost"""
        if self.is_ghost:
            return "ghost"
        if self.lesson.is_cancelled or self.run.state == RunState.CANCELLED:
            return "cancelled"
        return "draft" if self.lesson.state == LessonState.PLANNED or self.run.state == RunState.DRAFT else "held"

    @cached_property
    def takes_time(self) -> bool:
        """Whether somebody or something is needed then."""
        return self.kind in ("held", "draft")

    @cached_property
    def day(self) -> date:
        return local(self.starts_at).date()

    @cached_property
    def first_minute(self) -> int:
        start = local(self.starts_at)
        return start.hour * 60 + start.minute

    @cached_property
    def last_minute(self) -> int:
        """After 24:00 for what ends on the next day."""
        return self.first_minute + int((self.ends_at - self.starts_at).total_seconds() // 60)

    @cached_property
    def venue_id(self) -> int | None:
        return self.room.venue_id if self.room else None

    def needs_instructor(self, *, now: datetime) -> bool:
        return self.takes_time and not self.people and self.run.kind == RunKind.GROUP and self.ends_at > now

    def needs_room(self, *, now: datetime) -> bool:
        return self.takes_time and self.room is None and not self.lesson.is_remote and self.ends_at > now


@dataclass
class Timetable:
    """What was read of the days from `first` to `last`."""

    first: date
    last: date
    rooms: list[Room]
    placed: list[Placed]
    closed: dict[date, str]  # {day: why}
    doubles: dict[int, set[int]] = field(default_factory=dict)  # {learner id: ids of two or more of the groups}
    runs: list[CourseRun] = field(default_factory=list)
    staff: list[Person] = field(default_factory=list)  # instructors, also those without a lesson

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def moment(day: date, at: time = time()) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))


def load(
    *, first: date, last: date, now: datetime, only: Q | None = None, drafts: bool = True, with_staff: bool = False,
    with_runs: Iterable[int] = (),
) -> Timetable:  # fmt: skip
    """All lessons of those days, ends included, in at most nine queries.

    only: a condition on lessons; then nothing is said about who or what is needed twice, for which all are needed.
    with_runs: ids of groups that are wanted also when they have no lesson then.
    """
    rooms = list(Room.objects.select_related("venue").order_by("venue__pk", "pk"))
    by_id = {room.pk: room for room in rooms}
    found = Lesson.objects.filter(starts_at__gte=moment(first), starts_at__lt=moment(last + timedelta(days=1)))
    if only is not None:
        found = found.filter(pk__in=Lesson.objects.filter(only).values("pk"))
    if not drafts:
        found = found.published().exclude(state=LessonState.PLANNED)
    lessons = list(found.order_by("starts_at", "pk"))
    moved = _moved(first, last, now) if only is None else []
    besides = {change.lesson.run_id for change in moved} | set(with_runs)
    wanted = CourseRun.objects.filter(Q(pk__in=found.order_by().values("run")) | Q(pk__in=besides))
    runs = {run.pk: run for run in wanted.select_related("course__program")}
    for lesson in [*lessons, *(change.lesson for change in moved)]:
        lesson.run, lesson.room = runs[lesson.run_id], by_id.get(lesson.room_id)
    of_lesson = _people(
        Lesson.instructors.through.objects.filter(lesson__in=found.order_by().values("pk")), "lesson_id"
    )
    of_run = _people(CourseRun.instructors.through.objects.filter(courserun__in=wanted.values("pk")), "courserun_id")
    placed = [
        Placed(one, one.starts_at, one.ends_at, one.room, of_lesson.get(one.pk) or of_run.get(one.run_id, []))
        for one in lessons
    ]
    return Timetable(
        first, last, rooms, placed + _ghosts(moved, by_id, of_run), closed_days(first, last),
        _doubles(found, runs) if only is None else {}, list(runs.values()), instructors() if with_staff else [],
    )  # fmt: skip


def instructors() -> list[Person]:
    """Everybody who may teach now, in one query."""
    holders = RoleGrant.objects.live().filter(role=Role.INSTRUCTOR).order_by().distinct()
    names = holders.values_list("user_id", "user__first_name", "user__last_name", "user__email")
    return [Person(pk, f"{first} {last}".strip() or email) for pk, first, last, email in names]


def _people(rows, key) -> dict[int, list[Person]]:
    """{id of a lesson or group: who teaches it}."""
    found = defaultdict(list)
    names = ("user_id", "user__first_name", "user__last_name", "user__email")
    for one, pk, first, last, email in rows.order_by("pk").values_list(key, *names):
        found[one].append(Person(pk, f"{first} {last}".strip() or email))
    return found


def _moved(first, last, now) -> list[LessonChange]:
    """Moves of the last days away from these days, the newest of a lesson only."""
    edges = [at.astimezone(UTC).isoformat() for at in (moment(first), moment(last + timedelta(days=1)))]
    changes = (
        LessonChange.objects.filter(
            change__kind=ChangeKind.MOVED,
            change__made_at__gte=now - GHOSTS_FOR,
            change__undone_at=None,
            lesson__isnull=False,
            before__isnull=False,
        )
        .annotate(was_at=Cast(KT("before__starts_at"), TextField()))  # comparable: ISO 8601, always in UTC
        .filter(was_at__gte=edges[0], was_at__lt=edges[1])
        .select_related("lesson")
        .order_by("-change__made_at", "-pk")
    )
    newest = {}
    for change in changes[:MOST_GHOSTS]:
        newest.setdefault(change.lesson_id, change)
    return list(newest.values())


def _ghosts(moved, rooms, of_run) -> list[Placed]:
    ghosts = []
    for change in moved:
        was, lesson = Snapshot.read(change.before), change.lesson
        if was.state != LessonState.CANCELLED and (was.starts_at, was.room) != (lesson.starts_at, lesson.room_id):
            people = of_run.get(lesson.run_id, [])
            ghosts.append(Placed(lesson, was.starts_at, was.ends_at, rooms.get(was.room), people, is_ghost=True))
    return ghosts


def _doubles(lessons, runs) -> dict[int, set[int]]:
    """Learners who attend more than one of these groups; in one query whose answer is short."""
    shown = lessons.exclude(state=LessonState.CANCELLED).order_by().values("run")
    places = Enrollment.objects.filter(state=EnrollmentState.CONFIRMED, run__in=shown, learner__isnull=False)
    several = places.order_by().values("learner").annotate(count=Count("pk")).filter(count__gt=1)
    found = defaultdict(set)
    for learner, run in places.filter(learner__in=several.values("learner")).values_list("learner", "run"):
        if run in runs:
            found[learner].add(run)
    return found
