"""Private calendars of families, bookings, instructors and rooms: pure functions of what `subscriptions` has read.

They carry the least that is of use (CALENDARS, 11): the first name or the nickname a guardian chose, never a surname,
a school, a birth date or a contact; staff see head counts, no names.
"""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import Learner
from courses.calendars import CENTRE_COLOR, TOPIC_COLORS, address, calendar, lesson_event, lesson_uid, run_title
from courses.models import Lesson, Room
from enrollment.models import Enrollment
from enrollment.subscriptions import FamilyLesson, StaffLesson

# Children 1 to 3 and oneself, as near to the colours of the family's pages as names of CSS allow.
LEARNER_COLORS = {1: "teal", 2: "mediumvioletred", 3: "olivedrab", 4: "slategray"}


def family_calendar(lessons: Iterable[FamilyLesson], *, language: str) -> bytes:
    return _calendar(_family_events(lessons), name=gettext("Family lessons"), language=language)


def learner_calendar(lessons: Iterable[FamilyLesson], *, learner: Learner, language: str) -> bytes:
    name = gettext("Lessons: %(name)s") % {"name": learner.name_in_calendars}
    return _calendar(_family_events(lessons), name=name, language=language)


def booking_calendar(lessons: Iterable[Lesson], *, booking: Enrollment, language: str) -> bytes:
    """What a party has booked by head count: when and where it is to come."""
    run = booking.run
    events = (
        lesson_event(
            lesson,
            uid=lesson_uid(lesson.pk, booking.calendar_ref),
            title=run.course.title,
            notes=[
                gettext("People: %(seats)s") % {"seats": booking.seats},
                gettext("Reference: %(reference)s") % {"reference": booking.submission.reference},
            ],
            url=address(run.get_absolute_url()),
            changed_at=max(lesson.changed_at, run.changed_at, booking.changed_at),
            color=TOPIC_COLORS.get(run.course.topic, ""),
            is_private=True,
        )
        for lesson in lessons
    )
    name = gettext("Visit: %(title)s") % {"title": run.course.title}
    return _calendar(events, name=name, language=language)


def instructor_calendar(lessons: Iterable[StaffLesson], *, language: str) -> bytes:
    return _calendar(map(_staff_event, lessons), name=gettext("Lessons I lead"), language=language)


def room_calendar(lessons: Iterable[StaffLesson], *, room: Room, language: str) -> bytes:
    return _calendar(map(_staff_event, lessons), name=str(room), language=language)


def _calendar(events, *, name, language):
    return calendar(
        events=events,
        language=language,
        name=name,
        color=CENTRE_COLOR,
        refresh_hours=settings.FEED_REFRESH_HOURS_PRIVATE,
    )


def _family_events(lessons: Iterable[FamilyLesson]) -> Iterator[bytes]:
    same = {}  # {enrollment id: what all its events have in common}
    for shown in lessons:
        lesson, enrollment = shown.lesson, shown.enrollment
        learner, run = enrollment.learner, lesson.run
        if enrollment.pk not in same:
            same[enrollment.pk] = {
                "title": f"{learner.name_in_calendars}: {run.course.title}",
                "notes": [gettext("Group: %(group)s") % {"group": run.code}],
                "url": address(enrollment.get_absolute_url()),
                "color": LEARNER_COLORS[shown.color],
            }
        yield lesson_event(
            lesson,
            uid=lesson_uid(lesson.pk, enrollment.calendar_ref),
            changed_at=max(lesson.changed_at, run.changed_at, enrollment.changed_at, learner.changed_at),
            is_private=True,
            **same[enrollment.pk],
        )


def _staff_event(shown: StaffLesson) -> bytes:
    lesson, run = shown.lesson, shown.lesson.run
    return lesson_event(
        lesson,
        uid=lesson_uid(lesson.pk),
        title=run_title(run),
        notes=[gettext("Participants: %(count)s") % {"count": shown.people}],
        url=address(reverse("enrollment:teaching_run", args=[run.pk])),
        changed_at=max(lesson.changed_at, run.changed_at, shown.changed_at),
        color=TOPIC_COLORS.get(run.course.topic, ""),
        is_private=True,
    )
