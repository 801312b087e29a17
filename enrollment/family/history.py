"""What happened to a family's places, in words: from the ledger and the timetable."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.formatting import day_month
from accounts.models import Guardianship, User
from courses.models import Lesson, LessonState
from enrollment.family import wording
from enrollment.family.members import Member
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry, LedgerEvent

CHANGES_DAYS, CHANGES_SHOWN = 60, 6

# What the home page tells; an undo, or a hold that ended by itself, is no news.
NEWS = (
    LedgerEvent.RECEIVED,
    LedgerEvent.OFFERED,
    LedgerEvent.PROMOTED,
    LedgerEvent.ACCEPTED,
    LedgerEvent.DECLINED,
    LedgerEvent.EXPIRED,
    LedgerEvent.GIVEN_BACK,
    LedgerEvent.LEFT_QUEUE,
    LedgerEvent.CANCELLED,
    LedgerEvent.MOVED,
)


@dataclass(frozen=True)
class Change:
    """Something that happened, for a timeline; `seen` when it is older than the last visit."""

    at: datetime
    title: str
    text: str
    meta: str
    seen: bool = False


def changes(
    *, enrollments: Iterable[Enrollment], family: dict[int, Member], now: datetime, seen_at: datetime | None
) -> list[Change]:
    """The newest changes of all these places, newest first; two queries."""
    since = now - timedelta(days=CHANGES_DAYS)
    by_id = {one.pk: one for one in enrollments}
    if not by_id:
        return []
    runs = {one.run_id for one in by_id.values() if one.state == State.CONFIRMED}
    entries = LedgerEntry.objects.filter(enrollment__in=by_id, event__in=NEWS, at__gt=since).order_by("-pk")
    lessons = (
        Lesson.objects.filter(Q(state=LessonState.CANCELLED) | ~Q(change_note=""), run__in=runs, changed_at__gt=since)
        .select_related("run__course")
        .order_by("-changed_at")
    )
    found = []
    for entry in entries[:CHANGES_SHOWN]:
        one = by_id[entry.enrollment_id]
        text = f"{family[one.learner_id].first_name} · {one.run.course.title}, {one.run.code}"
        found.append(_change(entry.at, wording.event_title(entry), text, now, seen_at))
    for lesson in lessons[:CHANGES_SHOWN]:
        text = f"{lesson.run.course.title}, {lesson.run.code}, {day_month(lesson.starts_at)}"
        title = _("No lesson") if lesson.is_cancelled else _("Lesson changed")
        found.append(_change(lesson.changed_at, title, text, now, seen_at))
    return sorted(found, key=lambda change: change.at, reverse=True)[:CHANGES_SHOWN]


def _change(at, title, text, now, seen_at):
    return Change(at, f"{title}.", text, wording.ago(at, now), seen=seen_at is not None and at <= seen_at)


def history(enrollment: Enrollment, *, user: User) -> list[Change]:
    """Everything that happened to one enrollment, newest first; whether the family, the centre or the system did it."""
    relatives = set(Guardianship.objects.filter(learner=enrollment.learner_id).values_list("guardian_id", flat=True))
    relatives.add(enrollment.learner.user_id)
    return [
        Change(
            entry.at, f"{wording.event_title(entry)}.", wording.event_detail(entry),
            f"{wording.exact(entry.at)} · {wording.who_did(entry, user=user, relatives=relatives)}",
        )
        for entry in enrollment.ledger.order_by("-number")
    ]  # fmt: skip
