"""The opening lobby, the permanent page of one application, and the press that sends them (UX S07)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audiences import Audience, audience
from enrollment.family.lobby import cards, lobby
from enrollment.flows import applications
from enrollment.flows.places import NotTheirs
from enrollment.models import Application
from enrollment.refusals import EnrollmentRefused, Reason

MOST_AT_ONCE = 50  # applications sent with one press


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def family_applications(request):
    """GET: all that is prepared, received and decided. POST: send those named; the same press again changes nothing."""
    now = timezone.now()
    if request.method == "POST":
        return _send_all(request, now)
    return _show(request, now)


def _show(request, now, *, refused=None, status=200):
    found, refused = lobby(user=request.user, now=now), refused or {}
    for card in found.cards:
        card.refused = list(refused.get(card.key, ()))
    context = {"lobby": found, "now": now, "refused": refused, "too_early": _too_early(refused)}
    return render(request, "enrollment/family/applications.html", context, status=status)


def _too_early(refused):
    """The refusal of a press before the opening, if there was one: it is told kindly, at the top."""
    every = [refusal for refusals in refused.values() for refusal in refusals]
    return next((refusal for refusal in every if refusal.reason == Reason.NOT_OPEN_YET), None)


def _send_all(request, now):
    named = [key for text in request.POST.getlist("application")[:MOST_AT_ONCE] if (key := _key(text))]
    found = Application.objects.visible_to(request.user).filter(key__in=named).with_draw().order_by("pk")
    sent, refused = send_each(found, by=request.user, now=now)
    if refused:
        return _show(request, now, refused=refused, status=409)
    return redirect(sent[0] if len(sent) == 1 else "enrollment:applications")


def _key(text):
    try:
        return UUID(text)
    except ValueError:
        return None


def send_each(found, *, by, now):
    """Each in a transaction of its own: ([sent], {key: refusals} of those that could not be)."""
    sent, refused = [], {}
    for one in found:
        try:
            sent.append(applications.send(application=one, by=by, now=now))
        except EnrollmentRefused as error:
            refused[one.key] = error.refusals
        except NotTheirs:
            raise PermissionDenied from None  # a pupil's own login looks only
    return sent, refused


# -- One application ---------------------------------------------------------------------------


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def application(request, key):
    """Its receipt, with the second in which it was received, and what came of it."""
    return show_one(request, key)


def show_one(request, key, *, refusals=(), status=200):
    now = timezone.now()
    card = card_of(request.user, key, now)
    card.refused = list(refusals)
    context = {"card": card, "now": now}
    return render(request, "enrollment/family/application.html", context, status=status)


def card_of(user, key, now):
    if found := cards(Application.objects.filter(key=key), user=user, now=now):
        return found[0]
    raise Http404


@audience(Audience.SIGNED_IN)
@require_POST
def application_drop(request, key):
    """Take back what was not decided yet."""
    now = timezone.now()
    card = card_of(request.user, key, now)
    if not card.may_decide:
        raise PermissionDenied
    try:
        applications.drop(application=card.application, by=request.user, now=now)
    except EnrollmentRefused as refused:
        return show_one(request, key, refusals=refused.refusals, status=409)
    messages.success(request, _("The application was taken back."))
    return redirect("enrollment:applications")
