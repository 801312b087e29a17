"""Who may enroll, as rows that a coordinator edits. Code knows the kinds of rule, never a program."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .course import Course
from .program import Program


class RuleKind(models.TextChoices):
    GRADE = "grade", _("school grade")
    AGE = "age", _("age")
    VENTSPILS = "ventspils", _("belongs to Ventspils")
    TEACHER = "teacher", _("teaches at a Ventspils school")
    PREREQUISITE = "prerequisite", _("has completed another course")


class VentspilsEvidence(models.TextChoices):
    SCHOOL = "school", _("attends a Ventspils school")
    RESIDENCE = "residence", _("declared residence in Ventspils")
    EITHER = "either", _("either of them")


RANGE_KINDS = (RuleKind.GRADE, RuleKind.AGE)


class EligibilityRule(models.Model):
    """One condition. A course's rule replaces its program's rule of the same kind."""

    program = models.ForeignKey(
        Program, models.CASCADE, related_name="rules", null=True, blank=True
    )  # ends with its scope
    course = models.ForeignKey(
        Course, models.CASCADE, related_name="rules", null=True, blank=True
    )  # ends with its scope
    kind = models.CharField(_("condition"), max_length=20, choices=RuleKind)
    minimum = models.PositiveSmallIntegerField(_("from"), null=True, blank=True)  # grade or full years
    maximum = models.PositiveSmallIntegerField(_("to"), null=True, blank=True)  # grade or full years, included
    counted_on = models.DateField(
        _("counted on"), null=True, blank=True, help_text=_("Empty means the day the group starts.")
    )
    evidence = models.CharField(_("evidence"), max_length=20, choices=VentspilsEvidence, blank=True)
    prerequisite = models.ForeignKey(Course, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=RuleKind.values), name="rule_kind_is_known"),
            models.CheckConstraint(
                condition=Q(program=None, course__isnull=False) | Q(program__isnull=False, course=None),
                name="rule_has_one_scope",
                violation_error_message=_("A rule belongs to a program or to a course."),
            ),
            models.CheckConstraint(
                # Both are asked for: comparing with nothing is neither true nor false, and a check lets that pass.
                condition=~Q(kind__in=RANGE_KINDS)
                | Q(minimum__isnull=False, maximum__isnull=False, maximum__gte=F("minimum")),
                name="rule_range_is_complete",
                violation_error_message=_("Give both ends of the range, in order."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=RuleKind.VENTSPILS) | Q(evidence__in=VentspilsEvidence.values),
                name="rule_names_its_evidence",
                violation_error_message=_("Choose which evidence counts."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=RuleKind.PREREQUISITE) | Q(prerequisite__isnull=False),
                name="rule_names_its_prerequisite",
                violation_error_message=_("Choose the course that comes first."),
            ),
            models.UniqueConstraint(
                fields=["program", "kind"], condition=Q(course=None), name="rule_is_once_per_program"
            ),
            models.UniqueConstraint(
                fields=["course", "kind"], condition=Q(program=None), name="rule_is_once_per_course"
            ),
        ]

    def __str__(self):
        return self.get_kind_display()
