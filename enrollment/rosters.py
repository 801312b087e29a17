"""Reads for staff that join the apps: who is in a group, all groups at a glance, where a learner fits.

Each takes a constant number of queries, whatever the number of groups and people.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _, pgettext

from accounts import staff_log
from accounts.formatting import day_month, local, time as clock
from accounts.models import Guardianship, Learner, User
from accounts.names import sort_key
from courses.models import CourseRun, RunKind, RunState
from enrollment import eligibility
from enrollment.models import PLACED, Enrollment, EnrollmentState as State, LedgerEntry, WaitlistOffer
from enrollment.refusals import Refusal
from enrollment.weekdays import search_text

ROSTER_OPENS, ROSTER_CLOSES = timedelta(days=7), timedelta(days=14)  # before the first lesson, after the last
HISTORY = 200  # newest rows of a group's history


# -- One group ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """Somebody who has a seat, was offered one, is giving one back, or waits for one."""

    enrollment: Enrollment
    number: int  # in the list, or in the queue
    grade: int | None = None
    phone: str = ""  # of the first guardian who has one
    offer: WaitlistOffer | None = None

    @property
    def learner(self) -> Learner | None:
        return self.enrollment.learner

    @property
    def school(self) -> str:
        """Without the town, as everybody here says it: "2. vidusskola"."""
        school = self.learner.school if self.learner else None
        return school.name.removeprefix("Ventspils ") if school else ""


@dataclass(frozen=True)
class Roster:
    run: CourseRun
    seated: list[Row]  # confirmed, on trial and offered, in the order of the Latvian alphabet
    held: list[Row]  # given back or moved, until the undo time is over
    queue: list[Row]  # in the order in which they are served

    @property
    def deciding(self) -> list[Row]:
        return [row for row in self.seated if row.offer]

    def find(self, pk: int) -> Row | None:
        return next((row for row in [*self.seated, *self.held, *self.queue] if row.enrollment.pk == pk), None)


def roster(*, run: CourseRun, now: datetime) -> Roster:
    """Everybody in the group and in its queue, in three queries."""
    today = timezone.localtime(now).date()
    enrollments = list(
        run.enrollments.filter(ended_at=None)
        .select_related(
            "learner__school", "learner__user", "submission", "moved_to__run", "trial_lesson", "replaces__run"
        )
        .order_by("priority", "received_at", "pk")
    )
    for enrollment in enrollments:
        enrollment.run = run
    phones = phones_of([one.learner for one in enrollments if one.learner])
    offers = {offer.enrollment_id: offer for offer in WaitlistOffer.objects.open().filter(enrollment__run=run)}

    def rows(states, *, by_name):
        found = [one for one in enrollments if one.state in states]
        if by_name:
            found.sort(key=lambda one: (one.learner.sort_key if one.learner else sort_key(one.guest_name), one.pk))
        return [
            Row(
                enrollment=one, number=number, offer=offers.get(one.pk),
                grade=one.learner.grade_on(today) if one.learner else None, phone=phones.get(one.learner_id, ""),
            )
            for number, one in enumerate(found, 1)
        ]  # fmt: skip

    return Roster(
        run=run,
        seated=rows(PLACED, by_name=True),
        held=rows((State.LEAVING,), by_name=True),
        queue=rows((State.WAITLISTED,), by_name=False),
    )


def phones_of(learners: Iterable[Learner]) -> dict[int, str]:
    """{learner id: phone of the first guardian who has one, or the learner's own}; `user` must be loaded."""
    learners = list(learners)
    phones = {learner.pk: learner.user.phone for learner in learners if learner.user_id and learner.user.phone}
    acting = Guardianship.objects.live().filter(learner__in=[learner.pk for learner in learners])
    for learner_id, phone in acting.order_by("-started_at", "-pk").values_list("learner_id", "guardian__phone"):
        if phone:
            phones[learner_id] = phone
    return phones


@dataclass(frozen=True)
class Happening:
    """One line of a group's history: of a place, or of the group itself."""

    at: datetime
    title: str
    who: str = ""
    by: str = ""
    reason: str = ""
    enrollment_id: int | None = None


def history(*, run: CourseRun) -> list[Happening]:
    """The ledger of the group and the changes of its capacity, newest first."""
    entries = run.ledger.select_related("enrollment__learner", "by").order_by("-pk")[:HISTORY]
    happenings = [
        Happening(
            entry.at,
            entry.get_event_display(),
            entry.enrollment.who,
            _name(entry.by),
            _reason(entry),
            entry.enrollment_id,
        )
        for entry in entries
    ]
    happenings += [
        Happening(one.action_time, _("Capacity changed"), by=_name(one.user), reason=one.change_message)
        for one in staff_log.rows_about(run)[:HISTORY]
    ]
    return sorted(happenings, key=lambda one: one.at, reverse=True)


def _reason(entry: LedgerEntry) -> str:
    """In the reader's language, with the rules that were overridden in front."""
    return " · ".join(filter(None, [", ".join(entry.overridden), entry.reason_words]))


def _name(user: User | None) -> str:
    return str(user) if user else _("the system")


def ledger_of(enrollment: Enrollment) -> list[LedgerEntry]:
    return list(enrollment.ledger.select_related("by").order_by("-number"))


# -- All groups -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class GroupRow:
    run: CourseRun
    state_kind: str  # of the pill
    state: str
    instructors: list[User] = field(default_factory=list)


def state_of(run: CourseRun, *, now: datetime) -> tuple[str, str]:
    """(kind of pill, words) of a group as a whole."""
    if run.state == RunState.DRAFT:
        return "neutral", pgettext("group", "Draft")
    if run.state == RunState.CANCELLED:
        return "bad", pgettext("group", "Cancelled")
    if run.ends_at <= now:
        return "neutral", pgettext("group", "Ended")
    if now < run.enrollment_opens_at:
        opens = {"day": day_month(run.enrollment_opens_at), "time": clock(run.enrollment_opens_at)}
        return "info", _("Opens %(day)s, %(time)s") % opens
    if now >= run.enrollment_closes_at:
        return "neutral", pgettext("group", "Closed")
    return ("neutral", _("Full")) if run.is_full else ("ok", pgettext("group", "Open"))


SORTS = {
    "title": lambda run: (sort_key(run.course.title), run.code),
    "code": lambda run: (run.code.partition("-")[0], _number(run.code)),
    "day": lambda run: (7 if run.weekday is None else run.weekday, str(run.start_time or ""), run.code),
    "free": lambda run: (-run.seats_free, sort_key(run.course.title), run.code),
    "queue": lambda run: (-run.waitlist_length, sort_key(run.course.title), run.code),
}


def _number(code):
    digits = code.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def groups(*, now, text="", weekday=None, topic="", only_free=False, only_queue=False, sort="title") -> list[GroupRow]:
    """All groups that have not ended, filtered and sorted, in two queries. Drafts are for those who build the season."""
    shown = CourseRun.objects.filter(kind=RunKind.GROUP).exclude(state=RunState.DRAFT).not_finished(now=now)
    runs = shown.for_display().prefetch_related("instructors")
    if weekday is not None:
        runs = runs.filter(weekday=weekday)
    if topic:
        runs = runs.filter(course__topic=topic)
    if only_free:
        runs = runs.published().with_free_seats()
    if only_queue:
        runs = runs.filter(waitlist_length__gt=0)
    words = text.split()
    found = [run for run in runs if not words or matches(run, words)]
    found.sort(key=SORTS.get(sort, SORTS["title"]))
    return [GroupRow(run, *state_of(run, now=now), list(run.instructors.all())) for run in found]


def matches(run: CourseRun, words: list[str]) -> bool:
    """Whether the group's code, title, day and time hold every one of the folded words."""
    text = search_text(run)
    return all(word in text for word in words)


# -- Where a learner fits -------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A group that a learner could be enrolled in or moved to."""

    run: CourseRun
    refusal: Refusal | None  # why not; None when the learner fits

    @property
    def fits(self) -> bool:
        return self.refusal is None

    @property
    def can_override(self) -> bool:
        return self.refusal is not None and self.refusal.is_overridable

    @property
    def search(self) -> str:
        return search_text(self.run)


def choices(*, learner: Learner, now: datetime, leaving: Enrollment | None = None) -> list[Choice]:
    """All published groups: those with a seat first, then those with a queue, then those that do not fit.

    leaving: the enrollment that a move would end.
    """
    runs = CourseRun.objects.published().filter(kind=RunKind.GROUP).not_finished(now=now).for_display()
    if leaving:
        runs = runs.exclude(pk=leaving.run_id)
    runs = list(runs)
    fit = eligibility.fit(runs=runs, learners=[learner], now=now, leaving=leaving)
    found = [Choice(run, fit[run.pk, learner.pk]) for run in runs]
    found.sort(
        key=lambda one: (not one.fits, one.fits and one.run.is_full, not one.can_override, *SORTS["day"](one.run))
    )
    return found


# -- Taking back ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Undo:
    """What was just done and can still be undone; `enrollment` is the one to send back."""

    enrollment: Enrollment
    old_code: str = ""  # of the group that was left by a move
    by_centre: bool = False
    seconds: int = settings.STAFF_MESSAGE_HOLD_SECONDS  # until the family is told

    @property
    def is_move(self) -> bool:
        return bool(self.old_code)


def undo_of(enrollment: Enrollment, *, now: datetime) -> Undo | None:
    """How this enrollment's last change can be taken back; None when nobody holds a seat for that any more.

    Needs learner, run and moved_from with its run loaded.
    """
    old = enrollment.moved_from
    if enrollment.state == State.LEAVING and enrollment.releases_at > now:
        if enrollment.releases_to == State.MOVED:
            return None  # the new enrollment is the one to send back
        by_centre = enrollment.releases_to == State.CANCELLED
        return Undo(enrollment, by_centre=by_centre, seconds=_seconds(enrollment.releases_at - now))
    if enrollment.state == State.CONFIRMED and old and old.state == State.LEAVING and old.releases_at > now:
        return Undo(enrollment, old_code=old.run.code, seconds=_seconds(old.releases_at - now))
    return None


def _seconds(left):
    return min(settings.STAFF_MESSAGE_HOLD_SECONDS, int(left.total_seconds()))


# -- For those who teach --------------------------------------------------------------------------


def runs_taught(*, user: User, now: datetime) -> QuerySet[CourseRun]:
    """The groups whose people this instructor may see now: their own, in the teaching window (TRUST, 15)."""
    taught = CourseRun.objects.filter(Q(instructors=user) | Q(lessons__instructors=user)).exclude(state=RunState.DRAFT)
    window = taught.filter(starts_at__lte=now + ROSTER_OPENS, ends_at__gte=now - ROSTER_CLOSES)
    return window.for_display().order_by("weekday", "start_time", "code").distinct()


def class_list(*, run: CourseRun, now: datetime) -> list[Row]:
    """Those who have a place, with what teaching needs and nothing else: name and grade."""
    today = local(now).date()
    seated = run.enrollments.attending().select_related("learner", "trial_lesson")
    seated = seated.defer("learner__birth_date", "learner__residency")
    rows = sorted(seated, key=lambda one: one.learner.sort_key if one.learner else sort_key(one.guest_name))
    return [
        Row(enrollment=one, number=number, grade=one.learner.grade_on(today) if one.learner else None)
        for number, one in enumerate(rows, 1)
    ]
