"""What the entries of a catalogue must agree on: names that exist, order of dates, people and rooms."""

from datetime import date, datetime, timedelta

from courses.flows.catalogue.document import Errors, Node
from courses.flows.catalogue.entries import LISTS, catalogue
from courses.flows.catalogue.values import Entry
from courses.models import CourseKind, ProgramKind

LONGEST_TERM_DAYS = 2 * 366
LONGEST_SHIFT_DAYS = 60
WEEKLY = (CourseKind.WEEKLY_CLASS, CourseKind.PRESCHOOL_GROUP)


def check(root: Node) -> Entry:
    """The catalogue as entries: {list: [entry, …]}, empty lists where there are none. Raises CatalogueRefused."""
    errors = Errors()
    found = catalogue(root, errors)
    for name in LISTS:
        found.setdefault(name, [])
    _once(found["schools"], "name_lv", errors)
    for name in ("venues", "terms", "fee_policies", "programmes"):
        _once(found[name], "id", errors)
    _once(found["courses"] + found["contests"] + found["bookables"], "id", errors)
    rooms = [room for venue in found["venues"] for room in venue.get("rooms", [])]
    _once(rooms, "id", errors)
    for venue in found["venues"]:
        for hours in venue.get("opening_hours", []):
            _in_order(hours, "opens", "closes", errors)
    for term in found["terms"]:
        _term(term, errors)
    for program in found["programmes"]:
        if "kind" not in program and program.get("id") not in ProgramKind.values:
            errors.add(program.node, f"Give the kind of this programme: {', '.join(ProgramKind.values)}.", key="id")
    for policy in found["fee_policies"]:
        if not {"otherwise", "prices"} & policy.keys():
            errors.add(policy.node, "Either otherwise or prices must say what is paid.")
    _Courses(found, errors).check()
    errors.raise_if_any()
    return found


def _once(entries, key, errors):
    first = {}
    for entry in entries:
        value = entry.get(key)
        if value is not None and value in first:
            errors.add(entry.node, f"“{value}” is used twice, first in line {first[value]}.", key=key)
        elif value is not None:
            first[value] = entry.node.keys[key]


def _in_order(entry, first, last, errors, *, may_be_same=False):
    start, end = entry.get(first), entry.get(last)
    if None in (start, end) or start < end or (may_be_same and start == end):
        return True
    errors.add(entry.node, f"{last} is not after {first}.", key=last)
    return False


def _within(entry, first: date, last: date, errors):
    for key in ("starts", "ends"):
        if entry.get(key) and not first <= entry[key] <= last:
            errors.add(entry.node, "Outside the term.", key=key)


def _term(term, errors):
    if not _in_order(term, "starts", "ends", errors) or None in (
        starts := term.get("starts"),
        ends := term.get("ends"),
    ):
        return
    if (ends - starts).days > LONGEST_TERM_DAYS:
        errors.add(term.node, "The term is longer than two years.", key="ends")
    for semester in term.get("semesters", []):
        _in_order(semester, "starts", "ends", errors)
        _within(semester, starts, ends, errors)
    breaks = term.get("breaks", [])
    _once(breaks, "id", errors)
    for one in breaks:
        # The summer break follows the term.
        if _in_order(one, "starts", "ends", errors, may_be_same=True):
            _within(one, starts, ends + timedelta(days=LONGEST_TERM_DAYS // 2), errors)
    if registration := term.get("registration"):
        _in_order(registration, "returning_opens", "open_to_all", errors, may_be_same=True)
        _in_order(registration, "open_to_all", "closes", errors)
        if (first := registration.get("classes_start")) and not starts <= first <= ends:
            errors.add(registration.node, "Outside the term.", key="classes_start")


class _Courses:
    """Courses, contests and bookables against everything that they name."""

    def __init__(self, found, errors):
        self.errors = errors
        self.found = found
        self.rooms = {
            room["id"]: (venue.get("id"), room.get("capacity"))
            for venue in found["venues"] for room in venue.get("rooms", []) if room.get("id")
        }  # fmt: skip
        self.known = {
            "programme": self._ids("programmes"), "venue": self._ids("venues"), "room": set(self.rooms),
            "term": self._ids("terms"), "fee_policy": self._ids("fee_policies"),
        }  # fmt: skip

    def _ids(self, name):
        return {entry.get("id") for entry in self.found[name]}

    def check(self):
        everything = self._ids("courses")
        for course in self.found["courses"]:
            self._references(course)
            self._audience(course)
            self._size(course)
            self._meetings(course)
            for part in course.get("parts", []):
                if part not in everything:
                    self.errors.add(course.node, f"There is no course “{part}”.", key="parts")
        for bookable in self.found["bookables"]:
            self._references(bookable)

    def _references(self, entry):
        for key, ids in self.known.items():
            if entry.get(key) is not None and entry[key] not in ids:
                self.errors.add(entry.node, f"There is no {key.replace('_', ' ')} “{entry[key]}”.", key=key)
        for room in entry.get("rooms_used", []):
            if room not in self.rooms:
                self.errors.add(entry.node, f"There is no room “{room}”.", key="rooms_used")
        venue = self.rooms.get(entry.get("room"), (None,))[0]
        if None not in (venue, entry.get("venue")) and venue != entry["venue"]:
            self.errors.add(entry.node, f"This room is in the venue “{venue}”.", key="room")

    def _audience(self, course):
        audience = course.get("audience")
        if not audience or not audience.get("kind"):
            return
        if audience["kind"] == "who":
            if "who" not in audience.node.value:
                self.errors.add(audience.node, "The key who is missing.")
            return
        for key in ("min", "max"):
            if key not in audience.node.value:
                self.errors.add(audience.node, f"The key {key} is missing.")
            elif audience["kind"] == "grades" and audience.get(key) is not None and not 1 <= audience[key] <= 12:
                self.errors.add(audience.node, "A grade is a number from 1 to 12.", key=key)
        if None not in (low := audience.get("min"), high := audience.get("max")) and low > high:
            self.errors.add(audience.node, "max is smaller than min.", key="max")

    def _size(self, course):
        capacity = course.get("capacity")
        if capacity is None:
            return
        if (course.get("min_size") or 0) > capacity:
            self.errors.add(course.node, f"More than the capacity, which is {capacity}.", key="min_size")
        names = [course["room"]] if course.get("room") else course.get("rooms_used", [])
        sizes = [self.rooms[name][1] for name in names if name in self.rooms]
        if sizes and None not in sizes and capacity > sum(sizes):
            self.errors.add(course.node, f"More than the room has seats, which are {sum(sizes)}.", key="capacity")

    def _meetings(self, course):
        kind, minutes = course.get("kind"), course.get("duration_min")
        if "groups" in course and kind not in WEEKLY:
            self.errors.add(course.node, f"Only {' and '.join(WEEKLY)} have groups.", key="groups")
        if kind in WEEKLY and course.get("status") == "offered":
            for key in ("groups", "term", "room"):
                if course.node.value.get(key) is None or course.node.value[key].value is None:
                    self.errors.add(course.node, f"A weekly course needs {key}.")
        starts = [(entry, "start") for entry in [*course.get("groups", []), *course.get("shifts", [])]]
        if course.get("dates"):
            starts.append((course["dates"], "start"))
        for entry, key in starts:
            self._same_day(entry, entry.get(key), minutes, key)
        seen = set()
        for group in course.get("groups", []):
            when = group.get("weekday"), group.get("start")
            if None not in when and when in seen:
                self.errors.add(group.node, "Another group of this course meets at the same time.")
            seen.add(when)
        for row in course.get("schedule", []):
            for start in row.get("starts", []):
                self._same_day(row, start, minutes, "starts")
        for days in [*course.get("shifts", []), *([course["dates"]] if course.get("dates") else [])]:
            if _in_order(days, "starts", "ends", self.errors, may_be_same=True) and None not in (
                first := days.get("starts"), last := days.get("ends")
            ) and (last - first).days >= LONGEST_SHIFT_DAYS:  # fmt: skip
                self.errors.add(days.node, f"Longer than {LONGEST_SHIFT_DAYS} days.", key="ends")

    def _same_day(self, entry, start, minutes, key):
        if None in (start, minutes):
            return
        if datetime.combine(date.min, start) + timedelta(minutes=minutes) > datetime.combine(date.min, start.max):
            self.errors.add(entry.node, f"A lesson of {minutes} minutes would end on the next day.", key=key)
