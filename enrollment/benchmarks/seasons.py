"""How long a season of a whole city takes: 200 groups of 40 lessons, in ten rooms, with twenty instructors.

    season          seconds to copy last year's groups: dates by their rules, codes, drafts, instructors and lessons, whole; the
                    floor inserts as many rows of the same tables by bulk_create, made beforehand, in one transaction
    season_check    seconds to find what stands against these drafts: each other, what is published, rooms, hours, days
                    skipped; the floor reads their lessons and who teaches them

Every round has groups of its own, and the best round counts.
"""

import time
from datetime import date, datetime, time as clock, timedelta
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Role, RoleGrant, User
from courses.flows.season import checking, copying
from courses.models import Course, CourseRun, Lesson, LessonState, Room, RunState, Term, Venue
from enrollment.benchmarks.ground import a_course
from enrollment.benchmarks.harness import Measure

GROUPS, LESSONS, ROOMS, PEOPLE = 200, 40, 10, 20
ROUNDS = 5
LAST_YEAR, THIS_YEAR = (date(2026, 9, 1), date(2027, 8, 31)), (date(2027, 9, 1), date(2028, 8, 31))


def season(groups: int = GROUPS) -> Measure:
    best = floor = float("inf")
    for _ in range(ROUNDS):
        source, target, by, run_ids = _ready(groups)
        now = timezone.now()
        best = min(best, _seconds(lambda ready=(source, target, by, run_ids, now): _copy(*ready)))
        rows = _as_many_rows(target)
        floor = min(floor, _seconds(lambda rows=rows: _insert(rows)))
    return Measure("season", best, floor, "s", faults=_missing(target, groups))


def season_check(groups: int = GROUPS) -> Measure:
    source, target, by, run_ids = _ready(groups)
    _copy(source, target, by, run_ids, timezone.now())
    runs = CourseRun.objects.filter(term=target).select_related("course", "room__venue")
    best = floor = float("inf")
    for _ in range(ROUNDS):
        best = min(best, _seconds(lambda: checking.check(target, runs.prefetch_related("instructors"))))
        floor = min(floor, _seconds(lambda: list(Lesson.objects.filter(run__in=runs).prefetch_related("instructors"))))
    return Measure("season_check", best, floor, "s")


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _copy(source, target, by, run_ids, now):
    copying.copy(source=source, target=target, run_ids=run_ids, by=by, now=now)


def _missing(target, groups) -> int:
    """Lessons that should be there and are not."""
    return groups * LESSONS - Lesson.objects.filter(run__term=target, run__copied_from__isnull=False).count()


def _ready(groups):
    """(last year, this year, a coordinator, ids of last year's groups), and statistics of the database as in life."""
    key, now = uuid4().hex[:8], timezone.now()
    source, target = (
        Term.objects.create(slug=f"{key}-{first.year}", name_lv=key, name_en=key, starts_on=first, ends_on=last)
        for first, last in (LAST_YEAR, THIS_YEAR)
    )
    venue = Venue.objects.create(slug=key, name_lv=key, name_en=key, short_name=key)
    rooms = Room.objects.bulk_create(
        Room(slug=f"{key}-{number}", venue=venue, name_lv=key, name_en=key, capacity=20) for number in range(ROOMS)
    )
    people = User.objects.bulk_create(
        User(email=f"{key}-{number}@example.com", first_name="Pasniedzējs", last_name=str(number))
        for number in range(PEOPLE)
    )
    RoleGrant.objects.bulk_create(RoleGrant(user=one, role=Role.INSTRUCTOR, granted_at=now) for one in people)
    runs = CourseRun.objects.bulk_create(_last_years(key, number, source, rooms, now) for number in range(groups))
    teaching = CourseRun.instructors.through
    teaching.objects.bulk_create(
        teaching(courserun_id=run.pk, user_id=people[number % PEOPLE].pk) for number, run in enumerate(runs)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return source, target, people[0], [run.pk for run in runs]


def _last_years(key, number, term, rooms, now):
    """Twenty groups in each room, at different times."""
    slot = number // ROOMS
    starts_at = timezone.make_aware(datetime.combine(LAST_YEAR[0], clock(9)))
    return CourseRun(
        course=_course(), term=term, slug=f"{key}-{number}", code=f"R-{number + 1}", state=RunState.PUBLISHED,
        room=rooms[number % ROOMS], weekday=slot % 5, start_time=clock(9 + 2 * (slot // 5)), duration_minutes=90,
        starts_on=LAST_YEAR[0], starts_at=starts_at, ends_at=starts_at + timedelta(days=300), capacity=12,
        enrollment_opens_at=starts_at - timedelta(days=30), enrollment_closes_at=starts_at, offers_end_at=starts_at,
        changed_at=now,
    )  # fmt: skip


def _course() -> Course:
    course = a_course()
    if course.lessons_planned != LESSONS:
        course.lessons_planned = LESSONS
        course.save(update_fields=["lessons_planned"])
    return course


def _as_many_rows(target):
    """Runs, their instructors, lessons and who teaches them, as they were written, to be written again."""
    runs = list(CourseRun.objects.filter(term=target).prefetch_related("instructors"))
    lessons = list(Lesson.objects.filter(run__in=runs).order_by("pk"))
    people = {run.pk: [one.pk for one in run.instructors.all()] for run in runs}
    taught = [people[lesson.run_id] for lesson in lessons]
    by_old_id = {run.pk: run for run in runs}
    for run in runs:
        run.pk, run.slug, run.copied_from_id = None, f"{run.slug}-x"[:50], None
    for lesson in lessons:
        lesson.pk, lesson.run = None, by_old_id[lesson.run_id]
        lesson.state = LessonState.PLANNED
    return runs, [people[old] for old in by_old_id], lessons, taught


def _insert(rows):
    runs, people, lessons, taught = rows
    with transaction.atomic():
        CourseRun.objects.bulk_create(runs)
        of_runs, of_lessons = CourseRun.instructors.through, Lesson.instructors.through
        of_runs.objects.bulk_create(
            of_runs(courserun_id=run.pk, user_id=pk) for run, pks in zip(runs, people, strict=True) for pk in pks
        )
        for lesson in lessons:
            lesson.run_id = lesson.run.pk
        Lesson.objects.bulk_create(lessons)
        of_lessons.objects.bulk_create(
            of_lessons(lesson_id=lesson.pk, user_id=pk)
            for lesson, pks in zip(lessons, taught, strict=True)
            for pk in pks
        )
