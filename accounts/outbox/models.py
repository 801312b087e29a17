"""Letters that wait to be sent: written in the same transaction as the change they tell of.

A message keeps the facts of its moment, not finished text: the worker renders it in the
recipient's language just before sending, so that nothing slow happens while a seat is locked.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(sent_at=None, stopped_at=None)

    def to_address(self, *, now):
        """Letters to a learner that are due: each becomes one letter per person who acts for them."""
        return self.due(now=now).filter(address="")

    def due(self, *, now):
        return self.waiting().filter(send_after__lte=now)

    def visible_to(self, user):
        """What this user was sent and can read again."""
        return self.filter(recipient=user).exclude(sent_at=None)


class Message(models.Model):
    event_key = models.CharField(
        max_length=80
    )  # e.g. "enrollment-15-confirmed-3"; with address and channel unique (I9)
    channel = models.CharField(max_length=10, default="email")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    learner = models.ForeignKey(
        "accounts.Learner", models.PROTECT, null=True, blank=True, related_name="+"
    )  # all who act for them
    address = models.CharField(max_length=254, blank=True)  # none yet when it is for all who act for a learner
    language = models.CharField(max_length=5, blank=True)
    kind = models.CharField(max_length=40)  # names the templates
    facts = models.JSONField(default=dict)  # what the templates show: strings and numbers of that moment
    subject = models.CharField(max_length=200, blank=True)  # filled when sent
    text = models.TextField(blank=True)  # filled when sent
    created_at = models.DateTimeField()
    send_after = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)  # undone before it left, or given up
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["event_key", "address", "channel"], name="message_is_sent_once_per_event"),
            models.CheckConstraint(condition=Q(sent_at=None) | Q(stopped_at=None), name="message_is_sent_or_stopped"),
            models.CheckConstraint(condition=~Q(address="") | Q(learner__isnull=False), name="message_is_for_somebody"),
        ]
        indexes = [
            models.Index(fields=["send_after"], condition=Q(sent_at=None, stopped_at=None), name="message_waiting"),
            models.Index(fields=["recipient", "-sent_at"], name="message_of_recipient"),
        ]

    def __str__(self):
        return f"{self.kind} #{self.pk}"


class Heartbeat(models.Model):
    """The last time a worker was alive; what /healthz tells."""

    name = models.CharField(max_length=20, unique=True)
    beat_at = models.DateTimeField()

    def __str__(self):
        return self.name
