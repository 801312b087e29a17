"""The map of the whole site: every address, and who may use it (accounts.audiences)."""

import importlib
import importlib.util

from allauth.account import views as allauth
from allauth.mfa import urls as mfa_urls
from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path

from accounts import views as accounts
from accounts.audiences import Audience, for_all


def _optional(module, attribute, default=()):
    # Provisional while the pages are being built: a part that is not there yet is left out.
    try:
        return list(getattr(importlib.import_module(module), attribute))
    except (ImportError, AttributeError):
        return list(default)


def _later(*args, **kwargs):
    return HttpResponse("later", status=404)


_later.audience = Audience.PUBLIC


def _missing(names, have):
    known = {pattern.name for pattern in have if hasattr(pattern, "name")}
    return [path(route, _later, name=name) for name, route in names.items() if name not in known]


P = "enrollment.urls."
family, links = _optional(P + "family", "urlpatterns"), _optional(P + "family", "link_patterns")
teaching, desk = _optional(P + "teaching", "urlpatterns"), _optional(P + "desk", "urlpatterns")
tickets = _optional(P + "tickets", "link_patterns")
public, site = _optional(P + "public", "urlpatterns"), _optional(P + "site", "urlpatterns")
calendars = _optional(P + "public_calendars", "urlpatterns")
private = _optional(P + "private_calendars", "urlpatterns")
api = _optional(P + "api", "urlpatterns")

family += _missing({"family_home": "", "family_week": "week/", "messages": "messages/", "child_new": "children/new/",
    "child": "children/<int:pk>/", "profile": "profile/", "enroll": "enroll/<int:run_pk>/", "result": "results/<uuid:key>/",
    "enrollment": "enrollments/<int:pk>/", "withdraw": "enrollments/<int:pk>/withdraw/", "calendar_links": "calendar/"}, family)
links += _missing({"offer": "offers/<str:token>/"}, links)
tickets += _missing({"ticket": "tickets/<str:token>/"}, tickets)
teaching += _missing({"teaching_home": ""}, teaching)
desk += _missing({"desk_home": "", "desk_groups": "groups/", "desk_people": "people/", "desk_run": "groups/<int:pk>/", "desk_family": "people/<int:pk>/"}, desk)
public += _missing({"catalogue": "", "course": "<slug:course>/", "run": "<slug:course>/<slug:run>/", "book": "<slug:course>/<slug:run>/book/"}, public)
site += _missing({"home": "", "help": "help/", "privacy": "privacy/", "accessibility": "accessibility/"}, site)
calendars += _missing({"catalogue_calendar": "courses.ics", "course_calendar": "courses/<slug:course>.ics", "run_calendar": "courses/<slug:course>/<slug:run>.ics"}, calendars)
private += _missing({"feed": "k/<str:token>.ics"}, private)

enrollment_pages = [
    path("my/", include(family)), path("teach/", include(teaching)), path("desk/", include(desk)), *links, *tickets, *private,
]
sign_in_pages = [
    path("login/", allauth.request_login_code, name="account_login"),
    path("login/", allauth.request_login_code, name="account_request_login_code"),
    path("login/code/", allauth.confirm_login_code, name="account_confirm_login_code"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("email/", accounts.signup_is_sign_in, name="account_email"),
    path("signup/", accounts.signup_is_sign_in, name="account_signup"),
    path("link/<str:token>/", accounts.sign_in_link, name="sign_in_link"),
]
demo_pages = [
    path("demo/inbox/", accounts.demo_inbox, name="demo_inbox"),
    path("demo/inbox/<str:name>/", accounts.demo_letter, name="demo_letter"),
    path("demo/inbox/<str:name>/html/", accounts.demo_letter_html, name="demo_letter_html"),
]
_single = []
for module, view, route in (("gallery", "gallery", "gallery/"), ("health", "healthz", "healthz"), ("demo", "demo_people", "demo/"), ("demo", "demo_sign_in", "demo/sign-in/<slug:key>/")):
    if importlib.util.find_spec(f"enrollment.views.{module}"):
        found = importlib.import_module(f"enrollment.views.{module}")
        if hasattr(found, view):
            _single.append(path(route, getattr(found, view), name=view))

# Who gives the second factor is not signed in yet.
second_factor_pages = for_all(
    Audience.PUBLIC, [page for page in mfa_urls.urlpatterns if getattr(page, "name", "") == "mfa_authenticate"]
) + for_all(Audience.SIGNED_IN, [page for page in mfa_urls.urlpatterns if getattr(page, "name", "") != "mfa_authenticate"])

urlpatterns = [
    *site, *_single, *demo_pages,
    path("courses/", include((public, "courses"))) if not calendars else path("", include(([*calendars, path("courses/", include(public))], "courses"))),
    path("", include((enrollment_pages, "enrollment"))),
    path("accounts/", include(for_all(Audience.PUBLIC, sign_in_pages))),
    path("accounts/2fa/", include(second_factor_pages)),
    path("api/v1/", include((api, "api"))),
    path("admin/", admin.site.urls),
]
for_all(Audience.ADMIN, [pattern for pattern in urlpatterns if str(pattern.pattern) == "admin/"])
