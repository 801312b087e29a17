"""Breaks out of a calendar file (.ics) of a school or of the state: what they would become, before anything is written.

Every line is read here with the number it has in the file, so that a fault can be found by whoever made it. RFC 5545:
a DTEND is exclusive, a date without DTEND is one day. A yearly repetition is expanded inside the term; any other is
named and not taken.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _, pgettext_lazy
from icalendar import vDDDTypes, vDuration, vRecur, vText
from icalendar.parser import Contentline

from courses.flows import timetable
from courses.models import Term

MOST_OCTETS = 1024 * 1024
MOST_EVENTS = 1000
LONGEST_NAME = 80
LONGEST_LINE = 10_000  # characters, unfolded
EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)


class FileReason(models.TextChoices):
    TOO_LARGE = "too_large", _("The file is larger than 1 MB")
    NO_TEXT = "no_text", _("The file is not text in UTF-8")
    NO_CALENDAR = "no_calendar", _("The file does not begin as a calendar (BEGIN:VCALENDAR)")
    NO_END = "no_end", _("The file ends in the middle: a part that begins has no end")
    NO_PARTS = "no_parts", _("A line is not a name and a value")
    WRONG_END = "wrong_end", _("A part ends that has not begun")
    NO_START = "no_start", _("An event has no first day (DTSTART)")
    NO_DATE = "no_date", _("This is not a date or a time")
    ENDS_FIRST = "ends_first", _("An event ends before it starts")
    TOO_MANY = "too_many", _("The file has more than 1000 events")


class FileRefused(Exception):
    """Raised for a file that cannot be read; `line` is its number in the file, 0 when it is about all of it."""

    def __init__(self, reason: FileReason, line: int = 0):
        super().__init__(reason.value)
        self.reason, self.line = reason, line


@dataclass(frozen=True)
class Event:
    """An event of the file, in whole local days."""

    name: str
    starts_on: date
    ends_on: date  # included
    is_all_day: bool
    uid: str
    line: int
    repeats: str = ""  # "" no; "yearly"; "otherwise": cannot be taken
    until: date | None = None
    count: int | None = None
    every: int = 1  # years

    @property
    def key(self) -> str:
        """The same for the same event of the same year in another copy of the file."""
        return "ics-" + hashlib.sha256(f"{self.uid}\n{self.starts_on.year}".encode()).hexdigest()[:24]


class Fate(models.TextChoices):
    NEW = "new", pgettext_lazy("break", "new")
    MOVED = "moved", _("other days than before")
    KNOWN = "known", _("is there already")
    HOLIDAY = "holiday", _("a state holiday, free anyway")
    TIMED = "timed", _("a part of a day")
    REPEATS = "repeats", _("repeats: enter it by hand")


@dataclass(frozen=True)
class Candidate:
    event: Event
    fate: Fate

    @property
    def can_be_taken(self) -> bool:
        return self.fate in (Fate.NEW, Fate.MOVED, Fate.HOLIDAY, Fate.TIMED)

    @property
    def is_wanted(self) -> bool:
        """What is ticked at first."""
        return self.fate in (Fate.NEW, Fate.MOVED)


@dataclass(frozen=True)
class Found:
    candidates: list[Candidate]
    outside: int  # events that do not touch the term


def preview(octets: bytes, *, term: Term, grade: int | None = None) -> Found:
    """What the file has for the term, in the order of days. Raises FileRefused."""
    events = [each for event in read(octets) for each in _within(event, term)]
    inside = [one for one in events if one.starts_on <= term.ends_on and one.ends_on >= term.starts_on]
    holidays = timetable.state_holidays(term.starts_on, term.ends_on)
    known = {one.slug: one for one in term.breaks.all()}
    days_known = {(one.starts_on, one.ends_on) for one in known.values() if one.grade in (None, grade)}
    unique = {(one.name, one.starts_on, one.ends_on): one for one in inside}.values()
    candidates = [Candidate(one, _fate(one, known, days_known, holidays)) for one in unique]
    candidates.sort(key=lambda one: (one.event.starts_on, one.event.ends_on, one.event.name))
    return Found(candidates, len(events) - len(inside))


def _fate(event, known, days_known, holidays) -> Fate:
    if event.repeats == "otherwise":
        return Fate.REPEATS
    if (event.starts_on, event.ends_on) in days_known:
        return Fate.KNOWN
    if event.key in known:
        return Fate.MOVED
    if not event.is_all_day:
        return Fate.TIMED
    if all(day in holidays for day in timetable.days_between(event.starts_on, event.ends_on)):
        return Fate.HOLIDAY
    return Fate.NEW


def _within(event, term) -> Iterator[Event]:
    """The event, or of a yearly one those that touch the term."""
    if event.repeats != "yearly":
        yield event
        return
    length = event.ends_on - event.starts_on
    for year in range(max(event.starts_on.year, term.starts_on.year - 1), term.ends_on.year + 1):
        number, rest = divmod(year - event.starts_on.year, event.every)
        if rest or (event.count is not None and number >= event.count):
            continue
        try:
            first = event.starts_on.replace(year=year)
        except ValueError:  # 29 February in a common year: not that year (RFC 5545 §3.3.10)
            continue
        if event.until is None or first <= event.until:
            one = replace(event, starts_on=first, ends_on=first + length)
            if one.starts_on <= term.ends_on and one.ends_on >= term.starts_on:
                yield one


# -- Reading -----------------------------------------------------------------------------------------


def read(octets: bytes) -> list[Event]:
    """The events of a file, cancelled ones left out. Raises FileRefused."""
    if len(octets) > MOST_OCTETS:
        raise FileRefused(FileReason.TOO_LARGE)
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise FileRefused(FileReason.NO_TEXT, octets[: problem.start].count(b"\n") + 1) from problem
    if "\0" in text:
        raise FileRefused(FileReason.NO_TEXT, text[: text.index("\0")].count("\n") + 1)
    lines = _unfolded(text)
    events, open_parts, fields = [], [], {}
    for number, line in lines:
        name, parameters, value = _parts(number, line)
        if not open_parts and (name, value.upper()) != ("BEGIN", "VCALENDAR"):
            raise FileRefused(FileReason.NO_CALENDAR, number)
        if name == "BEGIN":
            open_parts.append(value.upper())
            if open_parts[1:] == ["VEVENT"]:
                fields = {"BEGIN": (number, {}, value)}
        elif name == "END":
            if open_parts[-1] != value.upper():
                raise FileRefused(FileReason.WRONG_END, number)
            if open_parts[1:] == ["VEVENT"] and (event := _event(fields)) is not None:
                events.append(event)
            open_parts.pop()
            if len(events) > MOST_EVENTS:
                raise FileRefused(FileReason.TOO_MANY, number)
        elif open_parts[1:] == ["VEVENT"]:
            fields.setdefault(name, (number, parameters, value))
    if not lines:
        raise FileRefused(FileReason.NO_CALENDAR)
    if open_parts:
        raise FileRefused(FileReason.NO_END, lines[-1][0])
    return events


def _unfolded(text) -> list[tuple[int, str]]:
    """(number of its first line in the file, whole line), without empty ones (RFC 5545 §3.1)."""
    lines = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if line[:1] in (" ", "\t") and lines:
            lines[-1][1].append(line[1:])
        elif line.strip():
            lines.append((number, [line]))
    return [(number, "".join(parts)[:LONGEST_LINE]) for number, parts in lines]


def _parts(number, line):
    try:
        name, parameters, value = Contentline(line).parts()
    except ValueError as problem:
        raise FileRefused(FileReason.NO_PARTS, number) from problem
    return name.upper(), parameters, value.strip()


def _event(fields) -> Event | None:
    if fields.get("STATUS", (0, {}, ""))[2].upper() == "CANCELLED":
        return None
    if "DTSTART" not in fields:
        raise FileRefused(FileReason.NO_START, fields["BEGIN"][0])
    number = fields["DTSTART"][0]
    start = _moment(*fields["DTSTART"])
    end = _end(fields, start)
    if end < start:
        raise FileRefused(FileReason.ENDS_FIRST, fields.get("DTEND", fields.get("DURATION", fields["DTSTART"]))[0])
    first = start.date()
    last = max(first, (end - timedelta(microseconds=1)).date() if end > start else first)
    name = "".join(
        letter for letter in str(vText.from_ical(fields.get("SUMMARY", (0, {}, ""))[2])) if letter.isprintable()
    )
    whole = start.time() == time() and end.time() == time()
    event = Event(
        name=name.strip()[:LONGEST_NAME], starts_on=first, ends_on=last, is_all_day=whole and end > start,
        uid=fields.get("UID", (0, {}, ""))[2] or f"{name} {first}", line=number,
    )  # fmt: skip
    return _repeated(event, fields)


def _end(fields, start) -> datetime:
    if "DTEND" in fields:
        end = _moment(*fields["DTEND"])
        if end == start and _is_date(*fields["DTSTART"][1:]):
            return start + timedelta(days=1)  # not by the RFC, but many programs write a single day so
        return end
    if "DURATION" in fields:
        try:
            return start + vDuration.from_ical(fields["DURATION"][2])
        except (ValueError, TypeError, OverflowError) as problem:
            raise FileRefused(FileReason.NO_DATE, fields["DURATION"][0]) from problem
    return start + timedelta(days=1) if _is_date(*fields["DTSTART"][1:]) else start


def _is_date(parameters, value):
    return str(parameters.get("VALUE", "")).upper() == "DATE" or len(value) == 8


def _moment(number, parameters, value) -> datetime:
    """In local time, naive: a date at midnight. A time without a zone, or with one that nobody knows, is local."""
    try:
        found = vDDDTypes.from_ical(value, timezone=parameters.get("TZID"))
        if not isinstance(found, date) or isinstance(found, timedelta):
            raise ValueError(value)
        if not isinstance(found, datetime):
            found = datetime.combine(found, time())
        elif found.tzinfo is not None:
            found = found.astimezone(UTC).astimezone(timezone.get_default_timezone()).replace(tzinfo=None)
    except (ValueError, TypeError, OverflowError, AttributeError, LookupError) as problem:
        raise FileRefused(FileReason.NO_DATE, number) from problem
    if not EARLIEST <= found.date() <= LATEST:
        raise FileRefused(FileReason.NO_DATE, number)
    return found


def _repeated(event: Event, fields) -> Event:
    if "RECURRENCE-ID" in fields or "RDATE" in fields:
        return replace(event, repeats="otherwise")
    if "RRULE" not in fields:
        return event
    number, _, value = fields["RRULE"]
    try:
        rule = vRecur.from_ical(value)
        every, count = int(rule.get("INTERVAL", [1])[0]), rule.get("COUNT")
        until = rule.get("UNTIL", [None])[0]
        same = [int(str(each)) for each in (*rule.get("BYMONTH", []), *rule.get("BYMONTHDAY", []))]
        count = count and int(count[0])
    except (ValueError, TypeError, OverflowError, LookupError) as problem:
        raise FileRefused(FileReason.NO_DATE, number) from problem
    own = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY"}
    plain = set(rule) <= own and same in ([], [event.starts_on.month], [event.starts_on.month, event.starts_on.day])
    if rule.get("FREQ") != ["YEARLY"] or not plain or every < 1 or "EXDATE" in fields:
        return replace(event, repeats="otherwise")
    until = until.date() if isinstance(until, datetime) else until
    return replace(event, repeats="yearly", every=every, count=count, until=until)
