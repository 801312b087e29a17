"""Pages of families and learners at /my/, and what their letters lead to."""

from django.urls import path

from enrollment.views import exports, offers, questions
from enrollment.views.family import (
    calendars,
    changes,
    children,
    enrolling,
    enrollments,
    home,
    lobby,
    messages,
    preparing,
    trials,
    week,
)  # fmt: skip

urlpatterns = [
    path("", home.family_home, name="family_home"),
    path("week/", week.family_week, name="family_week"),
    path("week/export/<slug:fmt>", exports.family_week_export, name="family_week_export"),
    path("messages/", messages.message_list, name="messages"),
    path("messages/read/", messages.messages_read, name="messages_read"),
    path("messages/<int:pk>/", messages.message, name="message"),
    path("children/new/", children.child_new, name="child_new"),
    path("children/<int:pk>/", children.child, name="child"),
    path("profile/", children.profile, name="profile"),
    path("drafts/<slug:form>/", children.draft_save, name="draft_save"),
    path("enroll/<int:run_pk>/", enrolling.enroll, name="enroll"),
    path("enroll/<int:run_pk>/check/", enrolling.enroll_check, name="enroll_check"),
    path("applications/", lobby.family_applications, name="applications"),
    path("applications/new/<int:run_pk>/", preparing.application_new, name="application_new"),
    path("applications/<uuid:key>/", lobby.application, name="application"),
    path("applications/<uuid:key>/edit/", preparing.application_edit, name="application_edit"),
    path("applications/<uuid:key>/drop/", lobby.application_drop, name="application_drop"),
    path("results/<uuid:key>/", enrolling.result, name="result"),
    path("enrollments/<int:pk>/", enrollments.enrollment, name="enrollment"),
    path("enrollments/<int:pk>/withdraw/", enrollments.withdraw, name="withdraw"),
    path("enrollments/<int:pk>/undo/", enrollments.undo_withdrawal, name="undo_withdrawal"),
    path("enrollments/<int:pk>/change/", changes.change_group, name="change_group"),
    path("try/<int:run_pk>/", trials.try_lesson, name="try_lesson"),
    path("enrollments/<int:pk>/pass-on/", enrollments.pass_on, name="pass_on"),
    path("calendar/", calendars.calendar_links, name="calendar_links"),
    path("calendar/new/", calendars.calendar_link_new, name="calendar_link_new"),
    path("calendar/<int:pk>/revoke/", calendars.calendar_link_revoke, name="calendar_link_revoke"),
    path("calendar/<int:pk>/replace/", calendars.calendar_link_replace, name="calendar_link_replace"),
]

link_patterns = [
    path("offers/<str:token>/", offers.offer, name="offer"),
    path("trials/<str:token>/", questions.trial, name="trial"),
    path("coming/<str:token>/", questions.still_coming, name="still_coming"),
]
