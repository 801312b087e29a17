"""Venues with the hours at which visitors may come, and their rooms."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.audiences import Audience, audience
from courses.flows.season import venues as flows
from courses.flows.season.versions import version_of
from courses.models import Room, Venue
from courses.opening import closed_periods, week_of
from courses.refusals import TimetableRefused
from enrollment.desk import season as reads
from enrollment.forms.season import RoomForm, VenueForm, month_day_shown


@audience(Audience.BUILDER)
@never_cache
@require_GET
def venues(request):
    found = Venue.objects.prefetch_related("rooms").order_by("short_name", "pk")
    rows = [
        {"venue": one, "rooms": sorted(one.rooms.all(), key=lambda room: room.name), "week": week_of(one), "closed": _closed(one)}
        for one in found
    ]  # fmt: skip
    return render(request, "enrollment/desk/season/venues.html", {"rows": rows, "days": range(7)})


def _closed(venue):
    return [(days, month_day_shown(first), month_day_shown(last)) for days, first, last in closed_periods(venue)]


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    form = VenueForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        venue = flows.create_venue(facts=form.facts(), by=request.user, now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("enrollment:desk_venue", venue.pk)
    status = 422 if form.is_bound else 200
    return render(
        request, "enrollment/desk/season/venue.html", {"form": form, "venue": None, "rooms": []}, status=status
    )


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def venue(request, pk):
    found = get_object_or_404(Venue, pk=pk)
    initial = VenueForm.initial_of(found) | {"seen": version_of(found)}
    form, status = VenueForm(request.POST if request.method == "POST" else None, initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                flows.change_venue(
                    venue=found,
                    facts=form.facts(),
                    seen=form.cleaned_data["seen"] or None,
                    by=request.user,
                    now=timezone.now(),
                )
            except TimetableRefused as refused:
                form.add_error(None, reads.words(refused))
                form.see(version_of(found))
                status = 409
            else:
                messages.success(request, _("Saved. Calendars that show the venue change with it."))
                return redirect("enrollment:desk_venue", found.pk)
    rooms = found.rooms.order_by("name_lv", "pk")
    context = {"form": form, "venue": found, "rooms": rooms}
    return render(request, "enrollment/desk/season/venue.html", context, status=status)


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def room_new(request, pk):
    venue = get_object_or_404(Venue, pk=pk)
    form = RoomForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        flows.create_room(venue=venue, facts=form.facts(), by=request.user, now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("enrollment:desk_venue", venue.pk)
    context = {"form": form, "venue": venue, "room": None}
    return render(request, "enrollment/desk/season/room.html", context, status=422 if form.is_bound else 200)


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def room(request, pk):
    found, now = get_object_or_404(Room.objects.select_related("venue"), pk=pk), timezone.now()
    initial = {name: getattr(found, name) for name in ("name_lv", "name_en", "capacity", "use")}
    form, status = (
        RoomForm(request.POST if request.method == "POST" else None, initial=initial | {"seen": version_of(found)}),
        200,
    )
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                room = flows.change_room(
                    room=found, facts=form.facts(), seen=form.cleaned_data["seen"] or None, by=request.user, now=now
                )
            except TimetableRefused as refused:
                form.add_error(None, reads.words(refused))
                form.see(version_of(found))
                status = 409
            else:
                messages.success(request, _("Saved. Calendars that show the room change with it."))
                if larger := flows.too_large_for(room, now=now):
                    messages.warning(
                        request, _("Groups with more seats than the room: %(codes)s.") % {"codes": ", ".join(larger)}
                    )
                return redirect("enrollment:desk_venue", found.venue_id)
    return render(
        request, "enrollment/desk/season/room.html", {"form": form, "venue": found.venue, "room": found}, status=status
    )
