"""Who may use each route: declared beside the view, enforced for all of them in one place.

A view without a declaration answers nobody (deny by default); `manage.py routes` prints the same
declarations that the middleware enforces. Which *objects* a person sees is decided by `visible_to`.
"""

from functools import partial
from types import MethodType

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import gettext as _

from accounts.permissions import has_second_factor, is_administrator, is_builder, is_desk_staff, is_instructor


class Audience(models.TextChoices):
    PUBLIC = "public"  # anybody
    LINK = "link"  # anybody who holds the signed or secret link in the address
    SIGNED_IN = "signed_in"  # families, learners, teachers: their own things
    INSTRUCTOR = "instructor"  # who teaches: their own groups
    DESK = "desk"  # centre staff
    BUILDER = "builder"  # coordinators and managers
    ADMIN = "admin"  # who may look and repair in the admin
    DEMO = "demo"  # anybody, where the demonstration is on; nobody elsewhere


_MAY = {
    Audience.SIGNED_IN: lambda user: True,
    Audience.INSTRUCTOR: is_instructor,
    Audience.DESK: is_desk_staff,
    Audience.BUILDER: is_builder,
    Audience.ADMIN: is_administrator,
}
_STAFF = (Audience.INSTRUCTOR, Audience.DESK, Audience.BUILDER, Audience.ADMIN)


def audience(who: Audience):
    """Declare on a view who may use it."""

    def declare(view):
        view.audience = who
        return view

    return declare


def for_all(who: Audience, patterns: list) -> list:
    """Declare for every route of somebody else's list of patterns that has no declaration yet."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            for_all(who, pattern.url_patterns)
        elif not hasattr(pattern.callback, "audience"):
            if isinstance(pattern.callback, MethodType):  # a bound method takes no attribute
                pattern.callback = partial(pattern.callback)
            pattern.callback.audience = who
    return patterns


def declared(patterns, prefix="", namespace=""):
    """Every route below the patterns: yields (route, qualified name, view, audience or None)."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = ":".join(part for part in (namespace, pattern.namespace) if part)
            yield from declared(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            name = ":".join(part for part in (namespace, pattern.name) if part)
            yield route, name, pattern.callback, getattr(pattern.callback, "audience", None)


class AudienceMiddleware:
    """Lets a request through to its view only when the view's declaration allows it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        who = getattr(view, "audience", None)
        if who in (Audience.PUBLIC, Audience.LINK):
            return None
        if who is None:
            raise PermissionDenied("This route declares no audience.")
        if who == Audience.DEMO:
            if not settings.DEMO:
                raise Http404
            return None
        if not request.user.is_authenticated:
            return self._ask_to_sign_in(request)
        if not _MAY[who](request.user):
            raise PermissionDenied
        if who in _STAFF and settings.STAFF_SECOND_FACTOR_REQUIRED and not has_second_factor(request):
            return self._ask_for_second_factor(request)
        return None

    @staticmethod
    def _ask_for_second_factor(request):
        """To enter its code, or to set it up first. (Setting up again would offer to remove it.)"""
        if is_mfa_enabled(request.user):
            return redirect_to_login(_address_to_open_again(request), reverse("mfa_reauthenticate"))
        return redirect("mfa_activate_totp")

    @staticmethod
    def _ask_to_sign_in(request):
        if request.path.startswith("/api/"):
            return JsonResponse({"code": "not_signed_in", "detail": _("Sign in first.")}, status=401)
        return redirect_to_login(_address_to_open_again(request))


def _address_to_open_again(request) -> str:
    """After signing in a form is opened again, not sent again."""
    return request.get_full_path() if request.method in ("GET", "HEAD") else request.path
