"""Doing what was seen, and telling of it in the same transaction; taking both back."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.outbox import flows as outbox
from accounts.permissions import is_builder, is_desk_staff
from courses.flows import changes
from courses.models import Lesson, TimetableChange
from courses.refusals import TimetableReason, TimetableRefused
from enrollment import emails
from enrollment.flows.timetable import substitutes
from enrollment.flows.timetable.clashes import new_clashes
from enrollment.flows.timetable.houses import plan
from enrollment.flows.timetable.previewing import TOLD
from enrollment.flows.timetable.touched import touched


@transaction.atomic
def change(
    order: changes.Order,
    lessons: Iterable[Lesson],
    *,
    key: UUID,
    fingerprint: str,
    by: User,
    now: datetime,
    clashes_seen: bool = False,
) -> TimetableChange:
    """Change the lessons as previewed and write one letter to everybody concerned, held for the time of undo.

    The same key again gives what was done the first time. fingerprint: of the plan that was seen. Locks the groups,
    instructors and rooms. Raises TimetableRefused: NOT_ALLOWED, STALE when a lesson was changed since it was seen,
    CLASHES when lessons of learners would newly overlap and nobody said that this was seen, and what `changes.apply` does.
    """
    if (done := TimetableChange.objects.filter(key=key).first()) is not None:
        return done
    fresh = Lesson.objects.filter(pk__in=[one.pk for one in lessons]).for_change()
    found = _plan_as_seen(order, fresh, fingerprint, now)
    _insist_on_right(by, len(found.runs))
    people = touched(found.edits)
    if not clashes_seen and (clashes := new_clashes(found.edits, people)):
        raise TimetableRefused(TimetableReason.CLASHES, clashes[0].edit.lesson)
    done = changes.apply(found, key=key, by=by, now=now)
    hold = settings.STAFF_MESSAGE_HOLD_SECONDS
    invitations = substitutes.letters(done, found, hold_seconds=hold)
    outbox.enqueue(*invitations)
    if found.order.kind in TOLD:
        invited = {(one.facts["lesson_id"], one.recipient_id) for one in invitations}
        outbox.enqueue(
            *emails.lessons_changed(done, people.told, hold_seconds=hold),
            *emails.teaching_changed(done, found.edits, but=invited, hold_seconds=hold),
        )
    return done


@transaction.atomic
def undo(made: TimetableChange, *, by: User, now: datetime) -> TimetableChange:
    """Put the lessons back and stop every letter about it. Undone already: nothing happens. Raises TimetableRefused."""
    _insist_on_right(by, made.lessons.order_by().values("run").distinct().count())
    undone = changes.undo(made, by=by, now=now)
    outbox.stop(event_key_prefix=emails.change_key(undone), now=now)
    return undone


def _plan_as_seen(order, lessons, fingerprint, now):
    try:
        found = plan(order, lessons, now=now)
    except TimetableRefused as refused:
        snapshots = [(one, changes.Snapshot.of(one)) for one in lessons]
        as_now = changes.Plan(order, [changes.Edit(one.run, one, it_is, it_is) for one, it_is in snapshots])
        if as_now.fingerprint == fingerprint:
            raise
        # Cancelled by somebody meanwhile, for instance: the order made sense when it was seen.
        raise TimetableRefused(TimetableReason.STALE, refused.lesson) from refused
    if found.fingerprint != fingerprint:
        raise TimetableRefused(TimetableReason.STALE)
    return found


def _insist_on_right(by: User, groups: int):
    """One group: whoever works at the desk. Several: who builds the season."""
    if not (is_builder(by) or (groups <= 1 and is_desk_staff(by))):
        raise TimetableRefused(TimetableReason.NOT_ALLOWED)
