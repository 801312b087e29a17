"""A small catalogue as plain data, for tests to bend and to write as YAML."""

import copy

import pytest
import yaml
from django.utils import timezone

from accounts.models import School
from courses.flows.catalogue import CatalogueRefused, import_catalogue
from courses.models import Break, Course, CourseRun, EligibilityRule, FeePolicy, Lesson, Program, Room, Term, Venue
from tests.factories import NOON

MODELS = [School, Venue, Room, Term, Break, FeePolicy, Program, Course, EligibilityRule, CourseRun, Lesson]

COURSE = {
    "id": "robotika-4-6",
    "programme": "children",
    "kind": "weekly_class",
    "status": "offered",
    "area": "robotics",
    "title_lv": "Robotika 4.–6. klasei",
    "title_en": "Robotics for grades 4–6",
    "audience": {"kind": "grades", "min": 4, "max": 6},
    "venue": "vizium",
    "room": "klase-2",
    "term": "2026-27",
    "duration_min": 90,
    "sessions": 3,
    "capacity": 12,
    "min_size": 6,
    "groups": [{"weekday": "tue", "start": "15:30"}, {"weekday": "thu", "start": "15:30"}],
    "fee_policy": "free",
}
CATALOGUE = {
    "schools": [{"name_lv": "Ventspils 2. vidusskola", "municipality": "ventspils"}],
    "venues": [
        {
            "id": "vizium",
            "name_lv": "Ventspils zinātnes centrs VIZIUM",
            "name_en": "Ventspils Science Centre VIZIUM",
            "address": "Rūpniecības iela 2, Ventspils",
            "closed": "Mondays from 1 November to 31 March",
            "rooms": [
                {"id": "klase-2", "name_lv": "Klase 2", "name_en": "Classroom 2", "capacity": 16},
                {"id": "darbnica", "name_lv": "Darbnīca", "name_en": "Workshop", "capacity": 20},
            ],
        }
    ],
    "terms": [
        {
            "id": "2026-27",
            "name_lv": "2026./2027. mācību gads",
            "starts": "2026-09-01",
            "ends": "2027-05-31",
            "breaks": [{"id": "autumn", "starts": "2026-10-19", "ends": "2026-10-23"}],
            "registration": {
                "returning_opens": "2026-08-17T10:00",
                "open_to_all": "2026-08-24T10:00",
                "closes": "2026-09-11T18:00",
                "classes_start": "2026-09-14",
            },
        }
    ],
    "fee_policies": [
        {
            "id": "free",
            "name_lv": "Bez maksas Ventspils skolēniem",
            "name_en": "Free for Ventspils pupils",
            "exempt": ["attends_ventspils_school", "declared_residence_ventspils"],
            "otherwise": {"amount": "20.00", "unit": "month"},
        }
    ],
    "programmes": [
        {"id": "children", "name_lv": "Nodarbības", "name_en": "Classes"},
        {"id": "vizium", "name_lv": "VIZIUM", "name_en": "VIZIUM"},
        {"id": "adults", "name_lv": "Kursi", "name_en": "Courses"},
        {"id": "teachers", "name_lv": "Pedagogi", "name_en": "Teachers"},
    ],
    "courses": [COURSE],
}


def a_catalogue(**lists) -> dict:
    """The small catalogue, with some of its lists replaced."""
    return copy.deepcopy(CATALOGUE) | copy.deepcopy(lists)


def a_course(without=(), **fields) -> dict:
    return {name: value for name, value in (copy.deepcopy(COURSE) | fields).items() if name not in without}


def a_show(**fields) -> dict:
    return a_course(
        without=("term", "groups", "min_size"),
        **{"id": "sovs", "programme": "vizium", "kind": "show", "area": "science", "duration_min": 30}
        | {"audience": {"kind": "ages", "min": 5, "max": 99}}
        | fields,
    )


def an_adult_course(**fields) -> dict:
    return a_course(
        without=("groups",),
        **{"id": "excel", "programme": "adults", "kind": "course", "area": "office", "sessions": 4, "duration_min": 160}
        | {"audience": {"kind": "who", "who": "adult"}}
        | fields,
    )


def as_yaml(catalogue) -> bytes:
    return yaml.safe_dump(catalogue, allow_unicode=True, sort_keys=False).encode()


def load(catalogue, *, now=NOON, **options) -> dict[str, dict[str, int]]:
    """Import it; the counts of what was created, updated and left unchanged."""
    return import_catalogue(octets=as_yaml(catalogue), now=now, **options).as_dict()


def refused(catalogue, *, now=NOON) -> list[tuple[int, str, str]]:
    """Import what must be refused; the errors as (line, path, reason)."""
    octets = catalogue if isinstance(catalogue, bytes) else as_yaml(catalogue)
    with pytest.raises(CatalogueRefused) as caught:
        import_catalogue(octets=octets, now=now)
    return [(error.line, error.path, error.reason) for error in caught.value.errors]


def everything() -> dict[str, list[dict]]:
    """All that an import may write, to compare before and after."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in MODELS}


def local(moment) -> str:
    return timezone.localtime(moment).strftime("%a %d.%m.%Y %H:%M")
