"""All groups at a glance, and one group: its list, lessons, history and capacity."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.audiences import Audience, audience
from accounts.models import Guardianship
from accounts.names import fold_query
from courses.models import Topic
from enrollment import rosters
from enrollment.flows import capacity as capacities, waitlist
from enrollment.forms.desk import CapacityForm, GroupsFilter
from enrollment.models import Enrollment
from enrollment.refusals import EnrollmentRefused

from .frame import frame, run_or_404
from .undo import undo_from


@audience(Audience.DESK)
@never_cache
@require_GET
def groups(request):
    wanted = GroupsFilter(request.GET).read()
    rows = rosters.groups(
        now=timezone.now(), text=fold_query(wanted["q"] or ""), weekday=wanted["day"], topic=wanted["topic"] or "",
        only_free=wanted["free"], only_queue=wanted["queue"], sort=wanted["sort"] or "title",
    )  # fmt: skip
    context = {
        "rows": rows, "wanted": wanted, "days": range(6), "topics": Topic.choices, "sort": wanted["sort"] or "title",
        "seats": sum(row.run.capacity for row in rows), "taken": sum(row.run.seats_taken for row in rows),
        "waiting": sum(row.run.waitlist_length for row in rows),
    }  # fmt: skip
    return render(request, "enrollment/desk/groups.html", context)


@audience(Audience.DESK)
@never_cache
@require_GET
def run(request, pk):
    """The roster; `?who=` opens one enrollment beside it, which scripts ask for alone."""
    now = timezone.now()
    run = run_or_404(pk)
    roster = rosters.roster(run=run, now=now)
    who = request.GET.get("who", "")
    row = roster.find(int(who)) if who.isdecimal() else None
    context = frame(run, "list", user=request.user, now=now) | {
        "roster": roster,
        "selected": row,
        "details": _details(row, now) if row else None,
    }
    if row and request.htmx and not request.htmx.history_restore_request:
        return render(request, "enrollment/desk/inspector.html", context)
    return render(request, "enrollment/desk/run.html", context | {"undo": undo_from(request, now=now)})


def _details(row, now):
    """What stands beside the roster about one of its people."""
    learner = row.learner
    if learner is None:
        return {
            "guardians": [],
            "others": [],
            "ledger": rosters.ledger_of(row.enrollment),
            "next_lesson": _next(row, now),
        }
    acting = Guardianship.objects.live().filter(learner=learner).select_related("guardian").order_by("started_at", "pk")
    others = (
        Enrollment.objects.live().filter(learner=learner).exclude(pk=row.enrollment.pk).select_related("run__course")
    )
    others = list(others.order_by("run__weekday", "run__start_time"))
    return {
        "guardians": ([learner.user] if learner.user_id else []) + [one.guardian for one in acting],
        "others": others, "positions": waitlist.positions(others),
        "ledger": rosters.ledger_of(row.enrollment), "next_lesson": _next(row, now),
    }  # fmt: skip


def _next(row, now):
    upcoming = row.enrollment.run.lessons.scheduled().upcoming(now=now).select_related("room__venue")
    return upcoming.order_by("starts_at").first()


@audience(Audience.DESK)
@never_cache
@require_GET
def lessons(request, pk):
    now = timezone.now()
    run = run_or_404(pk)
    found = run.lessons.select_related("room__venue").prefetch_related("instructors").order_by("starts_at", "pk")
    return render(
        request,
        "enrollment/desk/run_lessons.html",
        frame(run, "lessons", user=request.user, now=now) | {"lessons": found},
    )


@audience(Audience.DESK)
@never_cache
@require_GET
def history(request, pk):
    run = run_or_404(pk)
    context = frame(run, "history", user=request.user, now=timezone.now()) | {"happenings": rosters.history(run=run)}
    return render(request, "enrollment/desk/run_history.html", context)


@audience(Audience.DESK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def capacity(request, pk):
    run = run_or_404(pk)
    now = timezone.now()
    form = CapacityForm(request.POST if request.method == "POST" else None, initial={"capacity": run.capacity})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                promoted = capacities.change_capacity(run=run, by=request.user, now=now, **form.cleaned_data)
            except EnrollmentRefused as refused:
                form.add_error("capacity", str(refused.refusal))
                status = 409
            else:
                _say_promoted(request, promoted, _("Seats: %(seats)s.") % {"seats": form.cleaned_data["capacity"]})
                return redirect("enrollment:desk_run", pk=run.pk)
    return render(
        request,
        "enrollment/desk/capacity.html",
        frame(run, "list", user=request.user, now=now) | {"form": form},
        status=status,
    )


@audience(Audience.DESK)
@never_cache
@require_POST
def offer_next(request, pk):
    """Offer what is free to those who wait; what the worker does by itself, done now."""
    run = run_or_404(pk)
    promoted = waitlist.promote(run=run, now=timezone.now())
    if promoted:
        _say_promoted(request, promoted)
    else:
        messages.info(
            request, _("Nothing to offer: no seat is free, nobody who waits fits, or it is too late to join.")
        )
    return redirect("enrollment:desk_run", pk=run.pk)


def _say_promoted(request, promoted, before=""):
    """Names stand after a colon, in the nominative."""
    names = ", ".join(one.who for one in promoted)
    offered = _("Offered to: %(names)s.") % {"names": names} if promoted else ""
    messages.success(request, f"{before} {offered}".strip())
