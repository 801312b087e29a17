"""The catalogue and what it leads to; mounted at /courses/ in the namespace `courses`."""

from django.urls import path

from enrollment.views import bookings, public

urlpatterns = [
    path("", public.catalogue, name="catalogue"),
    path("<slug:course>/", public.course, name="course"),
    path("<slug:course>/<slug:run>/", public.run, name="run"),
    path("<slug:course>/<slug:run>/book/", bookings.book, name="book"),
]
