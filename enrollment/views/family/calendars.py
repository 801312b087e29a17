"""Subscribing to the family's lessons: an address per program, shown once, renewed or ended in one press (UX S19)."""

from urllib.parse import quote
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audiences import Audience, audience
from enrollment.family.members import members
from enrollment.flows import calendar_links as flows
from enrollment.models import FeedKind, FeedLink


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def calendar_links(request):
    return _show(request)


def _show(request, *, token="", link=None, status=200):
    links = FeedLink.objects.live().visible_to(request.user).filter(kind__in=[FeedKind.FAMILY, FeedKind.LEARNER])
    return render(
        request,
        "enrollment/family/calendars.html",
        {
            "links": links.select_related("learner").order_by("-pk"),
            "members": members(request.user),
            "key": uuid4(),
            "made": _addresses(token) if token else None,
            "made_link": link,
        },
        status=status,
    )


def _addresses(token):
    """The new address as each program wants it; Google and Outlook take it as a parameter."""
    address = settings.SITE_ADDRESS + reverse("enrollment:feed", args=[token])
    webcal = "webcal://" + address.partition("://")[2]
    return {
        "address": address,
        "webcal": webcal,
        "google": f"https://calendar.google.com/calendar/render?cid={quote(webcal, safe='')}",
        "outlook": f"https://outlook.live.com/calendar/0/addfromweb?url={quote(address, safe='')}",
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
    """Make a link for the whole family or for one of it. The same form again shows the same address."""
    chosen = next((one for one in members(request.user) if str(one.pk) == request.POST.get("learner")), None)
    name = chosen.first_name if chosen else _("Family")
    try:
        link, token = flows.create(
            user=request.user,
            name=name[:60],
            kind=FeedKind.LEARNER if chosen else FeedKind.FAMILY,
            learner=chosen.learner if chosen else None,
            language=get_language(),
            now=timezone.now(),
            key=_key(request),
        )
    except flows.TooManyLinks:
        messages.error(request, _("There are too many links. End one that is no longer used."))
        return _show(request, status=409)
    return _show(request, token=token, link=link)


@audience(Audience.SIGNED_IN)
@require_POST
def calendar_link_revoke(request, pk):
    """End an address: whoever has it sees nothing from now on."""
    flows.revoke(link=get_object_or_404(FeedLink.objects.visible_to(request.user), pk=pk), now=timezone.now())
    messages.success(request, _("The address no longer works."))
    return redirect("enrollment:calendar_links")
