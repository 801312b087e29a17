"""A board as PDF: a grid per house on A4 across, then the list; and the week of a family."""

from datetime import date, datetime
from pathlib import Path

from django.utils.translation import get_language, gettext as _, pgettext

from accounts.documents import pdf
from accounts.formatting import date_day, date_range, date_short, datetime_short, day_month, time_range, weekday_name
from enrollment.family.weeks import Day, Entry, Week

from ..shapes import Block, Board, Cell, House, Panel
from .rows import rows_of, state_words

TEMPLATE = Path(__file__).parent / "board.typ"
MOST_STRIPS = 9  # columns that can be read on a sheet


def board_pdf(board: Board, *, title: str, now: datetime, with_grid: bool = True) -> bytes:
    sheets = []
    if with_grid and board.shape == "matrix":
        sheets = [_table(house, board.days) for house in board.houses]
    elif with_grid:
        sheets = [sheet for panel in board.panels for sheet in _grids(panel, board.hours)]
    return pdf(TEMPLATE, _frame(title, now) | {"sheets": sheets, "list": _list(board)})


def family_pdf(week: Week, *, now: datetime) -> bytes:
    """First names only, as in the family's calendars."""
    hours = week.hours
    strips = [_family_strip(day, hours[0].hour * 60) for day in week.days]
    title = f"{_('The family’s week')}: {date_range(week.monday, week.last_day)}"
    rows = [
        [day_month(day.date), time_range(entry.starts_at, entry.ends_at), _who(entry), entry.title, str(entry.lesson.room or ""), _family_state(entry)]
        for day in week.days for entry in day.entries
    ]  # fmt: skip
    heads = [_("Date"), _("Time"), pgettext("timetable", "Who"), _("Group"), _("Room"), _("State")]
    sheet = {"kind": "grid", "title": "", "hours": [f"{hour:%H:%M}" for hour in hours], "strips": strips}
    return pdf(TEMPLATE, _frame(title, now) | {"sheets": [sheet], "list": {"heads": heads, "rows": rows}})


def _frame(title, now) -> dict:
    language = (get_language() or "lv")[:2]
    printed = _("Printed: %(moment)s") % {"moment": datetime_short(now)}
    return {"language": language, "title": title, "printed": printed, "none": _("No lessons then")}


def _grids(panel: Panel, hours) -> list[dict]:
    first = hours[0].hour * 60
    strips = [
        {"title": strip.title[:1].upper() + strip.title[1:], "note": strip.note, "closed": strip.cell.closed, "blocks": _blocks(strip.cell, first),
         "free": [{"top": one.top * 5, "minutes": one.rows * 5, "text": f"{pgettext('room', 'free')} {time_range(*one.hours)}"} for one in strip.cell.free],
         "overlaps": [{"top": one.top * 5, "minutes": one.rows * 5, "text": _("overlaps")} for one in strip.cell.overlaps]}
        for strip in panel.strips
    ]  # fmt: skip
    return [
        {"kind": "grid", "title": panel.title, "hours": [f"{hour:%H:%M}" for hour in hours], "strips": strips[at : at + MOST_STRIPS]}
        for at in range(0, len(strips), MOST_STRIPS)
    ]  # fmt: skip


def _blocks(cell: Cell, first: int) -> list[dict]:
    return [
        {"top": block.placed.first_minute - first, "minutes": block.placed.last_minute - block.placed.first_minute,
         "lane": block.lane, "lanes": block.lanes, "kind": _kind(block), "topic": block.run.course.topic,
         "title": _title(block), "line": state_words(block), "foot": block.starts, "seats": block.seats if block.placed.takes_time else ""}
        for block in cell.blocks
    ]  # fmt: skip


def _kind(block: Block) -> str:
    wanted = block.kind == "held" and (block.needs_instructor or block.needs_room)
    return "decide" if wanted else block.kind


def _title(block: Block) -> str:
    return ", ".join(part for part in (block.run.course.title, block.code) if part)


def _table(house: House, days: list[date]) -> dict:
    return {
        "kind": "table", "title": house.title,
        "heads": [f"{weekday_name(day.weekday())}, {day_month(day)}".capitalize() for day in days],
        "rows": [
            {"title": column.title, "note": column.note, "cells": [_cell(cell) for cell in column.cells if cell.day in days]}
            for column in house.columns
        ],
    }  # fmt: skip


def _cell(cell: Cell) -> dict:
    return {
        "closed": cell.closed,
        "blocks": [
            {"head": " ".join(part for part in (block.starts, block.code) if part), "title": block.run.course.title, "kind": _kind(block),
             "topic": block.run.course.topic, "line": state_words(block), "seats": block.seats if block.placed.takes_time else ""}
            for block in cell.blocks
        ],
    }  # fmt: skip


def _list(board: Board) -> dict:
    heads = [_("Date"), _("Time"), _("Room"), _("Group"), _("Course"), _("Instructor"), _("Taken"), _("State")]
    rows = [
        [date_short(row.day), time_range(row.starts, row.ends), ", ".join(part for part in (row.house, row.room) if part), row.code,
         row.title, row.instructors, f"{row.taken}/{row.capacity}", ". ".join(part for part in (row.state, row.note) if part)]
        for row in rows_of(board)
    ]  # fmt: skip
    return {"heads": heads, "rows": rows}


def title_of(board: Board) -> str:
    wanted = board.wanted
    day = date_day(wanted.day)
    when = day[:1].upper() + day[1:] if wanted.first == wanted.last else date_range(wanted.first, wanted.last)
    return f"{_('Timetable')}: {when}"


# -- Families ---------------------------------------------------------------------------------------


def _family_strip(day: Day, first: int) -> dict:
    return {
        "title": weekday_name(day.date.weekday()).capitalize(), "note": day_month(day.date), "closed": day.closed, "free": [], "overlaps": [],
        "blocks": [
            {"top": entry.minutes[0] - first, "minutes": entry.minutes[1] - entry.minutes[0], "lane": entry.lane, "lanes": entry.lanes,
             "kind": {"queue": "queue", "decide": "draft"}.get(entry.kind, entry.kind), "topic": entry.run.course.topic,
             "title": f"{_who(entry)}: {entry.title}", "line": _family_state(entry), "foot": time_range(entry.starts_at, entry.ends_at), "seats": ""}
            for entry in day.entries
        ],
    }  # fmt: skip


def _who(entry: Entry) -> str:
    return ", ".join(member.learner.name_in_calendars for member in entry.members)


def _family_state(entry: Entry) -> str:
    if entry.kind == "queue":
        return _("Place in the queue: %(number)s") % {"number": entry.position}
    words = {"cancelled": _("Will not take place"), "decide": _("Place offered")}.get(entry.kind, "")
    return words or (_("overlaps") if entry.clashes else "")
