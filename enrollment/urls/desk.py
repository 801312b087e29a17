"""The front desk's pages, below /desk/."""

from django.urls import path

from enrollment.views import exports
from enrollment.views.desk import decisions, doors, families, groups, home, lessons, mass, places, reasons, schedule

urlpatterns = [
    path("", home.home, name="desk_home"),
    path("people/", families.search, name="desk_people"),
    path("people/new/", families.new, name="desk_family_new"),
    path("people/<int:pk>/", families.family, name="desk_family"),
    path("people/<int:pk>/facts/", families.facts, name="desk_facts"),
    path("people/<int:pk>/evidence/", families.confirm_evidence, name="desk_evidence"),
    path("people/<int:pk>/phones/<int:user_pk>/", families.phone, name="desk_phone"),
    path("people/<int:pk>/enroll/", places.enroll, name="desk_enroll"),
    path("people/<int:pk>/week/", schedule.family, name="desk_family_week"),
    path("schedule/", schedule.schedule, name="desk_schedule"),
    path("schedule/free/", schedule.free, name="desk_schedule_free"),
    path("schedule/export/<slug:fmt>", exports.schedule_export, name="desk_schedule_export"),
    path("groups/", groups.groups, name="desk_groups"),
    path("groups/<int:pk>/", groups.run, name="desk_run"),
    path("groups/<int:pk>/lessons/", groups.lessons, name="desk_run_lessons"),
    path("groups/<int:pk>/history/", groups.history, name="desk_run_history"),
    path("groups/<int:pk>/capacity/", groups.capacity, name="desk_capacity"),
    path("groups/<int:pk>/door/", doors.door, name="desk_door"),
    path("groups/<int:pk>/decision/", decisions.decision, name="desk_decision"),
    path("groups/<int:pk>/cancel/", decisions.cancel_run, name="desk_cancel_run"),
    path("groups/<int:pk>/offer/", groups.offer_next, name="desk_offer_next"),
    path("lessons/<int:pk>/", lessons.lesson, name="desk_lesson"),
    path("changes/", lessons.changes, name="desk_changes"),
    path("changes/<int:pk>/", lessons.change, name="desk_change"),
    path("changes/<int:pk>/undo/", lessons.undo, name="desk_change_undo"),
    path("schedule/change/", mass.mass, name="desk_mass"),
    path("enrollments/<int:pk>/why/", reasons.why, name="desk_why"),
    path("enrollments/<int:pk>/move/", places.move, name="desk_move"),
    path("enrollments/<int:pk>/withdraw/", places.withdraw, name="desk_withdraw"),
    path("enrollments/<int:pk>/cancel/", places.cancel, name="desk_cancel"),
    path("enrollments/<int:pk>/undo/", places.undo, name="desk_undo"),
    path("enrollments/<int:pk>/door/", doors.give_place, name="desk_give_place"),
    path("enrollments/<int:pk>/no-show/", doors.no_show, name="desk_no_show"),
    path("enrollments/<int:pk>/no-show/undo/", doors.undo_no_show, name="desk_undo_no_show"),
]
