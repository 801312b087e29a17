"""Answering a question about a place from its letter, without a password: keep it after a trial, still coming?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from enrollment import links
from enrollment.family import wording
from enrollment.family.members import members
from enrollment.flows import enrollments, reconfirmations, trials
from enrollment.flows.places import NotTheirs
from enrollment.models import Enrollment, EnrollmentState as State
from enrollment.refusals import EnrollmentRefused


@dataclass(frozen=True)
class Question:
    name: str  # of the page and of its links
    yes: Callable
    is_open: Callable[[Enrollment, datetime], bool]
    until: Callable[[Enrollment], datetime | None]


TRIAL = Question(
    links.TRIAL, trials.keep,
    is_open=lambda one, now: one.state == State.TRIAL and one.trial_ends_at > now,
    until=lambda one: one.trial_ends_at,
)  # fmt: skip
STILL_COMING = Question(
    links.STILL_COMING, reconfirmations.confirm,
    is_open=lambda one, now: reconfirmations.is_asked(one, now=now),
    until=lambda one: one.reconfirm_by,
)  # fmt: skip


@audience(Audience.LINK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trial(request, token):
    """After a trial lesson: keep the place, or give it back. Opening shows; only a button acts (TRUST, 16)."""
    return _page(request, TRIAL, token)


@audience(Audience.LINK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def still_coming(request, token):
    """Some days before the start: they come, or give the place back."""
    return _page(request, STILL_COMING, token)


def _page(request, question, token):
    found = links.read_question(question.name, token)
    if found is None:
        raise Http404
    one, user = found
    if request.method != "POST":
        return _show(request, question, one, user)
    flows = {"accept": question.yes, "decline": enrollments.withdraw, "undo": enrollments.undo_withdrawal}
    flow = flows.get(request.POST.get("answer"))
    if flow is None:
        return _show(request, question, one, user, status=422)
    try:
        flow(enrollment=one, by=user, now=timezone.now())
    except EnrollmentRefused as refused:
        fresh, user = links.read_question(question.name, token)
        return _show(request, question, fresh, user, refusal=refused.refusal, status=409)
    except NotTheirs:  # a pupil's own login
        raise Http404 from None
    return redirect(request.path)


def _show(request, question, one, user, *, refusal=None, status=200):
    now = timezone.now()
    member = next(member for member in members(user) if member.pk == one.learner_id) if one.learner_id else None
    return render(
        request, "enrollment/offers/question.html",
        {
            "question": question.name, "state": _state(question, one, now), "enrollment": one, "run": one.run, "now": now,
            "member": member, "who": str(one.learner) if member else one.guest_name, "until": question.until(one),
            "refusal": refusal, "schedule": wording.schedule(one.run), "lesson": one.trial_lesson,
            "ticket_path": links.ticket_path(one) if one.learner_id is None else "",
        },
        status=status,
    )  # fmt: skip


def _state(question, one, now) -> str:
    """open, yes, leaving (given back, can be undone) or ended"""
    if question.is_open(one, now):
        return "open"
    if one.state == State.CONFIRMED and (question is TRIAL or one.reconfirmed_at or one.reconfirm_by is None):
        return "yes"
    if one.state == State.LEAVING and one.releases_to == State.WITHDRAWN and one.releases_at > now:
        return "leaving"
    return "ended"
