"""What is decided about a group as a whole."""

from datetime import date, datetime

from django.db import transaction

from courses.flows import timetable
from courses.flows.season import publishing
from courses.models import CourseRun, LessonState, RunState


@transaction.atomic
def publish(*, run: CourseRun, now: datetime) -> bool:
    """Show a draft to the public, with the lessons of its weekly rule; False when it was no draft any more.

    Lessons that it has already are kept. Raises TimetableRefused when its term has no day for a lesson, or something
    stands against it (courses.flows.season.publishing).
    """
    if run.weekday is not None and run.start_time is not None and run.term_id:
        timetable.generate_lessons(run=run, now=now, state=LessonState.PLANNED)
    return bool(publishing.publish(run_ids=[run.pk], by=None, now=now).done)


def set_decision(run: CourseRun, *, decision_on: date, minimum_size: int, now: datetime) -> None:
    """Give a locked run another decision day and another minimum."""
    run.decision_on, run.minimum_size, run.changed_at = decision_on, minimum_size, now
    run.save(update_fields=["decision_on", "minimum_size", "changed_at"])


def cancel(run: CourseRun, *, reason: str, now: datetime) -> None:
    """Mark a locked run as cancelled. What it meant to people is ended by the flow above that calls this."""
    run.state, run.cancellation_reason, run.changed_at = RunState.CANCELLED, reason, now
    run.save(update_fields=["state", "cancellation_reason", "changed_at"])
