"""How long a draw of a whole city takes: 5 000 children with five wishes each, 300 groups of twelve.

    draw               hold(), from the first lock to the commit: facts of all children, the record, allocation, places,
                       queues, ledger, letters, and the comparison of what was written; the floor inserts as many rows
                       of the same tables, made beforehand, in one transaction
    draw_allocation    the rule alone, from the wishes to the result; the floor goes once through all wishes

Every round has children and groups of its own, and the best round counts.
"""

import random
import time
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Guardianship, Learner, Residency, User
from accounts.outbox.models import Message
from courses.models import (
    Allocation,
    Course,
    CourseKind,
    CourseRun,
    EligibilityRule,
    Lesson,
    Program,
    ProgramKind,
    Room,
    RuleKind,
    RunState,
    Term,
    Topic,
    VentspilsEvidence,
    Venue,
)
from courses.models.course import Audience
from enrollment import allocation
from enrollment.benchmarks.harness import ROUNDS, Measure
from enrollment.flows import draws
from enrollment.models import (
    Applicant,
    Application,
    ApplicationState,
    Draw,
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    Submission,
    Wish,
)

CHILDREN, WISHES, GROUPS, CAPACITY, LESSONS = 5000, 5, 300, 12, 30
TIMES = 30  # of a week at which groups begin
DRAWS = 3  # rounds with the database
GRADE = 4


def draw(children: int = CHILDREN, groups: int = GROUPS) -> Measure:
    """Seconds of one process."""
    best = floor = float("inf")
    for number in range(DRAWS):
        ready = _ready(number, children, groups)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        best = min(best, _seconds(lambda ready=ready: _hold(ready)))
        rows = _as_many_rows(ready)
        floor = min(floor, _seconds(lambda rows=rows: _insert(rows)))
    return Measure("draw", best, floor, "s")


def draw_allocation(children: int = CHILDREN, groups: int = GROUPS) -> Measure:
    """Milliseconds of one process."""
    dice = random.Random(5)  # noqa: S311
    names = [f"R-{number}" for number in range(groups)]
    offered = [
        {"group": name, "free": CAPACITY, "overlaps": [other for at in (-60, 60) for other in names[place + at : place + at + 1]]}
        for place, name in enumerate(names)
    ]  # fmt: skip
    entries = [
        {"children": 1, "places": 1 + number % 2, "wishes": wishes, "waits_for": wishes}
        for number, wishes in enumerate(_liked(dice, names) for _ in range(children))
    ]
    best = min(_seconds(lambda: allocation.allocate(offered, entries)) for _ in range(ROUNDS))
    floor = min(_seconds(lambda: [name for one in entries for name in one["wishes"]]) for _ in range(ROUNDS))
    return Measure("draw_allocation", best * 1000, floor * 1000, "ms")


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _hold(ready):
    if not draws.hold(draw=ready, now=timezone.now()):
        raise RuntimeError("The measurement expected a draw that is due.")


def _liked(dice, groups):
    """Five of them, some far more often than others."""
    chosen = {}
    while len(chosen) < WISHES:
        chosen[groups[int(len(groups) * dice.random() ** 2)]] = None
    return list(chosen)


# -- What is drawn -----------------------------------------------------------------------------------


@transaction.atomic
def _ready(number, children, groups) -> Draw:
    """A draw whose window is over, with as many applications."""
    now, dice = timezone.now(), random.Random(number)  # noqa: S311
    first_day = now + timedelta(days=30 + 365 * number)
    program = Program.objects.create(
        slug=f"measured-draw-{number}", kind=ProgramKind.CHILDREN, name_lv="Mērījums", name_en="Measurement",
        allocation=Allocation.DRAW, max_places_per_term=2,
    )  # fmt: skip
    term = Term.objects.create(
        slug=f"measured-draw-{number}", name_lv="Mērījums", name_en="Measurement", starts_on=first_day.date(),
        ends_on=(first_day + timedelta(days=300)).date(),
    )  # fmt: skip
    EligibilityRule.objects.create(program=program, kind=RuleKind.GRADE, minimum=1, maximum=12)
    EligibilityRule.objects.create(program=program, kind=RuleKind.VENTSPILS, evidence=VentspilsEvidence.EITHER)
    runs = _groups(program, term, groups, first_day, now)
    # Announced in the past, as the flow does not do it.
    seed = f"{number:064x}"
    drawn = Draw.objects.create(
        slug=f"measured-{number}", name_lv="Mērījums", name_en="Measurement", program=program, term=term, seed=seed,
        seed_sha256=allocation.commitment(seed), announced_at=now - timedelta(days=3), opens_at=now - timedelta(days=2),
        closes_at=now - timedelta(seconds=1),
    )  # fmt: skip
    drawn.runs.set(runs)
    _apply(drawn, runs, children, dice, now - timedelta(days=1))
    return drawn


def _groups(program, term, count, first_day: datetime, now) -> list[CourseRun]:
    """On weekdays at six times of the day, thirty lessons each, in rooms of three venues that nobody else uses."""
    courses = Course.objects.bulk_create(
        Course(
            slug=f"{program.slug}-{number}", program=program, kind=CourseKind.WEEKLY_CLASS, topic=Topic.ROBOTICS,
            title_lv=f"Kurss {number}", title_en=f"Course {number}", audience=Audience.PUPILS, duration_minutes=90,
        )
        for number in range(20)
    )  # fmt: skip
    venues = list(Venue.objects.order_by("pk")[:3])
    rooms = Room.objects.bulk_create(
        Room(
            slug=f"{program.slug}-{number}", venue=venues[number % 3], name_lv=f"{number}", name_en=f"{number}",
            capacity=CAPACITY,
        )
        for number in range(-(-count // TIMES))
    )  # fmt: skip
    runs = []
    for number in range(count):
        starts = first_day + timedelta(days=number % 5, minutes=95 * (number // 5 % 6))
        ends = starts + timedelta(weeks=LESSONS - 1, minutes=90)
        runs.append(
            CourseRun(
                course=courses[number % 20], term=term, slug=f"m-{number}", code=f"M-{number}", state=RunState.PUBLISHED,
                room=rooms[number // TIMES], weekday=starts.weekday(), start_time=starts.time(), duration_minutes=90,
                starts_on=starts.date(), starts_at=starts, ends_at=ends, enrollment_opens_at=now + timedelta(days=1),
                enrollment_closes_at=starts, offers_end_at=ends, capacity=CAPACITY, changed_at=now,
            )
        )  # fmt: skip
    CourseRun.objects.bulk_create(runs)
    Lesson.objects.bulk_create(
        Lesson(
            run=run, room=run.room, starts_at=run.starts_at + timedelta(weeks=week),
            ends_at=run.starts_at + timedelta(weeks=week, minutes=90), changed_at=now,
        )
        for run in runs
        for week in range(LESSONS)
    )  # fmt: skip
    return runs


def _apply(drawn, runs, count, dice, at):
    year = timezone.localtime(at).year - (timezone.localtime(at).month < 9)
    users = User.objects.bulk_create(
        User(
            email=f"{drawn.slug}-{number}@example.lv", first_name="Vecāks", last_name="Mērījums",
            password="!",  # noqa: S106 - nobody has a password
        )
        for number in range(count)
    )  # fmt: skip
    children = Learner.objects.bulk_create(
        Learner(
            first_name="Bērns", last_name="Mērījums", birth_date=f"{year - 10}-05-05", grade=GRADE, grade_school_year=year,
            residency=Residency.VENTSPILS,
        )
        for _ in users
    )  # fmt: skip
    Guardianship.objects.bulk_create(
        Guardianship(guardian=user, learner=child, started_at=at) for user, child in zip(users, children, strict=True)
    )
    sent = Application.objects.bulk_create(
        Application(
            state=ApplicationState.RECEIVED, draw=drawn, prepared_by=user, prepared_at=at, received_at=at,
            places_wanted=1 + number % 2,
        )
        for number, user in enumerate(users)
    )  # fmt: skip
    Applicant.objects.bulk_create(
        Applicant(application=one, learner=child, draw=drawn) for one, child in zip(sent, children, strict=True)
    )
    Wish.objects.bulk_create(
        Wish(application=one, run=run, rank=rank)
        for one in sent
        for rank, run in enumerate(_liked(dice, runs), start=1)
    )


# -- The floor ---------------------------------------------------------------------------------------


def _as_many_rows(drawn) -> list:
    """As many rows of the same tables as the draw wrote, unsaved; they end at once, since nobody is in a group twice."""
    now = timezone.now()
    written = list(Enrollment.objects.filter(submission__application__draw=drawn).select_related("submission"))
    submissions = {
        one.submission_id: Submission(key=uuid4(), received_at=now, submitted_by_id=one.submission.submitted_by_id)
        for one in written
    }
    entered = [
        Enrollment(
            run_id=one.run_id, learner_id=one.learner_id, submission=submissions[one.submission_id], state=State.WITHDRAWN,
            received_at=now, changed_at=now, ended_at=now,
        )
        for one in written
    ]  # fmt: skip
    ledger = [
        LedgerEntry(
            run_id=one.run_id, enrollment=one, number=1, event="drawn", to_state=State.WITHDRAWN, seats=0, at=now
        )
        for one in entered
    ]
    letters = [
        Message(
            kind=one.kind, event_key=f"floor-{one.pk}", learner_id=one.learner_id, facts=one.facts, created_at=now,
            send_after=now,
        )
        for one in Message.objects.filter(learner__in=[one.learner_id for one in written])
    ]  # fmt: skip
    return [list(submissions.values()), entered, ledger, letters]


@transaction.atomic
def _insert(rows):
    for some in rows:
        type(some[0]).objects.bulk_create(some)
