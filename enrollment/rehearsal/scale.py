"""Very many people and enrollments, to measure at size: invented, marked, and as consistent as if they had been lived.

Made lot by lot, each in one transaction together with the counters it moves: interrupted anywhere, what is there is
whole, and the next call goes on. Marks: program and courses by SLUG, terms too, people by the domain of their address.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time as clock, timedelta
from uuid import uuid4

from django.db import transaction

from accounts.ages import school_year
from accounts.models import Guardianship, Learner, Residency, User
from accounts.names import search_key, sort_key
from courses.models import (
    Audience,
    Course,
    CourseKind,
    CourseRun,
    EligibilityRule,
    Lesson,
    Program,
    ProgramKind,
    RunState,
    Term,
    Topic,
)
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry, LedgerEvent, Submission
from enrollment.models.enrollment import new_calendar_ref
from enrollment.rehearsal import removal
from enrollment.rehearsal.bulk import new_ids, write

SLUG = "scale"
DOMAIN = "scale.example"
EACH = 4  # enrollments of a person, in as many terms
CLASS = 50  # people who go to the same groups: a lot touches few of them
CHILDREN_OF_A_GUARDIAN = 2
COURSES, TERMS, LESSONS = 20, 10, 10
TERM_WEEKS = 26
PEOPLE_IN_A_LOT, RUNS_IN_A_LOT = 2500, 500
MOST_SEATS = 32_767  # in one group: what a small integer holds

WEEK = timedelta(weeks=1)
FIRST_NAMES = ("Annija", "Emīls", "Marta", "Roberts", "Ņina", "Ģirts", "Žanete", "Kārlis", "Šarlote", "Ļubova")
LAST_NAMES = ("Ozoliņš", "Bērziņa", "Kalniņš", "Ķēniņš", "Čakste", "Šteins", "Žagars", "Ūdre", "Āboliņa", "Grīnbergs")

# What became of every twentieth: one gave the place back, one still waits in the queue of the full group.
GAVE_BACK, WAITS, OF = 7, 13, 20

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    people: int
    runs: int
    enrollments: int
    seconds: float


def make(*, people: int, runs: int, now: datetime, progress: Progress = lambda text: None) -> Made:
    """Go on until there are that many people and runs; what is there beyond that stays."""
    began = time.monotonic()
    courses, terms = _courses(), _terms(now)
    while (have := runs_made().count()) < runs:
        _make_runs(range(have, min(have + RUNS_IN_A_LOT, runs)), courses, terms, now)
        progress(f"groups: {min(have + RUNS_IN_A_LOT, runs)} of {runs}")
    ids = list(runs_made().order_by("pk").values_list("pk", flat=True))
    starts = dict(runs_made().values_list("pk", "enrollment_opens_at"))
    have = people_made().count()
    while have < people:
        _make_people(range(have, min(have + PEOPLE_IN_A_LOT, people)), ids, starts, now)
        have = min(have + PEOPLE_IN_A_LOT, people)
        progress(f"people: {have} of {people}")
    enrollments = Enrollment.objects.filter(run__in=runs_made()).count()
    return Made(people_made().count(), len(ids), enrollments, round(time.monotonic() - began, 1))


# -- Groups ----------------------------------------------------------------------------------------


@transaction.atomic
def _courses():
    program, _ = Program.objects.get_or_create(
        slug=SLUG,
        defaults={"kind": ProgramKind.CHILDREN, "name_lv": "Apjoma pārbaude", "name_en": "Test of size"},
    )
    topics = list(Topic)
    return [
        Course.objects.get_or_create(
            slug=f"{SLUG}-{number}",
            defaults={
                "program": program, "kind": CourseKind.WEEKLY_CLASS, "topic": topics[number % len(topics)],
                "audience": Audience.PUPILS, "title_lv": f"Apjoma pārbaude {number}", "title_en": f"Test of size {number}",
                "grade_min": 1, "grade_max": 9, "duration_minutes": 90, "lessons_planned": LESSONS,
            },
        )[0]
        for number in range(1, COURSES + 1)
    ]  # fmt: skip


@transaction.atomic
def _terms(now):
    """Half-years: the last one is under way."""
    first = now.date() - (TERMS - 1) * TERM_WEEKS * WEEK - 8 * WEEK
    terms = []
    for number in range(TERMS):
        starts_on = first + number * TERM_WEEKS * WEEK
        terms.append(
            Term.objects.get_or_create(
                slug=f"{SLUG}-{number + 1}",
                defaults={
                    "name_lv": f"Pusgads {number + 1}", "name_en": f"Half-year {number + 1}", "starts_on": starts_on,
                    "ends_on": starts_on + (TERM_WEEKS - 1) * WEEK,
                },
            )[0]
        )  # fmt: skip
    return terms


@transaction.atomic
def _make_runs(numbers, courses, terms, now):
    runs = [_run(number, courses[number % COURSES], terms[number % TERMS], now) for number in numbers]
    CourseRun.objects.bulk_create(runs)
    Lesson.objects.bulk_create(
        Lesson(
            run=run, starts_at=run.starts_at + week * WEEK,
            ends_at=run.starts_at + week * WEEK + timedelta(minutes=run.duration_minutes), changed_at=now,
        )
        for run in runs for week in range(LESSONS)
    )  # fmt: skip


def _run(number, course, term, now):
    day = term.starts_on + timedelta(days=number // TERMS % 5)
    starts_at = datetime.combine(day, clock(12 + number // (TERMS * 5) % 6), tzinfo=UTC)
    last = starts_at + (LESSONS - 1) * WEEK
    return CourseRun(
        course=course, term=term, slug=f"{SLUG}-{number + 1}", code=f"A-{number + 1}", state=RunState.PUBLISHED,
        weekday=day.weekday(), start_time=starts_at.time(), duration_minutes=90, starts_on=day, starts_at=starts_at,
        ends_at=last + timedelta(minutes=90), enrollment_opens_at=starts_at - 6 * WEEK,
        enrollment_closes_at=starts_at + WEEK, offers_end_at=starts_at + WEEK, capacity=0, changed_at=now,
    )  # fmt: skip


# -- People and what they have -----------------------------------------------------------------------


@transaction.atomic
def _make_people(numbers, run_ids, opens_at, now):
    users, learners = _families(numbers, now)
    count = len(numbers) * min(EACH, len(run_ids))
    submissions, enrollments = new_ids(Submission, count), new_ids(Enrollment, count)
    sent, entered, ledger, counters = [], [], [], {}
    for place, number in enumerate(numbers):
        by, learner = users[place // CHILDREN_OF_A_GUARDIAN], learners[place]
        for turn in range(min(EACH, len(run_ids))):
            index = number * EACH + turn
            run = run_ids[(number // CLASS * EACH + turn) % len(run_ids)]
            pk, submission = enrollments[len(entered)], submissions[len(sent)]
            at = opens_at[run] + timedelta(seconds=index % 86_400)
            states = _life_of(index)
            sent.append((submission, uuid4(), by, at))
            entered.append(
                (
                    pk, run, submission, learner, states[-1][1], at, by, at if states[-1][1] == State.WITHDRAWN else None,
                    new_calendar_ref(), len(states), at,
                )
            )  # fmt: skip
            before = ""
            for step, (event, state, seats) in enumerate(states, 1):
                ledger.append((pk, run, step, event, before, state, seats, by, at))
                before = state
            counters.setdefault(run, Counter())[states[-1][1]] += 1
    write(Submission, ("id", "key", "submitted_by_id", "received_at"), sent)
    write(
        Enrollment,
        (
            "id", "run_id", "submission_id", "learner_id", "state", "received_at", "entered_by_id", "ended_at",
            "calendar_ref", "version", "changed_at",
        ),
        entered,
    )  # fmt: skip
    write(
        LedgerEntry,
        ("enrollment_id", "run_id", "number", "event", "from_state", "to_state", "seats", "by_id", "at"),
        ledger,
    )
    _count(counters)


def _life_of(index):
    """[(event, state that it led to, change of seats)]: the rows of the ledger."""
    if index % OF == WAITS:
        return [(LedgerEvent.RECEIVED.value, State.WAITLISTED.value, 0)]
    seated = [(LedgerEvent.RECEIVED.value, State.CONFIRMED.value, 1)]
    if index % OF == GAVE_BACK:
        seated += [
            (LedgerEvent.GIVEN_BACK.value, State.LEAVING.value, 0),
            (LedgerEvent.RELEASED.value, State.WITHDRAWN.value, -1),
        ]
    return seated


def _count(counters):
    """Every group is exactly full, so that those who wait in it wait rightly."""
    runs = CourseRun.objects.select_for_update().in_bulk(counters)
    for run in runs.values():
        run.seats_taken += counters[run.pk][State.CONFIRMED]
        run.capacity = max(run.capacity, run.seats_taken)
        run.waitlist_length += counters[run.pk][State.WAITLISTED]
    CourseRun.objects.bulk_update(runs.values(), ["seats_taken", "capacity", "waitlist_length"], batch_size=200)


def _families(numbers, now):
    """(ids of guardians, ids of children)."""
    guardians = -(-len(numbers) // CHILDREN_OF_A_GUARDIAN)
    users, learners = new_ids(User, guardians), new_ids(Learner, len(numbers))
    year, people, children = school_year(now.date()), [], []
    for place, number in enumerate(numbers):
        last_name = f"{LAST_NAMES[number // 2 % len(LAST_NAMES)]}-{number // 20}"
        first_name, grade = FIRST_NAMES[number % len(FIRST_NAMES)], number % 9 + 1
        children.append(
            (
                learners[place], first_name, last_name, date(year - grade - 6, 1 + number % 12, 1 + number % 28), grade, year,
                Residency.VENTSPILS.value, search_key(first_name, last_name),
                f"{sort_key(last_name)} {sort_key(first_name)}", now,
            )
        )  # fmt: skip
        if place % CHILDREN_OF_A_GUARDIAN == 0:
            email = f"person-{number}@{DOMAIN}"
            key = f"{search_key('Vecāks', last_name)} {email} "
            people.append((users[place // CHILDREN_OF_A_GUARDIAN], email, "Vecāks", last_name, "!", key, now))
    write(User, ("id", "email", "first_name", "last_name", "password", "search_key", "date_joined"), people)
    write(
        Learner,
        (
            "id", "first_name", "last_name", "birth_date", "grade", "grade_school_year", "residency", "search_key",
            "sort_key", "changed_at",
        ),
        children,
    )  # fmt: skip
    write(
        Guardianship,
        ("guardian_id", "learner_id", "started_at"),
        [(users[place // CHILDREN_OF_A_GUARDIAN], learner, now) for place, learner in enumerate(learners)],
    )
    return users, learners


# -- Which rows are ours -----------------------------------------------------------------------------


def runs_made():
    return CourseRun.objects.filter(course__program__slug=SLUG)


def guardians_made():
    return User.objects.filter(email__endswith=f"@{DOMAIN}")


def people_made():
    return Learner.objects.filter(guardianships__guardian__in=guardians_made())


def remove(*, progress: Progress = lambda text: None) -> None:
    """Take all of it out, lot by lot; interrupted, the next call goes on."""
    count = guardians_made().count()
    done = 0
    while lot := list(guardians_made().order_by("pk").values_list("pk", flat=True)[:PEOPLE_IN_A_LOT]):
        with transaction.atomic():
            users = User.objects.filter(pk__in=lot)
            children = Learner.objects.filter(guardianships__guardian__in=lot)
            freed = _held_by(children)
            removal.remove(runs=CourseRun.objects.none(), users=users, learners=children)
            _give_back(freed)
        done += len(lot)
        progress(f"families removed: {done} of {count}")
    removal.remove(runs=runs_made(), users=User.objects.none(), learners=Learner.objects.none())
    Course.objects.filter(program__slug=SLUG).delete()
    EligibilityRule.objects.filter(program__slug=SLUG).delete()
    Program.objects.filter(slug=SLUG).delete()
    Term.objects.filter(slug__startswith=f"{SLUG}-").delete()


def _held_by(children):
    held = {}
    for run, state in Enrollment.objects.filter(learner__in=children.values("pk")).values_list("run", "state"):
        held.setdefault(run, Counter())[state] += 1
    return held


def _give_back(held):
    runs = CourseRun.objects.select_for_update().in_bulk(held)
    for run in runs.values():
        run.seats_taken -= held[run.pk][State.CONFIRMED]
        run.waitlist_length -= held[run.pk][State.WAITLISTED]
    CourseRun.objects.bulk_update(runs.values(), ["seats_taken", "waitlist_length"], batch_size=200)
