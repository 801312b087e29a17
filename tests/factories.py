"""Plain functions that make things for tests, with defaults that surprise nobody."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

from accounts.flows import families
from accounts.models import Residency, RoleGrant, School, User
from courses.models import (
    Audience,
    Break,
    Course,
    CourseKind,
    CourseRun,
    EligibilityRule,
    Lesson,
    Program,
    ProgramKind,
    Room,
    RunKind,
    RunState,
    Term,
    Topic,
    Venue,
)  # fmt: skip
from enrollment.flows import enrollments, transfers, trials

_numbers = itertools.count(1)

NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday, 12:00 in Riga
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def _next(prefix):
    return f"{prefix}-{next(_numbers)}"


def make_user(email=None, *, first_name="Līga", last_name="Bērziņa", roles=(), **fields) -> User:
    user = User.objects.create_user(
        email or f"{_next('person')}@example.lv", first_name=first_name, last_name=last_name, **fields
    )
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, granted_at=NOON)
    return user


def make_guardian(**fields) -> User:
    return make_user(phone="29123456", **fields)


def make_school(name=None, *, municipality="ventspils") -> School:
    return School.objects.create(name=name or _next("Skola"), municipality=municipality)


def make_child(
    guardian=None, *, first_name="Annija", last_name="Bērziņa", birth_date=date(2016, 3, 27), grade=4, **fields
):
    """A child who fits everything: a pupil of grade 4 who lives in Ventspils."""
    fields.setdefault("residency", Residency.VENTSPILS)
    child = families.add_child(
        guardian=guardian or make_guardian(), first_name=first_name, last_name=last_name, birth_date=birth_date,
        grade=grade, now=NOON, **fields,
    )  # fmt: skip
    return child


def make_children(count, guardian=None):
    """Children of one family, or of as many families, with different names."""
    return [
        make_child(guardian, first_name=f"Bērns {chr(ord('A') + index % 26)}{index // 26 or ''}")
        for index in range(count)
    ]


def make_room(*, capacity=60, venue=None, **fields) -> Room:
    venue = venue or Venue.objects.create(
        slug=_next("venue"),
        name_lv="VIZIUM",
        name_en="VIZIUM",
        short_name="VIZIUM",
        address="Rūpniecības iela 2, Ventspils",
    )
    names = {"name_lv": "Mācību klase 2", "name_en": "Classroom 2"} | fields
    return Room.objects.create(slug=_next("room"), venue=venue, capacity=capacity, **names)


def make_program(*, kind=ProgramKind.CHILDREN, **fields) -> Program:
    return Program.objects.create(slug=_next("program"), kind=kind, name_lv="Nodarbības", name_en="Classes", **fields)


def make_course(
    *, program=None, title_lv="Robotika 4.–6. klasei", title_en="Robotics for grades 4–6", **fields
) -> Course:
    defaults = {
        "kind": CourseKind.WEEKLY_CLASS,
        "topic": Topic.ROBOTICS,
        "audience": Audience.PUPILS,
        "duration_minutes": 90,
    }
    return Course.objects.create(
        slug=_next("course"),
        program=program or make_program(),
        title_lv=title_lv,
        title_en=title_en,
        **defaults | fields,
    )


def make_rule(scope, kind, **fields) -> EligibilityRule:
    """A rule of a program or of a course."""
    return EligibilityRule.objects.create(
        kind=kind, **{"course" if isinstance(scope, Course) else "program": scope}, **fields
    )


def make_term(*, starts_on=date(2026, 9, 1), ends_on=date(2027, 5, 31), breaks=(), **fields) -> Term:
    """A school year; breaks are (first day, last day) or (first day, last day, grade)."""
    term = Term.objects.create(
        slug=_next("term"), name_lv="Mācību gads", name_en="School year", starts_on=starts_on, ends_on=ends_on, **fields
    )
    for first, last, *grade in breaks:
        Break.objects.create(
            term=term, slug=_next("break"), name_lv="Brīvlaiks", name_en="Break",
            starts_on=first, ends_on=last, grade=grade[0] if grade else None,
        )  # fmt: skip
    return term


def make_run(*, capacity=2, course=None, room=None, starts_at=NOON + 2 * WEEK, lessons=3, **fields) -> CourseRun:
    """A published weekly group, open for enrollment at NOON, whose first lesson is in two weeks."""
    number = next(_numbers)
    room = room or make_room()
    minutes = fields.pop("duration_minutes", 90)
    last_end = starts_at + (max(lessons, 1) - 1) * WEEK + timedelta(minutes=minutes)
    defaults = {
        "slug": f"r-{number}", "code": f"R-{number}", "kind": RunKind.GROUP, "state": RunState.PUBLISHED,
        "weekday": 1, "start_time": time(12), "duration_minutes": minutes, "starts_on": starts_at.date(),
        "starts_at": starts_at, "ends_at": last_end, "offers_end_at": last_end - timedelta(minutes=minutes),
        "enrollment_opens_at": NOON - WEEK, "enrollment_closes_at": last_end, "changed_at": NOON,
    }  # fmt: skip
    run = CourseRun.objects.create(course=course or make_course(), room=room, capacity=capacity, **defaults | fields)
    for week in range(lessons):
        make_lesson(run, starts_at + week * WEEK)
    return run


def make_slot(*, capacity=20, starts_at=NOON + 4 * DAY, **fields) -> CourseRun:
    """A VIZIUM workshop that a party books by head count."""
    course = fields.pop("course", None) or make_course(
        program=make_program(kind=ProgramKind.VIZIUM), kind=CourseKind.WORKSHOP, audience=Audience.EVERYBODY,
        title_lv="Robotu futbols", title_en="Robot football",
    )  # fmt: skip
    defaults = {"weekday": None, "start_time": None, "duration_minutes": 60, "offers_end_at": starts_at - HOUR}
    return make_run(
        capacity=capacity, course=course, starts_at=starts_at, lessons=1, kind=RunKind.SLOT,
        enrollment_closes_at=starts_at, **defaults | fields,
    )  # fmt: skip


def make_lesson(run, starts_at, *, minutes=None, **fields) -> Lesson:
    ends_at = starts_at + timedelta(minutes=minutes or run.duration_minutes)
    return Lesson.objects.create(
        run=run, **{"room": run.room, "starts_at": starts_at, "ends_at": ends_at, "changed_at": NOON} | fields
    )


def enroll(run, *learners, by=None, now=NOON, key=None, **options):
    """Enroll learners (or a new child) through the flow; the first enrollment of the submission."""
    learners = list(learners) or [make_child()]
    by = by or learners[0].guardianships.select_related("guardian").first().guardian
    submission = enrollments.enroll(run=run, learners=learners, key=key or uuid4(), by=by, now=now, **options)
    return submission.enrollments.order_by("pk").first()


def states_of(run) -> list[str]:
    """The states of a run's enrollments in the order in which they came."""
    return list(run.enrollments.order_by("pk").values_list("state", flat=True))


def counters_of(run) -> tuple[int, int, int]:
    """Seats taken, seats offered and the length of the queue, read anew."""
    run.refresh_from_db()
    return run.seats_taken, run.seats_offered, run.waitlist_length


def codes_of(raised) -> list[str]:
    """The reasons with which a flow refused, from `pytest.raises(EnrollmentRefused)`."""
    return [refusal.code for refusal in raised.value.refusals]


def try_lesson(run, learner=None, *, by=None, lesson=None, now=NOON, key=None):
    """A trial of the run's next lesson, through the flow. The run's program needs `trial_answer_hours`."""
    learner = learner or make_child()
    by = by or learner.guardianships.select_related("guardian").first().guardian
    lesson = lesson or run.lessons.order_by("starts_at").first()
    return trials.begin_trial(run=run, learner=learner, lesson=lesson, key=key or uuid4(), by=by, now=now)


def change_group(enrollment, to_run, *, by=None, now=NOON, key=None):
    """The family changes the group, through the flow; the enrollment in the other group."""
    by = by or enrollment.learner.guardianships.select_related("guardian").first().guardian
    return transfers.transfer(enrollment=enrollment, to_run=to_run, key=key or uuid4(), by=by, now=now)
