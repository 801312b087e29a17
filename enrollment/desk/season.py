"""Reads for building a season: terms at a glance, the groups of one, and what stands against a draft, in words."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.formatting import date_short, day_month
from accounts.models import Role, User
from courses.flows.changes import Conflict
from courses.flows.season import checking
from courses.flows.season.checking import Clash, GroupCheck
from courses.flows.season.dates import DaysOff
from courses.models import CourseRun, LessonState, RunKind, RunState, Term
from courses.refusals import TimetableReason, TimetableRefused

DAYS_SHOWN = 3  # of the dates of a clash


@dataclass(frozen=True)
class TermRow:
    term: Term
    kind: str  # of the pill
    state: str
    drafts: int
    published: int


def terms(*, now: datetime) -> list[TermRow]:
    """The newest first, in one query."""
    groups = Q(runs__kind=RunKind.GROUP)
    counted = Term.objects.annotate(
        drafts=Count("runs", filter=groups & Q(runs__state=RunState.DRAFT)),
        published=Count("runs", filter=groups & Q(runs__state=RunState.PUBLISHED)),
    )
    found = counted.order_by("-starts_on", "-pk")
    return [TermRow(term, *state_of(term, term.published, now=now), term.drafts, term.published) for term in found]


def copy_proposal(given, *, now: datetime) -> dict[str, str]:
    """{"source", "target"} as an address says it, and what it leaves out: the newest term with groups, and the newest later one."""
    rows = terms(now=now)
    known = {str(row.term.pk): row for row in rows}
    target = known.get(given.get("target", ""))
    source = known.get(given.get("source", ""))
    source = source or next((row for row in rows if row.published and row is not target), None)
    later = [row for row in rows if source and row.term.starts_on > source.term.starts_on]
    target = target or next(iter(later), None)
    return {name: str(row.term.pk) for name, row in (("source", source), ("target", target)) if row}


def state_of(term: Term, published: int, *, now: datetime) -> tuple[str, str]:
    """(kind of the pill, words)"""
    today = timezone.localdate(now)
    if term.ends_on < today:
        return "neutral", _("past")
    if term.starts_on <= today:
        return "ok", _("running")
    if published:
        return "info", _("published")
    return "wait", _("draft")


# -- The groups of a term ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Remark:
    """Something to be known about a draft; `refuses` when it cannot be published so."""

    text: str
    refuses: bool = True
    other: CourseRun | None = None
    icon: str = "alert"


@dataclass
class Row:
    run: CourseRun
    lessons: int
    check: GroupCheck | None = None  # of drafts alone
    remarks: list[Remark] = field(default_factory=list)

    @property
    def is_draft(self) -> bool:
        return self.run.state == RunState.DRAFT

    @property
    def is_free(self) -> bool:
        """A draft against which nothing stands."""
        return self.is_draft and not self.check.refuses

    @property
    def is_to_be_looked_at(self) -> bool:
        return bool(self.remarks)

    @property
    def instructors(self) -> list[User]:
        return list(self.run.instructors.all())


def groups(term: Term) -> list[Row]:
    """Its weekly groups in the order of the week; a constant number of queries."""
    counted = Count("lessons", filter=~Q(lessons__state=LessonState.CANCELLED))
    runs = (
        CourseRun.objects.filter(term=term, kind=RunKind.GROUP)
        .exclude(state=RunState.CANCELLED)
        .select_related("course", "room__venue")
        .prefetch_related("instructors")
        .annotate(lesson_count=counted)
        .order_by("weekday", "start_time", "code")
    )
    runs = list(runs)
    off = DaysOff(term)
    checks = checking.check(term, [run for run in runs if run.state == RunState.DRAFT], off=off)
    rows = [Row(run, run.lesson_count, checks.get(run.pk)) for run in runs]
    for row in rows:
        row.remarks = remarks(row.check) if row.check else []
    return rows


def remarks(check: GroupCheck) -> list[Remark]:
    """What a coordinator reads about a draft: first what refuses it."""
    found = [Remark(clash_words(clash), other=clash.other, icon="overlap") for clash in check.clashes]
    if check.is_room_small:
        facts = {"seats": check.run.room.capacity, "group": check.run.capacity}
        found.append(Remark(_("Room too small: seats %(seats)s, group %(group)s") % facts))
    if not check.lessons:
        found.append(Remark(_("No lessons")))
    found += [Remark(_("Does not teach any more: %(person)s") % {"person": one}) for one in check.gone]
    if check.has_no_room:
        found.append(Remark(_("No room yet"), refuses=False, icon="pin"))
    if check.has_no_instructor:
        found.append(Remark(_("No instructor yet"), refuses=False, icon="user"))
    if check.when_closed:
        closed = _("Outside the venue's opening hours: %(count)s") % {"count": len(check.when_closed)}
        found.append(Remark(closed, refuses=False, icon="clock"))
    if check.odd:
        count = len(check.odd.added) + len(check.odd.missing) + len(check.odd.different)
        found.append(Remark(_("Odd dates: %(count)s") % {"count": count}, refuses=False, icon="calendar"))
    return found


def clash_words(clash: Clash) -> str:
    facts = {"group": clash.other.code, "days": days(clash.starts), "person": clash.instructor}
    if clash.reason == TimetableReason.ROOM_TAKEN:
        return _("Room taken: %(group)s · %(days)s") % facts
    return _("Teaches elsewhere: %(person)s, %(group)s · %(days)s") % facts


def days(starts) -> str:
    """ "07.09., 14.09., 21.09. +12" """
    shown = ", ".join(day_month(start) for start in starts[:DAYS_SHOWN])
    more = len(starts) - DAYS_SHOWN
    return f"{shown} +{more}" if more > 0 else shown


def conflict_words(conflicts: list[Conflict]) -> list[str]:
    """One line per pair of groups: why a set of drafts was refused."""
    people = User.objects.in_bulk({one.instructor_id for one in conflicts} - {None})
    lines = {}
    for one in conflicts:
        starts = lines.setdefault((one.edit.run, one.reason, one.other_run, one.instructor_id), set())
        starts.add(one.edit.after.starts_at)
    return [
        f"{run.code}: "
        + (
            _("room too small")
            if reason == TimetableReason.ROOM_SMALL
            else clash_words(Clash(reason, other, tuple(sorted(starts)), people.get(person)))
        )
        for (run, reason, other, person), starts in lines.items()
    ]


# -- Words -------------------------------------------------------------------------------------------


def words(refused: TimetableRefused) -> str:
    """Why something was refused, with its day."""
    if refused.reason == TimetableReason.STALE:
        return _("Somebody has changed this meanwhile. What was typed is kept: look at it again and save it once more.")
    return f"{refused.reason.label}: {date_short(refused.day)}" if refused.day else f"{refused.reason.label}."


def instructors() -> list[User]:
    """Who may teach, by name."""
    teaching = User.objects.filter(role_grants__role=Role.INSTRUCTOR, role_grants__ended_at=None, is_active=True)
    return list(teaching.distinct().order_by("last_name", "first_name", "pk"))
