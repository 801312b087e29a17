"""The invented part of a rehearsal: groups of a course of its own, and families who are signed in and ready to send.

Everything is marked, so that it can be told from the centre's own and removed again: program, course and term by SLUG,
people by the domain of their e-mail address, sessions by how their keys begin.
"""

import secrets
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import import_module
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.ages import school_year
from accounts.models import Guardianship, Learner, Residency, User
from accounts.names import phone_digits, search_key, sort_key
from courses.flows import timetable
from courses.models import (
    Audience,
    Course,
    CourseKind,
    CourseRun,
    EligibilityRule,
    Lesson,
    Program,
    ProgramKind,
    RuleKind,
    RunState,
    Term,
    Topic,
    VentspilsEvidence,
)

SLUG = "rehearsal"
DOMAIN = "rehearsal.example"
SESSIONS_BEGIN = "rehearsal"
GRADE = 4
PHONE = "+37120000000"
LESSONS = 10
MOST_SEATS = 32_767  # what a small integer holds on every database
BATCH = 1000  # families in one transaction

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Family:
    """One guardian, signed in, and one child who fits the groups."""

    user_id: int
    learner_id: int
    session: str  # the cookie's value


# -- Groups ----------------------------------------------------------------------------------------


@transaction.atomic
def make_groups(*, count: int, capacity: int, now: datetime) -> list[CourseRun]:
    """Weekly groups that are open now and begin in a month, with the rules that the centre's own have."""
    course, term = _course(), _term(now)
    starts_on = term.classes_start_on
    number = course.runs.count()
    runs = [_group(course, term, number + index + 1, capacity, starts_on, now) for index in range(count)]
    CourseRun.objects.bulk_create(runs)
    Lesson.objects.bulk_create(lesson for run in runs for lesson in _lessons(run, now))
    return runs


def _course():
    program, _ = Program.objects.get_or_create(
        slug=SLUG,
        defaults={
            "kind": ProgramKind.CHILDREN, "name_lv": "Pieteikšanās mēģinājums", "name_en": "Enrollment rehearsal",
            "max_places_per_term": 2,
        },
    )  # fmt: skip
    EligibilityRule.objects.get_or_create(
        program=program, kind=RuleKind.VENTSPILS, defaults={"evidence": VentspilsEvidence.EITHER}
    )
    course, is_new = Course.objects.get_or_create(
        slug=SLUG,
        defaults={
            "program": program, "kind": CourseKind.WEEKLY_CLASS, "topic": Topic.ROBOTICS, "audience": Audience.PUPILS,
            "title_lv": "Pieteikšanās mēģinājums", "title_en": "Enrollment rehearsal",
            "summary_lv": "Izdomātas grupas slodzes pārbaudei.", "summary_en": "Invented groups, to try the load.",
            "grade_min": 1, "grade_max": 6, "duration_minutes": 90, "lessons_planned": LESSONS,
        },
    )  # fmt: skip
    if is_new:
        EligibilityRule.objects.create(course=course, kind=RuleKind.GRADE, minimum=1, maximum=6)
    return course


def _term(now):
    first = timezone.localdate(now + 4 * WEEK)
    term, _ = Term.objects.update_or_create(
        slug=SLUG,
        defaults={
            "name_lv": "Mēģinājums", "name_en": "Rehearsal", "starts_on": first, "classes_start_on": first,
            "ends_on": first + (LESSONS + 1) * WEEK,
        },
    )  # fmt: skip
    return term


def _group(course, term, number, capacity, starts_on, now):
    weekday, hour = number % 5, 14 + number % 4
    first = starts_on + timedelta(days=(weekday - starts_on.weekday()) % 7)
    run = CourseRun(
        course=course, term=term, slug=f"{SLUG}-{number}", code=f"M-{number}", state=RunState.PUBLISHED,
        weekday=weekday, start_time=time(hour), duration_minutes=course.duration_minutes, starts_on=first,
        enrollment_opens_at=now - DAY, enrollment_closes_at=now + 3 * WEEK, minimum_size=1, capacity=capacity, changed_at=now,
    )  # fmt: skip
    times = _times(run)
    run.starts_at, run.ends_at, run.offers_end_at = times[0][0], times[-1][1], times[-2][0]
    return run


def _times(run):
    days = [(run.starts_on + week * WEEK, run.start_time) for week in range(LESSONS)]
    return timetable.lesson_times(days, minutes=run.duration_minutes)


def _lessons(run, now) -> Iterator[Lesson]:
    for starts_at, ends_at in _times(run):
        yield Lesson(run=run, starts_at=starts_at, ends_at=ends_at, changed_at=now)


# -- Families --------------------------------------------------------------------------------------


def make_families(*, count: int, now: datetime, progress: Callable[[int], None] = lambda done: None) -> list[Family]:
    """That many families, each with a session of its own; `progress` gets the number made so far."""
    families, batch = [], uuid4().hex[:8]
    while len(families) < count:
        numbers = range(len(families), min(len(families) + BATCH, count))
        families += _batch(batch, numbers, now)
        progress(len(families))
    return families


@transaction.atomic
def _batch(batch, numbers, now):
    users = User.objects.bulk_create(_guardian(f"{batch}-{number}", number) for number in numbers)
    children = Learner.objects.bulk_create(_child(number, now) for number in numbers)
    Guardianship.objects.bulk_create(
        Guardianship(guardian=user, learner=child, started_at=now) for user, child in zip(users, children, strict=True)
    )
    sessions = Session.objects.bulk_create(_sessions(users, now))
    return [
        Family(user.pk, child.pk, session.session_key)
        for user, child, session in zip(users, children, sessions, strict=True)
    ]


def _guardian(name, number):
    email, first_name, last_name = f"family-{name}@{DOMAIN}", "Vecāks", f"Mēģinājums {number + 1}"
    return User(
        email=email, first_name=first_name, last_name=last_name, phone=PHONE,
        password="!",  # noqa: S106 - nobody has a password
        search_key=" ".join([search_key(first_name, last_name), email, phone_digits(PHONE)]),
    )  # fmt: skip


def _child(number, now):
    first_name, last_name, year = "Bērns", f"Mēģinājums {number + 1}", school_year(timezone.localdate(now))
    return Learner(
        first_name=first_name, last_name=last_name, birth_date=date(year - GRADE - 6, 5, 5), grade=GRADE,
        grade_school_year=year, residency=Residency.VENTSPILS, search_key=search_key(first_name, last_name),
        sort_key=f"{sort_key(last_name)} {sort_key(first_name)}",
    )  # fmt: skip


def _sessions(users, now) -> Iterator[Session]:
    """Signed in as by a letter. Nobody has a password, so what a session remembers of it is the same for all."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    remembered = users[0].get_session_auth_hash()
    for user in users:
        key = SESSIONS_BEGIN + "".join(secrets.choice(_LETTERS) for _ in range(32 - len(SESSIONS_BEGIN)))
        content = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: remembered,
        }
        yield Session(session_key=key, session_data=store.encode(content), expire_date=now + DAY)


# -- Which rows are ours ---------------------------------------------------------------------------


def groups_made():
    return CourseRun.objects.filter(course__slug=SLUG)


def users_made():
    return User.objects.filter(email__endswith=f"@{DOMAIN}")


def children_made():
    return Learner.objects.filter(guardianships__guardian__in=users_made())


def sessions_made():
    return Session.objects.filter(session_key__startswith=SESSIONS_BEGIN)
