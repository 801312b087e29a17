"""What the home page tells: what can be applied for now and soon, and the workshops of today and the weekend."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.formatting import date_day, date_short, money, time as clock
from courses.models import CourseRun, ProgramKind, RunKind, Term, Venue
from courses.opening import hours_on
from courses.prices import full_price, price_line
from courses.wording import audience_line
from enrollment.catalogue.menus import title
from enrollment.catalogue.wording import missing, missing_sentence

_TOLD_WHEN_OPEN = (ProgramKind.CHILDREN, ProgramKind.TEACHERS, ProgramKind.ADULTS)
SATURDAY = 5
SLOTS_PER_DAY = 5


@dataclass(frozen=True)
class SeasonItem:
    pill: str  # kind of the status pill
    word: str
    title: str
    text: str
    url: str
    link: str


@dataclass(frozen=True)
class Slot:
    run: CourseRun
    audience: str
    price: str


@dataclass(frozen=True)
class SlotDay:
    day: date
    is_today: bool
    slots: list[Slot]


@dataclass(frozen=True)
class Visit:
    """VIZIUM today: its address and hours, and what is on."""

    days: list[SlotDay]
    venue: Venue | None = None
    hours: tuple[time, time] | None = None


def season(*, now: datetime) -> list[SeasonItem]:
    """Now, soon, and what needs a few more people; one query."""
    today = timezone.localdate(now)
    runs = CourseRun.objects.published().public().not_finished(now=now).filter(kind=RunKind.GROUP)
    runs = list(runs.for_display().order_by("enrollment_opens_at", "starts_at", "pk"))
    deciding = [
        run
        for run in runs
        if run.is_open(now=now) and run.decision_on and run.decision_on >= today and run.decided_at is None
    ]
    deciding = [run for run in deciding if run.course.program.kind == ProgramKind.ADULTS and missing(run)]
    items = _open_now(runs, now, leave_out=ProgramKind.ADULTS if deciding else "")
    items += _opens_next([run for run in runs if run.enrollment_opens_at > now])
    if deciding:
        items.append(_decision(min(deciding, key=lambda run: (run.decision_on, missing(run)))))
    return items


def _open_now(runs, now, *, leave_out):
    free = defaultdict(list)
    for run in runs:
        if run.is_open(now=now) and not run.is_full:
            free[run.course.program.kind].append(run)
    return [
        SeasonItem(
            "ok", _("Now"), _titled(kind, free[kind]),
            _("Groups with free places: %(count)s") % {"count": len(free[kind])},
            f"{reverse('courses:catalogue')}?for={kind}&free=1", _("See the groups"),
        )
        for kind in _TOLD_WHEN_OPEN if free[kind] and kind != leave_out
    ]  # fmt: skip


def _opens_next(runs):
    if not runs:
        return []
    at = runs[0].enrollment_opens_at
    kind = runs[0].course.program.kind
    together = [run for run in runs if run.enrollment_opens_at == at and run.course.program.kind == kind]
    single = together[0] if len(together) == 1 else None
    return [
        SeasonItem(
            "info", _("Soon"), f"{single.course.title}, {single.code}" if single else _titled(kind, together),
            _("Applications open on %(day)s at %(time)s.") % {"day": date_day(at), "time": clock(at)},
            single.get_absolute_url() if single else f"{reverse('courses:catalogue')}?for={kind}",
            _("See the group") if single else _("See the groups"),
        )
    ]  # fmt: skip


def _decision(run):
    price = full_price(run.course.price, run.course.fee_policy.amount if run.course.fee_policy else None)
    heading = run.course.title if price is None else f"{run.course.title}, {money(price)}"
    word = _("Decision: %(day)s") % {"day": date_short(run.decision_on)}
    return SeasonItem("info", word, heading, missing_sentence(run), run.get_absolute_url(), _("See the course"))


def _titled(kind: str, runs: list[CourseRun]) -> str:
    """ "Nodarbības bērniem, 2. semestris", the term only when it is one."""
    terms: set[Term] = {run.term for run in runs if run.term}
    return f"{title(kind)}, {terms.pop().name}" if len(terms) == 1 else title(kind)


# -- VIZIUM ---------------------------------------------------------------------------------------


def visit(*, now: datetime) -> Visit:
    """The slots of today and the weekend; when there are none, those of the next day that has some. Two queries."""
    today = timezone.localdate(now)
    slots = CourseRun.objects.published().public().filter(
        kind=RunKind.SLOT, course__program__kind=ProgramKind.VIZIUM, starts_at__gt=now
    ).for_display().order_by("starts_at", "pk")  # fmt: skip
    soon = [
        run for run in slots.filter(starts_at__lt=_midnight(today + timedelta(days=8))) if _is_soon(_day(run), today)
    ]
    if not soon:
        next_ones = list(slots[:SLOTS_PER_DAY])
        soon = [run for run in next_ones if _day(run) == _day(next_ones[0])]
    days = defaultdict(list)
    for run in soon:
        days[_day(run)].append(run)
    venue = next((run.room.venue for run in soon if run.room), None)
    return Visit(
        days=[SlotDay(day, day == today, [_slot(run) for run in several[:SLOTS_PER_DAY]]) for day, several in days.items()],
        venue=venue, hours=hours_on(venue, today) if venue else None,
    )  # fmt: skip


def _is_soon(day: date, today: date) -> bool:
    """Today, or one of the days of the weekend that is on or comes next."""
    return day == today or (day.weekday() >= SATURDAY and day - today < timedelta(days=7 - today.weekday()))


def _day(run):
    return timezone.localdate(run.starts_at)


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time()))


def _slot(run):
    return Slot(run, audience_line(run.course), price_line(run.course))
