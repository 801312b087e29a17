"""What an export holds: what the board shows, or one room, instructor or group over more than a week; within bounds."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from courses.models import Term

from ..board import arrange, build
from ..loading import load
from ..shapes import Board
from ..wanted import By, View, Wanted

MOST_DAYS, MOST_LESSONS = 370, 2000


class TooMuch(StrEnum):
    MANY = "many"  # longer than a week, and not of one thing
    LONG = "long"  # longer than a year
    LESSONS = "lessons"


class ExportRefused(Exception):
    def __init__(self, why: TooMuch):
        super().__init__(why.value)
        self.why = why


def term_of(day: date) -> Term | None:
    """The term that a day belongs to, or the next one."""
    return Term.objects.filter(ends_on__gte=day).order_by("starts_on").first()


def board_of(wanted: Wanted, *, until: date | None = None, now: datetime) -> Board:
    """The board itself; with `until`, all days from its first one to that. Raises ExportRefused.

    A week holds everything; more than that only one room, one instructor or one group.
    """
    if until is None or until <= wanted.last:
        board = build(wanted, now=now)
    else:
        board = _long(wanted, until, now)
    if len(board.blocks) > MOST_LESSONS:
        raise ExportRefused(TooMuch.LESSONS)
    return board


def _long(wanted, until, now):
    if len(wanted.chosen) != 1:
        raise ExportRefused(TooMuch.MANY)
    if (until - wanted.first) > timedelta(days=MOST_DAYS):
        raise ExportRefused(TooMuch.LONG)
    (one,) = wanted.chosen
    only = {
        By.ROOM: Q(room__slug=one), By.INSTRUCTOR: Q(instructors=one) | Q(run__instructors=one, instructors=None),
        By.GROUP: Q(run=one),
    }[wanted.by]  # fmt: skip
    timetable = load(first=wanted.first, last=until, now=now, only=only, with_staff=wanted.by == By.INSTRUCTOR)
    return arrange(replace(wanted, view=View.WEEK, shows_free=False, until=until), timetable, now=now)
