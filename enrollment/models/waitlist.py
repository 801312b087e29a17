"""A freed seat, held for one who waits until a deadline."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .enrollment import Enrollment


class OfferState(models.TextChoices):
    OPEN = "open", _("waiting for an answer")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("expired")
    CLOSED = "closed", _("no longer needed")  # the enrollment ended some other way


class WaitlistOfferQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=OfferState.OPEN)

    def overdue(self, *, now):
        return self.open().filter(expires_at__lte=now)

    def to_remind(self, *, now):
        return self.open().filter(reminded_at=None, remind_at__lte=now)


class WaitlistOffer(models.Model):
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="offers")
    state = models.CharField(_("state"), max_length=10, choices=OfferState, default=OfferState.OPEN)
    offered_at = models.DateTimeField(_("offered"))
    remind_at = models.DateTimeField(_("reminder due"))  # at half of the time
    reminded_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(_("answer until"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    objects = WaitlistOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="offer_state_is_known"),
            models.UniqueConstraint(
                fields=["enrollment"], condition=Q(state="open"), name="offer_is_open_once_per_enrollment"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("offered_at")), name="offer_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None) | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="offer_answered_at_is_set_when_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="offer_open_by_deadline"),
            models.Index(fields=["remind_at"], condition=Q(state="open", reminded_at=None), name="offer_to_remind"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.state}"
