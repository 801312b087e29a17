"""Building the season, below /desk/season/ and /desk/venues/: for coordinators and managers."""

from django.urls import path

from enrollment.views.desk.season import breaks, groups, terms, together, venues

urlpatterns = [
    path("season/", terms.season, name="desk_season"),
    path("season/new/", terms.new, name="desk_term_new"),
    path("season/copy/", together.copy, name="desk_season_copy"),
    path("season/<int:pk>/", terms.term, name="desk_term"),
    path("season/<int:pk>/edit/", terms.edit, name="desk_term_edit"),
    path("season/<int:pk>/breaks/", breaks.breaks, name="desk_breaks"),
    path("season/<int:pk>/breaks/import/", breaks.import_file, name="desk_breaks_import"),
    path("season/breaks/<int:pk>/", breaks.edit, name="desk_break"),
    path("season/breaks/<int:pk>/remove/", breaks.remove, name="desk_break_remove"),
    path("season/<int:pk>/groups/new/", groups.new, name="desk_group_new"),
    path("season/<int:pk>/preview/", groups.preview, name="desk_group_preview"),
    path("season/groups/<int:pk>/", groups.group, name="desk_group"),
    path("season/groups/<int:pk>/place/", groups.place, name="desk_group_place"),
    path("season/groups/<int:pk>/dates/", groups.change_dates, name="desk_group_dates"),
    path("season/<int:pk>/shift/", together.shift, name="desk_season_shift"),
    path("season/<int:pk>/remove/", together.remove, name="desk_season_remove"),
    path("season/<int:pk>/publish/", together.publish, name="desk_season_publish"),
    path("venues/", venues.venues, name="desk_venues"),
    path("venues/new/", venues.new, name="desk_venue_new"),
    path("venues/<int:pk>/", venues.venue, name="desk_venue"),
    path("venues/<int:pk>/rooms/new/", venues.room_new, name="desk_room_new"),
    path("venues/rooms/<int:pk>/", venues.room, name="desk_room"),
]
