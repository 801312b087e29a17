"""The list of the catalogue: one entry per card, filtered, counted and put in order.

Three queries, whatever the filters are, of plain values: courses, groups and the next slots. The rest
happens in memory, because the choices of every filter, the count and the order need all rows anyway.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import get_language

from accounts.names import fold_query, sort_key
from courses.models import Audience, Course, CourseRun, ProgramKind, RunKind, Topic
from courses.prices import is_free
from enrollment.catalogue.filters import PRESCHOOL, Filters

PAGE_SIZE = 24  # cards
SLOTS_ON_CARD = 3
_PROGRAM_ORDER = {kind: index for index, kind in enumerate(ProgramKind.values)}
_TOPIC_ORDER = {topic: index for index, topic in enumerate(Topic.values)}
_GROWN_UP = (Audience.TEACHERS, Audience.ADULTS)
OPEN, FULL, SOON, CLOSED, LISTED = range(5)  # how near a place is; also their order


class CourseRow(NamedTuple):
    pk: int
    slug: str
    title_lv: str
    title_en: str
    program: str  # a ProgramKind
    kind: str
    topic: str
    audience: str
    grade_min: int | None
    grade_max: int | None
    age_min: int | None
    age_max: int | None
    price: Decimal | None
    policy_amount: Decimal | None
    policy_exempt: list | None
    policy_lv: str | None
    policy_en: str | None
    search_key: str

    @property
    def title(self):
        return self.title_en if get_language() == "en" and self.title_en else self.title_lv


COURSE_COLUMNS = (
    "pk", "slug", "title_lv", "title_en", "program__kind", "kind", "topic", "audience", "grade_min", "grade_max",
    "age_min", "age_max", "price", "fee_policy__amount", "fee_policy__exempt", "fee_policy__name_lv",
    "fee_policy__name_en", "search_key",
)  # fmt: skip


class RunRow(NamedTuple):
    """What a card shows of a run, and what it is found and sorted by."""

    pk: int
    course_id: int
    kind: str
    code: str
    slug: str
    weekday: int | None
    start_time: time | None
    duration_minutes: int
    starts_at: datetime
    ends_at: datetime
    enrollment_opens_at: datetime
    enrollment_closes_at: datetime
    capacity: int
    seats_taken: int
    seats_offered: int
    waitlist_length: int
    room_lv: str | None
    room_en: str | None
    venue: str | None  # slug
    venue_name: str | None
    term_lv: str | None = None
    term_en: str | None = None

    @property
    def seats_free(self):
        return 0 if self.waitlist_length else self.capacity - self.seats_taken

    @property
    def day(self) -> int:
        return self.weekday if self.weekday is not None else timezone.localtime(self.starts_at).weekday()

    def nearness(self, now: datetime) -> int:
        if self.enrollment_opens_at > now:
            return SOON
        if self.enrollment_closes_at <= now:
            return CLOSED
        return FULL if self.waitlist_length or self.seats_taken >= self.capacity else OPEN


_RUN_COLUMNS = (*RunRow._fields[:16], "room__name_lv", "room__name_en", "room__venue__slug", "room__venue__short_name")
GROUP_COLUMNS = (*_RUN_COLUMNS, "term__name_lv", "term__name_en")


@dataclass(slots=True)
class Entry:
    """One card: a group with its only run, a course with its next slots, or a course that is only listed."""

    course: CourseRow
    runs: tuple[RunRow, ...]
    nearness: int
    slots: int = 0  # how many slots are still to come, those beyond the card included

    @property
    def is_group(self):
        return self.nearness != LISTED and self.runs[0].kind == RunKind.GROUP


@dataclass
class Listing:
    entries: list[Entry]  # all that match, in order
    filters: Filters  # what was applied in the end
    dropped: str = ""  # the filter that was left out because nothing matched with it
    venues: tuple[tuple[str, str], ...] = ()  # (slug, short name) of the program's groups
    topics: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    @property
    def page(self) -> list[Entry]:
        """What is shown: everything up to the page, since a longer list grows below what was seen."""
        return self.entries[: self.filters.page * PAGE_SIZE]

    @property
    def rest(self) -> int:
        """How many cards are still to be shown."""
        return max(0, len(self.entries) - self.filters.page * PAGE_SIZE)

    @property
    def groups(self) -> int:
        return sum(entry.is_group for entry in self.entries)


def read(filters: Filters, *, now: datetime) -> Listing:
    """The list for these filters. When nothing matches, the narrowest filter is left out."""
    every = _entries(filters, now)
    found, dropped, applied = _matching(every, filters), "", filters
    if not found and filters.active:
        found, dropped, applied = _widened(filters, now)
    mine = [entry for entry in every if not filters.program or entry.course.program == filters.program]
    venues = {(run.venue, run.venue_name) for entry in mine for run in entry.runs if run.venue}
    topics = {entry.course.topic for entry in mine}
    programs = {entry.course.program for entry in every}
    return Listing(
        entries=in_order(found, applied), filters=applied, dropped=dropped,
        venues=tuple(sorted(venues, key=lambda venue: _title_key(venue[1]))),
        topics=tuple(topic for topic in Topic.values if topic in topics),
        programs=tuple(kind for kind in ProgramKind.values if kind in programs),
    )  # fmt: skip


def _widened(filters, now):
    """(entries, the field left out, the filters without it) for the field whose absence shows most."""
    best = ([], "", filters)
    for field in filters.active:
        wider = filters.without(field)
        found = _matching(_entries(wider, now), wider)
        if len(found) > len(best[0]):
            best = found, field, wider
    if best[0]:
        return best
    nothing_asked = Filters(program=filters.program, learners=filters.learners)
    return _matching(_entries(nothing_asked, now), nothing_asked), "all", nothing_asked


def _entries(filters, now) -> list[Entry]:
    courses = {row[0]: CourseRow._make(row) for row in Course.objects.listed().values_list(*COURSE_COLUMNS)}
    entries = []
    groups = CourseRun.objects.published().filter(kind=RunKind.GROUP, ends_at__gt=now)
    for row in groups.values_list(*GROUP_COLUMNS):
        run = RunRow(*row)
        if course := courses.get(run.course_id):
            entries.append(Entry(course, (run,), run.nearness(now)))
    with_slots = {}
    for row in _next_slots(filters, now).values_list("coming", *_RUN_COLUMNS):
        run = RunRow(*row[1:])
        with_slots.setdefault(run.course_id, (row[0], []))[1].append(run)
    for course_id, (count, runs) in with_slots.items():
        if course := courses.get(course_id):
            entries.append(Entry(course, tuple(runs), min(run.nearness(now) for run in runs), count))
    shown = {entry.course.pk for entry in entries}
    entries += [Entry(course, (), LISTED) for pk, course in courses.items() if pk not in shown]
    return entries


def _next_slots(filters, now):
    """The next slots of each course among those that match, with their number `coming`."""
    slots = CourseRun.objects.published().filter(kind=RunKind.SLOT, starts_at__gt=now)
    if filters.weekday is not None:
        slots = slots.filter(starts_at__iso_week_day=filters.weekday + 1)
    if filters.venue:
        slots = slots.filter(room__venue__slug=filters.venue)
    if filters.free_only:
        slots = slots.open_for_enrollment(now=now).with_free_seats()
    course = F("course_id")
    slots = slots.annotate(
        turn=Window(RowNumber(), partition_by=course, order_by=[F("starts_at"), F("pk")]),
        coming=Window(Count("pk"), partition_by=course),
    )
    return slots.filter(turn__lte=SLOTS_ON_CARD).order_by("starts_at", "pk")


# -- Filtering ------------------------------------------------------------------------------------


def _matching(entries: Iterable[Entry], filters: Filters) -> list[Entry]:
    if filters.program:
        entries = [entry for entry in entries if entry.course.program == filters.program]
    if not filters.active:
        return list(entries)
    words = fold_query(filters.query).split()
    by_run = filters.weekday is not None or filters.venue or filters.free_only
    return [
        entry for entry in entries
        if _course_matches(entry.course, filters)
        and all(_is_in(word, entry) for word in words)
        and (not by_run or any(_run_matches(run, entry, filters) for run in entry.runs))
    ]  # fmt: skip


def _is_in(word: str, entry: Entry) -> bool:
    return word in entry.course.search_key or any(run.code.casefold() == word for run in entry.runs)


def _course_matches(course: CourseRow, filters: Filters) -> bool:
    if filters.topic and course.topic != filters.topic:
        return False
    if filters.price and is_free(course.price, course.policy_amount, course.policy_exempt) != (filters.price == "free"):
        return False
    return filters.grade is None or _suits_grade(course, filters.grade)


def _suits_grade(course: CourseRow, grade: int) -> bool:
    """By the grades it names, or by the ages that pupils of the grade usually have."""
    if course.audience in _GROWN_UP:
        return False
    if course.grade_min is not None:
        return course.grade_min <= grade <= (course.grade_max or course.grade_min)
    if course.age_min is not None:
        youngest, oldest = (4, 6) if grade == PRESCHOOL else (grade + 6, grade + 7)
        return course.age_min <= oldest and youngest <= (course.age_max or 99)
    return course.audience == (Audience.PRESCHOOL if grade == PRESCHOOL else Audience.EVERYBODY)


def _run_matches(run: RunRow, entry: Entry, filters: Filters) -> bool:
    return (
        (filters.weekday is None or run.day == filters.weekday)
        and (not filters.venue or run.venue == filters.venue)
        and (not filters.free_only or entry.nearness == OPEN)
    )


# -- Order ----------------------------------------------------------------------------------------


def in_order(entries: list[Entry], filters: Filters) -> list[Entry]:
    """By the chosen order; otherwise programs together, and in each first what has places."""
    return sorted(entries, key=_ORDERS.get(filters.sort, _by_places))


_title_key = lru_cache(maxsize=4096)(sort_key)


def _by_title(entry):
    return _title_key(entry.course.title), *_when(entry)


def _by_places(entry):
    course = entry.course
    topic = _TOPIC_ORDER.get(course.topic, 99)
    return _PROGRAM_ORDER.get(course.program, 99), entry.nearness, topic, *_by_title(entry)


def _by_day(entry):
    return *_when(entry), _title_key(entry.course.title)


def _when(entry):
    if not entry.runs:
        return 7, "24:00", ""
    run = entry.runs[0]
    start = run.start_time or timezone.localtime(run.starts_at).time()
    return run.day, start.isoformat(), run.code


_ORDERS = {"title": _by_title, "day": _by_day}
