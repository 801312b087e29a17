"""A board as a sheet for Excel and its like: real dates and times, and nothing that a program would run."""

import io
from collections.abc import Iterable

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from .rows import Row

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")  # with which a program takes a text for a formula
DATE, TIME = "dd.mm.yyyy", "hh:mm"
LONGEST_TITLE = 31  # characters of a sheet's name


def sheet(rows: Iterable[Row], *, title: str) -> bytes:
    book = Workbook()
    page = book.active
    page.title = _named(title)
    columns = [
        (_("Date"), 12), (_("From"), 8), (_("Until"), 8), (_("House"), 18), (_("Room"), 30), (_("Group"), 10),
        (_("Course"), 44), (_("Instructor"), 26), (_("Taken"), 10), (_("Seats"), 10), (_("State"), 20), (_("Note"), 40),
    ]  # fmt: skip
    for number, (name, width) in enumerate(columns, 1):
        cell = page.cell(1, number)
        _write_text(cell, name)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color="E2F1F7")
        page.column_dimensions[get_column_letter(number)].width = width
    for at, row in enumerate(rows, 2):
        for number, (value, form) in enumerate(_cells(row), 1):
            cell = page.cell(at, number)
            if form is None:
                _write_text(cell, value)
            else:
                cell.value = value
                cell.number_format = form
    page.freeze_panes = "A2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{page.max_row}"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = "1:1"
    octets = io.BytesIO()
    book.save(octets)
    return octets.getvalue()


def _cells(row: Row):
    """(value, number format; None for text)"""
    return [
        (row.day, DATE), (row.starts, TIME), (row.ends, TIME), (row.house, None), (row.room, None), (row.code, None),
        (row.title, None), (row.instructors, None), (row.taken, "0"), (row.capacity, "0"), (row.state, None), (row.note, None),
    ]  # fmt: skip


def _write_text(cell: Cell, text: str):
    """Always a text, never a formula; a quote before it also where somebody edits the cell again."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(RISKY)
    cell.alignment = Alignment(vertical="top")


def _named(title: str) -> str:
    return "".join(" " if character in r"[]:*?/\'" else character for character in title)[:LONGEST_TITLE].strip() or "1"
