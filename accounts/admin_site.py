"""The admin: a place to look and to repair, for coordinators, managers and operators. Everyday work has its own pages.

Who may open it is decided by `permissions.is_administrator`, like on the rest of the site; Django's own
permissions and its password page are not used. Lists show as little of people as finding needs.
"""

import json

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import staff_log
from accounts.permissions import is_administrator, is_builder


class AdminSite(admin.AdminSite):
    site_header = site_title = "Ventspils Digitālais centrs"
    index_template = None

    def has_permission(self, request):
        return request.user.is_active and request.user.is_authenticated and is_administrator(request.user)

    def login(self, request, extra_context=None):
        """Signing in happens on the site's own page."""
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


class LookingAdmin(admin.ModelAdmin):
    """Rows that are only looked at; what may be done to them are actions that call flows."""

    actions_selection_counter = True
    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request):
        return is_administrator(request.user)

    def has_view_permission(self, request, obj=None):
        return is_administrator(request.user)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    # Django would keep the name of what was changed, for good.

    def log_addition(self, request, obj, message):
        return self._log(request, obj, message, ADDITION)

    def log_change(self, request, obj, message):
        return self._log(request, obj, message, CHANGE)

    @staticmethod
    def _log(request, obj, message, flag):
        what = message if isinstance(message, str) else json.dumps(message)
        return staff_log.write(by=request.user, about=obj, what=what, now=timezone.now(), flag=flag)


class BuildingAdmin(LookingAdmin):
    """Rows that coordinators and managers add and edit; nothing is deleted, since history points at it.

    Saving writes the edited columns alone: counters and whatever somebody else changed meanwhile stay.
    """

    computed = ()  # columns that the model's save() derives from others

    def has_add_permission(self, request):
        return self.has_change_permission(request)

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser or is_builder(request.user)

    @transaction.atomic
    def save_model(self, request, obj, form, change):
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        edited = [name for name in form.changed_data if name in columns]
        if edited:
            obj.save(update_fields=[*edited, *self.computed])
