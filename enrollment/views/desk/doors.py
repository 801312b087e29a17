"""The day itself: who is here, who did not come, and the empty places given at the door."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.audiences import Audience, audience
from enrollment import rosters
from enrollment.flows import standby
from enrollment.forms.decisions import DoorForm
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEvent
from enrollment.refusals import EnrollmentRefused

from .frame import frame, run_or_404


@audience(Audience.DESK)
@never_cache
@require_GET
def door(request, pk):
    return _show(request, run_or_404(pk))


def _show(request, run, *, form=None, about=None, status=200):
    """form, about: what was typed about whom, when it was refused."""
    now = timezone.now()
    roster = rosters.roster(run=run, now=now)
    free = run.capacity - run.seats_taken
    confirmed = [row for row in roster.seated if row.enrollment.state == State.CONFIRMED]
    absent = Enrollment.objects.filter(run=run, state=State.EXPIRED, ledger__event=LedgerEvent.NO_SHOW)
    context = frame(run, "door", user=request.user, now=now) | {
        "is_open": standby.is_open(run, now=now), "opens_at": standby.opens_at(run), "free": max(0, free),
        "has_begun": run.starts_at <= now, "confirmed": confirmed, "form": form, "about": about,
        "waiting": [(row, row.enrollment.seats <= free, _stands_behind(row, roster.queue, free)) for row in roster.queue],
        "absent": list(absent.select_related("learner").distinct().order_by("pk")),
    }  # fmt: skip
    return render(request, "enrollment/desk/door.html", context, status=status)


def _stands_behind(row, queue, free) -> bool:
    """Whether somebody for whom there is room comes first, so that a reason is needed."""
    return any(other.number < row.number and other.enrollment.seats <= free for other in queue)


def _act(request, pk, flow, done, *, form=None, **options):
    one = get_object_or_404(Enrollment.objects.for_display(), pk=pk)
    try:
        flow(enrollment=one, by=request.user, now=timezone.now(), **options)
    except EnrollmentRefused as refused:
        form = form or DoorForm({})
        form.is_valid()
        form.add_error(None, str(refused.refusal))
        return _show(request, run_or_404(one.run_id), form=form, about=one, status=409)
    messages.success(request, done % {"name": one.who})
    return redirect("enrollment:desk_door", pk=one.run_id)


@audience(Audience.DESK)
@never_cache
@require_POST
def give_place(request, pk):
    """Somebody who waits is here."""
    form = DoorForm(request.POST)
    if not form.is_valid():
        one = get_object_or_404(Enrollment.objects.for_display(), pk=pk)
        return _show(request, run_or_404(one.run_id), form=form, about=one, status=422)
    reason = form.cleaned_data["reason"]
    return _act(request, pk, standby.give_place, _("Has a place: %(name)s"), form=form, reason=reason)


@audience(Audience.DESK)
@never_cache
@require_POST
def no_show(request, pk):
    return _act(request, pk, standby.note_no_show, _("Did not come: %(name)s"))


@audience(Audience.DESK)
@never_cache
@require_POST
def undo_no_show(request, pk):
    return _act(request, pk, standby.undo_no_show, _("Has the place again: %(name)s"))
