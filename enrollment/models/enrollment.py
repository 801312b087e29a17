"""One learner, or one party of guests, in one run: from the first request to the end."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Learner
from courses.models import CourseRun, Lesson


class EnrollmentState(models.TextChoices):
    WAITLISTED = "waitlisted", _("in the queue")
    OFFERED = "offered", _("place offered")
    CONFIRMED = "confirmed", _("confirmed")
    TRIAL = "trial", _("trial lesson")  # a place until the family has decided, at the latest until trial_ends_at
    LEAVING = "leaving", _("given back, can be undone")  # the seat is still held, until releases_at
    WITHDRAWN = "withdrawn", _("given back")  # the family ended it
    CANCELLED = "cancelled", _("cancelled")  # the centre ended it
    DECLINED = "declined", _("offer declined")
    EXPIRED = "expired", _("offer expired")
    MOVED = "moved", _("moved to another group")


PLACED = (EnrollmentState.OFFERED, EnrollmentState.CONFIRMED, EnrollmentState.TRIAL)  # count for limits and clashes
HOLDING = (*PLACED, EnrollmentState.LEAVING)  # hold a seat
ATTENDING = (EnrollmentState.CONFIRMED, EnrollmentState.TRIAL)  # stand on the roster, see the lessons
LIVE = (EnrollmentState.WAITLISTED, *PLACED)  # what a family has
ENDED = (
    EnrollmentState.WITHDRAWN,
    EnrollmentState.CANCELLED,
    EnrollmentState.DECLINED,
    EnrollmentState.EXPIRED,
    EnrollmentState.MOVED,
)


class SubmissionQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(submitted_by=user)


class Submission(models.Model):
    """One press of the button: what was sent together, and the second in which it was received."""

    key = models.UUIDField(unique=True)  # made with the form; sent twice, it is found instead of made again
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions", null=True, blank=True
    )
    received_at = models.DateTimeField(_("received"))
    is_together = models.BooleanField(_("all or none"), default=False)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")

    def __str__(self):
        return self.reference

    def get_absolute_url(self):
        return reverse("enrollment:result", args=[self.key])

    @property
    def reference(self):
        """What people quote on the phone: the year and a running number, "26-04817"."""
        return f"{self.received_at:%y}-{self.pk:05d}"


class EnrollmentQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state__in=LIVE)

    def holding(self):
        return self.filter(state__in=HOLDING)

    def confirmed(self):
        return self.filter(state=EnrollmentState.CONFIRMED)

    def attending(self):
        return self.filter(state__in=ATTENDING)

    def waitlisted(self):
        """Those who wait, in the order in which they are served: priority, time of receipt, id."""
        return self.filter(state=EnrollmentState.WAITLISTED).order_by("priority", "received_at", "pk")

    def ahead_of(self, enrollment):
        """Those who wait for the same run and are served before this one."""
        same_class = Q(priority=enrollment.priority)
        earlier = Q(received_at__lt=enrollment.received_at) | Q(
            received_at=enrollment.received_at, pk__lt=enrollment.pk
        )
        return self.filter(run_id=enrollment.run_id, state=EnrollmentState.WAITLISTED).filter(
            Q(priority__lt=enrollment.priority) | same_class & earlier
        )

    def visible_to(self, user):
        """What this user may see: their own learners' enrollments and their own bookings."""
        return self.filter(
            Q(learner__in=Learner.objects.visible_to(user)) | Q(learner=None, submission__submitted_by=user)
        )

    def for_display(self):
        return self.select_related("run__course__program", "run__room__venue", "learner", "submission")


def new_calendar_ref() -> str:
    """The constant part of this enrollment's calendar UIDs; random, so that it tells nothing."""
    return secrets.token_hex(8)


class Enrollment(models.Model):
    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="enrollments")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="enrollments")
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="enrollments", null=True, blank=True)
    guest_name = models.CharField(_("guest's name"), max_length=120, blank=True)
    guest_email = models.EmailField(_("guest's e-mail"), blank=True)
    guest_language = models.CharField(max_length=5, blank=True)
    seats = models.PositiveSmallIntegerField(_("seats"), default=1)  # a learner takes one, a party its head count
    state = models.CharField(_("state"), max_length=12, choices=EnrollmentState)
    priority = models.PositiveSmallIntegerField(default=0)  # class in the queue, lower first; set only when joining
    received_at = models.DateTimeField(_("received"))  # its turn in the queue
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    releases_at = models.DateTimeField(null=True, blank=True)  # until then LEAVING can be undone
    releases_to = models.CharField(max_length=12, blank=True)  # and then it becomes this
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    moved_from = models.OneToOneField("self", models.PROTECT, related_name="moved_to", null=True, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, related_name="replaced_by", null=True, blank=True)
    trial_lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="trials", null=True, blank=True)
    trial_ends_at = models.DateTimeField(null=True, blank=True)  # without a word by then the place goes on
    reconfirm_by = models.DateTimeField(null=True, blank=True)  # asked whether they still come, to be answered by then
    reconfirm_remind_at = models.DateTimeField(null=True, blank=True)
    reconfirmed_at = models.DateTimeField(null=True, blank=True)
    calendar_ref = models.CharField(max_length=16, default=new_calendar_ref, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)  # number of its newest ledger row
    changed_at = models.DateTimeField()

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EnrollmentState.values), name="enrollment_state_is_known"),
            models.CheckConstraint(condition=Q(seats__gte=1), name="enrollment_has_seats"),
            models.CheckConstraint(
                condition=Q(learner__isnull=False, guest_email="", seats=1) | (Q(learner=None) & ~Q(guest_email="")),
                name="enrollment_is_of_a_learner_or_of_guests",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False) | (~Q(state__in=ENDED) & Q(ended_at=None)),
                name="enrollment_ended_at_is_set_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(state=EnrollmentState.LEAVING, releases_at__isnull=False, releases_to__in=ENDED)
                | (~Q(state=EnrollmentState.LEAVING) & Q(releases_at=None, releases_to="")),
                name="enrollment_release_is_planned_when_leaving",
            ),
            models.CheckConstraint(
                condition=Q(state=EnrollmentState.TRIAL, trial_ends_at__isnull=False, trial_lesson__isnull=False)
                | (~Q(state=EnrollmentState.TRIAL) & Q(trial_ends_at=None)),
                name="enrollment_trial_has_a_lesson_and_an_end",
            ),
            models.CheckConstraint(
                condition=Q(reconfirmed_at=None) | Q(reconfirm_by__isnull=False),
                name="enrollment_is_reconfirmed_when_asked",
            ),
            models.UniqueConstraint(
                fields=["run", "learner"],
                condition=Q(ended_at=None),
                name="enrollment_is_live_once_per_learner_and_run",
                violation_error_message=_("There is already a place in this group."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["run", "priority", "received_at", "id"],
                condition=Q(state="waitlisted"),
                name="enrollment_waitlist_order",
            ),
            models.Index(fields=["run", "state"], name="enrollment_of_run"),
            models.Index(fields=["learner", "state"], name="enrollment_of_learner"),
            models.Index(fields=["releases_at"], condition=Q(state="leaving"), name="enrollment_leaving"),
            models.Index(fields=["trial_ends_at"], condition=Q(state="trial"), name="enrollment_on_trial"),
            models.Index(
                fields=["reconfirm_by"],
                condition=Q(state="confirmed", reconfirmed_at=None, reconfirm_by__isnull=False),
                name="enrollment_to_reconfirm",
            ),
        ]

    def __str__(self):
        return f"#{self.pk} {self.state}"

    def get_absolute_url(self):
        return reverse("enrollment:enrollment", args=[self.pk])

    @property
    def is_live(self):
        return self.state in LIVE

    @property
    def who(self):
        """The learner's or the guest's name, as lists show it."""
        return str(self.learner) if self.learner_id else self.guest_name
