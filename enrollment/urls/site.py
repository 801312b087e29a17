"""The home page and the pages about the site itself."""

from django.urls import path

from enrollment.views import site

urlpatterns = [
    path("", site.home, name="home"),
    path("help/", site.help_page, name="help"),
    path("privacy/", site.privacy, name="privacy"),
    path("accessibility/", site.accessibility, name="accessibility"),
]
