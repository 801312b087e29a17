"""The figures in words: what was found, each number with its sentence and its definition, each table with its bars."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.formatting import NBSP
from courses.models import Topic
from enrollment.fairness.counting import BY_DRAW, EARLIER, FROM_QUEUE, IN_FIRST_HOUR, LATER, OTHER, SEVERAL
from enrollment.fairness.publishing import NUMBER, PLACED, WITHOUT
from enrollment.fairness.suppression import FEW, HIDDEN, LEAST, Shown
from enrollment.models import OfferState
from enrollment.refusals import Reason

DAYS_FROM_HOURS = 48  # a wait is told in days from here on


@dataclass(frozen=True)
class Number:
    label: str
    value: str
    definition: str

    @property
    def is_text(self) -> bool:
        """Whether words stand in place of the number."""
        return len(self.value) > 1 and not self.value[0].isdecimal()


@dataclass(frozen=True)
class Cell:
    text: str
    width: str = ""  # of its bar, in per cent; none for what is not shown
    column: str = ""  # what kind of bar
    heading: str = ""


@dataclass(frozen=True)
class Row:
    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class Section:
    """One question, its answer as the title, and everything that stands behind it."""

    key: str
    title: str
    numbers: list[Number] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    definition: str = ""  # of the rows
    is_left_out: bool = False  # there are rows, and too few children to tell about them


def shown(value: Shown | None) -> str:
    if value == FEW:
        return _("fewer than %(least)s") % {"least": LEAST}
    if value == HIDDEN:
        return _("not shown")
    return "–" if value is None else f"{value:,}".replace(",", NBSP)


def wait(hours: int | None) -> str:
    if hours is None:
        return "–"
    if hours < DAYS_FROM_HOURS:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(days)s d") % {"days": round(hours / 24)}


def sections(figures: dict) -> list[Section]:
    """Everything that is published, in the order of the questions that parents ask."""
    numbers, tables = figures["numbers"], figures["tables"]
    return [
        _children(numbers, tables.get("places")),
        _first_time(tables.get("first_time")),
        _ways(tables.get("ways")),
        _queue(numbers, tables.get("offers")),
        _past_rules(numbers, tables.get("past_rules")),
        _by(
            "grades", tables.get("grades"), _("By grade"), _("The grade on the first day of the first group. Each child counts once."),
            most=_("By grade: most children with a place: %(what)s"),
        ),
        _by(
            "topics", tables.get("topics"), _("By topic"), _("A child counts in every topic that it applied for."),
            most=_("By topic: most children with a place: %(what)s"),
        ),
    ]  # fmt: skip


# -- Sections ----------------------------------------------------------------------------------------


def _children(numbers, table) -> Section:
    applied, placed = numbers["applied"], numbers["placed"]
    if isinstance(applied, int) and isinstance(placed, int):
        title = _("Children with a place: %(placed)s of %(applied)s") % {
            "placed": shown(placed),
            "applied": shown(applied),
        }
    else:
        title = _("Children with a place: %(placed)s") % {"placed": shown(placed)}
    names = {"0": _("No place"), "1": _("One place"), "2": _("Two places or more")}
    rows = [["0", numbers["without"]], *(table or {"rows": []})["rows"]]
    return Section(
        "places", title,
        [
            Number(_("Children who applied"), shown(applied), _("Children with at least one decided application for a group of this program and term. Each counts once.")),
            Number(_("Children with a place"), shown(placed), _("Children who have at least one confirmed place or trial lesson now. An open offer is no place yet.")),
            Number(_("Children without a place"), shown(numbers["without"]), _("Children who applied and have no place now: they wait, gave it back, or none could be given.")),
        ],
        headings=[_("Children")],
        rows=_rows({"columns": [NUMBER], "rows": rows}, names) if table else [],
        definition=_("How many places of this program and term each child has now."),
    )  # fmt: skip


def _first_time(table) -> Section:
    found = _cell(table, "first", PLACED), _cell(table, "first", WITHOUT)
    title = _("Who came for the first time")
    if all(isinstance(value, int) for value in found):
        facts = {"placed": shown(found[0]), "all": shown(sum(found))}
        title = _("For the first time and with a place: %(placed)s of %(all)s") % facts
    return _by(
        "first-time", table, title,
        _("For the first time: children who kept no place in a group of this program that began before this term's first group."),
        names={"first": _("For the first time"), "before": _("Had a place before")},
    )  # fmt: skip


def _ways(table) -> Section:
    names = {
        BY_DRAW: _("By the draw"), EARLIER: _("Before the opening to all"), IN_FIRST_HOUR: _("In the first hour"),
        LATER: _("Later, while places were free"), FROM_QUEUE: _("From the queue"),
    }  # fmt: skip
    return _by(
        "ways", table, _("How children came to their places"),
        _("Each child with a place counts once, by the application that led to the first of its places. The hour is counted from the moment at which the group opened to all."),
        names=names, most=_("How most children came to their places: %(what)s"),
    )  # fmt: skip


def _queue(numbers, table) -> Section:
    names = {
        OfferState.OPEN: _("Waiting for an answer"), OfferState.ACCEPTED: _("Accepted"),
        OfferState.DECLINED: _("Declined"), OfferState.EXPIRED: _("Ended without an answer"),
        OfferState.CLOSED: _("No longer needed"),
    }  # fmt: skip
    return _by(
        "queue", table, _("Children waiting now: %(count)s") % {"count": shown(numbers["waiting"])},
        _("What became of the offers so far."), names=names, headings=[_("Offers")],
        numbers=[
            Number(_("Children waiting now"), shown(numbers["waiting"]), _("Children who stand in at least one queue, also if they have a place elsewhere.")),
            Number(_("Wait until an offer"), wait(numbers["served_hours"]), _("Half of those who were offered a freed place waited no longer than this. From five children on.")),
            Number(_("Wait of those who wait now"), wait(numbers["waiting_hours"]), _("Half of those who wait now have waited no longer than this. From five children on.")),
            Number(_("Offers made"), shown(numbers["offers"]), _("Freed places that were offered to the first in the queue, with a time to answer.")),
        ],
    )  # fmt: skip


def _past_rules(numbers, table) -> Section:
    count = {"count": shown(numbers["past_rules"])}
    return _by(
        "past-rules", table, _("Given past a rule by staff: %(count)s") % count,
        _("By the rule that stood against it."), names={**dict(Reason.choices), SEVERAL: _("Several rules at once")},
        headings=[_("Places and numbers in queues")],
        numbers=[
            Number(_("Given past a rule"), count["count"], _("Places and numbers in queues that staff gave although a rule stood against it, each with a written reason. Never more places than the group has.")),
        ],
    )  # fmt: skip


def _by(key, table, title, definition, *, names=None, headings=None, numbers=(), most="") -> Section:
    """most: the title when the largest number of the first column is shown, with a place for its name."""
    if names is None:
        names = {**dict(Topic.choices), OTHER: _("Another grade, or none")}
    if table is None:
        return Section(key, title, list(numbers), definition=definition, is_left_out=True)
    if most and (largest := _largest(table)):
        title = most % {"what": _label(largest, names)}
    columns = {PLACED: _("With a place"), WITHOUT: _("Without a place"), NUMBER: _("Children")}
    headings = headings or [columns[name] for name in table["columns"]]
    return Section(key, title, list(numbers), headings, _rows(table, names, headings), definition)


def _rows(table, names, headings=None) -> list[Row]:
    widest = max([value for _key, *values in table["rows"] for value in values if isinstance(value, int)], default=0)
    headings = headings or [""] * len(table["columns"])
    return [
        Row(
            _label(key, names),
            [
                Cell(shown(value), _width(value, widest), column, heading)
                for value, column, heading in zip(values, table["columns"], headings, strict=True)
            ],
        )
        for key, *values in table["rows"]
    ]  # fmt: skip


def _label(key, names) -> str:
    return str(names.get(key) or _("Grade %(grade)s") % {"grade": key})


def _largest(table) -> str | None:
    """The key of the largest number of the first column; None when what is not shown could be larger."""
    values = {key: value for key, value, *_others in table["rows"] if isinstance(value, int)}
    if not values or any(row[1] == HIDDEN for row in table["rows"]):
        return None
    return max(values, key=values.get)


def _width(value, widest) -> str:
    return f"{100 * value / widest:.1f}%" if isinstance(value, int) and widest else ""


def _cell(table, key, column):
    if table is None or column not in table["columns"]:
        return None
    at = table["columns"].index(column) + 1
    return next((row[at] for row in table["rows"] if row[0] == key), None)


# -- As a file ---------------------------------------------------------------------------------------


def as_lines(figures: dict) -> Iterator[list[str]]:
    """[section, row, column, value]: the same as the page shows."""
    for section in sections(figures):
        for number in section.numbers:
            yield [section.title, number.label, "", number.value]
        for row in section.rows:
            for heading, cell in zip(section.headings, row.cells, strict=True):
                yield [section.title, row.label, heading, cell.text]
