"""Periods of learning and the breaks in them. State holidays come from a library, not from rows."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.languages import InLanguage


class Term(models.Model):
    slug = models.SlugField(unique=True)
    name_lv = models.CharField(_("name in Latvian"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80)
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("ends"))
    classes_start_on = models.DateField(_("classes start"), null=True, blank=True)
    enrollment_opens_at = models.DateTimeField(_("enrollment opens"), null=True, blank=True)

    name = InLanguage()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="term_ends_after_it_starts",
                violation_error_message=_("A term ends after it starts."),
            ),
        ]

    def __str__(self):
        return self.name


class Break(models.Model):
    """Days without lessons, both ends included."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="breaks")  # part of the term
    slug = models.SlugField()
    name_lv = models.CharField(_("name in Latvian"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80)
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("ends"))
    grade = models.PositiveSmallIntegerField(
        _("only for grade"), null=True, blank=True
    )  # some breaks are one grade's alone

    name = InLanguage()

    class Meta:
        verbose_name = _("break")
        verbose_name_plural = _("breaks")
        constraints = [
            models.UniqueConstraint(fields=["term", "slug"], name="break_is_named_once_per_term"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="break_ends_after_it_starts",
                violation_error_message=_("A break ends after it starts."),
            ),
        ]

    def __str__(self):
        return self.name
