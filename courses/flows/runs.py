"""What is decided about a group as a whole."""

from datetime import datetime

from django.db import transaction

from courses.flows import timetable
from courses.models import CourseRun, RunState


@transaction.atomic
def publish(*, run: CourseRun, now: datetime) -> bool:
    """Show a draft to the public, with the lessons of its weekly rule; False when it was no draft any more.

    Lessons that it has already are kept. Raises TimetableRefused when its term has no day for a lesson.
    """
    if not CourseRun.objects.filter(pk=run.pk, state=RunState.DRAFT).update(state=RunState.PUBLISHED, changed_at=now):
        return False
    if run.weekday is not None and run.start_time is not None and run.term_id:
        timetable.generate_lessons(run=run, now=now)
    return True
