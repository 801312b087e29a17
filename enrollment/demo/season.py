"""The demonstration's season: the catalogue moved by whole weeks, so that today lies inside its term."""

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import yaml
from django.conf import settings

from accounts.ages import SCHOOL_YEAR_STARTS, school_year

CATALOGUE = Path(settings.BASE_DIR) / "courses" / "data" / "catalogue.yaml"
SOURCE_TERM, TERM = "2026-27", "demo"  # of its own, so that importing a real catalogue does not touch it
WEEKS_INTO_TERM = 10  # today, but never before the school year that today belongs to
WEEKS_OPEN = 8  # from today: how long one can still apply

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d)?")

# Parallel groups, so that the timetable is as full as the centre's: {course: [(weekday, start), …]}.
PARALLEL_GROUPS = {
    "robotika-1-3": [("fri", "13:45")],
    "robotika-4-6": [("sat", "10:00")],
    "robotika-7-9": [("mon", "16:00")],
    "logika-1-3": [("wed", "13:15")],
    "animacija-4-6": [("sat", "09:15")],
    "foto-4-6": [("sat", "14:45")],
    "3d-druka-5-9": [("tue", "16:00")],
    "digitala-majturiba-3-6": [("fri", "15:00")],
    "elektronika-5-8": [("fri", "15:30")],
    "mazie-petnieki-1-3": [("wed", "14:00")],
    "eksperimenti-4-6": [("wed", "15:30")],
}


def first_day_of_classes(today: date) -> date:
    """Ten weeks ago on a Monday, or the first day of this school year: grades are counted on days of one year."""
    monday = today - timedelta(days=today.weekday(), weeks=WEEKS_INTO_TERM)
    return max(monday, date(school_year(today), *SCHOOL_YEAR_STARTS))


def season(today: date) -> bytes:
    """The catalogue file as of today."""
    catalogue = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    (term,) = (term for term in catalogue["terms"] if term["id"] == SOURCE_TERM)
    first_day = first_day_of_classes(today)
    planned = date.fromisoformat(term["registration"]["classes_start"])
    shift = (first_day - timedelta(days=first_day.weekday())) - planned  # both Mondays
    catalogue["terms"] = [_moved(term, shift) | _named(today)]
    registration = catalogue["terms"][0]["registration"]
    registration["classes_start"] = str(first_day)
    registration["closes"] = datetime.combine(today + timedelta(weeks=WEEKS_OPEN), time(18)).isoformat(
        timespec="minutes"
    )
    for course in catalogue["courses"]:
        if course.get("term"):
            course["term"] = TERM
        for name in ("dates", "shifts"):
            if name in course:
                course[name] = _moved(course[name], shift)
        for weekday, start in PARALLEL_GROUPS.get(course["id"], ()):
            course["groups"].append({"weekday": weekday, "start": start})
    return yaml.safe_dump(catalogue, allow_unicode=True, sort_keys=False).encode()


def _named(today):
    year = school_year(today)
    return {"id": TERM, "name_lv": f"{year}./{year + 1}. mācību gads", "name_en": f"School year {year}/{year + 1}"}


def _moved(value, shift):
    """Every date in it moved; weekdays stay, as the shift is whole weeks."""
    match value:
        case dict():
            return {name: _moved(inner, shift) for name, inner in value.items()}
        case list():
            return [_moved(inner, shift) for inner in value]
        case str() if match := _ISO.fullmatch(value):
            return f"{date.fromisoformat(match[1]) + shift}{match[2] or ''}"
        case _:
            return value
