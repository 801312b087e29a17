"""The map of the whole site. Who may use an address is declared beside its view (accounts.audiences)."""

from django.contrib import admin
from django.urls import include, path

from accounts.audiences import Audience, for_all
from enrollment.urls import (
    accounts,
    api,
    demo,
    desk,
    desk_draws,
    draws,
    family,
    private_calendars,
    public,
    public_calendars,
    season,
    site,
    teaching,
    tickets,
)  # fmt: skip
from enrollment.views.health import healthz

course_pages = [
    *public_calendars.urlpatterns,
    path("courses/", include(public.urlpatterns)),
]
people_pages = [
    *private_calendars.urlpatterns,  # first: asked for far more often than everything else
    path("my/", include(family.urlpatterns)),
    path("teach/", include(teaching.urlpatterns)),
    path("desk/", include(desk.urlpatterns)),
    path("desk/", include(season.urlpatterns)),
    path("desk/", include(desk_draws.urlpatterns)),
    *family.link_patterns,
    *tickets.link_patterns,
]

urlpatterns = [
    path("", include((people_pages, "enrollment"))),
    *site.urlpatterns,
    path("draws/", include(draws.urlpatterns)),
    path("healthz", healthz, name="healthz"),
    path("", include((course_pages, "courses"))),
    path("accounts/", include(accounts.urlpatterns)),
    path("api/v1/", include((api.urlpatterns, "api"))),
    *for_all(Audience.ADMIN, [path("admin/", admin.site.urls)]),
    *demo.urlpatterns,
]

handler400 = "enrollment.views.errors.bad_request"
handler403 = "enrollment.views.errors.forbidden"
handler404 = "enrollment.views.errors.not_found"
handler500 = "enrollment.views.errors.server_error"
