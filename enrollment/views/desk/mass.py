"""A house closes for a week, everything goes online: many lessons as one change, with a preview of all it touches."""

from uuid import uuid4

from django.conf import settings
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from courses.refusals import TimetableReason, TimetableRefused
from enrollment.desk import changes as told
from enrollment.flows import timetable
from enrollment.forms.timetable import MassForm, PublishForm

MOST = 3000  # lessons at once


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mass(request):
    """The address says what is wanted and shows what it would do; a press does it."""
    now = timezone.now()
    query = request.POST if request.method == "POST" else request.GET
    asked = any(name in query for name in MassForm.base_fields)
    form = MassForm(
        query if asked else None, initial={"first": timezone.localdate(now), "last": timezone.localdate(now)}
    )
    publish = PublishForm(request.POST) if request.method == "POST" else None
    preview, problem, status = None, "", 200
    if asked or publish is not None:
        status = 422
        if form.is_valid():
            lessons, problem, status = list(form.lessons(now=now)[: MOST + 1]), "", 200
            if publish is not None and publish.is_valid():
                try:
                    done = _carry_out(form, lessons, publish.cleaned_data, request.user, now)
                except TimetableRefused as refused:
                    problem, status = refused.reason.value, 409
                else:
                    return redirect("enrollment:desk_change", pk=done.pk)
            preview, found = _preview(form, lessons, now)
            if found:
                form.add_error(None, found)
                status = max(status, 422) if status != 409 else 409
    shown = told.shown(preview, by=request.user, now=now) if preview else None
    context = {
        "form": form, "shown": shown, "problem": problem, "stale": problem == TimetableReason.STALE,
        "clashes_unseen": problem == TimetableReason.CLASHES, "hold": settings.STAFF_MESSAGE_HOLD_SECONDS,
        "left_out": len(lessons) - preview.lessons if preview and form.cleaned_data["skip"] else 0,
        "publish": PublishForm(initial={"key": uuid4(), "fingerprint": preview.plan.fingerprint}) if preview else None,
        "hidden": [(name, form.data.get(name, "")) for name in form.fields] if preview else [],
    }  # fmt: skip
    return render(request, "enrollment/desk/mass.html", context, status=status)


def _preview(form, lessons, now):
    """(preview or None, why there is none)"""
    if len(lessons) > MOST:
        return None, TimetableReason.TOO_MANY.label
    try:
        order = form.order()
        chosen = timetable.without_conflicts(order, lessons, now=now) if form.cleaned_data["skip"] else lessons
        return timetable.preview(order, timetable.fresh(chosen), now=now), ""
    except TimetableRefused as refused:
        return None, str(refused.reason.label)


def _carry_out(form, lessons, seen, by, now):
    if len(lessons) > MOST:
        raise TimetableRefused(TimetableReason.TOO_MANY)
    order = form.order()
    chosen = timetable.without_conflicts(order, lessons, now=now) if form.cleaned_data["skip"] else lessons
    return timetable.change(order, chosen, by=by, now=now, **seen)
