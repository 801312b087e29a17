"""Draws, for everybody; mounted at /draws/."""

from django.urls import path

from enrollment.views import draws

urlpatterns = [
    path("", draws.draws, name="draws"),
    path("<slug:slug>/", draws.draw, name="draw"),
    path("<slug:slug>.json", draws.draw_record, name="draw_record"),
]
