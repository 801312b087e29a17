"""One offering of a course: a weekly group or a timed slot, with its places."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .course import Course, CourseStatus
from .place import Room
from .term import Term


class RunState(models.TextChoices):
    """What was decided. That a run is open, full or finished is told by the clock and the counters."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    CANCELLED = "cancelled", _("cancelled")


class RunKind(models.TextChoices):
    GROUP = "group", _("group")  # learners by name, lessons over a term
    SLOT = "slot", _("timed slot")  # a party by head count, one lesson


class CourseRunQuerySet(models.QuerySet):
    def published(self):
        return self.filter(state=RunState.PUBLISHED)

    def public(self):
        """Runs a visitor may see: published or cancelled, of a course that is listed."""
        return self.exclude(state=RunState.DRAFT).exclude(course__status=CourseStatus.HISTORIC)

    def not_finished(self, *, now):
        return self.filter(ends_at__gt=now)

    def open_for_enrollment(self, *, now):
        return self.published().filter(enrollment_opens_at__lte=now, enrollment_closes_at__gt=now)

    def with_free_seats(self):
        """Seats a newcomer can have: none while somebody waits."""
        return self.filter(seats_taken__lt=F("capacity"), waitlist_length=0)

    def with_seats_left(self):
        """Seats not taken, whoever they belong to."""
        return self.filter(seats_taken__lt=F("capacity"))

    def for_display(self):
        return self.select_related("course__program", "course__fee_policy", "room__venue", "term")


class CourseRun(models.Model):
    course = models.ForeignKey(Course, models.PROTECT, related_name="runs")
    term = models.ForeignKey(Term, models.PROTECT, related_name="runs", null=True, blank=True)
    copied_from = models.ForeignKey("self", models.SET_NULL, related_name="copies", null=True, blank=True)
    slug = models.SlugField()
    code = models.CharField(_("code"), max_length=12)  # "R-2": what people say on the phone
    kind = models.CharField(_("kind"), max_length=10, choices=RunKind, default=RunKind.GROUP)
    state = models.CharField(_("state"), max_length=10, choices=RunState, default=RunState.DRAFT)
    room = models.ForeignKey(Room, models.PROTECT, related_name="runs", null=True, blank=True)
    instructors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="runs_taught", blank=True)

    # The weekly rule in local time; lessons are generated from it and are rows of their own afterwards.
    weekday = models.PositiveSmallIntegerField(_("weekday"), null=True, blank=True)  # 0 is Monday
    start_time = models.TimeField(_("start time"), null=True, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(_("minutes of one lesson"))
    starts_on = models.DateField(_("first day"))  # the day grade and age are counted on
    starts_at = models.DateTimeField(_("first lesson starts"))  # written with the lessons
    ends_at = models.DateTimeField(_("last lesson ends"))  # written with the lessons

    enrollment_opens_at = models.DateTimeField(_("enrollment opens"))
    enrollment_closes_at = models.DateTimeField(_("enrollment closes"))
    offers_end_at = models.DateTimeField(_("last useful moment to join"))  # no offer after it
    minimum_size = models.PositiveSmallIntegerField(_("runs from"), default=1)
    decision_on = models.DateField(_("decision day"), null=True, blank=True)
    decided_at = models.DateTimeField(
        _("decided to run"), null=True, blank=True
    )  # the minimum was met, or staff said so
    cancellation_reason = models.CharField(_("why it is cancelled"), max_length=300, blank=True)

    # Places. Written only by courses.flows.seats; `manage.py reconcile` recounts them.
    capacity = models.PositiveSmallIntegerField(_("capacity"))
    seats_taken = models.PositiveSmallIntegerField(default=0, editable=False)  # confirmed and offered
    seats_offered = models.PositiveSmallIntegerField(default=0, editable=False)  # of those, waiting for an answer
    waitlist_length = models.PositiveIntegerField(default=0, editable=False)  # seats asked for by those who wait

    changed_at = models.DateTimeField()  # of anything a page or a calendar shows, places apart

    objects = CourseRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [
            models.UniqueConstraint(fields=["course", "slug"], name="courserun_address_is_unique"),
            models.UniqueConstraint(fields=["term", "copied_from"], name="courserun_is_copied_once_into_a_term"),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="courserun_state_is_known"),
            models.CheckConstraint(condition=Q(kind__in=RunKind.values), name="courserun_kind_is_known"),
            models.CheckConstraint(
                condition=Q(seats_taken__lte=F("capacity")),
                name="courserun_is_not_overbooked",
                violation_error_message=_("There are more people in the group than seats."),
            ),
            models.CheckConstraint(
                condition=Q(seats_offered__lte=F("seats_taken")), name="courserun_offers_hold_seats"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="courserun_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(enrollment_closes_at__gt=F("enrollment_opens_at")),
                name="courserun_enrollment_closes_after_it_opens",
                violation_error_message=_("Enrollment closes after it opens."),
            ),
            models.CheckConstraint(
                condition=Q(cancellation_reason="") | Q(state=RunState.CANCELLED),
                name="courserun_reason_is_for_a_cancelled_one",
            ),
            models.CheckConstraint(condition=Q(weekday=None) | Q(weekday__lte=6), name="courserun_weekday_is_0_to_6"),
        ]
        indexes = [
            models.Index(fields=["state", "starts_at"], name="courserun_by_start"),
            models.Index(
                fields=["waitlist_length"], condition=Q(waitlist_length__gt=0), name="courserun_with_waitlist"
            ),
            models.Index(
                fields=["decision_on"],
                condition=Q(state=RunState.PUBLISHED, decided_at=None, decision_on__isnull=False),
                name="courserun_to_decide",
            ),
        ]

    def __str__(self):
        return f"{self.course}, {self.code}"

    def get_absolute_url(self):
        return reverse("courses:run", args=[self.course.slug, self.slug])

    @property
    def seats_free(self):
        """Seats a newcomer can have now; what is free while others wait belongs to them (I2)."""
        return 0 if self.waitlist_length else max(0, self.capacity - self.seats_taken)

    @property
    def is_full(self):
        return self.seats_free == 0

    def is_open(self, *, now):
        return self.state == RunState.PUBLISHED and self.enrollment_opens_at <= now < self.enrollment_closes_at
