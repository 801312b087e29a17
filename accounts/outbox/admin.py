"""Letters in the admin: whether they left, never what they say (a sign-in code may be in them)."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin_site import LookingAdmin
from accounts.outbox import flows
from accounts.outbox.models import Heartbeat, Message


@admin.register(Message)
class MessageAdmin(LookingAdmin):
    list_display = [
        "pk",
        "kind",
        "recipient_id",
        "created_at",
        "send_after",
        "sent_at",
        "stopped_at",
        "attempts",
        "last_error",
    ]
    list_filter = ["kind", ("sent_at", admin.EmptyFieldListFilter), ("stopped_at", admin.EmptyFieldListFilter)]
    search_fields = ["=pk", "=recipient__pk"]
    fields = [
        "event_key", "kind", "recipient_id", "language", "created_at", "send_after", "sent_at", "stopped_at", "attempts", "last_error",
    ]  # fmt: skip
    ordering = ["-pk"]
    actions = ["send_again"]

    @admin.action(description=_("Try again to send letters that were given up"))
    def send_again(self, request, chosen):
        count = flows.retry(chosen, now=timezone.now())
        self.message_user(
            request, _("Letters that will be tried again: %(count)s") % {"count": count}, messages.SUCCESS
        )


@admin.register(Heartbeat)
class HeartbeatAdmin(LookingAdmin):
    list_display = ["name", "beat_at"]
    fields = ["name", "beat_at"]
