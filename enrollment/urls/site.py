"""The home page and the pages about the site itself."""

from django.urls import path

from enrollment.views import fairness, site

urlpatterns = [
    path("", site.home, name="home"),
    path("help/", site.help_page, name="help"),
    path("fairness/", fairness.fairness, name="fairness"),
    path("fairness/<slug:program>/<slug:term>/", fairness.fairness_of, name="fairness_of"),
    path("fairness/<slug:program>/<slug:term>.csv", fairness.fairness_csv, name="fairness_csv"),
    path("privacy/", site.privacy, name="privacy"),
    path("accessibility/", site.accessibility, name="accessibility"),
]
