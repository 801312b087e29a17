"""The instructor's pages, below /teach/."""

from django.urls import path

from enrollment.views import teaching

urlpatterns = [
    path("", teaching.home, name="teaching_home"),
    path("groups/<int:pk>/", teaching.run, name="teaching_run"),
]
