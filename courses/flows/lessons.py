"""What becomes of single lessons once they are rows of their own: cancelled, replaced, moved.

A room and an instructor are never in two places at once. Families are told by the flows above, which know them.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Min

from accounts.formatting import datetime_short
from accounts.models import User
from courses.flows import seats
from courses.models import CourseRun, Lesson, LessonState, Room
from courses.refusals import TimetableReason, TimetableRefused

logger = logging.getLogger(__name__)

LONGEST_REASON = 200  # characters, as a lesson keeps them


@transaction.atomic
def cancel_lesson(
    *,
    lesson: Lesson,
    by: User | None,
    reason: str,
    now: datetime,
    replacement: tuple[datetime, Room | None] | None = None,
) -> Lesson:
    """Cancel a lesson, with a replacement at (start, room; None keeps the room) if there is one.

    Locks the run, then the replacement's instructors and room. Cancelling again changes nothing.
    Raises TimetableRefused.
    """
    lesson = _lock(lesson)
    if lesson.is_cancelled:
        return lesson
    if lesson.ends_at <= now:
        raise TimetableRefused(TimetableReason.PAST, lesson)
    lesson.state, lesson.cancel_reason = LessonState.CANCELLED, reason
    _save(lesson, now, "state", "cancel_reason")
    if replacement:
        starts_at, room = replacement
        _replace(lesson, starts_at, room or lesson.room, now)
    _note_change(lesson.run, now)
    logger.info("lesson %s cancelled by user %s", lesson.pk, by and by.pk)
    return lesson


def cancel_all(*, run: CourseRun, reason: str, now: datetime) -> int:
    """Cancel every lesson of a locked run that is not over yet; how many. They stay in calendars, marked."""
    to_come = Lesson.objects.scheduled().filter(run=run, ends_at__gt=now)
    return to_come.update(
        state=LessonState.CANCELLED, cancel_reason=reason[:LONGEST_REASON], sequence=F("sequence") + 1, changed_at=now
    )


@transaction.atomic
def move_lesson(
    *,
    lesson: Lesson,
    by: User | None,
    now: datetime,
    starts_at: datetime | None = None,
    room: Room | None = None,
    note="",
) -> Lesson:
    """Move a lesson to another time, another room, or both; None keeps what was.

    note: what the calendar entry begins with; without one it says "before → after". Locks and refuses like
    cancel_lesson.
    """
    lesson = _lock(lesson)
    if lesson.is_cancelled:
        raise TimetableRefused(TimetableReason.CANCELLED, lesson)
    if lesson.ends_at <= now:
        raise TimetableRefused(TimetableReason.PAST, lesson)
    start, place = starts_at or lesson.starts_at, room or lesson.room
    if (start, place) == (lesson.starts_at, lesson.room):
        return lesson
    end = start + (lesson.ends_at - lesson.starts_at)
    _refuse_if_taken(start, end, place, lesson.instructors.all(), lesson)
    lesson.change_note = (note or _before_and_after(lesson, start, place))[:200]
    lesson.starts_at, lesson.ends_at, lesson.room = start, end, place
    _save(lesson, now, "starts_at", "ends_at", "room", "change_note")
    _note_change(lesson.run, now)
    logger.info("lesson %s moved by user %s", lesson.pk, by and by.pk)
    return lesson


def _lock(lesson):
    run = seats.lock(lesson.run_id)[lesson.run_id]
    lesson = Lesson.objects.select_related("room__venue").get(pk=lesson.pk)
    lesson.run = run
    return lesson


def _save(lesson, now, *fields):
    lesson.sequence, lesson.changed_at = lesson.sequence + 1, now
    lesson.save(update_fields=[*fields, "sequence", "changed_at"])


def _replace(lesson, starts_at, room, now):
    ends_at = starts_at + (lesson.ends_at - lesson.starts_at)
    instructors = lesson.instructors.all()
    _refuse_if_taken(starts_at, ends_at, room, instructors, lesson)
    instead = Lesson.objects.create(
        run=lesson.run,
        room=room,
        starts_at=starts_at,
        ends_at=ends_at,
        topic=lesson.topic,
        replaces=lesson,
        changed_at=now,
    )
    instead.instructors.set(instructors)


def _note_change(run, now):
    """Write the span of the run's lessons anew. Its first day stays: grade and age were counted on it."""
    columns = run.lessons.scheduled().aggregate(starts_at=Min("starts_at"), ends_at=Max("ends_at"))
    if columns["starts_at"] is None:  # all are cancelled
        columns = {}
    CourseRun.objects.filter(pk=run.pk).update(changed_at=now, **columns)


def _refuse_if_taken(starts_at, ends_at, room, instructors, lesson):
    """Refuse a time at which the room or an instructor is needed elsewhere; travel between venues counts."""
    people = list(
        User.objects.select_for_update(no_key=True).filter(pk__in=[one.pk for one in instructors]).order_by("pk")
    )
    others = Lesson.objects.scheduled().exclude(pk=lesson.pk).select_related("run__course", "room__venue")
    if room is not None:
        Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        if room.capacity < lesson.run.capacity:
            raise TimetableRefused(TimetableReason.ROOM_SMALL)
        if (other := others.filter(room=room, starts_at__lt=ends_at, ends_at__gt=starts_at).first()) is not None:
            raise TimetableRefused(TimetableReason.ROOM_TAKEN, other)
    travel = timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)
    near = others.filter(
        instructors__in=people, starts_at__lt=ends_at + travel, ends_at__gt=starts_at - travel
    ).distinct()
    for other in near:
        elsewhere = None not in (room, other.room) and other.room.venue_id != room.venue_id
        gap = travel if elsewhere else timedelta()
        if other.starts_at < ends_at + gap and other.ends_at > starts_at - gap:
            raise TimetableRefused(TimetableReason.INSTRUCTOR_TAKEN, other)


def _before_and_after(lesson, starts_at, room):
    """Figures and names alone, so that it reads the same in every language."""
    parts = []
    if starts_at != lesson.starts_at:
        parts.append(f"{datetime_short(lesson.starts_at)} → {datetime_short(starts_at)}")
    if room != lesson.room:
        parts.append(" → ".join(str(one) if one else "–" for one in (lesson.room, room)))
    return "; ".join(parts)
