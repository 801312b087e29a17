"""What a family wants: for a child, or for siblings who go together, groups in the order of their liking.

An application that was only prepared waits for one press; a received one waits to be decided, by the worker when very
many apply at once, or by a draw. What it led to are enrollments of one Submission, which has the same key.
"""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Learner
from courses.models import CourseRun

from .draw import Draw
from .enrollment import Submission


class ApplicationState(models.TextChoices):
    PREPARED = "prepared", _("prepared")
    RECEIVED = "received", _("received, not decided yet")
    DECIDED = "decided", _("decided")
    DROPPED = "dropped", _("taken back")  # by the family, before it was decided


PENDING = (ApplicationState.PREPARED, ApplicationState.RECEIVED)


class ApplicationQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(state__in=PENDING)

    def undecided(self):
        """Received outside a draw and still waiting for the worker, in the order of receipt."""
        return self.filter(state=ApplicationState.RECEIVED, draw=None).order_by("received_at", "pk")

    def with_draw(self):
        """Each with its draw, but not what was published of it: that is megabytes, and the same for thousands."""
        return self.select_related("draw").defer("draw__record", "draw__seed")

    def visible_to(self, user):
        """Those for learners whom this user may act for."""
        return self.exclude(applicants__in=Applicant.objects.exclude(learner__in=Learner.objects.visible_to(user)))


class Application(models.Model):
    key = models.UUIDField(unique=True, default=uuid4, editable=False)  # its pseudonym in a draw, too
    state = models.CharField(_("state"), max_length=10, choices=ApplicationState)
    draw = models.ForeignKey(Draw, models.PROTECT, related_name="applications", null=True, blank=True)
    learners = models.ManyToManyField(Learner, through="Applicant", related_name="applications")  # all of them or none
    places_wanted = models.PositiveSmallIntegerField(_("places wanted"), default=1)  # for each of the learners
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    prepared_at = models.DateTimeField(_("prepared"))
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    ended_at = models.DateTimeField(_("decided or taken back"), null=True, blank=True)
    submission = models.OneToOneField(
        Submission, models.PROTECT, related_name="application", null=True, blank=True
    )  # none when it led to no place in any group or queue

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ApplicationState.values), name="application_state_is_known"),
            models.CheckConstraint(condition=Q(places_wanted__gte=1), name="application_wants_a_place"),
            models.CheckConstraint(
                condition=Q(state=ApplicationState.PREPARED, received_at=None)
                | Q(state__in=(ApplicationState.RECEIVED, ApplicationState.DECIDED), received_at__isnull=False)
                | Q(state=ApplicationState.DROPPED),
                name="application_received_at_is_set_when_received",
            ),
            models.CheckConstraint(
                condition=Q(state__in=PENDING, ended_at=None) | (~Q(state__in=PENDING) & Q(ended_at__isnull=False)),
                name="application_ended_at_is_set_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(submission=None) | Q(state=ApplicationState.DECIDED),
                name="application_leads_to_places_when_decided",
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at", "id"], condition=Q(state="received", draw=None), name="application_undecided"
            ),
            models.Index(fields=["draw", "state"], name="application_of_draw"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.state}"

    def get_absolute_url(self):
        return reverse("enrollment:application", args=[self.key])


class Applicant(models.Model):
    """One learner of an application."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="applicants")  # a part of it
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="+")
    draw = models.ForeignKey(Draw, models.PROTECT, related_name="+", null=True, blank=True)  # while it counts in one

    class Meta:
        verbose_name = _("applicant")
        verbose_name_plural = _("applicants")
        constraints = [
            models.UniqueConstraint(fields=["application", "learner"], name="applicant_is_named_once"),
            models.UniqueConstraint(
                fields=["draw", "learner"],
                name="applicant_is_in_a_draw_once",
                violation_error_message=_("This child already takes part in the draw."),
            ),
        ]

    def __str__(self):
        return f"#{self.application_id} #{self.learner_id}"


class Wish(models.Model):
    """One of the groups that an application names, best first."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="wishes")  # a part of it
    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="wishes")
    rank = models.PositiveSmallIntegerField(_("order"))  # 1 is liked best
    joins_waitlist = models.BooleanField(_("waits in its queue"), default=True)  # when fewer places came than wanted
    outcome = models.CharField(max_length=20, blank=True)  # "place", "queue", "unneeded", or the code of the refusal

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["application", "run"], name="wish_names_a_group_once"),
            models.UniqueConstraint(fields=["application", "rank"], name="wish_order_is_clear"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="wish_rank_begins_with_1"),
        ]

    def __str__(self):
        return f"#{self.application_id}.{self.rank}"
