"""Draws as staff see them: all by what is next, and one with how much its groups are wished for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from accounts.outbox import heartbeats
from courses.models import Allocation, CourseRun, Program, RunKind, RunState, Term
from enrollment.draws import published
from enrollment.draws.published import CLOSED, COLLECTING, SOON, Published, stage_of
from enrollment.models import Applicant, Application, Draw, DrawState, Wish

OVERDUE_AFTER = timedelta(minutes=10)  # the worker looks every few seconds
STAGES = (CLOSED, COLLECTING, SOON, DrawState.HELD, DrawState.CANCELLED)  # what needs somebody first


@dataclass(frozen=True)
class Row:
    draw: Draw
    stage: str
    is_overdue: bool
    groups: int
    applications: int
    children: int


def is_overdue(draw: Draw, *, now: datetime) -> bool:
    """Its time has been over for so long that the worker should have held it."""
    return draw.state == DrawState.ANNOUNCED and draw.closes_at + OVERDUE_AFTER <= now


def overdue(*, now: datetime) -> QuerySet[Draw]:
    """Those whose time has been over for so long that the worker should have held them; the longest first."""
    late = Draw.objects.filter(state=DrawState.ANNOUNCED, closes_at__lte=now - OVERDUE_AFTER)
    return late.order_by("closes_at", "pk")


def by_stage(*, now: datetime) -> list[tuple[str, list[Row]]]:
    """[(stage, its draws)] without empty stages; three queries. What comes next is first, what was is the last first."""
    draws = list(published.shown().annotate(groups=Count("runs")))
    took_part = Q(state__in=published.TOOK_PART)
    applications = dict(
        Application.objects.filter(took_part, draw__in=draws).values_list("draw").annotate(Count("pk")).order_by()
    )
    children = dict(
        Applicant.objects.filter(application__draw__in=draws, application__state__in=published.TOOK_PART)
        .values_list("application__draw")
        .annotate(Count("pk"))
        .order_by()
    )
    rows = [
        Row(
            one, stage_of(one, now=now), is_overdue(one, now=now), one.groups, applications.get(one.pk, 0),
            children.get(one.pk, 0),
        )
        for one in draws
    ]  # fmt: skip
    found = []
    for stage in STAGES:
        mine = [row for row in rows if row.stage == stage]
        if mine:
            found.append((stage, mine[::-1] if stage in (CLOSED, COLLECTING, SOON) else mine))
    return found


# -- One draw ----------------------------------------------------------------------------------------


@dataclass
class Group:
    """A group of a draw; `given` and `waiting` once it is held."""

    run: CourseRun
    places: int
    first: int = 0  # children whose first wish it is
    wanted: int = 0  # children who wish for it at all
    given: int | None = None
    waiting: int | None = None

    @property
    def is_cancelled(self) -> bool:
        return self.run.state == RunState.CANCELLED

    @property
    def per_place(self) -> float | None:
        """First wishes per place."""
        return self.first / self.places if self.places else None


@dataclass
class DrawAtDesk:
    draw: Draw
    stage: str
    is_overdue: bool
    groups: list[Group]
    applications: int
    children: int
    published: Published | None = None
    worker_seen: datetime | None = None  # asked when it should have held the draw

    @property
    def places(self) -> int:
        return sum(one.places for one in self.groups)

    @property
    def may_change(self) -> bool:
        return self.stage == SOON

    @property
    def is_due(self) -> bool:
        return self.stage == CLOSED

    @property
    def may_cancel(self) -> bool:
        return self.draw.state == DrawState.ANNOUNCED


def one(draw: Draw, *, now: datetime) -> DrawAtDesk:
    """With the wishes for each group; a constant number of queries."""
    stage = stage_of(draw, now=now)
    groups = {
        run.pk: Group(run, run.seats_free if run.state == RunState.PUBLISHED else 0) for run in published.runs_of(draw)
    }
    took_part = Q(application__draw=draw, application__state__in=published.TOOK_PART)
    wishes = (
        Wish.objects.filter(took_part).order_by().values_list("run", "rank").annotate(Count("application__applicants"))
    )
    for run_id, rank, children in wishes:
        if group := groups.get(run_id):
            group.wanted += children
            group.first += children if rank == 1 else 0
    found = DrawAtDesk(
        draw, stage, is_overdue(draw, now=now), list(groups.values()),
        applications=Application.objects.filter(draw=draw, state__in=published.TOOK_PART).count(),
        children=Applicant.objects.filter(took_part).count(),
    )  # fmt: skip
    if stage == DrawState.HELD:
        found.published = published.published(draw)
        _tell_results(found.groups, found.published.record)
    elif found.is_overdue:
        found.worker_seen = heartbeats.last(heartbeats.WORKER)
    return found


def _tell_results(groups, record):
    by_path = {entry["path"]: entry for entry in record["groups"]}
    for group in groups:
        if entry := by_path.get(group.run.get_absolute_url()):
            group.places, group.given, group.waiting = entry["free"], entry["given"], entry["waiting"]


# -- Announcing --------------------------------------------------------------------------------------


def programs() -> QuerySet[Program]:
    """Those that give places by a draw."""
    return Program.objects.filter(allocation=Allocation.DRAW).order_by("name_lv", "pk")


def terms() -> QuerySet[Term]:
    return Term.objects.order_by("-starts_on", "-pk")


def groups_of(program: Program, term: Term | None) -> QuerySet[CourseRun]:
    return CourseRun.objects.filter(course__program=program, term=term, kind=RunKind.GROUP)


def groups_to_draw(
    program: Program, term: Term | None, *, now: datetime, besides: Draw | None = None
) -> QuerySet[CourseRun]:
    """Published groups in which nobody has a place or waits, and which no other draw is for; the flow has the last word."""
    others = Draw.objects.filter(state=DrawState.ANNOUNCED)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    free = groups_of(program, term).filter(
        state=RunState.PUBLISHED, starts_at__gt=now, seats_taken=0, waitlist_length=0
    ).exclude(draws__in=others)  # fmt: skip
    return free.select_related("course__program").order_by("course__title_lv", "weekday", "start_time", "code", "pk")


def same_announced(
    *, program: Program, term: Term | None, runs: Iterable[CourseRun], opens_at: datetime, closes_at: datetime
) -> Draw | None:
    """The draw that the same form has announced already."""
    ids = {run.pk for run in runs}
    same = published.shown().filter(
        state=DrawState.ANNOUNCED, program=program, term=term, opens_at=opens_at, closes_at=closes_at
    )
    return next((draw for draw in same if set(draw.runs.values_list("pk", flat=True)) == ids), None)
