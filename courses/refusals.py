"""Every reason for which a timetable cannot be changed as asked, with its words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TimetableReason(models.TextChoices):
    NO_LESSONS = "no_lessons", _("No lesson fits between the first and the last day")
    PAST = "past", _("This lesson is over")
    CANCELLED = "cancelled", _("This lesson is cancelled")
    ROOM_TAKEN = "room_taken", _("The room is taken at that time")
    ROOM_SMALL = "room_small", _("The room has fewer seats than the group")
    INSTRUCTOR_TAKEN = "instructor_taken", _("The instructor teaches elsewhere at that time")


class TimetableRefused(Exception):
    """Raised by a flow; nothing was changed. `lesson` is the one in the way, where there is one."""

    def __init__(self, reason: TimetableReason, lesson=None):
        super().__init__(reason.value)
        self.reason, self.lesson = reason, lesson
