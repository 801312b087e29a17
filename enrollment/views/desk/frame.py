"""What stands around every page of one group at the desk: its head, tabs and what is to be decided about it."""

from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.formatting import date_short
from accounts.permissions import is_builder
from courses.models import CourseRun, RunState
from enrollment import causes, rosters
from enrollment.flows import decisions


def run_or_404(pk: int) -> CourseRun:
    return get_object_or_404(CourseRun.objects.for_display().prefetch_related("instructors"), pk=pk)


def frame(run: CourseRun, tab: str, *, user, now: datetime) -> dict:
    """The context of desk/run_base.html."""
    kind, words = rosters.state_of(run, now=now)
    return {
        "run": run, "tab": tab, "now": now, "state_kind": kind, "state": words, "may_decide": is_builder(user),
        "has_door": run.course.program.has_standby, "decision": _decision(run, now),
        "next_lesson": run.lessons.scheduled().upcoming(now=now).order_by("starts_at", "pk").first(),
        "cancelled_because": causes.words(run.cancellation_reason),
    }  # fmt: skip


def _decision(run, now) -> str:
    if run.state != RunState.PUBLISHED or run.decision_on is None or run.ends_at <= now:
        return ""
    if run.decided_at is not None:
        return _("Decided on %(day)s: the group takes place.") % {"day": date_short(run.decided_at)}
    confirmed = decisions.confirmed_seats([run.pk]).get(run.pk, 0)
    facts = {"day": date_short(run.decision_on), "confirmed": confirmed, "minimum": run.minimum_size}
    return _("Decision: %(day)s · confirmed: %(confirmed)s of %(minimum)s") % facts
