"""Files that are refused whole, each with the place of its fault."""

import copy
import time as clock

import pytest

from courses.models import Course
from tests.courses.catalogues import COURSE, MODELS, a_catalogue, as_yaml, refused

pytestmark = pytest.mark.django_db


def faulty(path, value):
    """The small catalogue with one value replaced: "courses/0/room", "klase-9"."""
    catalogue = a_catalogue()
    *way, last = [int(step) if step.isdecimal() else step for step in path.split("/")]
    inner = catalogue
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return catalogue


@pytest.mark.parametrize(
    ("where", "value", "path", "reason"),
    [
        ("courses/0/coloor", "red", "courses[0].coloor", "Unknown key."),
        ("curses", [], "curses", "Unknown key."),
        ("courses/0/title_lv", None, "courses[0]", "The key title_lv is missing."),
        ("courses/0/title_lv", "", "courses[0].title_lv", "The text is empty."),
        ("courses/0/title_lv", "a" * 161, "courses[0].title_lv", "Longer than 160 characters."),
        ("courses/0/title_lv", 2026, "courses[0].title_lv", "Expected text; put figures and dates in quotes."),
        ("courses/0/title_lv", "a\0b", "courses[0].title_lv", "The text has characters that cannot be printed."),
        ("courses/0/id", "Robotika 4", "courses[0].id", "Expected a word of letters"),
        ("courses/0/kind", "klase", "courses[0].kind", "Expected one of: weekly_class,"),
        ("courses/0/kind", "show", "courses[0].groups", "Only weekly_class and preschool_group have groups."),
        ("courses/0/groups", None, "courses[0]", "A weekly course needs groups."),
        ("courses/0/groups", {}, "courses[0].groups", "Expected a list."),
        ("courses/0/groups", [], "courses[0].groups", "The list is empty."),
        ("courses/0/groups/0", "tue", "courses[0].groups[0]", "Expected a mapping of keys and values."),
        ("courses/0/groups/0/weekday", "xyz", "courses[0].groups[0].weekday", "Expected one of: mon, tue,"),
        ("courses/0/groups/0/start", 930, "courses[0].groups[0].start", "Expected a time in quotes: '16:30'."),
        ("courses/0/groups/0/start", "25:00", "courses[0].groups[0].start", "Expected a time in quotes: '16:30'."),
        ("courses/0/groups/0/start", "23:00", "courses[0].groups[0].start", "A lesson of 90 minutes would end on the next"),
        ("courses/0/groups/1/weekday", "tue", "courses[0].groups[1]", "Another group of this course meets at the same"),
        ("courses/0/programme", "kids", "courses[0].programme", "There is no programme “kids”."),
        ("courses/0/venue", "mars", "courses[0].venue", "There is no venue “mars”."),
        ("courses/0/room", "klase-9", "courses[0].room", "There is no room “klase-9”."),
        ("courses/0/term", "2031-32", "courses[0].term", "There is no term “2031-32”."),
        ("courses/0/fee_policy", "gift", "courses[0].fee_policy", "There is no fee policy “gift”."),
        ("courses/0/parts", ["nav"], "courses[0].parts", "There is no course “nav”."),
        ("courses/0/capacity", 17, "courses[0].capacity", "More than the room has seats, which are 16."),
        ("courses/0/capacity", 0, "courses[0].capacity", "Expected a number from 1 to 5000."),
        ("courses/0/capacity", -3, "courses[0].capacity", "Expected a number from 1 to 5000."),
        ("courses/0/capacity", True, "courses[0].capacity", "Expected a whole number."),
        ("courses/0/capacity", "12", "courses[0].capacity", "Expected a whole number."),
        ("courses/0/min_size", 13, "courses[0].min_size", "More than the capacity, which is 12."),
        ("courses/0/audience/min", 7, "courses[0].audience.max", "max is smaller than min."),
        ("courses/0/audience/max", 13, "courses[0].audience.max", "A grade is a number from 1 to 12."),
        ("courses/0/audience/min", None, "courses[0].audience", "The key min is missing."),
        ("courses/0/audience", {"kind": "who"}, "courses[0].audience", "The key who is missing."),
        ("courses/0/price", "12.5", "courses[0].price", "Expected an amount in quotes with two decimals: '20.00'."),
        ("courses/0/price", 20.0, "courses[0].price", "Expected an amount in quotes with two decimals: '20.00'."),
        ("courses/0/price", "-20.00", "courses[0].price", "An amount is not negative."),
        ("courses/0/shifts", [{"starts": "2027-06-09", "ends": "2027-06-07"}], "courses[0].shifts[0].ends", "ends is not after starts."),
        ("courses/0/shifts", [{"starts": "2027-01-01", "ends": "2027-06-07"}], "courses[0].shifts[0].ends", "Longer than 60 days."),
        ("terms/0/ends", "2026-08-31", "terms[0].ends", "ends is not after starts."),
        ("terms/0/ends", "2030-08-31", "terms[0].ends", "The term is longer than two years."),
        ("terms/0/starts", "2026-02-30", "terms[0].starts", "Expected a date: '2026-09-01'."),
        ("terms/0/starts", "01.09.2026.", "terms[0].starts", "Expected a date: '2026-09-01'."),
        ("terms/0/starts", "9999-01-01", "terms[0].starts", "Expected a date from 2000-01-01 to 2100-12-31."),
        ("terms/0/breaks/0/ends", "2026-10-01", "terms[0].breaks[0].ends", "ends is not after starts."),
        ("terms/0/breaks/0/starts", "2026-08-01", "terms[0].breaks[0].starts", "Outside the term."),
        ("terms/0/registration/closes", "2026-08-01T10:00", "terms[0].registration.closes", "closes is not after open_to_all."),
        ("terms/0/registration/closes", "2026-09-11", "terms[0].registration.closes", "Expected a local date and time in quotes"),
        ("terms/0/registration/closes", "2026-02-31T10:00", "terms[0].registration.closes", "Expected a local date and time"),
        ("terms/0/registration/classes_start", "2027-09-01", "terms[0].registration.classes_start", "Outside the term."),
        ("venues/0/rooms/0/capacity", -1, "venues[0].rooms[0].capacity", "Expected a number from 1 to 5000."),
        ("venues/0/closed", "on some days", "venues[0].closed", "Expected words like “Mondays from 1 November to 31 March”."),
        ("fee_policies/0/otherwise/amount", "-1.00", "fee_policies[0].otherwise.amount", "An amount is not negative."),
        ("fee_policies/0/otherwise", None, "fee_policies[0]", "Either otherwise or prices must say what is paid."),
        ("programmes/0/id", "fun", "programmes[0].id", "Give the kind of this programme: children,"),
        ("meta", {"version": float("inf")}, "meta.version", "Not a number that can be stored."),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(where, value, path, reason):
    errors = refused(faulty(where, value))

    assert [found for found in errors if found[1] == path and found[2].startswith(reason)] != [], errors
    assert {model.__name__: model.objects.count() for model in MODELS} == {model.__name__: 0 for model in MODELS}


def test_a_fault_is_named_with_its_line():
    text = as_yaml(a_catalogue()).decode()
    number = next(index for index, line in enumerate(text.splitlines(), 1) if "duration_min: 90" in line)

    errors = refused(text.replace("duration_min: 90", "duration_min: ninety").encode())

    assert errors == [(number, "courses[0].duration_min", "Expected a whole number.")]


def test_all_faults_are_told_at_once_in_the_order_of_the_file():
    catalogue = faulty("courses/0/room", "klase-9")
    catalogue["schools"][0]["municipality"] = "Ventspils novads"

    assert [path for _, path, _ in refused(catalogue)] == ["schools[0].municipality", "courses[0].room"]


@pytest.mark.parametrize("name", ["schools", "venues", "terms", "fee_policies", "programmes", "courses"])
def test_the_same_entry_twice_is_refused(name):
    catalogue = a_catalogue()
    catalogue[name].append(copy.deepcopy(catalogue[name][0]))

    assert any("is used twice, first in line" in reason for _, _, reason in refused(catalogue))


def test_a_bookable_does_not_take_the_name_of_a_course():
    bookable = {"id": COURSE["id"], "venue": "vizium", "room": "klase-2", "title_lv": "Dators", "title_en": "Computer"}

    errors = refused(a_catalogue(bookables=[bookable]))

    assert [path for _, path, _ in errors] == ["bookables[0].id"]


def test_a_room_belongs_to_the_venue_of_its_course():
    catalogue = a_catalogue()
    catalogue["venues"].append(
        {"id": "skola", "name_lv": "Skolā", "name_en": "At school", "address": None, "rooms": []}
    )
    catalogue["courses"][0]["venue"] = "skola"

    assert [found[1:] for found in refused(catalogue)] == [("courses[0].room", "This room is in the venue “vizium”.")]


def test_a_group_for_which_the_term_has_no_day_is_refused():
    catalogue = a_catalogue()
    catalogue["terms"][0]["breaks"] = [{"id": "all", "starts": "2026-09-01", "ends": "2027-05-31"}]

    assert [path for _, path, _ in refused(catalogue)] == ["courses[0].groups[0]", "courses[0].groups[1]"]
    assert Course.objects.count() == 0


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (b"", (1, "", "A catalogue is a mapping with the keys programmes, courses and so on.")),
        (b"- courses\n", (1, "", "A catalogue is a mapping with the keys programmes, courses and so on.")),
        (b"just words", (1, "", "A catalogue is a mapping with the keys programmes, courses and so on.")),
        (b"courses: []\nschools: \xff\xfe\n", (2, "", "The file is not UTF-8 text.")),
        (b"courses: [\n", (2, "", "Not valid YAML: did not find expected node content.")),
        (b"courses: []\ncourses: []\n", (2, "courses", "This key is given twice.")),
        (b"meta: &a [1]\ncourses: *a\n", (2, "", "Aliases (*name) are not allowed.")),
        (b"meta: !!python/object/apply:os.system [id]\n", (1, "meta", "Unknown kind of value tag:yaml.org,2002:python/object/apply:os.system.")),
        (b"meta: !!python/name:os.system x\n", (1, "meta", "Unknown kind of value tag:yaml.org,2002:python/name:os.system.")),
        (b"meta: 2026-13-45\n", (1, "meta", "Not a possible value: 2026-13-45.")),
        (b"meta: !!bool perhaps\n", (1, "meta", "Not a possible value: perhaps.")),
        (b"? [1, 2]\n: 3\n", (1, "", "A key is a plain word.")),
        (b"<<: {courses: []}\n", (1, "", "A key is a plain word.")),
        (b"meta: 1\n---\nmeta: 2\n", (2, "", "A catalogue is one YAML document.")),
        (b"meta: " + b"[" * 30, (1, "", "More than 20 levels of nesting.")),
        (b"meta: [" + b"1," * 100_001 + b"]", (1, "", "More than 100000 values.")),
        (b"meta: " + b"a" * (5 * 1024 * 1024), (1, "", "The file is larger than 5 MB.")),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else "",
)  # fmt: skip
def test_what_is_no_catalogue_is_refused_with_a_reason(octets, error):
    assert refused(octets) == [error]


def test_a_bomb_of_aliases_is_refused_before_it_unfolds():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    start = clock.perf_counter()

    errors = refused("\n".join(lines).encode())

    assert errors == [(2, "", "Aliases (*name) are not allowed.")]
    assert clock.perf_counter() - start < 1
