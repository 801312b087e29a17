"""Groups that the catalogue lacks: one in the middle of a lesson, one about to open; and who teaches them all."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

from accounts.models import Role, RoleGrant, User
from courses.flows import timetable
from courses.flows.season import checking
from courses.models import CourseRun, Lesson, Room, RunKind, Topic
from enrollment.demo.people import DOMAIN, OTHER_INSTRUCTORS
from enrollment.demo.season import TERM
from enrollment.demo.stage import MINUTE, WEEK, Stage

OPENS_AFTER = timedelta(minutes=3)
ROOMS_FOR_A_CLASS = ("class", "workshop", "meeting")  # Room.use
OPENING = {"course__slug": "digitala-majturiba-3-6", "weekday": 4, "start_time": time(17), "term__slug": TERM}

# Who teaches what, in the order in which they are asked: 0 is Ņina Krastiņa, 1 Mārtiņš Vītols.
_TEACH = {
    Topic.ROBOTICS: (0, 1, 2),
    Topic.PROGRAMMING: (1, 3, 4),
    Topic.DESIGN: (5, 4, 6),
    Topic.MEDIA: (6, 5, 7),
    Topic.SCIENCE: (2, 7, 3),
    Topic.ADULTS: (7, 6, 5),
}


def meeting_now(stage: Stage) -> CourseRun:
    """Ņina's group, in the first third of a lesson: at any hour, also on a holiday, in a room that is free."""
    starts = timezone.localtime(stage.now - 20 * MINUTE)
    starts = starts.replace(minute=starts.minute // 5 * 5, second=0, microsecond=0)
    ends = starts.astimezone(UTC) + 90 * MINUTE
    run = stage.make_group(
        "robotika-4-6", starts_on=stage.term.classes_start_on, capacity=12,
        weekday=starts.weekday(), start_time=starts.time(),
    )  # fmt: skip
    timetable.generate_lessons(run=run, now=stage.now)
    if not run.lessons.filter(starts_at=starts).exists():
        Lesson.objects.create(run=run, starts_at=starts, ends_at=ends, changed_at=stage.now)
    run.room = next(room for room in checking.free_rooms(run) if room.use in ROOMS_FOR_A_CLASS)
    run.save(update_fields=["room"])
    run.lessons.update(room=run.room)
    return run


def opening_soon(stage: Stage) -> CourseRun:
    run = stage.make_group(
        OPENING["course__slug"], weekday=OPENING["weekday"], start_time=OPENING["start_time"], capacity=10,
        room=Room.objects.get(slug="darbnica-1"), starts_on=stage.today + WEEK, enrollment_opens_at=stage.now + OPENS_AFTER,
    )  # fmt: skip
    timetable.generate_lessons(run=run, now=stage.now)
    return run


def open_soon(*, now: datetime) -> bool:
    """Let that group open some minutes from now, on the full minute; False once somebody has applied."""
    opens = (now + OPENS_AFTER + MINUTE / 2).replace(second=0, microsecond=0)
    untouched = CourseRun.objects.filter(**OPENING, enrollments=None)
    return bool(
        CourseRun.objects.filter(pk__in=untouched.values("pk")).update(enrollment_opens_at=opens, changed_at=now)
    )


def assign_instructors(stage: Stage, *, first: CourseRun) -> None:
    """Somebody of the topic for every group, nobody in two places at once; `first` gets the first of them."""
    staff = [stage.user("instructor"), stage.user("instructor_other"), *_other_instructors(stage)]
    runs = CourseRun.objects.filter(kind=RunKind.GROUP).exclude(pk=first.pk).select_related("course").order_by("pk")
    busy: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)  # {user id: [(start, end), …]}
    teaching, taught = [], []
    for run in [first, *runs.prefetch_related("lessons")]:
        lessons = list(run.lessons.all())
        if (user := _free(lessons, [staff[index] for index in _TEACH[run.course.topic]], busy)) is None:
            continue
        busy[user.pk] += [(lesson.starts_at, lesson.ends_at) for lesson in lessons]
        teaching.append(CourseRun.instructors.through(courserun_id=run.pk, user_id=user.pk))
        taught += [Lesson.instructors.through(lesson_id=lesson.pk, user_id=user.pk) for lesson in lessons]
    CourseRun.instructors.through.objects.bulk_create(teaching)
    Lesson.instructors.through.objects.bulk_create(taught)


def _free(lessons, candidates, busy):
    for user in candidates:
        if not any(one.starts_at < end and start < one.ends_at for one in lessons for start, end in busy[user.pk]):
            return user
    return None


def _other_instructors(stage):
    users = [
        User.objects.create_user(f"pasniedzejs-{number}@{DOMAIN}", first_name=first, last_name=last)
        for number, (first, last) in enumerate(OTHER_INSTRUCTORS, 1)
    ]
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=Role.INSTRUCTOR, granted_at=stage.now) for user in users)
    return users
