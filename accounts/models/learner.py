"""Who attends, with or without a login, and who acts for them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ages import age_on, grade_on
from accounts.names import initials, search_key, sort_key

from .school import School

ADULT_AGE = 18


class Residency(models.TextChoices):
    """Where the learner lives, as the family declared it."""

    UNKNOWN = "unknown", _("not stated")
    VENTSPILS = "ventspils", _("declared residence in Ventspils")
    ELSEWHERE = "elsewhere", _("declared residence elsewhere")


class LearnerQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The learners this user (or the user of this id) may act for: themself, and children with a live guardianship."""
        return self.filter(
            Q(user=user) | Q(pk__in=Guardianship.objects.live().filter(guardian=user).values("learner_id"))
        )

    def matching(self, folded_words):
        """Learners whose own or guardians' names, e-mails or phones hold every one of the folded words."""
        matches = self
        for word in folded_words:
            by_guardian = Guardianship.objects.live().filter(guardian__search_key__contains=word)
            matches = matches.filter(Q(search_key__contains=word) | Q(pk__in=by_guardian.values("learner_id")))
        return matches

    def in_name_order(self):
        return self.order_by("sort_key", "pk")


class Learner(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="learner",
        null=True,
        blank=True,
        verbose_name=_("own login"),
    )
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("surname"), max_length=80)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)  # adults and teachers are not asked
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="learners", verbose_name=_("school")
    )
    grade = models.PositiveSmallIntegerField(_("grade"), null=True, blank=True)
    grade_school_year = models.PositiveSmallIntegerField(
        _("school year of the grade"),
        null=True,
        blank=True,
        help_text=_("The year in which that school year began; the grade rolls over from it on 1 September."),
    )
    residency = models.CharField(_("residence"), max_length=20, choices=Residency, default=Residency.UNKNOWN)
    evidence_confirmed_at = models.DateTimeField(_("evidence confirmed"), null=True, blank=True)
    calendar_name = models.CharField(
        _("name in calendars"),
        max_length=40,
        blank=True,
        help_text=_("A nickname or initials; empty means the first name."),
    )
    search_key = models.CharField(max_length=400, editable=False)
    sort_key = models.CharField(max_length=400, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = LearnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("learner")
        verbose_name_plural = _("learners")
        indexes = [models.Index(fields=["sort_key", "id"], name="learner_by_name")]
        constraints = [
            models.CheckConstraint(condition=Q(residency__in=Residency.values), name="learner_residency_is_known"),
            models.CheckConstraint(
                condition=Q(grade=None) | Q(grade__range=(1, 12)),
                name="learner_grade_is_1_to_12",
                violation_error_message=_("A grade is a number from 1 to 12."),
            ),
            models.CheckConstraint(
                condition=Q(grade=None, grade_school_year=None)
                | Q(grade__isnull=False, grade_school_year__isnull=False),
                name="learner_grade_names_its_school_year",
            ),
        ]

    def __str__(self):
        return f"{self.first_name} {self.last_name}"

    def __repr__(self):
        return f"<{type(self).__name__} #{self.pk}>"  # may come into a log or an error report: no name

    def save(self, *args, **kwargs):
        self.search_key = search_key(self.first_name, self.last_name)
        self.sort_key = f"{sort_key(self.last_name)} {sort_key(self.first_name)}"
        super().save(*args, **kwargs)

    @property
    def initials(self):
        return initials(self.first_name, self.last_name)

    @property
    def name_in_calendars(self):
        return self.calendar_name or self.first_name

    def age_on(self, day):
        """Full years on that local date, or None when the birth date is not known."""
        return None if self.birth_date is None else age_on(self.birth_date, day)

    def decides_on(self, day) -> bool:
        """Whether they may enroll themselves on that day: enrolling stays with the guardian until 18 (PRODUCT, People)."""
        age = self.age_on(day)
        return age is None or age >= ADULT_AGE

    def grade_on(self, day):
        """Grade on that local date, or None when not a pupil then."""
        return grade_on(day, grade=self.grade, as_of_school_year=self.grade_school_year)


class GuardianshipQuerySet(models.QuerySet):
    def live(self):
        return self.filter(ended_at=None)


class Guardianship(models.Model):
    """A user acts for a learner. Two guardians have equal rights and see nothing of each other."""

    guardian = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="guardianships")
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="guardianships")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        verbose_name = _("guardianship")
        verbose_name_plural = _("guardianships")
        constraints = [
            models.UniqueConstraint(
                fields=["guardian", "learner"],
                condition=Q(ended_at=None),
                name="guardianship_is_live_once",
                violation_error_message=_("This person is already a guardian of this child."),
            ),
        ]

    def __str__(self):
        return f"#{self.guardian_id} → #{self.learner_id}"
