"""Deciding whether a group takes place, and cancelling it with everything in it. For those who build the season."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from enrollment.flows import decisions
from enrollment.forms.decisions import CancelRunForm, DecisionForm
from enrollment.refusals import EnrollmentRefused

from .frame import frame, run_or_404


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request, pk):
    """Decide now that it takes place, or move the day or the minimum; each with a written reason."""
    run, now = run_or_404(pk), timezone.now()
    start = {"decision_on": run.decision_on, "minimum_size": run.minimum_size}
    form = DecisionForm(request.POST if request.method == "POST" else None, initial=start)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _decide(request, run, form.cleaned_data, now)
            except EnrollmentRefused as refused:
                form.add_error(None, str(refused.refusal))
                status = 409
            else:
                return redirect("enrollment:desk_run", pk=run.pk)
    confirmed = decisions.confirmed_seats([run.pk]).get(run.pk, 0)
    context = frame(run, "list", user=request.user, now=now) | {"form": form, "confirmed": confirmed}
    return render(request, "enrollment/desk/decision.html", context, status=status)


def _decide(request, run, given, now):
    if "runs" in request.POST:
        decisions.decide_to_run(run=run, by=request.user, reason=given["reason"], now=now)
        messages.success(request, _("The group takes place. Everybody in it is told."))
        return
    decisions.change_terms(
        run=run, decision_on=given["decision_on"], minimum_size=given["minimum_size"], by=request.user,
        reason=given["reason"], now=now,
    )  # fmt: skip
    messages.success(request, _("Changed."))


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_run(request, pk):
    """GET says what would end. POST ends it."""
    run, now = run_or_404(pk), timezone.now()
    form = CancelRunForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                decisions.cancel_run(run=run, by=request.user, reason=form.cleaned_data["reason"], now=now)
            except EnrollmentRefused as refused:
                form.add_error(None, str(refused.refusal))
                status = 409
            else:
                messages.success(request, _("The group is cancelled. Every family is told once."))
                return redirect("enrollment:desk_run", pk=run.pk)
    context = frame(run, "list", user=request.user, now=now) | {
        "form": form,
        "affected": decisions.affected(run, now=now),
    }
    return render(request, "enrollment/desk/cancel_run.html", context, status=status)
