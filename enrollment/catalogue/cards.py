"""What the cards of the catalogue say.

`details` reads what a page of cards shows, in two queries, as plain tuples: they are the keys under
which the finished HTML is kept (views.fragments), so that a card can never be older than its facts.
Only a card that is not kept yet is put into words.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _, pgettext

from accounts.formatting import date_day, date_day_short, datetime_day, day_month, time as clock, time_range
from courses.models import (
    Course,
    CourseKind,
    CourseRun,
    FeePolicy,
    Program,
    ProgramKind,
    Room,
    Term,
    Venue,
)
from courses.prices import price_line
from courses.wording import audience_line, schedule_line
from enrollment.catalogue.listing import CLOSED, FULL, SOON, CourseRow, Entry, RunRow

_FOR_ONESELF = (ProgramKind.TEACHERS, ProgramKind.ADULTS)


@dataclass(frozen=True)
class FitLine:
    """Whether a group suits one learner; kind is ok, no, clash or wait."""

    name: str
    initials: str
    child: int  # colour
    kind: str
    text: str


@dataclass(frozen=True)
class SlotLine:
    when: str
    places: str


@dataclass(frozen=True)
class Card:
    url: str
    topic: str
    topic_word: str
    title: str
    meta: str
    next: str  # the next step in words
    when: str = ""
    where: str = ""
    trainer: str = ""
    price: str = ""
    capacity: int = 0
    taken: int = 0
    offered: int = 0
    waiting: int = 0
    opens: str = ""
    slots: tuple[SlotLine, ...] = ()
    more_slots: int = 0
    fits: tuple[FitLine, ...] = ()


# -- Reading --------------------------------------------------------------------------------------


def details(entries: list[Entry]) -> list[tuple]:
    """Everything that each card shows, as plain values in the order of the entries; one query, for the trainers."""
    trainers = trainers_of([entry.runs[0].pk for entry in entries if entry.is_group])
    return [
        ("group", entry.course, entry.nearness, entry.runs[0], trainers.get(entry.runs[0].pk, ""))
        if entry.is_group
        else ("slots", entry.course, entry.nearness, entry.runs, entry.slots)
        if entry.runs
        else ("listed", entry.course)
        for entry in entries
    ]


def trainers_of(run_ids: list[int]) -> dict[int, str]:
    """{run id: names of its trainers}"""
    if not run_ids:
        return {}
    names = defaultdict(list)
    taught = CourseRun.instructors.through.objects.filter(courserun_id__in=run_ids).order_by("pk")
    for run_id, first, last in taught.values_list("courserun_id", "user__first_name", "user__last_name"):
        names[run_id].append(f"{first} {last}".strip())
    return {run_id: ", ".join(several) for run_id, several in names.items()}


# -- Putting into words ---------------------------------------------------------------------------


def card(detail: tuple) -> Card:
    kind, course, *rest = detail
    if kind == "group":
        nearness, row, trainers = rest
        return group_card(_assembled(course, row), nearness=nearness, trainers=trainers)
    if kind == "slots":
        return _slots_card(course, *rest)
    return _listed_card(course)


def group_card(
    run: CourseRun, *, nearness: int, trainers: str, fits: tuple[FitLine, ...] = (), next_step: str = ""
) -> Card:
    course = run.course
    parts = [run.code, audience_line(course)]
    if nearness == SOON and run.term:
        parts.append(run.term.name)
    if course.program.kind in _FOR_ONESELF:
        parts.append(price_line(course))
    opens = ""
    if nearness == SOON:
        at = run.enrollment_opens_at
        opens = _("Opens %(day)s, %(time)s") % {"day": day_month(at), "time": clock(at)}
    return replace(
        _plain_card(course, url=reverse("courses:run", args=[course.slug, run.slug])),
        meta=" · ".join(filter(None, parts)), when=meeting_line(run), where=place_line(run), trainer=trainers,
        capacity=run.capacity, taken=run.seats_taken, offered=run.seats_offered, waiting=run.waitlist_length,
        opens=opens, fits=fits, next=next_step or next_words(course, nearness),
    )  # fmt: skip


def next_words(course: Course, nearness: int) -> str:
    """The one next step for somebody about whom nothing is known."""
    if nearness in (SOON, CLOSED):
        return _("See the group")
    if nearness == FULL:
        return _("Join the queue")
    return pgettext("oneself", "Apply") if course.program.kind in _FOR_ONESELF else _("Apply")


def meeting_line(run: CourseRun) -> str:
    """ "otrdienās 15:30–17:00", or the dates of a run without a weekly rule."""
    if weekly := schedule_line(run):
        return weekly
    if run.ends_at.date() == run.starts_at.date():
        return f"{date_day(run.starts_at)}, {time_range(run.starts_at, run.ends_at)}"
    return _("%(first)s to %(last)s") % {"first": datetime_day(run.starts_at), "last": day_month(run.ends_at)}


def place_line(run: CourseRun) -> str:
    return f"{run.room.venue.short_name}, {run.room.name}" if run.room else ""


def slot_when(moment: datetime) -> str:
    return f"{date_day_short(moment)}, {clock(moment)}"


def slot_places(run: RunRow | CourseRun) -> str:
    if run.seats_free > 0:
        return _("free places: %(free)s") % {"free": run.seats_free}
    if run.waitlist_length:
        return _("in the queue: %(waiting)s") % {"waiting": run.waitlist_length}
    return _("full")


def _slots_card(course: CourseRow, nearness: int, runs: tuple[RunRow, ...], count: int) -> Card:
    course = _course(course)
    lines = tuple(SlotLine(slot_when(run.starts_at), slot_places(run)) for run in runs)
    return replace(
        _plain_card(course, url=course.get_absolute_url()),
        meta=" · ".join(filter(None, [audience_line(course), price_line(course)])),
        slots=lines, more_slots=max(0, count - len(lines)), next=_("See the times") if nearness in (SOON, CLOSED) else _("Choose a time"),
    )  # fmt: skip


def _listed_card(course: CourseRow) -> Card:
    course = _course(course)
    kinds = {
        CourseKind.CONTEST: _("See the contest"), CourseKind.VISIT: _("See how to visit"),
        CourseKind.BOOKABLE: _("See how to use it"),
    }  # fmt: skip
    asked = (CourseKind.GROUP_PROGRAM, CourseKind.GROUP_VISIT, CourseKind.TEAM_EVENT, CourseKind.BIRTHDAY)
    next_step = kinds.get(course.kind) or (_("See how to book") if course.kind in asked else _("See the course"))
    return replace(
        _plain_card(course, url=course.get_absolute_url()),
        meta=" · ".join(filter(None, [course.get_kind_display(), audience_line(course)])),
        price=price_line(course), next=next_step, when=_when_listed(course, asked),
    )  # fmt: skip


def _when_listed(course, asked) -> str:
    if course.kind in asked:
        return _("by arrangement")
    if course.kind in (CourseKind.VISIT, CourseKind.BOOKABLE):
        return _("during opening hours")
    return _("no dates yet") if course.kind != CourseKind.CONTEST else ""


def _plain_card(course: Course, *, url: str) -> Card:
    return Card(
        url=url, topic=course.topic, topic_word=course.get_topic_display(), title=course.title, meta="", next=""
    )


# -- Models in memory, made of the values read ------------------------------------------------------


def _course(row: CourseRow) -> Course:
    policy = None
    if row.policy_lv is not None:
        policy = FeePolicy(
            amount=row.policy_amount, exempt=row.policy_exempt, name_lv=row.policy_lv, name_en=row.policy_en
        )
    course = Course(
        pk=row.pk, slug=row.slug, title_lv=row.title_lv, title_en=row.title_en, kind=row.kind, topic=row.topic,
        audience=row.audience, grade_min=row.grade_min, grade_max=row.grade_max, age_min=row.age_min,
        age_max=row.age_max, price=row.price,
    )  # fmt: skip
    course.fee_policy = policy
    course.program = Program(kind=row.program)
    return course


def _assembled(course: CourseRow, row: RunRow) -> CourseRun:
    run = CourseRun(**{name: getattr(row, name) for name in RunRow._fields[:16]})
    run.course = _course(course)
    if row.room_lv:
        run.room = Room(name_lv=row.room_lv, name_en=row.room_en)
        run.room.venue = Venue(short_name=row.venue_name)
    if row.term_lv:
        run.term = Term(name_lv=row.term_lv, name_en=row.term_en)
    return run


def is_for_oneself(course: Course) -> bool:
    """Whether the person who applies is the one who attends."""
    return course.program.kind in _FOR_ONESELF
