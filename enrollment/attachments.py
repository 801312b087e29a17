"""What is attached to letters: the lessons of a confirmed place, for the recipient's calendar."""

from accounts.outbox.models import Message
from courses.models import Lesson
from enrollment import calendars
from enrollment.models import Enrollment, EnrollmentState
from enrollment.subscriptions import FamilyLesson

CALENDAR = "text/calendar"  # without METHOD: a confirmation is no invitation (CALENDARS, 12)


def lessons_of_place(message: Message, facts: dict) -> list[tuple[str, str, str]]:
    """[(file name, iCalendar text, type)] with every lesson of the place; nothing once the place has ended.

    Of a trial only the lesson that is tried.
    """
    enrollment = (
        Enrollment.objects.attending()
        .filter(pk=facts.get("enrollment_id"), learner__isnull=False)
        .select_related("run", "learner")
        .first()
    )
    if enrollment is None:
        return []
    lessons = Lesson.objects.published().filter(run=enrollment.run_id).order_by("starts_at", "pk")
    if enrollment.state == EnrollmentState.TRIAL:
        lessons = lessons.filter(pk=enrollment.trial_lesson_id)
    shown = [
        FamilyLesson(lesson, enrollment, color=1)
        for lesson in lessons.select_related("run__course__program", "room__venue")
    ]
    if not shown:
        return []
    octets = calendars.learner_calendar(shown, learner=enrollment.learner, language=message.language)
    return [(f"{enrollment.run.code}.ics", octets.decode(), CALENDAR)]
