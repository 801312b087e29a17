"""Calendars behind a secret address. Slashes inside a token are a malformed one, not another page."""

from django.urls import path

from enrollment.views import calendars

urlpatterns = [path("k/<path:token>.ics", calendars.feed, name="feed")]
