"""Building the season in the admin: programs, courses, groups, terms, places and rules, by coordinators and managers.

Lessons and places in groups are changed by their own flows and only looked at here. Whatever calendars
show is marked as changed, so that subscribers get it.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin_site import BuildingAdmin, LookingAdmin
from courses.flows import runs as flows
from courses.flows.publishing import runs_showing, touch_runs
from courses.models import (
    Break,
    Course,
    CourseRun,
    EligibilityRule,
    FeePolicy,
    Lesson,
    Program,
    Room,
    Term,
    Venue,
)
from courses.refusals import TimetableRefused


class ShownInCalendarsAdmin(BuildingAdmin):
    """What groups show of it changes their pages and calendars too."""

    @transaction.atomic
    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            touch_runs(runs_showing(obj), now=timezone.now())


class BuiltInline(admin.TabularInline):
    extra = 0

    def has_view_permission(self, request, obj=None):
        return True  # who sees the page sees its parts

    def has_add_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return self.admin_site._registry[self.parent_model].has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)


class RuleInline(BuiltInline):
    model = EligibilityRule
    fk_name = None
    fields = ["kind", "minimum", "maximum", "counted_on", "evidence", "prerequisite"]
    raw_id_fields = ["prerequisite"]


class ProgramRuleInline(RuleInline):
    fk_name = "program"


class CourseRuleInline(RuleInline):
    fk_name = "course"


class BreakInline(BuiltInline):
    model = Break
    fields = ["slug", "name_lv", "name_en", "starts_on", "ends_on", "grade"]


@admin.register(Program)
class ProgramAdmin(ShownInCalendarsAdmin):
    list_display = ["slug", "name_lv", "kind", "allocation", "max_places_per_term"]
    list_filter = ["kind"]
    fields = [
        "slug", "kind", "name_lv", "name_en", "summary_lv", "summary_en", "allocation", "max_places_per_term",
        "forbids_clash", "offer_hours", "confirms_directly", "trial_answer_hours", "reconfirm_days", "has_standby",
    ]  # fmt: skip
    inlines = [ProgramRuleInline]


@admin.register(FeePolicy)
class FeePolicyAdmin(BuildingAdmin):
    list_display = ["slug", "name_lv", "amount", "unit"]
    fields = ["slug", "name_lv", "name_en", "amount", "unit", "exempt", "reductions", "vat"]


@admin.register(Course)
class CourseAdmin(ShownInCalendarsAdmin):
    list_display = ["slug", "title_lv", "program", "kind", "status", "topic"]
    list_filter = ["program", "status", "topic"]
    list_select_related = ["program"]
    search_fields = ["slug", "search_key"]
    fields = [
        "slug", "program", "kind", "status", "topic", "audience", "title_lv", "title_en", "summary_lv", "summary_en",
        "prerequisite_lv", "prerequisite_en", "grade_min", "grade_max", "age_min", "age_max", "duration_minutes",
        "lessons_planned", "academic_hours", "certificate", "fee_policy", "price", "information",
    ]  # fmt: skip
    computed = ("search_key",)
    inlines = [CourseRuleInline]


@admin.register(EligibilityRule)
class EligibilityRuleAdmin(BuildingAdmin):
    list_display = ["kind", "program", "course", "minimum", "maximum", "evidence"]
    list_filter = ["kind"]
    list_select_related = ["program", "course"]
    fields = ["program", "course", "kind", "minimum", "maximum", "counted_on", "evidence", "prerequisite"]
    raw_id_fields = ["course", "prerequisite"]


@admin.register(Term)
class TermAdmin(BuildingAdmin):
    list_display = ["slug", "name_lv", "starts_on", "ends_on", "enrollment_opens_at"]
    fields = ["slug", "name_lv", "name_en", "starts_on", "ends_on", "classes_start_on", "enrollment_opens_at"]
    inlines = [BreakInline]


@admin.register(Venue)
class VenueAdmin(ShownInCalendarsAdmin):
    list_display = ["slug", "short_name", "address"]
    fields = ["slug", "name_lv", "name_en", "short_name", "address", "latitude", "longitude", "opening_hours"]


@admin.register(Room)
class RoomAdmin(ShownInCalendarsAdmin):
    list_display = ["slug", "venue", "name_lv", "capacity"]
    list_filter = ["venue"]
    list_select_related = ["venue"]
    fields = ["slug", "venue", "name_lv", "name_en", "capacity", "use"]


# Written by flows alone, and what a flow alone may change once people are in the group.
_COUNTERS = ["seats_taken", "seats_offered", "waitlist_length", "changed_at", "decided_at", "cancellation_reason"]
_BY_FLOWS = [
    "minimum_size",
    "decision_on",
    "state",
    "kind",
    "capacity",
    "room",
    "weekday",
    "start_time",
    "duration_minutes",
    "starts_on",
    "starts_at",
    "ends_at",
]


@admin.register(CourseRun)
class CourseRunAdmin(BuildingAdmin):
    list_display = ["code", "course", "term", "state", "starts_at", "capacity", "seats_taken", "waitlist_length"]
    list_filter = ["state", "kind", "term", "course__program"]
    list_select_related = ["course", "term"]
    search_fields = ["code", "course__search_key"]
    fields = [
        "course", "term", "slug", "code", "kind", "state", "room", "instructors", "weekday", "start_time",
        "duration_minutes", "starts_on", "starts_at", "ends_at", "enrollment_opens_at", "enrollment_closes_at",
        "offers_end_at", "minimum_size", "decision_on", "capacity", *_COUNTERS,
    ]  # fmt: skip
    raw_id_fields = ["course", "room", "instructors"]
    actions = ["publish"]
    ordering = ["-starts_at", "pk"]

    def get_readonly_fields(self, request, obj=None):
        return [*_COUNTERS, "state"] if obj is None else [*_COUNTERS, *_BY_FLOWS, "course"]

    @transaction.atomic
    def save_model(self, request, obj, form, change):
        now = timezone.now()
        if not change:
            obj.changed_at = now  # a draft until it is published
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            touch_runs(CourseRun.objects.filter(pk=obj.pk), now=now)

    @admin.action(description=_("Publish the chosen drafts"))
    def publish(self, request, runs):
        if not self.has_change_permission(request):
            raise PermissionDenied
        now, count = timezone.now(), 0
        for run in runs.select_related("course", "term"):
            try:
                count += flows.publish(run=run, now=now)
            except TimetableRefused as refused:
                self.message_user(request, f"{run.code}: {refused.reason.label}", messages.ERROR)
        self.message_user(request, _("Groups published: %(count)s") % {"count": count}, messages.SUCCESS)


@admin.register(Lesson)
class LessonAdmin(LookingAdmin):
    list_display = ["pk", "run", "starts_at", "ends_at", "room", "state"]
    list_filter = ["state"]
    list_select_related = ["run__course", "room__venue"]
    search_fields = ["run__code"]
    fields = [
        "run",
        "room",
        "starts_at",
        "ends_at",
        "state",
        "topic",
        "cancel_reason",
        "replaces",
        "change_note",
        "sequence",
        "changed_at",
    ]
    ordering = ["-starts_at"]
