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
    NOTHING = "nothing", _("Nothing would change")
    NOT_CANCELLED = "not_cancelled", _("This lesson is not cancelled")
    INTO_THE_PAST = "into_the_past", _("That time is over")
    ENDS_FIRST = "ends_first", _("A lesson ends after it starts")
    OUTSIDE_TERM = "outside_term", _("That day is outside the term")
    NO_SUCH_TIME = "no_such_time", _("The clock leaves out that hour on that day")
    ONE_AT_A_TIME = "one_at_a_time", _("Replace lessons one at a time")
    STALE = "stale", _("Somebody has changed this lesson meanwhile")
    TOO_LATE = "too_late", _("The time to undo is over")
    NOT_ALLOWED = "not_allowed", _("Only coordinators change several groups at once")
    TOO_MANY = "too_many", _("That is too many lessons at once: choose fewer days")
    CLASHES = "clashes", _("Lessons of learners would overlap; say that this was seen")
    NO_DRAFT = "no_draft", _("This group is not a draft any more")
    NO_WEEKDAY = "no_weekday", _("A group of a term meets on a weekday at a time")
    FIRST_DAY = "first_day", _("The first day is outside the term")
    OUTSIDE_NEW_TERM = "outside_new_term", _("Lessons that are published would lie outside the term")
    SAME_TERM = "same_term", _("A term is copied into another one")
    SAME_TIME_TWICE = "same_time_twice", _("The group meets at that time already")
    LAST_DATE = "last_date", _("A group has at least one lesson")
    ODD_DATES = "odd_dates", _("Dates that were changed one by one would be lost")
    NO_INSTRUCTOR = "no_instructor", _("This person does not teach at the centre any more")
    ENROLLMENT_ENDS_FIRST = "enrollment_ends_first", _("Enrollment closes after it opens")
    DECISION_LATE = "decision_late", _("The decision day is after the first lesson")


class TimetableRefused(Exception):
    """Raised by a flow; nothing was changed. `lesson` is the one in the way, where there is one.

    conflicts: all that stands against a plan (courses.flows.changes.Conflict), the first of which is the reason.
    day: the local date it is about, where it is about one.
    """

    def __init__(self, reason: TimetableReason, lesson=None, *, conflicts=(), day=None):
        super().__init__(reason.value)
        self.reason, self.lesson, self.conflicts, self.day = reason, lesson, list(conflicts), day
