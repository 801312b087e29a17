"""What lessons would become by an order. Reads, and writes nothing."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import cached_property

from django.utils import timezone

from accounts.formatting import datetime_short
from courses.flows.changes import orders
from courses.models import CourseRun, Lesson, LessonState, Room
from courses.refusals import TimetableReason, TimetableRefused


@dataclass(frozen=True)
class Snapshot:
    """All of a lesson that an order can change."""

    starts_at: datetime
    ends_at: datetime
    room: int | None
    instructors: tuple[int, ...]  # ids, in order
    state: str = LessonState.SCHEDULED
    is_remote: bool = False
    topic: str = ""
    cancel_reason: str = ""
    change_note: str = ""

    @classmethod
    def of(cls, lesson: Lesson) -> "Snapshot":
        """As read; costs a query unless the instructors were prefetched."""
        return cls(
            starts_at=lesson.starts_at, ends_at=lesson.ends_at, room=lesson.room_id,
            instructors=tuple(sorted(one.pk for one in lesson.instructors.all())), state=lesson.state,
            is_remote=lesson.is_remote, topic=lesson.topic, cancel_reason=lesson.cancel_reason,
            change_note=lesson.change_note,
        )  # fmt: skip

    @classmethod
    def read(cls, facts: dict) -> "Snapshot":
        """From what facts() gave."""
        moments = {name: datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at")}
        return cls(**facts | moments | {"instructors": tuple(facts["instructors"])})

    def facts(self) -> dict:
        """For a JSON column."""
        moments = {name: getattr(self, name).astimezone(UTC).isoformat() for name in ("starts_at", "ends_at")}
        return asdict(self) | moments | {"instructors": list(self.instructors), "state": str(self.state)}

    @property
    def takes_place(self) -> bool:
        return self.state == LessonState.SCHEDULED

    @property
    def shown_in_calendars(self) -> tuple:
        """What raises a calendar's SEQUENCE when it differs (CALENDARS, 3)."""
        return self.starts_at, self.ends_at, self.room, self.is_remote, self.state


@dataclass(frozen=True)
class Edit:
    """One lesson before and after. A lesson yet to be written has no `lesson` and no `before`."""

    run: CourseRun
    lesson: Lesson | None
    before: Snapshot | None
    after: Snapshot
    replaces: Lesson | None = None


@dataclass
class Plan:
    order: orders.Order
    edits: list[Edit] = field(default_factory=list)

    @property
    def runs(self) -> dict[int, CourseRun]:
        return {edit.run.pk: edit.run for edit in self.edits}

    @cached_property
    def fingerprint(self) -> str:
        """Changes when anybody changes one of the lessons: what was seen is compared with what is there."""
        seen = sorted((edit.lesson.pk, edit.lesson.changed_at.isoformat()) for edit in self.edits if edit.lesson)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def plan(order: orders.Order, lessons: Iterable[Lesson], *, now: datetime) -> Plan:
    """What would become of these lessons, in the order of time. Those that the order would not change are left out.

    lessons: with run, term and instructors at hand (`for_change()`). Raises TimetableRefused for one that cannot be
    changed so: over, cancelled already, no such local time, beyond its term; and NOTHING when none would change.
    """
    found = Plan(order)
    room = Room.objects.get(pk=order.room_id) if isinstance(order, orders.Move) and order.room_id else None
    for lesson in sorted(lessons, key=lambda one: (one.starts_at, one.pk)):
        before = Snapshot.of(lesson)
        after = _after(order, lesson, before, room, now)
        if after != before:
            found.edits.append(Edit(lesson.run, lesson, before, after))
    if isinstance(order, orders.Cancel) and order.replaced_at is not None and found.edits:
        found.edits.append(_replacement(order, found.edits, now))
    if not found.edits:
        raise TimetableRefused(TimetableReason.NOTHING)
    return found


def _after(order, lesson, before, room, now) -> Snapshot:
    match order:
        case orders.SetTopic():
            return replace(before, topic=order.topic)  # of a past lesson too
        case orders.Restore():
            if before.state != LessonState.CANCELLED:
                raise TimetableRefused(TimetableReason.NOT_CANCELLED, lesson)
            _insist_on_to_come(lesson, before, now)
            return replace(before, state=LessonState.SCHEDULED, cancel_reason="")
    if before.state == LessonState.CANCELLED:
        raise TimetableRefused(TimetableReason.CANCELLED, lesson)
    _insist_on_to_come(lesson, before, now)
    match order:
        case orders.Move():
            return _moved(order, lesson, before, room, now)
        case orders.Cancel():
            return replace(before, state=LessonState.CANCELLED, cancel_reason=order.reason)
        case orders.TurnRemote():
            return replace(before, is_remote=True, room=None)
        case orders.Substitute():
            rest = set(before.instructors) - ({order.absent} if order.absent else set(before.instructors))
            return replace(before, instructors=tuple(sorted(rest | {order.instead})))
    raise TypeError(order)


def _insist_on_to_come(lesson, before, now):
    if before.ends_at <= now:
        raise TimetableRefused(TimetableReason.PAST, lesson)


def _moved(order, lesson, before, room, now) -> Snapshot:
    local = timezone.localtime(before.starts_at)
    starts_at = local_moment(local.date() + timedelta(days=order.days), order.at or local.time(), lesson)
    length = before.ends_at - before.starts_at if order.minutes is None else timedelta(minutes=order.minutes)
    after = replace(before, starts_at=starts_at, ends_at=starts_at + length)
    if room is not None:
        after = replace(after, room=room.pk, is_remote=False)
    if after == before:
        return before
    _insist_on_sense(lesson, after, now)
    return replace(after, change_note=_before_and_after(lesson, after, room)[:200])


def _before_and_after(lesson, after, room) -> str:
    """Figures and names alone, so that it reads the same in every language."""
    parts = []
    if after.starts_at != lesson.starts_at:
        parts.append(f"{datetime_short(lesson.starts_at)} → {datetime_short(after.starts_at)}")
    if room is not None and room != lesson.room:
        parts.append(f"{lesson.room or '–'} → {room}")
    return "; ".join(parts)


def _replacement(order, edits, now) -> Edit:
    if len(edits) > 1:
        raise TimetableRefused(TimetableReason.ONE_AT_A_TIME)
    lesson, before = edits[0].lesson, edits[0].before
    after = replace(
        before, starts_at=order.replaced_at.astimezone(UTC), room=order.replaced_in or before.room, change_note="",
        ends_at=order.replaced_at.astimezone(UTC) + (before.ends_at - before.starts_at),
    )  # fmt: skip
    _insist_on_sense(lesson, after, now)
    return Edit(lesson.run, None, None, after, replaces=lesson)


def _insist_on_sense(lesson, after, now):
    if after.ends_at <= after.starts_at:
        raise TimetableRefused(TimetableReason.ENDS_FIRST, lesson)
    if after.ends_at <= now:
        raise TimetableRefused(TimetableReason.INTO_THE_PAST, lesson)
    term = lesson.run.term
    if term and not term.starts_on <= timezone.localdate(after.starts_at) <= term.ends_on:
        raise TimetableRefused(TimetableReason.OUTSIDE_TERM, lesson)


def local_moment(day, at: time, lesson: Lesson | None = None) -> datetime:
    """That local day and time in UTC. Of an hour that comes twice, the first; one that is left out is refused."""
    moment = datetime.combine(day, at.replace(tzinfo=None), tzinfo=timezone.get_default_timezone()).astimezone(UTC)
    if timezone.localtime(moment).replace(tzinfo=None) != datetime.combine(day, at.replace(tzinfo=None)):
        raise TimetableRefused(TimetableReason.NO_SUCH_TIME, lesson)
    return moment
