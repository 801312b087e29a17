"""Places in the admin: everything can be looked at, and nothing is changed but by the flows."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin_site import LookingAdmin
from enrollment.flows import enrollments, waitlist
from enrollment.models import Enrollment, FeedLink, LedgerEntry, Submission, WaitlistOffer


class LedgerInline(admin.TabularInline):
    model = LedgerEntry
    fields = ["number", "event", "from_state", "to_state", "seats", "by_id", "at", "reason"]
    readonly_fields = fields
    ordering = ["number"]
    extra = 0
    can_delete = False

    def has_view_permission(self, request, obj=None):
        return True  # who sees the enrollment sees its history

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Enrollment)
class EnrollmentAdmin(LookingAdmin):
    list_display = ["pk", "run", "learner_id", "seats", "state", "received_at", "releases_at", "ended_at"]
    list_filter = ["state"]
    list_select_related = ["run__course"]
    search_fields = ["=pk", "=learner__pk", "run__code"]
    fields = [
        "run", "submission", "learner", "guest_name", "seats", "state", "priority", "received_at", "entered_by_id",
        "releases_at", "releases_to", "trial_lesson", "trial_ends_at", "reconfirm_by", "reconfirmed_at", "ended_at",
        "moved_from", "replaces", "version", "changed_at",
    ]  # fmt: skip
    inlines = [LedgerInline]
    actions = ["pass_on", "offer_free_seats"]
    ordering = ["-pk"]

    @admin.action(description=_("End the hold of places given back"))
    def pass_on(self, request, chosen):
        now = timezone.now()
        for one in chosen.select_related("learner", "run"):
            enrollments.pass_on(enrollment=one, by=request.user, now=now)
        self.message_user(
            request, _("Places that are held no longer: %(count)s") % {"count": len(chosen)}, messages.SUCCESS
        )

    @admin.action(description=_("Offer free seats of these groups to their queues"))
    def offer_free_seats(self, request, chosen):
        now = timezone.now()
        runs = {one.run_id: one.run for one in chosen.select_related("run")}
        offered = sum(len(waitlist.promote(run=run, now=now)) for _pk, run in sorted(runs.items()))
        self.message_user(request, _("Seats offered: %(count)s") % {"count": offered}, messages.SUCCESS)


@admin.register(Submission)
class SubmissionAdmin(LookingAdmin):
    list_display = ["pk", "reference", "submitted_by_id", "received_at", "is_together"]
    search_fields = ["=pk", "=submitted_by__pk"]
    fields = ["reference", "submitted_by", "received_at", "is_together"]
    ordering = ["-pk"]


@admin.register(WaitlistOffer)
class WaitlistOfferAdmin(LookingAdmin):
    list_display = [
        "pk",
        "enrollment_id",
        "state",
        "offered_at",
        "remind_at",
        "reminded_at",
        "expires_at",
        "answered_at",
    ]
    list_filter = ["state"]
    search_fields = ["=pk", "=enrollment__pk"]
    fields = [
        "enrollment",
        "state",
        "offered_at",
        "remind_at",
        "reminded_at",
        "expires_at",
        "answered_at",
        "answered_by",
    ]
    actions = ["expire"]
    ordering = ["-pk"]

    @admin.action(description=_("End offers whose time is up"))
    def expire(self, request, chosen):
        now = timezone.now()
        offers = chosen.select_related("enrollment__learner")
        ended = sum(waitlist.expire(offer=one, now=now) for one in offers)
        self.message_user(request, _("Offers ended: %(count)s") % {"count": ended}, messages.SUCCESS)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(LookingAdmin):
    list_display = [
        "pk",
        "enrollment_id",
        "run_id",
        "number",
        "event",
        "from_state",
        "to_state",
        "seats",
        "by_id",
        "at",
    ]
    list_filter = ["event"]
    search_fields = ["=enrollment__pk", "=run__pk"]
    fields = ["enrollment", "run", "number", "event", "from_state", "to_state", "seats", "by", "at", "reason"]
    ordering = ["-pk"]


@admin.register(FeedLink)
class FeedLinkAdmin(LookingAdmin):
    """The address itself is known to nobody but its owner."""

    list_display = ["pk", "user_id", "kind", "created_at", "revoked_at", "last_fetched_at", "last_fetched_by"]
    list_filter = ["kind", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["=pk", "=user__pk"]
    fields = ["user", "kind", "learner", "room", "created_at", "revoked_at", "last_fetched_at", "last_fetched_by"]
    ordering = ["-pk"]
