"""The week of a family: lessons, queues and offers of everybody in it, with what overlaps and what is closed."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language

from accounts.drawings import Block
from accounts.formatting import local, time_range
from courses.models import Break, CourseRun, Lesson
from enrollment.family.members import Member
from enrollment.flows import waitlist
from enrollment.models import Enrollment, EnrollmentState as State

FIRST_HOUR, LAST_HOUR = 8, 21  # the grid is cut to the hours in use, within these if it can
STEP_MINUTES = 5  # rows of the grid (static/css/week-steps.css)
_KINDS = {
    State.CONFIRMED: "held", State.TRIAL: "held", State.LEAVING: "held", State.OFFERED: "decide", State.WAITLISTED: "queue",
}  # fmt: skip


@lru_cache(maxsize=32)
def _state_holidays(year: int, language: str) -> dict[date, str]:
    return dict(holidays.country_holidays("LV", years=year, language=language))


def closed_days(first: date, last: date) -> dict[date, str]:
    """{day: why there are no lessons}: state holidays and the breaks of all terms, both ends included."""
    names = {"lv": "lv"}.get((get_language() or "lv")[:2], "en_US")
    closed = {}
    for rest in Break.objects.filter(starts_on__lte=last, ends_on__gte=first, grade=None):
        day = max(first, rest.starts_on)
        while day <= min(last, rest.ends_on):
            closed[day] = rest.name
            day += timedelta(days=1)
    for year in range(first.year, last.year + 1):
        closed |= {day: name for day, name in _state_holidays(year, names).items() if first <= day <= last}
    return closed


@dataclass
class Entry:
    """One lesson in the week, with everybody of the family it concerns."""

    lesson: Lesson
    kind: str  # held | queue | decide | cancelled
    members: list[Member]
    enrollment: Enrollment
    position: int | None = None
    clashes: list["Entry"] = field(default_factory=list)
    lane: int = 1
    lanes: int = 1

    @property
    def starts_at(self):
        return self.lesson.starts_at

    @property
    def ends_at(self):
        return self.lesson.ends_at

    @property
    def run(self):
        return self.lesson.run

    @property
    def title(self):
        return f"{self.run.course.title}, {self.run.code}"

    @property
    def color(self):
        return self.members[0].color

    @property
    def replaces(self):
        return self.lesson.replaces if self.lesson.replaces_id else None

    @property
    def replacement(self):
        return getattr(self.lesson, "replacement", None)

    @property
    def minutes(self):
        start = local(self.starts_at)
        first = start.hour * 60 + start.minute
        return first, first + int((self.ends_at - self.starts_at).total_seconds() // 60)

    def meets(self, other) -> bool:
        same_learner = {member.pk for member in self.members} & {member.pk for member in other.members}
        return bool(same_learner) and self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass
class Group:
    """Lessons of a day that are told together: one, or several that overlap."""

    entries: list[Entry]

    @property
    def is_clash(self):
        return len(self.entries) > 1

    @property
    def hours(self):
        """The time that is needed twice."""
        starts = sorted(one.starts_at for one in self.entries)
        ends = sorted(one.ends_at for one in self.entries)
        return time_range(starts[1], ends[-2])


@dataclass
class Day:
    date: date
    closed: str = ""  # the name of the holiday or break
    is_today: bool = False
    entries: list[Entry] = field(default_factory=list)
    first_hour: int = FIRST_HOUR

    @property
    def lanes(self):
        return max((entry.lanes for entry in self.entries), default=1)

    @property
    def colors(self):
        """A dot per child who has a lesson on the day."""
        return sorted({member.color for entry in self.entries if entry.kind != "cancelled" for member in entry.members})

    @property
    def cancelled(self) -> int:
        """How many lessons of the day will not take place."""
        return sum(entry.kind == "cancelled" for entry in self.entries)

    @property
    def groups(self) -> list[Group]:
        groups, seen = [], set()
        for entry in self.entries:
            if id(entry) in seen:
                continue
            together = [entry, *entry.clashes]
            seen.update(id(one) for one in together)
            groups.append(Group(together))
        return groups

    @property
    def steps(self) -> list[tuple[Entry, int, int]]:
        """[(entry, rows from the top, rows it takes)] of the grid."""
        placed = []
        for entry in self.entries:
            first, last = entry.minutes
            top = max(0, (first - self.first_hour * 60) // STEP_MINUTES)
            placed.append((entry, top, max(6, min(96, -(-(last - first) // STEP_MINUTES)))))
        return placed


@dataclass
class Week:
    monday: date
    days: list[Day]
    hours: list[time]

    @property
    def name(self):
        """2026-W48, as addresses and ISO 8601 have it."""
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02d}"

    @property
    def before(self):
        return replace(self, monday=self.monday - timedelta(days=7)).name

    @property
    def after(self):
        return replace(self, monday=self.monday + timedelta(days=7)).name

    @property
    def last_day(self):
        return self.days[-1].date

    @property
    def is_empty(self):
        return not any(day.entries for day in self.days)

    @property
    def clashes(self) -> list[tuple[Day, Group]]:
        return [(day, group) for day in self.days for group in day.groups if group.is_clash]


def parse_week(text: str, *, today: date) -> date:
    """The Monday of "2026-W48"; of this week when the text is no week."""
    try:
        monday = date.fromisoformat(f"{text}-1") if len(text) == 8 else None
    except ValueError:
        monday = None
    if monday is None or not 2000 <= monday.year <= 2100:
        monday = today - timedelta(days=today.weekday())
    return monday


def of_family(members: list[Member], *, monday: date, now: datetime) -> Week:
    """The week from that Monday; a constant number of queries."""
    family = {member.pk: member for member in members}
    found = Enrollment.objects.filter(learner__in=family, state__in=_KINDS).select_related("run")
    by_run = defaultdict(list)
    enrollments = list(found)
    for one in enrollments:
        by_run[one.run_id].append(one)
    positions = waitlist.positions(enrollments)
    entries = [
        entry
        for lesson in _lessons(by_run, monday)
        for entry in _entries(lesson, by_run[lesson.run_id], family, positions)
    ]  # fmt: skip
    return _week(monday, entries, today=local(now).date())


def _lessons(run_ids, monday):
    first = timezone.make_aware(datetime.combine(monday, time()))
    last = timezone.make_aware(datetime.combine(monday + timedelta(days=7), time()))
    lessons = Lesson.objects.filter(run__in=list(run_ids), starts_at__gte=first, starts_at__lt=last)
    return lessons.select_related("run__course", "room__venue", "replaces", "replacement").order_by("starts_at", "pk")


def _entries(lesson, enrollments, family, positions):
    """One entry per state: siblings who have the same are told together, those who wait each with their number."""
    together = defaultdict(list)
    for one in enrollments:
        if one.state == State.TRIAL and one.trial_lesson_id != lesson.pk:
            continue  # of a trial only the lesson that is tried
        kind = "cancelled" if lesson.is_cancelled and _KINDS[one.state] == "held" else _KINDS[one.state]
        if not (lesson.is_cancelled and kind != "cancelled"):  # what a queue would miss is no news
            together[kind, positions.get(one.pk)].append(one)
    return [
        Entry(lesson, kind, [family[one.learner_id] for one in several], several[0], position)
        for (kind, position), several in together.items()
    ]


def _week(monday, entries, *, today):
    closed = closed_days(monday, monday + timedelta(days=6))
    by_day = defaultdict(list)
    for entry in entries:
        by_day[local(entry.starts_at).date()].append(entry)
    sunday = monday + timedelta(days=6)
    first = min((entry.minutes[0] // 60 for entry in entries), default=14) - 1
    last = max((-(-entry.minutes[1] // 60) for entry in entries), default=18)
    first, last = max(0, min(first, 20)), min(24, max(last, first + 5))
    days = []
    for offset in range(7 if by_day[sunday] else 6):
        day = monday + timedelta(days=offset)
        _find_overlaps(by_day[day])
        days.append(Day(day, closed.get(day, ""), day == today, by_day[day], first))
    return Week(monday, days, [time(hour) for hour in range(first, last)])


def _find_overlaps(entries):
    """Fill in, for the entries of one day, what overlaps with what and which lane each is drawn in."""
    takes_place = [entry for entry in entries if entry.kind in ("held", "decide")]
    for entry in takes_place:
        entry.clashes = [other for other in takes_place if other is not entry and entry.meets(other)]
    ends, cluster = [], []
    for entry in entries:
        if ends and entry.starts_at >= max(ends):
            _close(cluster, len(ends))
            ends, cluster = [], []
        lane = next((index for index, end in enumerate(ends) if end <= entry.starts_at), len(ends))
        ends[lane : lane + 1] = [entry.ends_at]
        entry.lane = lane + 1
        cluster.append(entry)
    _close(cluster, len(ends))


def _close(cluster, lanes):
    for entry in cluster:
        entry.lanes = lanes


# -- The small week beside a new lesson --------------------------------------------------------


def preview(run: CourseRun, members: list[Member], *, now: datetime, at: datetime | None = None) -> list[Block]:
    """The week of the run's next lesson (or of `at`) with the new lesson dashed beside what the learners have."""
    day = at or _next_start(run, now)
    monday = local(day).date() - timedelta(days=local(day).weekday())
    family = {member.pk: member for member in members}
    mine = Enrollment.objects.filter(
        Q(state__in=_KINDS) & ~Q(state=State.LEAVING), learner__in=[pk for pk in family if pk]
    )
    kinds = defaultdict(list)
    for one in mine.exclude(run=run):
        kinds[one.run_id].append((family[one.learner_id], _KINDS[one.state]))
    blocks = []
    for lesson in _lessons([run.pk, *kinds], monday):
        if lesson.is_cancelled:
            continue
        if lesson.run_id == run.pk:
            initials = "\n".join(member.learner.initials for member in members[:2]) if len(members) > 1 else run.code
            blocks.append(_block(lesson, initials, "new", members[0].color if members else 4))
            continue
        for member, kind in kinds[lesson.run_id]:
            label = lesson.run.code if len(members) == 1 else member.learner.initials
            blocks.append(_block(lesson, label, "queue" if kind == "queue" else "held", member.color))
    return blocks


def _block(lesson, label, kind, color):
    start, end = local(lesson.starts_at), local(lesson.ends_at)
    return Block(
        start.time(), end.time() if end.date() == start.date() else time(23, 59), label, kind, color, start.weekday()
    )


def _next_start(run, now):
    upcoming = Lesson.objects.scheduled().filter(run=run, ends_at__gt=now).order_by("starts_at")
    return upcoming.values_list("starts_at", flat=True).first() or run.starts_at
