"""People in the admin: found by id, e-mail or name, shown with little, changed by flows."""

from allauth.account import admin as _addresses_of_allauth  # noqa: F401  (registers what is replaced below)
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _factors_of_allauth  # noqa: F401
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin_site import BuildingAdmin, LookingAdmin
from accounts.flows import roles
from accounts.models import Guardianship, Learner, RoleGrant, School, TeacherProfile, User


@admin.register(User)
class UserAdmin(BuildingAdmin):
    """Closing an account is all there is to change: what people tell about themselves is edited by them or the desk."""

    list_display = ["pk", "is_active", "language", "live_roles", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["=pk", "email", "search_key"]
    fields = ["is_active", "email", "first_name", "last_name", "language", "date_joined", "last_login", "is_staff"]
    ordering = ["-pk"]

    def get_queryset(self, request):
        live = Prefetch("role_grants", RoleGrant.objects.live(), to_attr="live_grants")
        return super().get_queryset(request).prefetch_related(live)

    def get_readonly_fields(self, request, obj=None):
        editable = {"is_active", "is_staff"} if request.user.is_superuser else {"is_active"}
        return [name for name in self.fields if name not in editable]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        """Nobody closes their own account or an operator's by accident."""
        if obj is not None and (obj.pk == request.user.pk or obj.is_superuser):
            return False
        return super().has_change_permission(request, obj)

    @admin.display(description=_("roles"))
    def live_roles(self, user):
        return ", ".join(grant.get_role_display() for grant in user.live_grants)


@admin.register(Learner)
class LearnerAdmin(LookingAdmin):
    list_display = ["pk", "initials", "school", "grade", "evidence_confirmed_at"]
    list_select_related = ["school"]
    search_fields = ["=pk", "search_key"]
    fields = [
        "user", "first_name", "last_name", "birth_date", "school", "grade", "grade_school_year", "residency",
        "evidence_confirmed_at", "calendar_name", "changed_at",
    ]  # fmt: skip
    ordering = ["-pk"]


@admin.register(Guardianship)
class GuardianshipAdmin(LookingAdmin):
    list_display = ["pk", "guardian_id", "learner_id", "started_at", "ended_at"]
    search_fields = ["=guardian__pk", "=learner__pk"]
    fields = ["guardian", "learner", "started_at", "ended_at"]
    ordering = ["-pk"]


@admin.register(RoleGrant)
class RoleGrantAdmin(LookingAdmin):
    list_display = ["pk", "user", "role", "granted_at", "granted_by", "ended_at"]
    list_filter = ["role", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user", "granted_by"]
    search_fields = ["=user__pk", "user__search_key"]
    fields = ["user", "role"]
    raw_id_fields = ["user"]
    actions = ["end"]
    ordering = ["-pk"]

    def has_add_permission(self, request):
        return roles.may_grant(request.user)

    def save_model(self, request, obj, form, change):
        given = roles.grant(user=obj.user, role=obj.role, by=request.user, now=timezone.now())
        obj.pk = given.pk

    @admin.action(description=_("End the chosen roles"))
    def end(self, request, grants):
        if not roles.may_grant(request.user):
            raise PermissionDenied
        now = timezone.now()
        ended = sum(roles.end(role_grant=one, by=request.user, now=now) for one in grants)
        self.message_user(request, _("Roles ended: %(count)s") % {"count": ended}, messages.SUCCESS)


@admin.register(School)
class SchoolAdmin(BuildingAdmin):
    list_display = ["name", "municipality"]
    list_filter = ["municipality"]
    search_fields = ["search_key"]
    fields = ["name", "municipality"]
    computed = ("search_key",)


@admin.register(TeacherProfile)
class TeacherProfileAdmin(LookingAdmin):
    list_display = ["pk", "user_id", "school", "confirmed_at"]
    list_select_related = ["school"]
    fields = ["user", "school", "subject", "confirmed_at"]
    ordering = ["-pk"]


admin.site.unregister([EmailAddress, Authenticator])  # allauth's pages show addresses in lists, and secrets


@admin.register(EmailAddress)
class EmailAddressAdmin(LookingAdmin):
    list_display = ["pk", "user_id", "verified", "primary"]
    search_fields = ["=user__pk", "=email"]
    fields = ["user_id", "email", "verified", "primary"]
    ordering = ["-pk"]


@admin.register(Authenticator)
class AuthenticatorAdmin(LookingAdmin):
    """Second factors without their secrets. Who has lost theirs sets up another after an operator deleted it."""

    list_display = ["pk", "user_id", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    search_fields = ["=user__pk"]
    fields = ["user_id", "type", "created_at", "last_used_at"]
    ordering = ["-pk"]

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser
