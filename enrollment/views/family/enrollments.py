"""One enrollment: the permanent receipt, its history, and giving it back (UX S15)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audiences import Audience, audience
from accounts.formatting import time as clock
from enrollment import links
from enrollment.family import choices, wording
from enrollment.family.decisions import question_about
from enrollment.family.history import history
from enrollment.family.home import coming_lessons
from enrollment.family.members import members
from enrollment.flows import enrollments, waitlist
from enrollment.models import ATTENDING, Enrollment, EnrollmentState as State
from enrollment.refusals import EnrollmentRefused, Reason, Refusal


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def enrollment(request, pk):
    return _show(request, get_object_or_404(_visible(request), pk=pk))


def _visible(request):
    """Their own, of learners; a party of guests has its ticket instead."""
    mine = Enrollment.objects.visible_to(request.user).filter(learner__isnull=False)
    return mine.for_display().select_related("trial_lesson__room__venue", "trial_lesson__replaces", "replaces__run")


def _show(request, one, *, refusal=None, status=200):
    now = timezone.now()
    member = next(member for member in members(request.user) if member.pk == one.learner_id)
    may_decide = member.may_decide(today=timezone.localtime(now).date())
    offer = one.offers.open().first() if one.state == State.OFFERED else None
    offer = offer if offer and offer.expires_at > now else None
    position = waitlist.positions([one]).get(one.pk)
    kind, title, sentence = wording.headline(one, position=position, offer=offer, now=now)
    is_current = one.ended_at is None and one.run.ends_at > now
    return render(
        request, "enrollment/family/enrollment.html",
        {
            "enrollment": one, "member": member, "kind": kind, "title": title, "sentence": sentence, "refusal": refusal,
            "offer_path": links.offer_path(offer, request.user) if offer and may_decide else "",
            "lessons": _lessons(one, now) if is_current and one.state != State.WAITLISTED else [],
            **_around(one, user=request.user, may_decide=may_decide, now=now),
            "history": history(one, user=request.user), "now": now,
            "schedule": wording.schedule(one.run), "reference": one.submission.reference,
            "can_give_back": may_decide and one.state in ATTENDING and is_current,
            "can_change": may_decide and one.state == State.CONFIRMED and is_current,
            "can_leave_queue": may_decide and one.state == State.WAITLISTED,
            "can_undo": may_decide and one.state == State.LEAVING and one.releases_to == State.WITHDRAWN and one.releases_at > now,
            "can_apply_again": may_decide and one.ended_at is not None and one.run.is_open(now=now),
            "others": choices.other_times(one.run, [member], now=now) if one.state == State.WAITLISTED else [],
        },
        status=status,
    )  # fmt: skip


def _lessons(one, now):
    """The next ones; of a trial only the one that is tried."""
    if one.state == State.TRIAL:
        return [one.trial_lesson] if one.trial_lesson.ends_at > now else []
    return coming_lessons(one, now=now)


def _around(one, *, user, may_decide, now):
    """What is asked about this place, and the places that it is to replace or that are to replace it."""
    question = links.TRIAL if one.state == State.TRIAL and one.trial_ends_at > now else question_about(one, now=now)
    to_come = list(Enrollment.objects.live().filter(replaces=one).select_related("run__course").order_by("pk"))
    positions = waitlist.positions(to_come)
    is_open = one.state in (State.WAITLISTED, State.OFFERED)
    return {
        "question": question,
        "question_path": links.question_path(question, one, user) if question and may_decide else "",
        "instead_of": one.replaces if is_open and one.replaces_id and one.replaces.ended_at is None else None,
        "changing_to": [(each, positions.get(each.pk)) for each in to_come] if one.ended_at is None else [],
        "changed_to": to_come[0] if to_come and one.state == State.MOVED else None,
    }


def _change(request, pk, flow, done):
    """Load, check, one flow call, and back to the page, which says how things are now."""
    one = get_object_or_404(_visible(request), pk=pk)
    now = timezone.now()
    member = next(member for member in members(request.user) if member.pk == one.learner_id)
    if not member.may_decide(today=timezone.localtime(now).date()):
        return _show(request, one, status=403)
    if one.state == State.LEAVING and one.releases_to != State.WITHDRAWN:
        # The centre ended it; the family cannot take that back.
        return _show(request, one, refusal=Refusal(Reason.ENDED, one.learner), status=409)
    try:
        changed = flow(enrollment=one, by=request.user, now=now)
    except EnrollmentRefused as refused:
        return _show(request, _visible(request).get(pk=pk), refusal=refused.refusal, status=409)
    if words := done(changed):
        messages.success(request, words)
    return redirect(one)


@audience(Audience.SIGNED_IN)
@require_POST
def withdraw(request, pk):
    """Give a place back, or leave a queue. A place is held for undo first."""

    def done(changed):
        if changed.state == State.LEAVING:
            return ""  # the page itself says until when it can be undone
        return _("Left the queue. Other queues stay as they were.")

    return _change(request, pk, enrollments.withdraw, done)


@audience(Audience.SIGNED_IN)
@require_POST
def undo_withdrawal(request, pk):
    return _change(request, pk, enrollments.undo_withdrawal, lambda changed: _("Undone. The place stays."))


@audience(Audience.SIGNED_IN)
@require_POST
def pass_on(request, pk):
    """End the hold at once, so that the next family need not wait."""

    def done(changed):
        if changed.ended_at is None:
            return ""
        return _("Thank you. The place was passed on at %(time)s.") % {"time": clock(changed.changed_at)}

    return _change(request, pk, enrollments.pass_on, done)
