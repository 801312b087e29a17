"""Single lessons cancelled or moved at once, without a preview (courses.flows.changes has that), and all of a group."""

from datetime import datetime
from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from courses.flows import changes
from courses.models import CourseRun, Lesson, LessonState, Room

LONGEST_REASON = 200  # characters, as a lesson keeps them


def cancel_lesson(
    *,
    lesson: Lesson,
    by: User | None,
    reason: str,
    now: datetime,
    replacement: tuple[datetime, Room | None] | None = None,
) -> Lesson:
    """Cancel a lesson, with a replacement at (start, room; None keeps the room) if there is one.

    Cancelling again changes nothing. Raises TimetableRefused.
    """
    lesson = Lesson.objects.for_change().get(pk=lesson.pk)
    if lesson.is_cancelled:
        return lesson
    starts_at, room = replacement or (None, None)
    order = changes.Cancel(reason=reason[:LONGEST_REASON], replaced_at=starts_at, replaced_in=room and room.pk)
    return _apply(order, lesson, by, now)


def move_lesson(
    *, lesson: Lesson, by: User | None, now: datetime, starts_at: datetime | None = None, room: Room | None = None
) -> Lesson:
    """Move a lesson to another time, another room, or both; None keeps what was. Raises TimetableRefused."""
    lesson = Lesson.objects.for_change().get(pk=lesson.pk)
    if not lesson.is_cancelled and (starts_at or lesson.starts_at, room or lesson.room) == (
        lesson.starts_at,
        lesson.room,
    ):
        return lesson
    was, wanted = timezone.localtime(lesson.starts_at), timezone.localtime(starts_at or lesson.starts_at)
    order = changes.Move(days=(wanted.date() - was.date()).days, at=wanted.time(), room_id=room and room.pk)
    return _apply(order, lesson, by, now)


def _apply(order, lesson, by, now):
    changes.apply(changes.plan(order, [lesson], now=now), key=uuid4(), by=by, now=now)
    return lesson


def cancel_all(*, run: CourseRun, reason: str, now: datetime) -> int:
    """Cancel every lesson of a locked run that is not over yet; how many. They stay in calendars, marked."""
    to_come = Lesson.objects.scheduled().filter(run=run, ends_at__gt=now)
    return to_come.update(
        state=LessonState.CANCELLED, cancel_reason=reason[:LONGEST_REASON], sequence=F("sequence") + 1, changed_at=now
    )
