"""Figures about how the places of a program and term were given, as anybody may read them.

Counted by the worker at night and kept (docs/decisions/0008-fairness-figures.md): what stands here is already rid of
small numbers, so that no page can show more.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.models import Program, Term


class FairnessReport(models.Model):
    program = models.ForeignKey(Program, models.CASCADE, related_name="fairness")  # ends with its program
    term = models.ForeignKey(Term, models.CASCADE, related_name="fairness")  # and with its term
    opened_at = models.DateTimeField(_("opened"))  # the first of its groups
    computed_at = models.DateTimeField(_("counted"))
    figures = models.JSONField(default=dict, editable=False)  # see enrollment.fairness.publishing

    class Meta:
        verbose_name = _("fairness figures")
        verbose_name_plural = _("fairness figures")
        constraints = [
            models.UniqueConstraint(fields=["program", "term"], name="fairness_is_counted_once_per_program_and_term"),
        ]

    def __str__(self):
        return f"#{self.program_id} #{self.term_id}"
