"""The instructor's pages, below /teach/."""

from django.urls import path

from enrollment.views import exports, schedule, teaching

urlpatterns = [
    path("", teaching.home, name="teaching_home"),
    path("week/", schedule.teaching_week, name="teaching_week"),
    path("week/export/<slug:fmt>", exports.teaching_week_export, name="teaching_week_export"),
    path("groups/<int:pk>/", teaching.run, name="teaching_run"),
]
