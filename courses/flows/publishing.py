"""Tells calendars and pages that something they show has changed."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from courses.models import Course, CourseRun, Program, Room, Venue


def runs_showing(shown: Course | Program | Room | Venue) -> models.QuerySet[CourseRun]:
    """The runs whose pages and calendars name this course, program, room or venue."""
    match shown:
        case Course():
            return CourseRun.objects.filter(course=shown)
        case Program():
            return CourseRun.objects.filter(course__program=shown)
        case Room():
            used = Q(room=shown) | Q(pk__in=CourseRun.objects.filter(lessons__room=shown).values("pk"))
        case Venue():
            used = Q(room__venue=shown) | Q(pk__in=CourseRun.objects.filter(lessons__room__venue=shown).values("pk"))
        case _:
            raise TypeError(f"No run shows {shown!r}.")
    return CourseRun.objects.filter(used)


def touch_runs(runs: models.QuerySet[CourseRun], *, now: datetime) -> int:
    """Say that something shown of these runs changed: their title, place, times or instructors. Returns how many.

    Called in the transaction of the change itself, by every flow and every save in the admin that changes what a
    calendar shows; without it, subscribers keep what they have. Takes the runs' rows. `changed_at` never goes back:

        touch_runs(runs_showing(room), now=now)
    """
    return CourseRun.objects.filter(pk__in=runs.order_by().values("pk"), changed_at__lt=now).update(changed_at=now)
