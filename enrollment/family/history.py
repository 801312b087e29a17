"""What happened to a family's places, in words: from the ledger and the timetable."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.formatting import day_month
from accounts.models import Guardianship, User
from accounts.outbox.models import Message
from courses.models import Lesson, LessonState
from enrollment.family import wording
from enrollment.family.members import Member
from enrollment.models import ATTENDING, Enrollment, LedgerEntry, LedgerEvent
from enrollment.standing import ahead, at_receipt

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
    LedgerEvent.TRANSFERRED,
    LedgerEvent.KEPT,
    LedgerEvent.TRIAL_ENDED,
    LedgerEvent.ASKED,
    LedgerEvent.RECONFIRMED,
    LedgerEvent.UNCONFIRMED,
    LedgerEvent.STANDBY,
    LedgerEvent.NO_SHOW,
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
    runs = {one.run_id for one in by_id.values() if one.state in ATTENDING}
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
    """Everything that happened to one enrollment and why, newest first; whether the family, the centre or the system did it.

    Of others it tells nothing but how many stood in front. A constant number of queries.
    """
    relatives = set(Guardianship.objects.filter(learner=enrollment.learner_id).values_list("guardian_id", flat=True))
    relatives.add(enrollment.learner.user_id)
    rows = list(enrollment.ledger.order_by("-number"))
    letters = _letters(enrollment, user)
    return [
        Change(
            entry.at, f"{wording.event_title(entry)}.", " ".join([*_why(enrollment, entry), *letters.get(entry.number, [])]),
            f"{wording.exact(entry.at)} · {wording.who_did(entry, user=user, relatives=relatives)}",
        )
        for entry in rows
    ]  # fmt: skip


def _why(enrollment, entry):
    """Sentences about one row: what happened, and why so."""
    yield from filter(None, [wording.event_detail(entry)])
    entry.enrollment = enrollment
    if entry.number == 1:
        yield from wording.receipt_details(entry, at_receipt(entry))
    elif entry.event in (LedgerEvent.OFFERED, LedgerEvent.PROMOTED, LedgerEvent.STANDBY):
        yield wording.turn_detail(enrollment, ahead=ahead(enrollment, entry))


def _letters(enrollment, user) -> dict[int, list[str]]:
    """{number of a row: what this user was sent about it}; one query."""
    key = f"enrollment-{enrollment.pk}-"
    sent = Message.objects.visible_to(user).filter(learner=enrollment.learner_id, event_key__startswith=key)
    found = defaultdict(list)
    for event_key, sent_at in sent.order_by("sent_at", "pk").values_list("event_key", "sent_at"):
        number = event_key.removeprefix(key).partition("-")[0]
        if number.isdecimal():
            found[int(number)].append(wording.letter_detail(sent_at))
    return found
