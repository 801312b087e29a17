"""Late changes: told once more to people whose calendar has not fetched them (CALENDARS, 13)."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from accounts.outbox import flows as outbox
from accounts.outbox.models import Message
from courses.flows.changes import Edit, Snapshot
from courses.models import LessonChange, TimetableChange
from enrollment import emails
from enrollment.flows.timetable.previewing import TOLD
from enrollment.flows.timetable.touched import touched
from enrollment.models import FeedKind, FeedLink


def remind_of_late_changes(*, now: datetime) -> int:
    """Remind of every late change whose time has come; how many letters. Repeating it adds none.

    A change is late when it was made less than LATE_CHANGE_HOURS before the earlier of the old and the new start. The
    reminder is due LATE_CHANGE_REMINDER_HOURS before that, or at once, and goes to whoever has a calendar link that was
    not fetched since. One a day and change; of a lesson changed twice only the last change counts.
    """
    due = defaultdict(list)  # {(change, day of the lessons): edits}
    for row in _recent(now):
        moment = _moment(row)
        made_at = row.change.made_at
        is_late = moment - made_at < timedelta(hours=settings.LATE_CHANGE_HOURS)
        if is_late and moment - timedelta(hours=settings.LATE_CHANGE_REMINDER_HOURS) <= now < moment:
            due[row.change, timezone.localdate(moment)].append(_edit(row))
    return sum(_remind(change, day, edits, now) for (change, day), edits in due.items())


def _recent(now):
    """What was changed lately and not undone, the newest change of each lesson, once its first letter has left."""
    settled = now - timedelta(seconds=settings.STAFF_MESSAGE_HOLD_SECONDS)
    made = TimetableChange.objects.filter(undone_at=None, kind__in=TOLD)
    recent = made.filter(made_at__gt=now - timedelta(hours=settings.LATE_CHANGE_HOURS), made_at__lte=settled)
    later = LessonChange.objects.filter(
        lesson=OuterRef("lesson"), change__undone_at=None, change__kind__in=TOLD, pk__gt=OuterRef("pk")
    )
    rows = LessonChange.objects.filter(change__in=recent, lesson__isnull=False).exclude(Exists(later))
    rows = rows.select_related("change", "run__course", "lesson__replaces")
    return rows.order_by(F("change"), "pk")


def _moment(row) -> datetime:
    """The earlier of the old and the new start; of a replacement that of the lesson it replaces as well."""
    starts = [Snapshot.read(facts).starts_at for facts in (row.before, row.after) if facts]
    if row.lesson.replaces is not None and row.before is None:
        starts.append(row.lesson.replaces.starts_at)
    return min(starts)


def _edit(row) -> Edit:
    before = row.before and Snapshot.read(row.before)
    return Edit(row.run, row.lesson, before, Snapshot.read(row.after), None if before else row.lesson.replaces)


@transaction.atomic
def _remind(change, day, edits, now) -> int:
    told = _not_informed(change, touched(edits).told)
    if not told or not any(edit.before for edit in edits):
        return 0
    letters = emails.late_change(change, told, about=day.isoformat(), now=now)
    known = set(
        Message.objects.filter(event_key__in={one.event_key for one in letters}).values_list("event_key", "address")
    )
    new = [one for one in letters if one.address and (one.event_key, one.address) not in known]
    outbox.enqueue(*new)
    return len(new)


def _not_informed(change, told) -> dict:
    """Of those who are told, the people with a link older than the change that was not fetched since; one query.

    Whom no link shows a lesson is told by letter alone, and was.
    """
    links = defaultdict(list)
    kinds = (FeedKind.FAMILY, FeedKind.LEARNER)
    users = [user.pk for user, _address in told if user is not None]
    for link in FeedLink.objects.live().filter(user__in=users, kind__in=kinds):
        links[link.user_id].append(link)
    found = {}
    for (user, address), theirs in told.items():
        left = [(place, edits) for place, edits in theirs if user and _is_behind(links[user.pk], place, change)]
        if left:
            found[user, address] = left
    return found


def _is_behind(links, place, change) -> bool:
    shown = [link for link in links if link.learner_id in (None, place.learner_id)]
    fetched = any(link.last_fetched_at and link.last_fetched_at >= change.made_at for link in shown)
    return not fetched and any(link.created_at < change.made_at for link in shown)
