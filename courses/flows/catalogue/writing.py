"""Writes a checked catalogue: what is new is created, what differs is updated, the rest is left as it is.

Only what the file says is written. Limits, offer times and rules get their values when their program or
course is created, and belong to the coordinator from then on.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from accounts.models import School
from courses.flows.catalogue.checks import WEEKLY
from courses.flows.catalogue.document import Errors
from courses.flows.catalogue.themes import topic_of
from courses.flows.catalogue.values import WEEKDAYS
from courses.flows.publishing import runs_showing, touch_runs
from courses.models import (
    Audience,
    Break,
    Course,
    CourseKind,
    EligibilityRule,
    FeePolicy,
    FirstServed,
    PriorityWindow,
    Program,
    ProgramKind,
    Room,
    RuleKind,
    Term,
    Topic,
    VentspilsEvidence,
    Venue,
)

OLDEST = 120
HEAD_COUNT = (CourseKind.SHOW, CourseKind.WORKSHOP)  # booked by parties; nobody's grade or age is known

# What a new program starts with. From then on these are rows that the coordinator edits.
_SETTINGS = {
    ProgramKind.CHILDREN: {"max_places_per_term": 2},
    ProgramKind.VIZIUM: {"forbids_clash": False, "offer_hours": 24},
}
_RULES = {
    ProgramKind.TEACHERS: {RuleKind.TEACHER: {}},
    ProgramKind.ADULTS: {RuleKind.AGE: {"minimum": 18, "maximum": OLDEST}},
}
_SENIOR = {"minimum": 60, "maximum": OLDEST}

_AUDIENCES = {
    CourseKind.PRESCHOOL_GROUP: Audience.PRESCHOOL,
    CourseKind.TEACHER_TRAINING: Audience.TEACHERS,
    CourseKind.COURSE: Audience.ADULTS,
    CourseKind.VISIT: Audience.EVERYBODY,
    CourseKind.SHOW: Audience.EVERYBODY,
    CourseKind.WORKSHOP: Audience.EVERYBODY,
    CourseKind.BIRTHDAY: Audience.EVERYBODY,
    CourseKind.GROUP_PROGRAM: Audience.GROUPS,
    CourseKind.GROUP_VISIT: Audience.GROUPS,
    CourseKind.TEAM_EVENT: Audience.GROUPS,
}
_AT_SCHOOL = {"attends_ventspils_school", "ventspils_preschool"}
_RESIDENT = {"declared_residence_ventspils", "ventspils_preschool"}

_BREAKS = {
    "autumn": ("Rudens brīvlaiks", "Autumn break"),
    "winter": ("Ziemas brīvlaiks", "Winter break"),
    "spring": ("Pavasara brīvlaiks", "Spring break"),
    "summer": ("Vasaras brīvlaiks", "Summer break"),
}
_PUBLIC_ZONE = {
    "id": "public-zone",
    "kind": ProgramKind.PUBLIC_ZONE,
    "name_lv": "Publiskā zona",
    "name_en": "Public zone",
    "summary_lv": "Datori, konsultācijas un druka ikvienam.",
    "summary_en": "Computers, advice and printing for everybody.",
}
_CONTESTS = {"id": "contests", "kind": ProgramKind.CONTESTS, "name_lv": "Konkursi", "name_en": "Contests"}

# Facts of a course that have no column of their own; pages may show them, nothing computes with them.
_INFORMATION = (
    *(
        "mode",
        "level",
        "venue",
        "room",
        "rooms_used",
        "capacity",
        "min_size",
        "booked_by",
        "needs",
        "variants",
        "parts",
    ),
    *("modules", "free_adults_per_children", "schedule"),
    *("team", "groups", "one_task_per_group", "editions", "prizes_to", "eligibility"),
    *("slot_min", "max_min_per_day", "late_release_min"),
)


@dataclass
class Report:
    """How many of each kind: {"courses": 76, …}."""

    created: Counter = field(default_factory=Counter)
    updated: Counter = field(default_factory=Counter)
    unchanged: Counter = field(default_factory=Counter)

    def note(self, kind: str, *, created: bool = False, updated: bool = False) -> None:
        (self.created if created else self.updated if updated else self.unchanged)[kind] += 1

    def as_dict(self) -> dict[str, dict[str, int]]:
        return {name: dict(sorted(getattr(self, name).items())) for name in ("created", "updated", "unchanged")}


@dataclass
class Writer:
    """One import. `changed` holds the terms and courses whose timetable may have to follow."""

    now: datetime
    errors: Errors = field(default_factory=Errors)
    report: Report = field(default_factory=Report)
    changed: set = field(default_factory=set)
    closes_at: dict[str, datetime] = field(default_factory=dict)  # {term: end of its registration}
    returning_opens_at: dict[str, datetime] = field(default_factory=dict)  # {term: beginning of it for current pupils}
    rooms: dict[str, Room] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    policies: dict[str, FeePolicy] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)

    def put(self, kind: str, model, known: dict, key: Any, values: dict):
        """Create the row of that key or bring it up to date: (row, whether it is new, names of changed columns)."""
        row = known.get(key)
        if row is None:
            row = known[key] = model.objects.create(**values)
            self.report.note(kind, created=True)
            return row, True, set()
        changed = {name for name, value in values.items() if getattr(row, name) != value}
        if changed:
            for name in changed:
                setattr(row, name, values[name])
            row.save(update_fields=[*changed, *({"search_key"} & {one.name for one in model._meta.fields})])
            if isinstance(row, (Course, Program, Room, Venue)):
                touch_runs(runs_showing(row), now=self.now)
        self.report.note(kind, updated=bool(changed))
        return row, False, changed

    def write(self, catalogue: dict) -> None:
        """Everything but the runs (season.py)."""
        self._schools(catalogue["schools"])
        self._places(catalogue["venues"])
        self._terms(catalogue["terms"])
        self._policies(catalogue["fee_policies"])
        self._programs(catalogue)
        self._windows()
        self._courses(catalogue)

    def _schools(self, entries):
        known = {school.name: school for school in School.objects.all()}
        for entry in entries:
            values = {"name": entry["name_lv"], "municipality": entry["municipality"]}
            self.put("schools", School, known, values["name"], values)

    def _places(self, entries):
        venues, self.rooms = _by_slug(Venue), _by_slug(Room)
        for entry in entries:
            hours = [{**plain(row)} for row in entry.get("opening_hours", [])]
            if entry.get("closed"):
                weekday, first, last = entry["closed"]
                ends = {"closed_from": "{:02}-{:02}".format(*first), "closed_until": "{:02}-{:02}".format(*last)}
                hours.append({"days": [WEEKDAYS[weekday]], **ends})
            venue, *_ = self.put("venues", Venue, venues, entry["id"], {
                "slug": entry["id"], "name_lv": entry["name_lv"], "name_en": entry["name_en"],
                "short_name": entry.get("short_name") or _short_name(entry["name_lv"]),
                "address": entry["address"] or "", "opening_hours": hours,
            })  # fmt: skip
            for room in entry["rooms"]:
                self.put("rooms", Room, self.rooms, room["id"], {
                    "slug": room["id"], "venue": venue, "name_lv": room["name_lv"], "name_en": room["name_en"],
                    "capacity": room["capacity"], "use": room.get("use", ""),
                })  # fmt: skip

    def _terms(self, entries):
        self.terms = _by_slug(Term)
        breaks = {(one.term_id, one.slug): one for one in Break.objects.all()}
        for entry in entries:
            registration = entry.get("registration", {})
            term, _, changed = self.put("terms", Term, self.terms, entry["id"], {
                "slug": entry["id"], "name_lv": entry["name_lv"],
                "name_en": entry.get("name_en") or f"School year {entry['id'].replace('-', '/')}",
                "starts_on": entry["starts"], "ends_on": entry["ends"],
                "classes_start_on": registration.get("classes_start"),
                "enrollment_opens_at": registration.get("open_to_all"),
            })  # fmt: skip
            if registration:
                self.closes_at[entry["id"]] = registration["closes"]
                self.returning_opens_at[entry["id"]] = registration.get("returning_opens")
            if changed & {"starts_on", "ends_on", "classes_start_on"}:
                self.changed.add(term)
            for one in entry.get("breaks", []):
                name_lv, name_en, grade = _break_names(one)
                _, new, changed = self.put("breaks", Break, breaks, (term.pk, one["id"]), {
                    "term": term, "slug": one["id"], "name_lv": name_lv, "name_en": name_en, "grade": grade,
                    "starts_on": one["starts"], "ends_on": one["ends"],
                })  # fmt: skip
                if new or changed & {"starts_on", "ends_on", "grade"}:
                    self.changed.add(term)

    def _policies(self, entries):
        self.policies = _by_slug(FeePolicy)
        for entry in entries:
            otherwise, prices = entry.get("otherwise", {}), entry.get("prices", [])
            amount, reductions = otherwise.get("amount"), plain(entry.get("reductions", []))
            unit = otherwise.get("unit", "")
            if prices:
                amount, unit, reductions = prices[0]["amount"], "person", plain(prices[1:]) + reductions
            if "percent_of_price" in otherwise:
                reductions.insert(0, {"id": "co-payment", "percent": 100 - otherwise["percent_of_price"]})
            self.put("fee_policies", FeePolicy, self.policies, entry["id"], {
                "slug": entry["id"], "name_lv": entry["name_lv"], "name_en": entry["name_en"],
                "amount": amount if isinstance(amount, Decimal) else None, "unit": unit,
                "exempt": list(entry.get("exempt", [])), "reductions": reductions, "vat": entry.get("vat", "exempt"),
            })  # fmt: skip

    def _programs(self, catalogue):
        entries = list(catalogue["programmes"])
        ids = {entry["id"] for entry in entries}
        if catalogue["contests"] and "contests" not in ids:
            entries.append(_CONTESTS)
        if catalogue["bookables"] and "public-zone" not in ids:
            entries.append(_PUBLIC_ZONE)
        self.programs = _by_slug(Program)
        for entry in entries:
            kind = entry.get("kind") or entry["id"]
            values = {
                "slug": entry["id"], "kind": kind, "name_lv": entry["name_lv"], "name_en": entry["name_en"],
                "summary_lv": entry.get("summary_lv", ""), "summary_en": entry.get("summary_en", ""),
            }  # fmt: skip
            if entry["id"] not in self.programs:
                values |= _SETTINGS.get(kind, {})
            program, new, _ = self.put("programs", Program, self.programs, entry["id"], values)
            if new:
                EligibilityRule.objects.bulk_create(
                    EligibilityRule(program=program, kind=rule, **columns)
                    for rule, columns in _RULES.get(kind, {}).items()
                )

    def _windows(self):
        """Pupils of last year come first to the children's classes; a row that staff changed since is left alone."""
        for slug, opens_at in self.returning_opens_at.items():
            for program in self.programs.values():
                if opens_at and program.kind == ProgramKind.CHILDREN:
                    PriorityWindow.objects.get_or_create(
                        program=program, term=self.terms[slug], who=FirstServed.CURRENT, defaults={"opens_at": opens_at}
                    )

    def _courses(self, catalogue):
        self.courses = _by_slug(Course)
        for entry in catalogue["courses"]:
            course, new, changed = self.put("courses", Course, self.courses, entry["id"], self._course(entry))
            if "lessons_planned" in changed:
                self.changed.add(course)
            if new or changed & {"grade_min", "grade_max", "age_min", "age_max", "fee_policy", "kind"}:
                self._rules(course, entry)
        for entry in catalogue["contests"]:
            grades = [grade for band in entry.get("groups", []) for grade in band["grades"]] or [None]
            self.put("contests", Course, self.courses, entry["id"], {
                **_texts(entry), "program": self.programs["contests"], "kind": CourseKind.CONTEST,
                "topic": Topic.PROGRAMMING, "audience": Audience.PUPILS, "price": entry.get("fee"),
                "grade_min": min(grades), "grade_max": max(grades), "information": _information(entry),
            })  # fmt: skip
        for entry in catalogue["bookables"]:
            price = entry.get("price")
            self.put("bookables", Course, self.courses, entry["id"], {
                **_texts(entry), "program": self.programs["public-zone"], "kind": CourseKind.BOOKABLE,
                "topic": Topic.ADULTS, "audience": Audience.EVERYBODY, "duration_minutes": entry.get("slot_min"),
                "price": price if isinstance(price, Decimal) else None,
                "information": _information(entry) | ({"price": price} if isinstance(price, str) else {}),
            })  # fmt: skip

    def _course(self, entry):
        audience = entry["audience"]
        kind = audience["kind"]
        youngest = 60 if audience.get("who") == "senior" else audience.get("min_age")
        return {
            **_texts(entry), "program": self.programs[entry["programme"]], "kind": entry["kind"],
            "status": entry["status"], "topic": topic_of(entry), "audience": _AUDIENCES.get(entry["kind"], Audience.PUPILS),
            "prerequisite_lv": entry.get("prerequisite_lv") or audience.get("prerequisite", ""),
            "prerequisite_en": entry.get("prerequisite_en", ""),
            "grade_min": audience["min"] if kind == "grades" else None,
            "grade_max": audience["max"] if kind == "grades" else None,
            "age_min": audience["min"] if kind == "ages" else youngest,
            "age_max": audience["max"] if kind == "ages" else None,
            "duration_minutes": entry["duration_min"], "lessons_planned": entry["sessions"],
            "academic_hours": entry.get("hours"), "certificate": entry.get("certificate", "none"),
            "fee_policy": self.policies[entry["fee_policy"]], "price": entry.get("price"),
            "information": _information(entry) | ({"audience": facts} if (facts := _audience_facts(audience)) else {}),
        }  # fmt: skip

    def _rules(self, course, entry):
        """The course's own rules, from its audience and from who learns free of charge."""
        rules = {}
        if course.kind in HEAD_COUNT:
            pass
        elif course.grade_min is not None:
            rules[RuleKind.GRADE] = {"minimum": course.grade_min, "maximum": course.grade_max}
        elif course.age_min is not None:
            rules[RuleKind.AGE] = {"minimum": course.age_min, "maximum": course.age_max or OLDEST}
        if evidence := self._evidence(course):
            rules[RuleKind.VENTSPILS] = {"evidence": evidence}
        decided_here = {RuleKind.GRADE, RuleKind.AGE, RuleKind.VENTSPILS}
        course.rules.filter(kind__in=decided_here - rules.keys()).delete()
        for kind, columns in rules.items():
            EligibilityRule.objects.update_or_create(course=course, kind=kind, defaults=columns)

    @staticmethod
    def _evidence(course):
        """Weekly classes that are free for Ventspils are for Ventspils (UX 5.2, "Not eligible: residency")."""
        exempt = set(course.fee_policy.exempt)
        if course.kind not in WEEKLY or not exempt & (_AT_SCHOOL | _RESIDENT):
            return None
        if not exempt & _RESIDENT:
            return VentspilsEvidence.SCHOOL
        return VentspilsEvidence.EITHER if exempt & _AT_SCHOOL else VentspilsEvidence.RESIDENCE


def plain(value):
    """A value as JSON keeps it: amounts, dates and times as text."""
    match value:
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case Decimal():
            return str(value)
        case time():
            return value.strftime("%H:%M")
        case date():
            return value.isoformat()
        case _:
            return value


def _by_slug(model):
    return {row.slug: row for row in model.objects.all()}


def _short_name(name):
    """What cards and calendars say: "VIZIUM", "Akmeņu iela 3", "Pārventas filiāle"."""
    last_word = name.split()[-1]
    return (last_word if last_word.isupper() else name.partition(" (")[0].rpartition(", ")[2])[:40]


def _break_names(entry):
    """(Latvian, English, grade); "grade-1-extra" is of grade 1 alone."""
    words = entry["id"].split("-")
    grade = entry.get("grade")
    if grade is None and words[0] == "grade" and len(words) > 1 and words[1].isdecimal() and 1 <= int(words[1]) <= 12:
        grade = int(words[1])
    name_lv, name_en = _BREAKS.get(entry["id"]) or (
        (f"Brīvlaiks {grade}. klasei", f"Break for grade {grade}") if grade else (entry["id"], entry["id"])
    )
    return entry.get("name_lv") or name_lv, entry.get("name_en") or name_en, grade


def _texts(entry):
    return {
        "slug": entry["id"], "title_lv": entry["title_lv"], "title_en": entry["title_en"],
        "summary_lv": entry.get("summary_lv", ""), "summary_en": entry.get("summary_en", ""),
    }  # fmt: skip


def _information(entry):
    # Groups of weekly classes are runs; those of a contest are its grade bands.
    names = [name for name in _INFORMATION if name in entry and not (name == "groups" and "programme" in entry)]
    return {name: plain(entry[name]) for name in names if entry[name] is not None}


def _audience_facts(audience):
    return {name: plain(audience[name]) for name in ("who", "subjects", "grades", "note") if name in audience}
