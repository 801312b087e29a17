"""For whom enrollment opens before it opens to all, as rows that a coordinator edits."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .program import Program
from .term import Term


class FirstServed(models.TextChoices):
    CURRENT = "current", _("current pupils")  # had or have a place in the program's present or previous term
    SIBLING = "sibling", _("brothers and sisters of current pupils")


class PriorityWindow(models.Model):
    """From `opens_at` these may apply for the program's groups of the term; everybody may when the group itself opens."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="priority_windows")  # ends with its program
    term = models.ForeignKey(Term, models.CASCADE, related_name="priority_windows")  # and with its term
    who = models.CharField(_("for whom"), max_length=10, choices=FirstServed)
    opens_at = models.DateTimeField(_("opens"))

    class Meta:
        verbose_name = _("earlier opening")
        verbose_name_plural = _("earlier openings")
        constraints = [
            models.CheckConstraint(condition=Q(who__in=FirstServed.values), name="window_is_for_known_people"),
            models.UniqueConstraint(
                fields=["program", "term", "who"],
                name="window_is_set_once_per_program_term_and_people",
                violation_error_message=_("There is already an earlier opening for them in this term."),
            ),
        ]

    def __str__(self):
        return f"{self.get_who_display()}, {self.opens_at:%d.%m.%Y.}"
