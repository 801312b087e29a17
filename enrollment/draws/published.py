"""A draw as everybody sees it: what is known before, while and after applications are collected. No personal data."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from courses.models import CourseRun
from enrollment import allocation
from enrollment.flows.draws import names_of
from enrollment.models import Application, ApplicationState as Stage, Draw, DrawState

PAGE = 100  # rows of the list
FEWEST_TYPED = 4  # characters of a number in the draw that is looked for
KEPT = 4  # records of held draws, which never change

SOON, COLLECTING, CLOSED = "soon", "collecting", "closed"  # beside DrawState: what the clock says
TOOK_PART = (Stage.RECEIVED, Stage.DECIDED)


def stage_of(draw: Draw, *, now: datetime) -> str:
    """soon, collecting, closed; held, cancelled."""
    if draw.state != DrawState.ANNOUNCED:
        return draw.state
    return SOON if now < draw.opens_at else COLLECTING if now < draw.closes_at else CLOSED


def shown() -> QuerySet[Draw]:
    """Draws without what is secret or long."""
    return Draw.objects.defer("seed", "record").select_related("program", "term").order_by("-closes_at", "-pk")


def of_group(run: CourseRun) -> Draw | None:
    """The draw that gives the group's places, or gave them."""
    return shown().filter(runs=run).exclude(state=DrawState.CANCELLED).first()


@dataclass(frozen=True)
class Published:
    """The record of a held draw, read once."""

    record: dict
    text: str
    etag: str
    rows: list[dict]  # applications in their order
    places: int
    children: int

    @cached_property
    def by_pseudonym(self) -> dict[str, dict]:
        return {one["pseudonym"]: one for one in self.rows}

    @cached_property
    def verdict(self) -> allocation.Verdict:
        """What `verify_draw` says of it."""
        return allocation.verify(self.record)

    def matching(self, typed: str) -> list[dict]:
        """Applications whose number begins with what was typed; at most a page of them."""
        found = (one for one in self.rows if one["pseudonym"].startswith(typed))
        return [one for one, _place in zip(found, range(PAGE), strict=False)]


def published(draw: Draw) -> Published:
    return _kept(draw.pk, draw.seed_sha256)


@lru_cache(maxsize=KEPT)
def _kept(pk, _seed_sha256):
    record = Draw.objects.values_list("record", flat=True).get(pk=pk)
    text, rows = allocation.as_text(record), record["applications"]
    return Published(
        record, text, etag_of(text), rows,
        places=sum(one["given"] for one in record["groups"]), children=sum(one["children"] for one in rows),
    )  # fmt: skip


def etag_of(text: str) -> str:
    return f'"{sha256(text.encode()).hexdigest()[:32]}"'


def record_text(draw: Draw, *, now: datetime) -> tuple[str, str]:
    """(the document that is published at this moment, its ETag): the whole record once the draw is held."""
    if draw.state == DrawState.HELD:
        kept = published(draw)
        return kept.text, kept.etag
    runs = runs_of(draw)
    names = names_of(runs)
    document = {
        "version": allocation.VERSION, "draw": draw.slug, "state": stage_of(draw, now=now),
        "announced_at": draw.announced_at.isoformat(), "opens_at": draw.opens_at.isoformat(),
        "closes_at": draw.closes_at.isoformat(), "seed_sha256": draw.seed_sha256,
        "applications_received": _count(draw) if stage_of(draw, now=now) == CLOSED else None,
        "groups": [{"group": names[run.pk], "path": run.get_absolute_url()} for run in runs],
    }  # fmt: skip
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return text, etag_of(text)


def runs_of(draw: Draw) -> list[CourseRun]:
    return list(draw.runs.select_related("course__program").order_by("course__pk", "weekday", "start_time", "pk"))


def _count(draw):
    return Application.objects.filter(draw=draw, state__in=TOOK_PART).count()


# -- The page ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    order: int
    pseudonym: str
    number: str
    children: int
    wishes: list[str]
    given: list[str]
    queued: list[str]

    @classmethod
    def of(cls, entry: dict) -> "Row":
        return cls(**{name: entry[name] for name in cls.__annotations__})


@dataclass(frozen=True)
class Mine:
    """One of the reader's own applications."""

    application: Application
    row: Row | None


@dataclass
class DrawPage:
    draw: Draw
    stage: str
    runs: list[CourseRun]
    count: int | None = None  # applications; told from the closing on
    groups: list[dict] = field(default_factory=list)  # of the record: places, given, waiting
    published: Published | None = None
    page: Page | None = None
    rows: list[Row] = field(default_factory=list)
    typed: str = ""  # a number in the draw that is looked for
    found: list[Row] | None = None
    mine: list[Mine] = field(default_factory=list)

    @property
    def record_path(self) -> str:
        return reverse("draw_record", args=[self.draw.slug])


def draw_page(draw: Draw, *, user: User, page: str = "", typed: str = "", now: datetime) -> DrawPage:
    stage = stage_of(draw, now=now)
    shown = DrawPage(draw, stage, runs_of(draw), typed=_tidy(typed))
    if stage == DrawState.HELD:
        kept = shown.published = published(draw)
        shown.count, shown.groups = len(kept.rows), kept.record["groups"]
        shown.page = Paginator(kept.rows, PAGE).get_page(page)
        shown.rows = [Row.of(entry) for entry in shown.page]
        if len(shown.typed) >= FEWEST_TYPED:
            shown.found = [Row.of(entry) for entry in kept.matching(shown.typed)]
    elif stage == CLOSED:
        shown.count = _count(draw)
    if user.is_authenticated:
        shown.mine = _mine(draw, user, shown.published)
    return shown


def _tidy(typed):
    return re.sub(r"[^0-9a-f-]", "", typed.lower())[:36]


def _mine(draw, user, kept):
    theirs = Application.objects.visible_to(user).filter(draw=draw).exclude(state=Stage.DROPPED).order_by("pk")
    entries = kept.by_pseudonym if kept else {}
    found = []
    for one in theirs.prefetch_related("learners"):
        entry = entries.get(str(one.key))
        found.append(Mine(one, Row.of(entry) if entry else None))
    return found


# -- A worked example --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    groups: list[dict]
    rows: list[Row]


def example() -> Example:
    """Three applications for three places, small enough to follow with a finger; computed by the rule itself."""
    groups = [{"group": name, "free": free, "overlaps": []} for name, free in (("R-1", 1), ("R-2", 2))]
    entries = [
        {"pseudonym": pseudonym, "number": number, "children": children, "places": places, "wishes": wishes, "waits_for": wishes}
        for pseudonym, number, children, places, wishes in (
            ("b7…", "0c…", 1, 2, ["R-1", "R-2"]), ("4f…", "3a…", 2, 1, ["R-2"]), ("e0…", "91…", 1, 1, ["R-1", "R-2"]),
        )
    ]  # fmt: skip
    rows = [
        Row(order, one["pseudonym"], one["number"], one["children"], one["wishes"], given, queued)
        for order, (one, (given, queued)) in enumerate(
            zip(entries, allocation.allocate(groups, entries), strict=True), 1
        )
    ]
    return Example(groups, rows)
