"""What is taught, for whom and at what price; one course has many runs."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.names import fold_query
from courses.languages import InLanguage

from .program import Program


class Topic(models.TextChoices):
    """Six topics, each with a colour and a pictogram (UX, Rulings 10)."""

    ROBOTICS = "robotics", _("Robotics")
    PROGRAMMING = "programming", _("Programming")
    DESIGN = "design", _("Design and 3D")
    MEDIA = "media", _("Media")
    SCIENCE = "science", _("Science")
    ADULTS = "adults", _("Digital skills")


class CourseKind(models.TextChoices):
    WEEKLY_CLASS = "weekly_class", _("Weekly class")
    PRESCHOOL_GROUP = "preschool_group", _("Preschool group")
    PROJECT = "project", _("Project")
    SHORT_SCHOOL = "short_school", _("Short school")
    CAMP = "camp", _("Camp")
    TEACHER_TRAINING = "teacher_training", _("Teacher training")
    COURSE = "course", _("Course")
    VISIT = "visit", _("Exhibition visit")
    SHOW = "show", _("Science show")
    WORKSHOP = "workshop", _("Workshop")
    GROUP_PROGRAM = "group_programme", _("Class program")
    GROUP_VISIT = "group_visit", _("Class visit")
    TEAM_EVENT = "team_event", _("Team event")
    BIRTHDAY = "birthday", _("Birthday")
    CONTEST = "contest", _("Contest")
    BOOKABLE = "bookable", _("Public zone")


class CourseStatus(models.TextChoices):
    OFFERED = "offered", _("offered")
    SEASONAL = "seasonal", _("seasonal")
    HISTORIC = "historic", _("not offered now")


class Audience(models.TextChoices):
    """Whom a course is for, as the catalogue sorts them."""

    PUPILS = "pupils", _("Pupils")
    PRESCHOOL = "preschool", _("Preschool children")
    TEACHERS = "teachers", _("Teachers")
    ADULTS = "adults", _("Adults")
    EVERYBODY = "everybody", _("Everybody")
    GROUPS = "groups", _("School classes and groups")


class Certificate(models.TextChoices):
    NONE = "none", _("no certificate")
    ATTENDANCE = "attendance_certificate", _("certificate of attendance")
    TEACHER = "teacher_certificate", _("certificate of professional development")


class FeePolicy(models.Model):
    """Who pays what. Money is `Decimal` in EUR; an empty amount means the course's own price."""

    slug = models.SlugField(unique=True)
    name_lv = models.CharField(_("name in Latvian"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    amount = models.DecimalField(_("amount"), max_digits=8, decimal_places=2, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    exempt = models.JSONField(_("who pays nothing"), default=list, blank=True)  # ["attends_ventspils_school", …]
    reductions = models.JSONField(_("reductions"), default=list, blank=True)  # [{"id", "amount" | "percent"}]
    vat = models.CharField(_("VAT"), max_length=10, default="exempt")

    name = InLanguage()

    class Meta:
        verbose_name = _("fee policy")
        verbose_name_plural = _("fee policies")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0), name="feepolicy_amount_is_not_negative"
            ),
        ]

    def __str__(self):
        return self.name


class CourseQuerySet(models.QuerySet):
    def listed(self):
        """What the catalogue shows: everything that is offered now or comes back each season."""
        return self.exclude(status=CourseStatus.HISTORIC)


class Course(models.Model):
    slug = models.SlugField(unique=True)
    program = models.ForeignKey(Program, models.PROTECT, related_name="courses")
    kind = models.CharField(_("kind"), max_length=20, choices=CourseKind)
    status = models.CharField(_("status"), max_length=10, choices=CourseStatus, default=CourseStatus.OFFERED)
    topic = models.CharField(_("topic"), max_length=20, choices=Topic)
    audience = models.CharField(_("audience"), max_length=20, choices=Audience)
    title_lv = models.CharField(_("title in Latvian"), max_length=160)
    title_en = models.CharField(_("title in English"), max_length=160)
    summary_lv = models.TextField(_("summary in Latvian"), blank=True)
    summary_en = models.TextField(_("summary in English"), blank=True)
    prerequisite_lv = models.CharField(_("prerequisite in Latvian"), max_length=200, blank=True)
    prerequisite_en = models.CharField(_("prerequisite in English"), max_length=200, blank=True)
    # The audience in numbers, for words and filters; what refuses is in the rules (models/rule.py).
    grade_min = models.PositiveSmallIntegerField(_("from grade"), null=True, blank=True)
    grade_max = models.PositiveSmallIntegerField(_("to grade"), null=True, blank=True)
    age_min = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True)
    age_max = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(_("minutes of one lesson"), null=True, blank=True)
    lessons_planned = models.PositiveSmallIntegerField(_("lessons"), default=1)
    academic_hours = models.PositiveSmallIntegerField(_("academic hours"), null=True, blank=True)
    certificate = models.CharField(_("certificate"), max_length=30, choices=Certificate, default=Certificate.NONE)
    fee_policy = models.ForeignKey(FeePolicy, models.PROTECT, related_name="courses", null=True, blank=True)
    price = models.DecimalField(_("price"), max_digits=8, decimal_places=2, null=True, blank=True)
    information = models.JSONField(
        _("further facts"), default=dict, blank=True
    )  # what a listed offer tells and nothing computes with
    search_key = models.TextField(editable=False)

    title, summary, prerequisite = InLanguage(), InLanguage(), InLanguage()

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CourseKind.values), name="course_kind_is_known"),
            models.CheckConstraint(condition=Q(status__in=CourseStatus.values), name="course_status_is_known"),
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="course_topic_is_known"),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="course_price_is_not_negative"),
            models.CheckConstraint(
                condition=Q(grade_max=None) | Q(grade_max__gte=models.F("grade_min")),
                name="course_grades_are_in_order",
                violation_error_message=_("The last grade is not below the first."),
            ),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        self.search_key = fold_query(" ".join([self.title_lv, self.title_en, self.summary_lv, self.summary_en]))
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("courses:course", args=[self.slug])
