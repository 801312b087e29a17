"""A draw: groups whose places are given by lot among all who applied in a window (PRODUCT, Draw).

The seed exists before the window and only its hash is shown; when places are given it is revealed, and the record of
the draw is all that anybody needs to recompute it (docs/decisions/0006-draw.md).
"""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from courses.languages import InLanguage
from courses.models import CourseRun, Program, Term


class DrawState(models.TextChoices):
    """What was decided. That a draw collects applications, or waits to be held, is told by the clock."""

    ANNOUNCED = "announced", _("announced")
    HELD = "held", _("held")
    CANCELLED = "cancelled", _("cancelled")


class DrawQuerySet(models.QuerySet):
    def due(self, *, now):
        return self.filter(state=DrawState.ANNOUNCED, closes_at__lte=now)


class Draw(models.Model):
    slug = models.SlugField(unique=True)
    name_lv = models.CharField(_("name in Latvian"), max_length=160)
    name_en = models.CharField(_("name in English"), max_length=160)
    program = models.ForeignKey(Program, models.PROTECT, related_name="draws")
    term = models.ForeignKey(Term, models.PROTECT, related_name="draws", null=True, blank=True)
    runs = models.ManyToManyField(CourseRun, related_name="draws", verbose_name=_("groups"))
    state = models.CharField(_("state"), max_length=10, choices=DrawState, default=DrawState.ANNOUNCED)
    seed_sha256 = models.CharField(_("SHA-256 of the seed"), max_length=64, editable=False)
    seed = models.CharField(max_length=64, editable=False)  # hexadecimal; nobody is shown it before the draw is held
    announced_at = models.DateTimeField(_("announced"))  # the hash has been public since
    opens_at = models.DateTimeField(_("applications from"))
    closes_at = models.DateTimeField(_("applications until"))
    held_at = models.DateTimeField(_("held"), null=True, blank=True)
    record = models.JSONField(null=True, blank=True, editable=False)  # what is published; see enrollment.allocation

    name = InLanguage()
    objects = DrawQuerySet.as_manager()

    class Meta:
        verbose_name = _("draw")
        verbose_name_plural = _("draws")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DrawState.values), name="draw_state_is_known"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="draw_closes_after_it_opens",
                violation_error_message=_("A draw closes after it opens."),
            ),
            models.CheckConstraint(
                condition=Q(opens_at__gte=F("announced_at")),
                name="draw_is_announced_before_it_opens",
                violation_error_message=_("The hash of the seed is published before applications begin."),
            ),
            models.CheckConstraint(
                condition=Q(state=DrawState.HELD, held_at__isnull=False, record__isnull=False)
                | (~Q(state=DrawState.HELD) & Q(held_at=None, record=None)),
                name="draw_has_a_record_when_held",
            ),
        ]
        indexes = [
            models.Index(fields=["closes_at"], condition=Q(state="announced"), name="draw_to_be_held"),
        ]

    def __str__(self):
        return self.name

    def __repr__(self):
        return f"<Draw {self.slug}>"  # never the seed

    def get_absolute_url(self):
        return reverse("draw", args=[self.slug])

    def is_collecting(self, *, now) -> bool:
        return self.state == DrawState.ANNOUNCED and self.opens_at <= now < self.closes_at
