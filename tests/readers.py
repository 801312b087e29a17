"""What three calendar programs make of the same octets: icalendar, vobject, and ical.js (Thunderbird's).

They share no code. vobject and ical.js work the zone out from the VTIMEZONE in the file, icalendar from its name.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import icalendar
import quickjs
import vobject

ICAL_JS = Path(__file__).parent / "vendored" / "ical.js" / "ical.es5.min.cjs"


@dataclass(frozen=True, order=True)
class Event:
    uid: str
    starts_at: datetime  # UTC
    ends_at: datetime
    summary: str
    location: str
    status: str
    sequence: int
    description: str


def by_icalendar(octets: bytes) -> list[Event]:
    return [
        Event(
            str(one["UID"]), one["DTSTART"].dt.astimezone(UTC), one["DTEND"].dt.astimezone(UTC), str(one["SUMMARY"]),
            str(one.get("LOCATION", "")), str(one["STATUS"]), int(one["SEQUENCE"]), str(one["DESCRIPTION"]),
        )
        for one in icalendar.Calendar.from_ical(octets).walk("VEVENT")
    ]  # fmt: skip


def by_vobject(octets: bytes) -> list[Event]:
    def value(one, name):
        found = one.contents.get(name)
        return found[0].value if found else ""

    return [
        Event(
            value(one, "uid"), one.dtstart.value.astimezone(UTC), one.dtend.value.astimezone(UTC), value(one, "summary"),
            value(one, "location"), value(one, "status"), int(value(one, "sequence")), value(one, "description"),
        )
        for one in vobject.readOne(octets.decode()).contents.get("vevent", [])
    ]  # fmt: skip


_SCRIPT = """
function read(text) {
  var calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  calendar.getAllSubcomponents("vtimezone").forEach(function (zone) { ICAL.TimezoneService.register(zone); });
  return JSON.stringify(calendar.getAllSubcomponents("vevent").map(function (component) {
    var event = new ICAL.Event(component);
    return [event.uid, event.startDate.toUnixTime(), event.endDate.toUnixTime(), event.summary, event.location || "",
            component.getFirstPropertyValue("status"), event.sequence, event.description];
  }));
}
"""


@cache
def _engine():
    engine = quickjs.Context()
    engine.eval(ICAL_JS.read_text())
    engine.eval(_SCRIPT)
    return engine.get("read")


def by_ical_js(octets: bytes) -> list[Event]:
    return [
        Event(uid, datetime.fromtimestamp(starts, UTC), datetime.fromtimestamp(ends, UTC), *rest)
        for uid, starts, ends, *rest in json.loads(_engine()(octets.decode()))
    ]


READERS = [by_icalendar, by_vobject, by_ical_js]


def read(octets: bytes) -> list[Event]:
    """The events in the file's order, on which all three agree."""
    first, *others = (reader(octets) for reader in READERS)
    for reader, other in zip(READERS[1:], others, strict=True):
        assert other == first, reader.__name__
    return first
