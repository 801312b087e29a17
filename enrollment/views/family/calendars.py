"""Subscribing to lessons: an address per program, shown once, replaced or ended in one press (UX S19)."""

from urllib.parse import quote
from uuid import UUID, uuid4

import segno
from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audiences import Audience, audience
from courses.models import Room
from enrollment.family.members import members
from enrollment.flows import calendar_links as flows
from enrollment.models import FeedKind, FeedLink
from enrollment.subscriptions import links_of, may_read_rooms

WHOLE_FAMILY, LED_BY_ME, IN_ROOM = "", "led", "room-"  # whose lessons; otherwise the id of a learner


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def calendar_links(request):
    return _show(request)


def _show(request, *, token="", link=None, status=200):
    facts = {
        "links": links_of(request.user),
        "members": members(request.user),
        "led_by_me": LED_BY_ME if request.user.is_instructor else "",
        "rooms": [(f"{IN_ROOM}{room.pk}", room) for room in _rooms(request.user)],
        "key": uuid4(),
        "made": _addresses(token) if token else None,
        "made_link": link,
    }
    return render(request, "enrollment/family/calendars.html", facts, status=status)


def _rooms(user):
    """Rooms whose lessons this person may subscribe to."""
    if not may_read_rooms(user):
        return Room.objects.none()
    return Room.objects.select_related("venue").order_by("venue__short_name", "name_lv", "pk")


def _addresses(token):
    """The new address as each program wants it; Google and Outlook take it as a parameter."""
    address = settings.SITE_ADDRESS + reverse("enrollment:feed", args=[token])
    webcal = "webcal://" + address.partition("://")[2]
    return {
        "address": address,
        "webcal": webcal,
        "google": f"https://calendar.google.com/calendar/render?cid={quote(webcal, safe='')}",
        "outlook": f"https://outlook.live.com/calendar/0/addfromweb?url={quote(address, safe='')}",
        "qr": segno.make(webcal, error="m", micro=False).svg_data_uri(border=0, omitsize=True),
    }


def _key(request):
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


@audience(Audience.SIGNED_IN)
@never_cache
@require_POST
def calendar_link_new(request):
    """Make a link for the whole family, for one of it, for the lessons one leads, or for a room. The same form again: the
    same link.
    """
    of = request.POST.get("of", WHOLE_FAMILY)
    chosen = next((one for one in members(request.user) if str(one.pk) == of), None)
    room = next((one for one in _rooms(request.user) if f"{IN_ROOM}{one.pk}" == of), None)
    if room:
        kind, name = FeedKind.ROOM, str(room)
    elif of == LED_BY_ME and request.user.is_instructor:
        kind, name = FeedKind.INSTRUCTOR, _("Lessons I lead")
    elif chosen:
        kind, name = FeedKind.LEARNER, chosen.first_name
    else:
        kind, name = FeedKind.FAMILY, _("Family calendar")
    return _made(
        request,
        lambda: flows.create(
            user=request.user,
            name=" ".join(request.POST.get("name", "").replace("\x00", "").split())[:60] or name[:60],
            kind=kind,
            learner=chosen.learner if chosen else None,
            room=room,
            language=get_language(),
            now=timezone.now(),
            key=_key(request),
        ),
    )


@audience(Audience.SIGNED_IN)
@never_cache
@require_POST
def calendar_link_replace(request, pk):
    """Another address for the same calendar: the old one ends, and the new one is shown once."""
    link = get_object_or_404(FeedLink.objects.visible_to(request.user), pk=pk)
    return _made(request, lambda: flows.replace(link=link, now=timezone.now(), key=_key(request)))


def _made(request, make):
    try:
        link, token = make()
    except flows.TooManyLinks:
        messages.error(request, _("There are too many addresses. End one that is no longer used."))
        return _show(request, status=409)
    if link.revoked_at:  # an old form, sent again from the history of the browser
        messages.error(request, _("The address no longer works."))
        return _show(request, status=409)
    return _show(request, token=token, link=link)


@audience(Audience.SIGNED_IN)
@require_POST
def calendar_link_revoke(request, pk):
    """End an address: whoever has it sees nothing from now on."""
    flows.revoke(link=get_object_or_404(FeedLink.objects.visible_to(request.user), pk=pk), now=timezone.now())
    messages.success(request, _("The address no longer works."))
    return redirect("enrollment:calendar_links")
