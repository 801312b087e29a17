"""What somebody typed and has not sent yet, so that an interrupted form goes on, also on another device."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class FormDraft(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")  # nobody else's
    form = models.CharField(max_length=40)  # which form: "child"
    data = models.JSONField(default=dict)  # {field name: text as typed}
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(fields=["user", "form"], name="draft_is_kept_once_per_form")]

    def __str__(self):
        return f"#{self.pk} {self.form}"
