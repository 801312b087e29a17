"""Draws as staff hold them, below /desk/draws/."""

from django.urls import path

from enrollment.views.desk import draws, rehearsals

urlpatterns = [
    path("draws/", draws.draws, name="desk_draws"),
    path("draws/new/", draws.new, name="desk_draw_new"),
    path("draws/rehearsal/", rehearsals.rehearsal, name="desk_draw_rehearsal"),
    path("draws/<int:pk>/", draws.draw, name="desk_draw"),
    path("draws/<int:pk>/change/", draws.change, name="desk_draw_change"),
    path("draws/<int:pk>/cancel/", draws.cancel, name="desk_draw_cancel"),
    path("draws/<int:pk>/hold/", draws.hold, name="desk_draw_hold"),
]
