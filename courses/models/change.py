"""What was changed in the timetable, by whom: enough to tell families of it, to trace it and to undo it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .lesson import Lesson
from .run import CourseRun


class ChangeKind(models.TextChoices):
    MOVED = "moved", _("moved")
    CANCELLED = "cancelled", _("cancelled")
    RESTORED = "restored", _("takes place after all")
    SUBSTITUTED = "substituted", _("another instructor")
    REMOTE = "remote", _("held online")
    TOPIC = "topic", _("topic")


class TimetableChange(models.Model):
    """One operation on one lesson or on hundreds."""

    key = models.UUIDField(unique=True)  # the form's: sent twice, it is done once
    kind = models.CharField(max_length=12, choices=ChangeKind)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # families read it
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("change of the timetable")
        verbose_name_plural = _("changes of the timetable")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="timetablechange_kind_is_known"),
        ]
        indexes = [models.Index(fields=["-made_at"], name="timetablechange_newest")]

    def __str__(self):
        return f"#{self.pk} {self.kind}"


class LessonChange(models.Model):
    """A lesson before and after: {"starts_at", "ends_at", "room", "state", "topic", "is_remote", "instructors", …}.

    `before` is null for a lesson that the change wrote; `lesson` is null once such a one was undone.
    """

    change = models.ForeignKey(TimetableChange, models.CASCADE, related_name="lessons")  # part of the change
    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="+")
    lesson = models.ForeignKey(Lesson, models.SET_NULL, related_name="changes", null=True)
    before = models.JSONField(null=True)
    after = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "lesson"], name="lessonchange_is_noted_once")]

    def __str__(self):
        return f"#{self.pk} of change {self.change_id}"
