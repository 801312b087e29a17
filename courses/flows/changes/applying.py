"""Does what a plan says, whole or not at all, and takes it back within the time of undo."""

import logging
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Min

from accounts.models import User
from courses.flows import seats
from courses.flows.changes.conflicts import conflicts_of
from courses.flows.changes.planning import Edit, Plan, Snapshot
from courses.models import CourseRun, Lesson, LessonChange, LessonState, Room, TimetableChange
from courses.refusals import TimetableReason, TimetableRefused

logger = logging.getLogger(__name__)

COLUMNS = ("starts_at", "ends_at", "state", "is_remote", "topic", "cancel_reason", "change_note")
GUARDS = {
    "lesson_has_the_room_alone": TimetableReason.ROOM_TAKEN,
    "lesson_has_its_instructor_alone": TimetableReason.INSTRUCTOR_TAKEN,
}


@transaction.atomic
def apply(found: Plan, *, key: UUID, by: User | None, now: datetime) -> TimetableChange:
    """Change the lessons as planned. The same key again gives what was done the first time.

    Locks the runs, then the instructors and rooms, each by id. Raises TimetableRefused: STALE when somebody changed one
    of the lessons since it was planned, ROOM_TAKEN and the other conflicts; nothing is changed then.
    """
    if (done := TimetableChange.objects.filter(key=key).first()) is not None:
        return done
    seats.lock(*found.runs)
    if (done := TimetableChange.objects.filter(key=key).first()) is not None:  # while waiting for the locks
        return done
    _insist_on_unchanged({edit.lesson.pk: edit.lesson.changed_at for edit in found.edits if edit.lesson})
    lock_people_and_rooms([edit.after for edit in found.edits])
    if conflicts := conflicts_of(found.edits):
        raise TimetableRefused(conflicts[0].reason, conflicts[0].other, conflicts=conflicts)
    change = TimetableChange.objects.create(
        key=key, kind=found.order.kind, reason=found.order.reason, made_by=by, made_at=now
    )
    LessonChange.objects.bulk_create(
        LessonChange(
            change=change, run=edit.run, lesson=lesson, before=edit.before and edit.before.facts(), after=edit.after.facts()
        )
        for edit, lesson in zip(found.edits, _write(found.edits, now), strict=True)
    )  # fmt: skip
    note_spans(found.runs, now=now)
    logger.info("timetable change %s of %s lessons by user %s", change.pk, len(found.edits), by and by.pk)
    return change


@transaction.atomic
def undo(change: TimetableChange, *, by: User | None, now: datetime) -> TimetableChange:
    """Put the lessons back as they were. Undone already: nothing happens.

    Raises TimetableRefused: TOO_LATE after the time of undo, STALE when one of the lessons was changed again since,
    ROOM_TAKEN or INSTRUCTOR_TAKEN when their place is no longer free.
    """
    entries = list(change.lessons.order_by("pk"))
    seats.lock(*{entry.run_id for entry in entries})
    change = TimetableChange.objects.get(pk=change.pk)
    if change.undone_at:
        return change
    if now >= undo_until(change):
        raise TimetableRefused(TimetableReason.TOO_LATE)
    _insist_on_unchanged({entry.lesson_id: change.made_at for entry in entries})
    changed = [entry for entry in entries if entry.before is not None]
    lessons = {one.pk: one for one in Lesson.objects.filter(pk__in=[entry.lesson_id for entry in changed]).for_change()}
    back = [
        Edit(one.run, one, Snapshot.of(one), Snapshot.read(entry.before))
        for entry in changed
        for one in [lessons[entry.lesson_id]]
    ]
    written = [entry.lesson_id for entry in entries if entry.before is None]
    lock_people_and_rooms([edit.after for edit in back])
    Lesson.objects.filter(pk__in=written).update(state=LessonState.PLANNED)  # out of the way of what returns
    if conflicts := conflicts_of(back, leave_out=written):
        raise TimetableRefused(conflicts[0].reason, conflicts[0].other, conflicts=conflicts)
    Lesson.objects.filter(pk__in=written).delete()
    _write(back, now)
    note_spans({entry.run_id for entry in entries}, now=now)
    change.undone_by, change.undone_at = by, now
    change.save(update_fields=["undone_by", "undone_at"])
    logger.info("timetable change %s undone by user %s", change.pk, by and by.pk)
    return change


def undo_until(change: TimetableChange) -> datetime:
    return change.made_at + timedelta(seconds=settings.STAFF_MESSAGE_HOLD_SECONDS)


def note_spans(run_ids, *, now: datetime) -> None:
    """Write the span of the runs' lessons anew. Their first day stays: grade and age were counted on it."""
    spans = (
        Lesson.objects.filter(run__in=list(run_ids)).exclude(state=LessonState.CANCELLED).order_by().values("run")
        .annotate(first=Min("starts_at"), last=Max("ends_at"))
    )  # fmt: skip
    columns = {one["run"]: one for one in spans}
    runs = list(CourseRun.objects.filter(pk__in=list(run_ids)))
    for run in runs:
        run.changed_at = now
        if run.pk in columns:  # otherwise all are cancelled
            run.starts_at, run.ends_at = columns[run.pk]["first"], columns[run.pk]["last"]
    CourseRun.objects.bulk_update(runs, ["starts_at", "ends_at", "changed_at"])


# -- Steps ------------------------------------------------------------------------------------------


def _insist_on_unchanged(seen: dict[int, datetime]):
    there = dict(Lesson.objects.filter(pk__in=list(seen)).values_list("pk", "changed_at"))
    for pk, changed_at in seen.items():
        if there.get(pk) != changed_at:
            raise TimetableRefused(TimetableReason.STALE, pk and Lesson.objects.filter(pk=pk).first())


def lock_people_and_rooms(snapshots: list[Snapshot]) -> None:
    """Who teaches, then the rooms, each by id. The runs are locked before."""
    people = {person for one in snapshots for person in one.instructors}
    rooms = {one.room for one in snapshots} - {None}
    list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    list(Room.objects.select_for_update(no_key=True).filter(pk__in=rooms).order_by("pk"))


def _write(edits: list[Edit], now: datetime) -> list[Lesson]:
    """Save what the lessons become. While they change places they stand aside, so as not to be in each other's way."""
    lessons = [edit.lesson or Lesson(run=edit.run, replaces=edit.replaces) for edit in edits]
    Lesson.objects.filter(pk__in=[one.pk for one in lessons if one.pk]).update(state=LessonState.PLANNED)
    for edit, lesson in zip(edits, lessons, strict=True):
        _set(lesson, edit, now)
    fresh = [lesson for lesson in lessons if lesson.pk is None]
    wanted = {id(lesson): lesson.state for lesson in fresh}
    for lesson in fresh:
        lesson.state = LessonState.PLANNED
    Lesson.objects.bulk_create(fresh)
    _teach({lesson.pk: edit.after.instructors for edit, lesson in zip(edits, lessons, strict=True)})
    for lesson in fresh:
        lesson.state = wanted[id(lesson)]
    with guarded():
        Lesson.objects.bulk_update(lessons, [*COLUMNS, "room", "sequence", "changed_at"], batch_size=500)
    return lessons


@contextmanager
def guarded():
    """Around writes of lessons that take place: what the database's guards say becomes TimetableRefused."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as problem:
        for name, reason in GUARDS.items():
            if name in str(problem):
                raise TimetableRefused(reason) from problem
        raise


def _set(lesson: Lesson, edit: Edit, now: datetime):
    if edit.before is not None and edit.after.shown_in_calendars != edit.before.shown_in_calendars:
        lesson.sequence += 1
    for name in COLUMNS:
        setattr(lesson, name, getattr(edit.after, name))
    lesson.room_id, lesson.changed_at = edit.after.room, now


def _teach(instructors: dict[int, tuple[int, ...]]):
    """instructors: {lesson id: who teaches it}."""
    teaching = Lesson.instructors.through
    known = {(row.lesson_id, row.user_id): row.pk for row in teaching.objects.filter(lesson__in=instructors)}
    wanted = {(lesson, person) for lesson, people in instructors.items() for person in people}
    teaching.objects.filter(pk__in=[pk for pair, pk in known.items() if pair not in wanted]).delete()
    teaching.objects.bulk_create(
        teaching(lesson_id=lesson, user_id=person) for lesson, person in sorted(wanted - set(known))
    )
