"""Everything that matters to a family today, sorted by urgency (UX S11)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.formatting import date_day, day_month, local, time as clock, time_range
from accounts.models import User
from courses.flows.changes import Snapshot
from courses.models import Lesson, LessonChange, LessonState, Room
from enrollment.family import wording
from enrollment.family.decisions import Decision, Question, decisions
from enrollment.family.history import CHANGES_DAYS, Change, changes
from enrollment.family.lobby import Lobby, lobby
from enrollment.family.members import Member, members
from enrollment.flows import waitlist
from enrollment.flows.timetable import TOLD
from enrollment.models import ATTENDING, Enrollment, EnrollmentState as State, FeedLink, WaitlistOffer

CANCELLED_SOON_DAYS = 7  # how far ahead a cancelled lesson is a matter of today


@dataclass(frozen=True)
class Cancellation:
    """A lesson that will not take place soon, and what replaces it."""

    lesson: Lesson
    members: list[Member]
    now: datetime

    @property
    def urgent_at(self):
        return self.lesson.starts_at

    @property
    def pill(self):
        if local(self.lesson.starts_at).date() == local(self.now).date():
            return _("Not today")
        return _("No lesson on %(day)s") % {"day": day_month(self.lesson.starts_at)}

    @property
    def when(self):
        return f"{date_day(self.lesson.starts_at)}, {wording.at(self.lesson.starts_at)}"

    @property
    def reason(self):
        return self.lesson.cancel_reason.rstrip(".")

    @property
    def replacement(self) -> Lesson | None:
        return getattr(self.lesson, "replacement", None)

    @property
    def replacement_title(self):
        if self.replacement is None:
            return ""
        at = self.replacement.starts_at
        return _("Replaced: %(day)s, %(time)s") % {"day": date_day(at), "time": wording.at(at)}

    @property
    def replacement_text(self):
        return self.replacement.place if self.replacement else ""


@dataclass(frozen=True)
class Rearranged:
    """A lesson of these days that is at another time, elsewhere, online, or on again after it was cancelled."""

    lesson: Lesson
    before: Snapshot
    rooms: dict[int, Room]
    members: list[Member]

    @property
    def title(self):
        if self.before.state == LessonState.CANCELLED:
            return _("The lesson takes place after all.")
        if self.lesson.is_remote and not self.before.is_remote:
            return _("The lesson is held online.")
        time = (self.before.starts_at, self.before.ends_at) != (self.lesson.starts_at, self.lesson.ends_at)
        if time and self.before.room != self.lesson.room_id:
            return _("Time and room changed.")
        return _("Time changed.") if time else _("Room changed.")

    @property
    def was(self):
        return self._words(self.before.starts_at, self.before.ends_at, self.rooms.get(self.before.room))

    @property
    def will_be(self):
        return self._words(self.lesson.starts_at, self.lesson.ends_at, self.lesson.room)

    @staticmethod
    def _words(start, end, room):
        return ", ".join(filter(None, [date_day(start), time_range(start, end), str(room or "")]))


@dataclass(frozen=True)
class NextLesson:
    lesson: Lesson
    member: Member

    @property
    def when(self):
        return f"{date_day(self.lesson.starts_at)}, {clock(self.lesson.starts_at)}"

    @property
    def what(self):
        return f"{self.lesson.run.course.title}, {self.lesson.run.code}"

    @property
    def where(self):
        replaces = self.lesson.replaces
        instead = _("instead of %(day)s") % {"day": day_month(replaces.starts_at)} if replaces else ""
        return " · ".join(filter(None, [self.lesson.place, instead]))


@dataclass(frozen=True)
class Row:
    """One enrollment in a list: whose, what, when, and its state as a pill."""

    enrollment: Enrollment
    member: Member
    position: int | None = None
    position_before: int | None = None  # at the last visit, when it stood further back
    offer: WaitlistOffer | None = None
    is_past: bool = False

    @property
    def title(self):
        return self.enrollment.run.course.title

    @property
    def code(self):
        return self.enrollment.run.code

    @property
    def when(self):
        return wording.schedule(self.enrollment.run)

    @property
    def term(self):
        run = self.enrollment.run
        return run.term.name if run.term else str(local(run.starts_at).year)

    @property
    def pill(self):
        return wording.pill(self.enrollment, position=self.position, offer=self.offer, is_past=self.is_past)


@dataclass
class Home:
    members: list[Member]
    decisions: list[Decision | Question] = field(default_factory=list)
    cancelled_first: list[Cancellation] = field(default_factory=list)  # more urgent than the first decision
    cancelled_later: list[Cancellation] = field(default_factory=list)
    rearranged: list[Rearranged] = field(default_factory=list)
    next_lessons: list[NextLesson] = field(default_factory=list)
    queue: list[Row] = field(default_factory=list)
    places: list[Row] = field(default_factory=list)
    past: list[Row] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    feed: FeedLink | None = None
    applications: Lobby | None = None
    seen_at: datetime | None = None  # the last visit; none at the first

    @property
    def children(self):
        return [one for one in self.members if not one.is_self]

    @property
    def is_new(self):
        return not self.members

    @property
    def has_nothing_now(self):
        return not (self.queue or self.places)

    @property
    def undecided(self):
        """What is prepared, or received and not decided yet."""
        return [*self.applications.received, *self.applications.prepared] if self.applications else []

    @property
    def has_news(self):
        return self.seen_at is not None and any(not change.seen for change in self.changes)

    @property
    def positions(self) -> dict[str, int]:
        """{enrollment id as text: number}, to be remembered until the next visit."""
        return {str(row.enrollment.pk): row.position for row in self.queue}


def home(
    *, user: User, now: datetime, seen_at: datetime | None = None, seen_positions: dict[str, int] | None = None
) -> Home:
    """The number of queries does not grow with the family.

    seen_at, seen_positions: of the last visit, to tell what is new since then.
    """
    family = {member.pk: member for member in members(user)}
    found = Home(members=list(family.values()), seen_at=seen_at)
    every = Enrollment.objects.filter(learner__in=family).for_display()
    every = every.select_related("run__term", "trial_lesson__room__venue", "trial_lesson__replaces", "replaces__run")
    enrollments = list(every.order_by("run__starts_at", "pk"))
    current = [one for one in enrollments if one.ended_at is None and one.run.ends_at > now]
    _sort_places(found, enrollments, current, family, now, seen_positions or {})
    found.decisions = decisions(found.places, user=user, now=now)
    _add_cancellations(found, current, family, now)
    found.rearranged = _rearranged(current, family, now)
    found.next_lessons = _next_lessons(current, family, now)
    found.changes = changes(enrollments=enrollments, family=family, now=now, seen_at=seen_at)
    feeds = FeedLink.objects.live().visible_to(user).order_by(F("last_fetched_at").desc(nulls_last=True), "-pk")
    found.feed = feeds.first()
    found.applications = lobby(user=user, now=now, family=found.members)
    return found


def _sort_places(found, enrollments, current, family, now, seen_positions):
    """Who waits, who has a place, and what is over: current ones by their start, past ones newest first."""
    live_ids = {one.pk for one in current}
    positions = waitlist.positions(current)
    offers = _open_offers(current, now)
    for one in current:
        member = family[one.learner_id]
        if one.state == State.WAITLISTED:
            before = seen_positions.get(str(one.pk), 0)
            found.queue.append(Row(one, member, positions[one.pk], before if before > positions[one.pk] else None))
        else:
            found.places.append(Row(one, member, offer=offers.get(one.pk)))
    past = [one for one in reversed(enrollments) if one.pk not in live_ids]
    found.past = [Row(one, family[one.learner_id], is_past=one.run.ends_at <= now) for one in past]


def _open_offers(current, now) -> dict[int, WaitlistOffer]:
    """{enrollment id: its open offer}"""
    by_id = {one.pk: one for one in current if one.state == State.OFFERED}
    if not by_id:
        return {}
    offers = WaitlistOffer.objects.open().filter(enrollment__in=by_id, expires_at__gt=now)
    found = {}
    for offer in offers:
        offer.enrollment = by_id[offer.enrollment_id]
        found[offer.enrollment_id] = offer
    return found


def places_of(member: Member, *, now: datetime) -> list[Row]:
    """What one of the family has now, soonest first; three queries."""
    running = Enrollment.objects.filter(learner=member.pk, ended_at=None, run__ends_at__gt=now)
    current = list(running.for_display().order_by("run__starts_at", "pk"))
    positions, offers = waitlist.positions(current), _open_offers(current, now)
    return [Row(one, member, positions.get(one.pk), offer=offers.get(one.pk)) for one in current]


def _attended(current) -> dict[int, list[Enrollment]]:
    """{run id: enrollments whose learners come to its lessons}"""
    attended = {}
    for one in current:
        if one.state in ATTENDING:
            attended.setdefault(one.run_id, []).append(one)
    return attended


def _add_cancellations(found, current, family, now):
    attended = _attended(current)
    if not attended:
        return
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    until = now + timedelta(days=CANCELLED_SOON_DAYS)
    lessons = Lesson.objects.filter(
        run__in=attended, state=LessonState.CANCELLED, starts_at__gte=today, starts_at__lt=until
    )
    decide_by = found.decisions[0].urgent_at if found.decisions else None
    for lesson in lessons.select_related("run__course", "replacement__room__venue").order_by("starts_at"):
        cancellation = Cancellation(lesson, [family[one.learner_id] for one in attended[lesson.run_id]], now)
        comes_first = decide_by is not None and cancellation.urgent_at < decide_by
        (found.cancelled_first if comes_first else found.cancelled_later).append(cancellation)


def _rearranged(current, family, now) -> list[Rearranged]:
    """What the last change of each coming lesson made of it, when it was to be or will be in these days; two queries."""
    attended = _attended(current)
    if not attended:
        return []
    rows = LessonChange.objects.filter(
        lesson__run__in=attended, lesson__state=LessonState.SCHEDULED, lesson__ends_at__gt=now, before__isnull=False,
        change__undone_at=None, change__kind__in=TOLD, change__made_at__gt=now - timedelta(days=CHANGES_DAYS),
    )  # fmt: skip
    newest = {
        row.lesson_id: row for row in rows.select_related("lesson__run__course", "lesson__room__venue").order_by("pk")
    }
    until = now + timedelta(days=CANCELLED_SOON_DAYS)
    soon = []
    for row in newest.values():
        before = Snapshot.read(row.before)
        if min(before.starts_at, row.lesson.starts_at) < until:
            soon.append((row.lesson, before))
    rooms = (
        Room.objects.select_related("venue").in_bulk({before.room for _lesson, before in soon} - {None}) if soon else {}
    )
    found = []
    for lesson, before in sorted(soon, key=lambda one: (one[0].starts_at, one[0].pk)):
        theirs = [
            one for one in attended[lesson.run_id] if one.state != State.TRIAL or one.trial_lesson_id == lesson.pk
        ]
        if theirs:
            found.append(Rearranged(lesson, before, rooms, [family[one.learner_id] for one in theirs]))
    return found


def _next_lessons(current, family, now):
    """The next lesson of each member of the family, soonest first; of a trial only the one that is tried."""
    attended = _attended(current)
    lessons = first_lessons(attended, now=now)
    coming = [
        (lesson, one) for lesson in lessons.values() for one in attended[lesson.run_id] if one.state != State.TRIAL
    ]
    coming += [(_tried(one), one) for one in current if one.state == State.TRIAL and one.trial_lesson.ends_at > now]
    found = {}
    for lesson, one in sorted(coming, key=lambda pair: (pair[0].starts_at, pair[0].pk)):
        found.setdefault(one.learner_id, NextLesson(lesson, family[one.learner_id]))
    return sorted(found.values(), key=lambda one: (one.lesson.starts_at, one.member.pk))


def _tried(trial):
    """Its lesson as lists show it, with what is loaded already."""
    trial.trial_lesson.run = trial.run
    return trial.trial_lesson


def first_lessons(run_ids, *, now: datetime) -> dict[int, Lesson]:
    """{run id: its next lesson that takes place}, in one query."""
    if not run_ids:
        return {}
    upcoming = Lesson.objects.scheduled().upcoming(now=now).filter(run__in=list(run_ids))
    numbered = upcoming.annotate(
        number=Window(RowNumber(), partition_by=F("run_id"), order_by=[F("starts_at"), F("pk")])
    )
    firsts = numbered.filter(number=1).select_related("run__course", "room__venue", "replaces")
    return {lesson.run_id: lesson for lesson in firsts}


def coming_lessons(enrollment: Enrollment, *, now: datetime, limit: int = 4) -> list[Lesson]:
    """The next lessons of its run, cancelled ones too."""
    lessons = Lesson.objects.upcoming(now=now).filter(run=enrollment.run_id)
    return list(lessons.select_related("room__venue", "replaces", "replacement").order_by("starts_at")[:limit])
