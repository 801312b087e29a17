"""Schools, and teachers as those employed there."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.names import fold

VENTSPILS = "ventspils"  # the municipality whose pupils and teachers learn free of charge


class School(models.Model):
    name = models.CharField(_("name"), max_length=160, unique=True)
    municipality = models.SlugField(_("municipality"), max_length=60)
    search_key = models.CharField(max_length=160, editable=False)

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.search_key = fold(self.name)
        super().save(*args, **kwargs)

    @property
    def is_in_ventspils(self):
        return self.municipality == VENTSPILS


class TeacherProfile(models.Model):
    """That a user teaches at a school: declared by the teacher, confirmed by staff."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="teacher_profile"
    )  # is part of the user
    school = models.ForeignKey(School, models.PROTECT, related_name="teachers")
    subject = models.CharField(_("subject"), max_length=80, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta:
        verbose_name = _("teacher")
        verbose_name_plural = _("teachers")

    def __str__(self):
        return f"#{self.user_id}"
