"""One group over both changes of clocks, everybody who may subscribe to it, and the table of all kinds of feeds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from accounts.flows import families
from accounts.models import Learner, Role, User
from courses.flows import changes
from courses.flows.publishing import runs_showing, touch_runs
from courses.models import CourseRun, Lesson, Room, RunKind
from enrollment import links
from enrollment.flows import bookings
from enrollment.models import Enrollment, FeedKind
from tests.calendars import link_for
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_lesson,
    make_program,
    make_room,
    make_run,
    make_user,
)

RIGA = ZoneInfo("Europe/Riga")
LATER = NOON + 2 * HOUR  # when something is changed; by now nothing older is on its way

# Local, at 16:00: winter; the days around the spring's and the autumn's change of clocks, the days of change among them.
DAYS = ["2026-12-08", "2027-03-23", "2027-03-28", "2027-03-30", "2027-10-26", "2027-10-31", "2027-11-02"]
CHANGED = 1  # which of them is changed in a test: in the week before the clocks change
TITLE = "Robotika, 4.–6. klase; daļa\\grupa"


@dataclass
class World:
    run: CourseRun
    lessons: list[Lesson]
    mother: User
    annija: Learner
    instructor: User
    substitute: User
    desk: User
    booking: Enrollment
    other_room: Room

    @property
    def lesson(self) -> Lesson:
        return self.lessons[CHANGED]


def make_world() -> World:
    starts = [datetime.fromisoformat(f"{day}T16:00").replace(tzinfo=RIGA) for day in DAYS]
    course = make_course(
        title_lv=TITLE, title_en=TITLE, program=make_program(reconfirm_days=None, max_places_per_term=None)
    )
    run = make_run(course=course, lessons=0, capacity=20, starts_at=starts[0])
    CourseRun.objects.filter(pk=run.pk).update(
        ends_at=starts[-1] + timedelta(minutes=90), offers_end_at=starts[-1], enrollment_closes_at=starts[-1]
    )
    run.refresh_from_db()
    instructor, substitute = make_user(roles=[Role.INSTRUCTOR]), make_user(roles=[Role.INSTRUCTOR])
    lessons = [make_lesson(run, start) for start in starts]
    for lesson in lessons:
        lesson.instructors.add(instructor)
    mother = make_guardian(first_name="Līga")
    annija, bruno = make_child(mother, first_name="Annija"), make_child(mother, first_name="Bruno")
    for learner in (annija, bruno, families.own_learner(user=mother)):
        enroll(run, learner, by=mother)
    CourseRun.objects.filter(pk=run.pk).update(kind=RunKind.SLOT)  # a group is not booked by head count
    run.refresh_from_db()
    booking = bookings.book(run=run, seats_wanted=2, name="Anna", email="anna@example.lv", key=uuid4(), now=NOON)
    return World(
        run=run, lessons=lessons, mother=mother, annija=annija, instructor=instructor, substitute=substitute,
        desk=make_user(roles=[Role.DESK]), booking=booking, other_room=make_room(name_lv="Studija"),
    )  # fmt: skip


# -- The feeds ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Feed:
    address: object  # World -> path
    is_private: bool
    copies: int = 1  # events per lesson: as many as learners shown
    is_whole: bool = True  # a calendar to subscribe to; otherwise one lesson as a file
    has_ref: bool = False  # UIDs tell learners of one lesson apart

    @property
    def refresh(self):
        return "PT1H" if self.is_private else "PT6H"


def _run_path(world):
    return f"/courses/{world.run.course.slug}/{world.run.slug}"


FEEDS = {
    "family": Feed(lambda one: link_for(one.mother), True, copies=3, has_ref=True),
    "child": Feed(lambda one: link_for(one.mother, FeedKind.LEARNER, learner=one.annija), True, has_ref=True),
    "own learning": Feed(
        lambda one: link_for(one.mother, FeedKind.LEARNER, learner=one.mother.learner), True, has_ref=True
    ),
    "booking": Feed(lambda one: links.ticket_calendar_path(one.booking), True, has_ref=True),
    "instructor": Feed(lambda one: link_for(one.instructor, FeedKind.INSTRUCTOR), True),
    "room": Feed(lambda one: link_for(one.desk, FeedKind.ROOM, room=one.run.room), True),
    "catalogue": Feed(lambda one: "/courses.ics", False),
    "program": Feed(lambda one: f"/programs/{one.run.course.program.slug}.ics", False),
    "course": Feed(lambda one: f"/courses/{one.run.course.slug}.ics", False),
    "group": Feed(lambda one: f"{_run_path(one)}.ics", False),
    "lesson": Feed(lambda one: f"{_run_path(one)}/lessons/{one.lesson.pk}.ics", False, is_whole=False),
}


# -- What may happen to a lesson ------------------------------------------------------------------------


def carry_out(order, *lessons, now=LATER):
    found = changes.plan(order, Lesson.objects.filter(pk__in=[one.pk for one in lessons]).for_change(), now=now)
    return changes.apply(found, key=uuid4(), by=None, now=now)


def move(world):
    carry_out(changes.Move(days=1), world.lesson)


def change_room(world):
    carry_out(changes.Move(room_id=world.other_room.pk), world.lesson)


def cancel(world):
    carry_out(changes.Cancel(reason="slimība"), world.lesson)


def restore(world):
    carry_out(changes.Cancel(reason="slimība"), world.lesson, now=LATER - HOUR / 2)
    carry_out(changes.Restore(), world.lesson)


def cancel_with_replacement(world):
    carry_out(changes.Cancel(reason="slimība", replaced_at=world.lesson.starts_at + DAY), world.lesson)


def substitute(world):
    carry_out(changes.Substitute(instead=world.substitute.pk, absent=world.instructor.pk), world.lesson)


def turn_remote(world):
    carry_out(changes.TurnRemote(reason="Ēkā nav apkures"), world.lesson)


def rename_room(world):
    world.run.room.name_lv = "Mācību klase 3, otrais stāvs"
    world.run.room.save()
    touch_runs(runs_showing(world.run.room), now=LATER)


def delete(world):
    world.lesson.delete()
    touch_runs(CourseRun.objects.filter(pk=world.run.pk), now=LATER)


def undo_move(world):
    change = carry_out(changes.Move(days=1), world.lesson, now=LATER - timedelta(seconds=30))
    changes.undo(change, by=None, now=LATER)


def undo_replacement(world):
    order = changes.Cancel(reason="slimība", replaced_at=world.lesson.starts_at + DAY)
    changes.undo(carry_out(order, world.lesson, now=LATER - timedelta(seconds=30)), by=None, now=LATER)


# {what happens: SEQUENCE of the changed lesson afterwards; None when it is gone}
CHANGES = {
    move: 1, change_room: 1, cancel: 1, restore: 2, cancel_with_replacement: 1, substitute: 0, turn_remote: 1, rename_room: 0,
    delete: None, undo_move: 2, undo_replacement: 2,
}  # fmt: skip
