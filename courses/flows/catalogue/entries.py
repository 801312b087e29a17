"""What a catalogue file may hold, list by list; its own head explains the keys (courses/data/catalogue.yaml)."""

from courses.flows.catalogue.values import (
    WEEKDAYS,
    anything,
    choice,
    clock,
    closed_days,
    day,
    list_of,
    moment,
    money,
    or_none,
    or_word,
    record,
    slug,
    text,
    whole,
)
from courses.models import Certificate, CourseKind, CourseStatus, ProgramKind

title, summary, name, word = text(160), text(2000), text(120), text(60)
seats = whole(1, 5000)
weekdays = list_of(choice(*WEEKDAYS), at_least=1)

_school = record({"name_lv": title, "municipality": slug}, required="name_lv municipality")

_room = record(
    {"id": slug, "name_lv": name, "name_en": name, "use": text(20), "capacity": seats},
    required="id name_lv name_en capacity",
)
_hours = record({"days": weekdays, "opens": clock, "closes": clock}, required="days opens closes")
_venue = record(
    {
        "id": slug,
        "name_lv": title,
        "name_en": title,
        "short_name": text(40),
        "address": or_none(title),
        "floor_area_m2": anything,
        "opening_hours": list_of(_hours),
        "rooms": list_of(_room),
        "closed": closed_days,
    },
    required="id name_lv name_en address rooms",
)

_break = record(
    {"id": slug, "starts": day, "ends": day, "name_lv": text(80), "name_en": text(80), "grade": whole(1, 12)},
    required="id starts ends",
)
_semester = record({"number": whole(1, 9), "starts": day, "ends": day}, required="number starts ends")
_registration = record(
    {"returning_opens": moment, "open_to_all": moment, "closes": moment, "classes_start": day},
    required="open_to_all closes",
)
_term = record(
    {
        "id": slug,
        "name_lv": text(80),
        "name_en": text(80),
        "starts": day,
        "ends": day,
        "ends_grade_9": day,
        "semesters": list_of(_semester),
        "breaks": list_of(_break),
        "registration": _registration,
    },
    required="id name_lv starts ends",
)

_otherwise = record({"amount": or_word("per_course", money), "unit": text(20), "percent_of_price": whole(0, 100)})
_reduction = record({"id": slug, "amount": money, "percent": whole(0, 100)}, required="id")
_fee_policy = record(
    {
        "id": slug,
        "name_lv": name,
        "name_en": name,
        "exempt": list_of(word),
        "exempt_rule": choice("any_of", "all_of"),
        "otherwise": _otherwise,
        "prices": list_of(record({"id": slug, "amount": money}, required="id amount"), at_least=1),
        "reductions": list_of(_reduction),
        "vat": text(10),
    },
    required="id name_lv name_en",
)

_program = record(
    {
        "id": slug,
        "kind": choice(*ProgramKind.values),
        "name_lv": title,
        "name_en": title,
        "summary_lv": summary,
        "summary_en": summary,
        "facts": anything,
    },
    required="id name_lv name_en",
)

_audience = record(
    {
        "kind": choice("grades", "ages", "who"),
        "min": whole(0, 120),
        "max": whole(0, 120),
        "min_age": whole(0, 120),
        "who": word,
        "subjects": list_of(word),
        "grades": list_of(whole(1, 12)),
        "prerequisite": text(200),
        "note": text(200),
    },
    required="kind",
)
_group = record({"weekday": choice(*WEEKDAYS), "start": clock}, required="weekday start")
_days = record({"starts": day, "ends": day, "start": clock}, required="starts ends")
_schedule = record({"days": weekdays, "starts": list_of(clock, at_least=1)}, required="days starts")
_course = record(
    {
        "id": slug,
        "programme": slug,
        "kind": choice(*CourseKind.values),
        "status": choice(*CourseStatus.values),
        "area": slug,
        "title_lv": title,
        "title_en": title,
        "summary_lv": summary,
        "summary_en": summary,
        "audience": _audience,
        "mode": choice("onsite", "online", "hybrid"),
        "level": word,
        "prerequisite_lv": text(200),
        "prerequisite_en": text(200),
        "venue": slug,
        "room": or_none(slug),
        "rooms_used": list_of(slug, at_least=1),
        "term": or_none(slug),
        "duration_min": whole(1, 1440),
        "sessions": whole(1, 200),
        "capacity": seats,
        "min_size": seats,
        "groups": list_of(_group, at_least=1),
        "dates": _days,
        "shifts": list_of(_days, at_least=1),
        "schedule": list_of(_schedule, at_least=1),
        "fee_policy": slug,
        "price": money,
        "hours": whole(1, 2000),
        "certificate": choice(*Certificate.values),
        "booked_by": word,
        "modules": whole(1, 100),
        "needs": list_of(word),
        "variants": list_of(word),
        "parts": list_of(slug),
        "free_adults_per_children": anything,
    },
    required="id programme kind status area title_lv title_en audience venue duration_min sessions capacity fee_policy",
)

_band = record(
    {"id": word, "grades": list_of(whole(1, 12), at_least=2), "countries": list_of(word)}, required="id grades"
)
_contest = record(
    {
        "id": slug,
        "title_lv": title,
        "title_en": title,
        "summary_lv": summary,
        "summary_en": summary,
        "team": anything,
        "groups": list_of(_band),
        "one_task_per_group": anything,
        "editions": anything,
        "prizes_to": anything,
        "eligibility": word,
        "fee": money,
    },
    required="id title_lv title_en",
)
_bookable = record(
    {
        "id": slug,
        "venue": slug,
        "room": slug,
        "title_lv": title,
        "title_en": title,
        "summary_lv": summary,
        "summary_en": summary,
        "slot_min": or_none(whole(5, 1440)),
        "max_min_per_day": whole(5, 1440),
        "late_release_min": whole(1, 120),
        "price": or_word("per_page", money),
    },
    required="id venue room title_lv title_en",
)

# {list: what one of its entries may hold}
LISTS = {
    "schools": _school, "venues": _venue, "terms": _term, "fee_policies": _fee_policy, "programmes": _program,
    "courses": _course, "contests": _contest, "bookables": _bookable,
}  # fmt: skip
catalogue = record({"meta": anything, **{name: list_of(kind) for name, kind in LISTS.items()}})
