"""What courses are offered together, and the rules of places that they share."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.languages import InLanguage


class ProgramKind(models.TextChoices):
    CHILDREN = "children", _("Children's classes")
    TEACHERS = "teachers", _("Teacher training")
    ADULTS = "adults", _("Adult courses")
    VIZIUM = "vizium", _("VIZIUM")
    CONTESTS = "contests", _("Contests")
    PUBLIC_ZONE = "public_zone", _("Public zone")


class Allocation(models.TextChoices):
    RECEIPT = "receipt", _("by time of receipt")
    DRAW = "draw", _("by a draw")


class Program(models.Model):
    """A program's kind only chooses words and defaults; what it allows is in these columns and in its rules."""

    slug = models.SlugField(unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=ProgramKind)
    name_lv = models.CharField(_("name in Latvian"), max_length=160)
    name_en = models.CharField(_("name in English"), max_length=160)
    summary_lv = models.TextField(_("summary in Latvian"), blank=True)
    summary_en = models.TextField(_("summary in English"), blank=True)
    allocation = models.CharField(_("places are given"), max_length=10, choices=Allocation, default=Allocation.RECEIPT)
    max_places_per_term = models.PositiveSmallIntegerField(
        _("places per learner and term"),
        null=True,
        blank=True,
        help_text=_("Empty means no limit. A place in a queue does not count."),
    )
    forbids_clash = models.BooleanField(_("lessons of one learner may not overlap"), default=True)
    offer_hours = models.PositiveSmallIntegerField(_("hours to answer an offer, when the start is far"), default=48)
    confirms_directly = models.BooleanField(_("a freed place is given without asking"), default=False)

    trial_answer_hours = models.PositiveSmallIntegerField(
        _("hours to decide after a trial lesson"),
        null=True,
        blank=True,
        help_text=_("Empty means that there are no trial lessons."),
    )
    reconfirm_days = models.PositiveSmallIntegerField(
        _("days before the start to ask whether they still come"),
        null=True,
        blank=True,
        help_text=_("Empty means that nobody is asked. A place without an answer goes to the queue."),
    )
    has_standby = models.BooleanField(
        _("who waits may come on the day"),
        default=False,
        help_text=_("Places that stay empty at the start are given at the door, in the order of the queue."),
    )

    name, summary = InLanguage(), InLanguage()

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ProgramKind.values), name="program_kind_is_known"),
            models.CheckConstraint(condition=Q(offer_hours__gte=2), name="program_offer_lasts_2_hours"),
            models.CheckConstraint(
                condition=Q(trial_answer_hours=None) | Q(trial_answer_hours__gte=2),
                name="program_trial_leaves_2_hours_to_decide",
                violation_error_message=_("A family needs at least 2 hours to decide."),
            ),
            models.CheckConstraint(
                condition=Q(reconfirm_days=None) | Q(reconfirm_days__gte=1),
                name="program_asks_again_a_day_before_at_the_latest",
                violation_error_message=_("Ask at least one day before the start."),
            ),
        ]

    def __str__(self):
        return self.name
