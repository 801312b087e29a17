"""How fast the board of a full week is: 40 rooms, five days, six lessons in each, all with their own group.

week_board()    pages per second to a member of staff; the floor is a bare view in the same stack that sends the same octets
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, RoleGrant, User
from courses.models import Course, CourseRun, Lesson, Program, ProgramKind, Room, RunState, Venue
from enrollment.benchmarks import addresses
from enrollment.benchmarks.harness import Measure, alternate, call, handler

ROOMS, DAYS, LESSONS = 40, 5, 6  # of a full week: rooms, days, lessons of a room on a day
HOUSES = 4
MINUTES = 60


@dataclass(frozen=True)
class FullWeek:
    monday: datetime
    rooms: list[Room]
    instructors: list[User]


def full_week(*, now: datetime, rooms: int = ROOMS, days: int = DAYS, lessons: int = LESSONS) -> FullWeek:
    """Make such a week: the one that `now` lies in. Everybody teaches in a room of their own."""
    key = uuid4().hex[:8]
    day = timezone.localdate(now)
    monday = timezone.make_aware(datetime.combine(day - timedelta(days=day.weekday()), time(9)))
    houses = [
        Venue.objects.create(
            slug=f"{key}-{number}", name_lv=f"Nams {number}", name_en=f"House {number}", short_name=f"Nams {number}",
            address=f"Iela {number}", opening_hours=[{"days": ["mon", "tue", "wed", "thu", "fri"], "opens": "08:00", "closes": "20:00"}],
        )
        for number in range(1, HOUSES + 1)
    ]  # fmt: skip
    made = [
        Room.objects.create(
            slug=f"{key}-{number}", venue=houses[number % HOUSES], name_lv=f"Telpa {number}", name_en=f"Room {number}", capacity=16
        )
        for number in range(rooms)
    ]  # fmt: skip
    staff = [
        User.objects.create_user(f"{key}-{number}@example.lv", first_name="Anna", last_name=f"Ozola {number}")
        for number in range(rooms)
    ]
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=Role.INSTRUCTOR, granted_at=now) for user in staff)
    program = Program.objects.create(slug=key, kind=ProgramKind.CHILDREN, name_lv="Nodarbības", name_en="Classes")
    course = Course.objects.create(
        slug=key, program=program, title_lv="Robotika iesācējiem", title_en="Robotics", kind="weekly_class", topic="robotics",
        audience="pupils", duration_minutes=MINUTES,
    )  # fmt: skip
    places = [(room, day, lesson) for room in range(rooms) for day in range(days) for lesson in range(lessons)]
    starts = [monday + timedelta(days=day, minutes=lesson * (MINUTES + 15)) for _room, day, lesson in places]
    ends = [moment + timedelta(minutes=MINUTES) for moment in starts]
    runs = CourseRun.objects.bulk_create(
        CourseRun(
            course=course, slug=f"r-{number}", code=f"R-{number}", state=RunState.PUBLISHED, room=made[room], weekday=day,
            start_time=timezone.localtime(starts[number]).time(), duration_minutes=MINUTES, starts_on=timezone.localdate(starts[number]),
            starts_at=starts[number], ends_at=ends[number], offers_end_at=ends[number], enrollment_opens_at=now - timedelta(days=30),
            enrollment_closes_at=now + timedelta(days=30), capacity=12, changed_at=now,
        )
        for number, (room, day, _lesson) in enumerate(places)
    )  # fmt: skip
    taught = Lesson.objects.bulk_create(
        Lesson(run=runs[number], room=made[room], starts_at=starts[number], ends_at=ends[number], changed_at=now)
        for number, (room, _day, _lesson) in enumerate(places)
    )
    Lesson.instructors.through.objects.bulk_create(
        Lesson.instructors.through(lesson_id=lesson.pk, user_id=staff[room].pk)
        for lesson, (room, _day, _lesson) in zip(taught, places, strict=True)
    )
    return FullWeek(monday, made, staff)


def week_board(*, calls: int = 25) -> Measure:
    now = timezone.now()
    week = full_week(now=now)
    user = User.objects.create_user("mera@example.lv", first_name="Ilze", last_name="Liepa")
    RoleGrant.objects.create(user=user, role=Role.DESK, granted_at=now)
    session = SessionStore()
    session.update({"_auth_user_id": str(user.pk), "_auth_user_backend": settings.AUTHENTICATION_BACKENDS[0], "_auth_user_hash": user.get_session_auth_hash()})  # fmt: skip
    session.create()
    cookies = {settings.SESSION_COOKIE_NAME: session.session_key}
    query = f"view=week&day={week.monday:%Y-%m-%d}"
    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses", STAFF_SECOND_FACTOR_REQUIRED=False):
        answer, path = handler(), reverse("enrollment:desk_schedule")

        def ours():
            answered = call(answer, "GET", path, query=query, cookies=cookies)
            if answered[0] != 200:
                raise RuntimeError(f"The measurement expected a page and got {answered[0]}.")
            return answered[2]

        def floor():
            call(answer, "GET", "/floor/page/", cookies=cookies)

        addresses.octets = ours()
        return alternate("week_board", ours, floor, calls=calls, unit="pages/s")
