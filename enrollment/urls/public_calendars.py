"""Calendars that anybody may read: the page's address with .ics. Included in the namespace `courses`."""

from django.urls import path

from courses.views import calendars

urlpatterns = [
    path("courses.ics", calendars.catalogue_calendar, name="catalogue_calendar"),
    path("programs/<slug:program>.ics", calendars.program_calendar, name="program_calendar"),
    path("courses/<slug:course>.ics", calendars.course_calendar, name="course_calendar"),
    path("courses/<slug:course>/<slug:run>.ics", calendars.run_calendar, name="run_calendar"),
    path("courses/<slug:course>/<slug:run>/lessons/<int:pk>.ics", calendars.lesson_calendar, name="lesson_calendar"),
]
