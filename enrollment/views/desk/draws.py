"""Draws at the desk: all of them, one, and announcing, changing, cancelling and holding one."""

from django.contrib import messages
from django.db import OperationalError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import locks
from accounts.audiences import Audience, audience
from enrollment.desk import draws as reads
from enrollment.draws import published
from enrollment.flows import draws as flows
from enrollment.forms.draws import CancelDrawForm, DrawForm, WhatToDrawForm
from enrollment.models import DrawState
from enrollment.refusals import EnrollmentRefused, Reason


@audience(Audience.DESK)
@never_cache
@require_GET
def draws(request):
    return render(request, "enrollment/desk/draws/list.html", {"stages": reads.by_stage(now=timezone.now())})


@audience(Audience.DESK)
@never_cache
@require_GET
def draw(request, pk):
    return _page(request, _draw_or_404(pk))


def _draw_or_404(pk):
    return get_object_or_404(published.shown(), pk=pk)


def _page(request, found, *, status=200, notice=""):
    now = timezone.now()
    context = {"draw": found, "page": reads.one(found, now=now), "now": now, "notice": notice}
    return render(request, "enrollment/desk/draws/draw.html", context, status=status)


# -- Announcing and changing -------------------------------------------------------------------------


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """`?program=&term=` say which groups there are to choose from; then the form announces."""
    now = timezone.now()
    choice = WhatToDrawForm(request.GET if "program" in request.GET else None)
    context = {"choice": choice, "form": None, "draw": None, "has_programs": reads.programs().exists()}
    if not choice.is_bound or not choice.is_valid():
        return render(request, "enrollment/desk/draws/form.html", context, status=422 if choice.is_bound else 200)
    program, term = choice.cleaned_data["program"], choice.cleaned_data["term"]
    form = _form(request, program, term, now)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            about = {"program": program, "term": term}
            try:
                made = flows.announce(**about, **form.cleaned_data, by=request.user, now=now)
            except EnrollmentRefused as refused:
                window = {name: form.cleaned_data[name] for name in ("runs", "opens_at", "closes_at")}
                if made := reads.same_announced(**about, **window):  # the same form, sent twice
                    return redirect("enrollment:desk_draw", made.pk)
                status = _refuse(form, refused.refusal, now)
            else:
                messages.success(request, _("The draw is announced. The fingerprint of its key is public."))
                return redirect("enrollment:desk_draw", made.pk)
    context |= {"form": form, "program": program, "term": term}
    return render(request, "enrollment/desk/draws/form.html", context, status=status)


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request, pk):
    """Before applications begin."""
    found, now = _draw_or_404(pk), timezone.now()
    if published.stage_of(found, now=now) != published.SOON:
        return _page(request, found, status=409, notice=_("Applications have begun, or the draw has ended."))
    form = _form(request, found.program, found.term, now, draw=found)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                flows.change(draw=found, **form.cleaned_data, by=request.user, now=now)
            except EnrollmentRefused as refused:
                status = _refuse(form, refused.refusal, now)
            else:
                messages.success(request, _("Saved."))
                return redirect("enrollment:desk_draw", found.pk)
    context = {"form": form, "draw": found, "program": found.program, "term": found.term}
    return render(request, "enrollment/desk/draws/form.html", context, status=status)


def _form(request, program, term, now, *, draw=None):
    initial = {}
    if draw is not None:
        initial = {"name_lv": draw.name_lv, "name_en": draw.name_en, "runs": list(draw.runs.all())}
        initial |= {name: timezone.localtime(getattr(draw, name)) for name in ("opens_at", "closes_at")}
    runs = reads.groups_to_draw(program, term, now=now, besides=draw)
    understood = reads.groups_of(program, term)
    given = request.POST if request.method == "POST" else None
    return DrawForm(given, initial=initial, runs=runs, understood=understood)


def _refuse(form, refusal, now) -> int:
    """Say it beside the field that it is about."""
    beside = {Reason.DRAW_GROUPS: "runs", Reason.DRAW_WINDOW: "closes_at"}.get(refusal.reason)
    if refusal.reason == Reason.DRAW_WINDOW and form.cleaned_data["opens_at"] < now:
        beside = "opens_at"
    form.add_error(beside, refusal.detail if beside else str(refusal))
    return 409


# -- Ending ------------------------------------------------------------------------------------------


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request, pk):
    """GET says what would end. POST ends it; again, it changes nothing."""
    found, now = _draw_or_404(pk), timezone.now()
    form = CancelDrawForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                flows.cancel(draw=found, by=request.user, reason=form.cleaned_data["reason"], now=now)
            except EnrollmentRefused as refused:
                form.add_error(None, str(refused.refusal))
                status = 409
            else:
                messages.success(request, _("The draw is cancelled. Whoever had applied is told."))
                return redirect("enrollment:desk_draw", found.pk)
        found = _draw_or_404(pk)
    context = {"form": form, "draw": found, "page": reads.one(found, now=now)}
    return render(request, "enrollment/desk/draws/cancel.html", context, status=status)


@audience(Audience.BUILDER)
@require_POST
def hold(request, pk):
    """Draw the places of a draw whose time is over and which nobody has drawn yet."""
    found, now = _draw_or_404(pk), timezone.now()
    try:
        is_held = flows.hold(draw=found, by=request.user, now=now)
    except OperationalError as error:
        if not locks.gave_up(error):
            raise
        busy = _("Somebody else is writing to these groups right now. Nothing was changed: try again in a moment.")
        return _page(request, found, status=503, notice=busy)
    if is_held:
        messages.success(request, _("The places are drawn. Families are told by e-mail."))
        return redirect("enrollment:desk_draw", found.pk)
    found = _draw_or_404(pk)
    if found.state == DrawState.HELD:
        messages.info(request, _("The places were drawn already; nothing was changed."))
        return redirect("enrollment:desk_draw", found.pk)
    return _page(request, found, status=409, notice=_("This draw is not due: nothing was changed."))
