"""One dated meeting of a run. Generated from the weekly rule once, then a row of its own."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _, pgettext

from .place import Room
from .run import CourseRun, RunState


class LessonState(models.TextChoices):
    PLANNED = "planned", _("planned")  # of a draft: takes nobody's room or time yet
    SCHEDULED = "scheduled", _("takes place")
    CANCELLED = "cancelled", _("cancelled")


class LessonQuerySet(models.QuerySet):
    def scheduled(self):
        return self.filter(state=LessonState.SCHEDULED)

    def published(self):
        """What anybody may know of: not those of drafts, nor any that is only planned."""
        return self.filter(run__state__in=[RunState.PUBLISHED, RunState.CANCELLED]).exclude(state=LessonState.PLANNED)

    def upcoming(self, *, now):
        return self.filter(ends_at__gt=now)

    def taught_by(self, user):
        return self.filter(instructors=user)

    def for_change(self):
        """With all that courses.flows.changes reads of them."""
        return self.select_related("run__course__program", "run__term", "room__venue").prefetch_related("instructors")


class Lesson(models.Model):
    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="lessons")
    room = models.ForeignKey(Room, models.PROTECT, related_name="lessons", null=True, blank=True)
    instructors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="lessons_taught", blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    state = models.CharField(_("state"), max_length=10, choices=LessonState, default=LessonState.SCHEDULED)
    is_remote = models.BooleanField(_("held online"), default=False)
    topic = models.CharField(_("topic"), max_length=200, blank=True)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
    replaces = models.OneToOneField("self", models.PROTECT, related_name="replacement", null=True, blank=True)
    change_note = models.CharField(_("what changed"), max_length=200, blank=True)  # begins the calendar entry's text
    sequence = models.PositiveIntegerField(default=0)  # RFC 5545 §3.8.7.4: +1 on start, end, place, cancel, restore
    changed_at = models.DateTimeField()  # newest change of anything shown; the calendar's LAST-MODIFIED

    objects = LessonQuerySet.as_manager()

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LessonState.values), name="lesson_state_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="lesson_ends_after_it_starts",
                violation_error_message=_("A lesson ends after it starts."),
            ),
        ]
        indexes = [
            models.Index(fields=["run", "starts_at"], name="lesson_of_run"),
            models.Index(fields=["starts_at"], name="lesson_by_start"),
            models.Index(fields=["room", "starts_at"], name="lesson_in_room"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_cancelled(self):
        return self.state == LessonState.CANCELLED

    @property
    def place(self) -> str:
        """The room, or that it is held online, in the reader's language; nothing while it has no room."""
        if self.is_remote:
            return pgettext("place", "Online")
        return str(self.room) if self.room_id else ""
