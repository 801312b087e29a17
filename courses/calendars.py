"""Lessons as iCalendar text (RFC 5545 and 7986): pure functions of rows that were read before.

The lines are written here and not by the `icalendar` library, which takes six times as long for the same
feed and whose own zone for Riga has its spring onset an hour late. The tests read everything back with three parsers.
Texts are in the active language; a caller overrides it with the feed's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext

from courses.models import CourseRun, Lesson, Room, RunState, Topic

MAX_EVENTS = 1000  # Google leaves a calendar of more than about 1 100 unread
MAX_OCTETS = 1_000_000
LINE_OCTETS = 75  # RFC 5545 §3.1, the line break not counted

RIGA = ZoneInfo("Europe/Riga")

# Clocks change at 01:00 UTC on the last Sundays of March and October; an onset is told in the local time before it.
VTIMEZONE = b"\r\n".join(
    [
        b"BEGIN:VTIMEZONE",
        b"TZID:Europe/Riga",
        b"BEGIN:DAYLIGHT",
        b"DTSTART:19700329T030000",
        b"TZOFFSETFROM:+0200",
        b"TZOFFSETTO:+0300",
        b"TZNAME:EEST",
        b"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        b"END:DAYLIGHT",
        b"BEGIN:STANDARD",
        b"DTSTART:19701025T040000",
        b"TZOFFSETFROM:+0300",
        b"TZOFFSETTO:+0200",
        b"TZNAME:EET",
        b"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        b"END:STANDARD",
        b"END:VTIMEZONE",
        b"",
    ]
)

# RFC 7986 §5.9 wants names of CSS; the nearest to the topics' and the children's colours on our pages.
CENTRE_COLOR = "darkslateblue"
TOPIC_COLORS = {
    Topic.ROBOTICS: "darkorange",
    Topic.PROGRAMMING: "royalblue",
    Topic.DESIGN: "mediumvioletred",
    Topic.MEDIA: "darkcyan",
    Topic.SCIENCE: "seagreen",
    Topic.ADULTS: "slategray",
}

_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")
# Not allowed in a text (RFC 5545 §3.1); lone halves of a surrogate pair cannot be written as UTF-8 at all.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")


# -- Parts of lines -----------------------------------------------------------------------------


@lru_cache(maxsize=1024)  # the lessons of a calendar say mostly the same
def text(value: str) -> str:
    """A TEXT value: escaped, without control characters (RFC 5545 §3.3.11)."""
    return _NOT_TEXT.sub("", _LINE_ENDS.sub("\n", value)).translate(_ESCAPES)


@lru_cache(maxsize=1024)
def one_line(value: str) -> str:
    """A TEXT value without line breaks, for titles and places."""
    return text(" ".join(value.split()))


def fold(line: str) -> bytes:
    """The content line with its line break, folded at 75 octets and never inside a character."""
    octets = line.encode()
    if len(octets) <= LINE_OCTETS:
        return octets + b"\r\n"
    parts, start, room = [], 0, LINE_OCTETS
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # the next octet continues a character
            end -= 1
        parts.append(octets[start:end])
        start, room = end, LINE_OCTETS - 1  # the space that begins a continuation counts
    parts.append(octets[start:])
    return b"\r\n ".join(parts) + b"\r\n"


def _local(moment: datetime) -> str:
    return moment.astimezone(RIGA).strftime("%Y%m%dT%H%M%S")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


# -- Addresses and identity ---------------------------------------------------------------------


def host() -> str:
    """The name behind the @ of every UID. Changing it makes every subscriber's events new ones."""
    return urlsplit(settings.SITE_ADDRESS).hostname


def lesson_uid(lesson_id: int, ref: str = "") -> str:
    """Constant for the life of the lesson; `ref` tells siblings in one lesson apart (CALENDARS, 2)."""
    return f"lesson-{lesson_id}{'-' if ref else ''}{ref}@{host()}"


def address(path: str) -> str:
    """The whole address of a page, as a calendar needs it."""
    return settings.SITE_ADDRESS.rstrip("/") + path


# -- Events -----------------------------------------------------------------------------


def is_cancelled(lesson: Lesson) -> bool:
    return lesson.is_cancelled or lesson.run.state == RunState.CANCELLED


def place(room: Room) -> str:
    """VIZIUM, Mācību klase 2, Rūpniecības iela 2, Ventspils"""
    return ", ".join(part for part in (room.venue.short_name, room.name, room.venue.address) if part)


def run_title(run: CourseRun) -> str:
    """Robotika 4.–6. klasei (R-2): how public and staff calendars name a lesson."""
    return f"{run.course.title} ({run.code})"


def lesson_event(
    lesson: Lesson,
    *,
    uid: str,
    title: str,
    url: str,
    changed_at: datetime,
    notes: Iterable[str] = (),
    color: str = "",
    is_private: bool = False,
) -> bytes:
    """One VEVENT.

    The lesson comes with run, course, program, room and venue. `changed_at` is the newest change of anything that
    the event shows, never the time of the request: without a change the octets stay the same (CALENDARS, 3).
    `notes` are further lines of the description, after what changed and before the address.
    """
    cancelled = is_cancelled(lesson)
    stamp = _utc(changed_at)
    summary = gettext("CANCELLED: %(title)s") % {"title": title} if cancelled else title
    description = "\n".join(line for line in (lesson.change_note, *notes, url) if line)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        f"SEQUENCE:{lesson.sequence}",
        f"DTSTART;TZID=Europe/Riga:{_local(lesson.starts_at)}",
        f"DTEND;TZID=Europe/Riga:{_local(lesson.ends_at)}",
        f"SUMMARY:{one_line(summary)}",
    ]
    if lesson.is_remote:
        lines.append(f"LOCATION:{one_line(lesson.place)}")  # never the address of the meeting (CALENDARS, 11)
    elif lesson.room_id:
        lines.append(f"LOCATION:{one_line(place(lesson.room))}")
        venue = lesson.room.venue
        if venue.latitude is not None and venue.longitude is not None:
            lines.append(f"GEO:{venue.latitude:.6f};{venue.longitude:.6f}")
    lines += [
        f"DESCRIPTION:{text(description)}",
        f"CATEGORIES:{one_line(lesson.run.course.program.name)}",
        f"URL:{url}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        f"TRANSP:{'TRANSPARENT' if cancelled else 'OPAQUE'}",
    ]
    if color:
        lines.append(f"COLOR:{color}")
    if is_private:
        lines.append("CLASS:PRIVATE")
    lines.append("END:VEVENT")
    return b"".join(map(fold, lines))


def public_event(lesson: Lesson) -> bytes:
    """A lesson as anybody may see it."""
    run = lesson.run
    return lesson_event(
        lesson,
        uid=lesson_uid(lesson.pk),
        title=run_title(run),
        url=address(run.get_absolute_url()),
        changed_at=max(lesson.changed_at, run.changed_at),
        color=TOPIC_COLORS.get(run.course.topic, ""),
    )


# -- Calendars ------------------------------------------------------------------------------------


def calendar(
    *,
    events: Iterable[bytes],
    language: str,
    name: str = "",
    color: str = CENTRE_COLOR,
    refresh_hours: int | None = None,
    method: str = "",
) -> bytes:
    """A VCALENDAR with the zone, also when it has no event; the same arguments give the same octets.

    Without a name it is a file with events, not a calendar to subscribe to; only an invitation has a method. Events come
    in the order of time; those past 1 000 or past 1 MB are left out, so the farthest go first (CALENDARS, 8).
    """
    head = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Ventspils Digitālais centrs//Enrollment//{language.upper()}",
        "CALSCALE:GREGORIAN",
    ]
    if method:
        head += [f"METHOD:{method}"]
    if name:
        head += [f"NAME:{one_line(name)}", f"X-WR-CALNAME:{one_line(name)}", "X-WR-TIMEZONE:Europe/Riga"]
        head += [f"COLOR:{color}"]
    if refresh_hours:
        head += [f"REFRESH-INTERVAL;VALUE=DURATION:PT{refresh_hours}H", f"X-PUBLISHED-TTL:PT{refresh_hours}H"]
    parts = [*map(fold, head), VTIMEZONE]
    tail = b"END:VCALENDAR\r\n"
    octets = sum(map(len, parts)) + len(tail)
    for count, event in enumerate(events):
        octets += len(event)
        if count == MAX_EVENTS or octets > MAX_OCTETS:
            break
        parts.append(event)
    return b"".join([*parts, tail])


# -- The window -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """What part of the timetable a calendar holds: from the first day of the previous month (CALENDARS, 8).

    Its edges move with the week and the month only, so that a calendar without a change keeps its octets in between.
    """

    starts_at: datetime
    this_week: datetime  # Monday
    cancelled_from: datetime  # a cancelled lesson stays to the end of the week after its own, then leaves
    key: str  # part of a feed's fingerprint


def window_at(now: datetime) -> Window:
    # Days begin at a full quarter of an hour in every zone, and programs like to ask at the same minute.
    return _window(now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0))


@lru_cache(maxsize=8)
def _window(now: datetime) -> Window:
    today = now.astimezone(RIGA).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = _midnight(today, days=today.weekday())
    month = _midnight(today, days=today.day).replace(day=1)
    return Window(
        starts_at=month,
        this_week=monday,
        cancelled_from=_midnight(monday, days=7),
        key=f"{month:%Y%m}/{monday:%m%d}",
    )


def _midnight(day: datetime, *, days: int) -> datetime:
    """The local midnight that many calendar days before."""
    return (day.replace(tzinfo=None) - timedelta(days=days)).replace(tzinfo=RIGA)
