"""Enrolling, moving, withdrawing and cancelling: one flow call each, refusals shown kindly."""

from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audiences import Audience, audience
from accounts.models import Learner
from accounts.names import fold_query
from enrollment import rosters
from enrollment.flows import enrollments, waitlist
from enrollment.forms.desk import CancelForm, EnrollForm, MoveForm
from enrollment.models import Enrollment, EnrollmentState as State
from enrollment.refusals import EnrollmentRefused

from .undo import back_from


def _enrollment(pk):
    found = Enrollment.objects.for_display().select_related("learner__school", "learner__user", "moved_from__run")
    return get_object_or_404(found, pk=pk)


@audience(Audience.DESK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enroll(request, pk):
    """Choose a group for a known learner; Enter enrolls. A misfit needs a written reason."""
    learner = get_object_or_404(Learner.objects.select_related("school", "user"), pk=pk)
    now = timezone.now()
    form = EnrollForm(request.POST if request.method == "POST" else None, initial={"key": uuid4()})
    refusal = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            submission = enrollments.enroll(
                run=given["run"], learners=[learner], key=given["key"], by=request.user, now=now,
                override_reason=given["reason"],
            )  # fmt: skip
        except EnrollmentRefused as refused:
            refusal = refused.refusal
        else:
            _say_result(request, submission, given["run"])
            return redirect("enrollment:desk_family", pk=learner.pk)
    choices = rosters.choices(learner=learner, now=now)
    return _choose(request, form, refusal, choices, now, learner=learner)


def _say_result(request, submission, run):
    enrollment = submission.enrollments.filter(run=run).first()
    if enrollment and enrollment.state == State.WAITLISTED:
        number = waitlist.positions([enrollment]).get(enrollment.pk, "")
        messages.warning(
            request, _("%(code)s is full. Place in the queue: %(number)s") % {"code": run.code, "number": number}
        )
    else:
        messages.success(request, _("Place confirmed: %(group)s") % {"group": run})


def _choose(request, form, refusal, choices, now, *, learner, enrollment=None):
    """The chooser of groups: those that fit first, filtered by what was typed."""
    text = request.GET.get("q", "")[:100]
    words = fold_query(text).split()
    shown = [one for one in choices if not words or rosters.matches(one.run, words)]
    picked = _picked(form, shown, may_queue=enrollment is None)
    context = {
        "form": form, "refusal": refusal, "learner": learner, "enrollment": enrollment, "q": text, "picked": picked,
        "fitting": [one for one in shown if one.fits], "others": [one for one in shown if not one.fits],
        "may_queue": enrollment is None, "now": now, "back": request.POST.get("back") or request.GET.get("back", ""),
        "grade": learner.grade_on(timezone.localtime(now).date()), "age": learner.age_on(timezone.localtime(now).date()),
    }  # fmt: skip
    status = 409 if refusal else 422 if form.is_bound else 200
    return render(request, "enrollment/desk/choose_group.html", context, status=status)


def _picked(form, shown, *, may_queue):
    """The id of the chosen group: what was sent, or the first that fits."""
    sent = form.data.get("run", "") if form.is_bound else ""
    if sent.isdecimal():
        return int(sent)
    return next((one.run.pk for one in shown if one.fits and (may_queue or not one.run.is_full)), None)


@audience(Audience.DESK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def move(request, pk):
    enrollment = _enrollment(pk)
    now = timezone.now()
    form = MoveForm(request.POST if request.method == "POST" else None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        moved = getattr(enrollment, "moved_to", None)
        if moved and moved.ended_at is None and moved.run_id == given["run"].pk:
            return back_from(request, enrollment, done=moved.pk)  # pressed twice, moved once
        try:
            moved = enrollments.move(
                enrollment=enrollment, to_run=given["run"], by=request.user, reason=given["message"], now=now,
                override_reason=given["reason"],
            )  # fmt: skip
        except EnrollmentRefused as refused:
            refusal = refused.refusal
        else:
            return back_from(request, enrollment, done=moved.pk)
    choices = rosters.choices(learner=enrollment.learner, now=now, leaving=enrollment) if enrollment.learner else []
    return _choose(request, form, refusal, choices, now, learner=enrollment.learner, enrollment=enrollment)


@audience(Audience.DESK)
@never_cache
@require_POST
def withdraw(request, pk):
    """The family asked for it on the phone; the seat and the letter wait for the staff's undo time."""
    enrollment = _enrollment(pk)
    now, hold = timezone.now(), settings.STAFF_MESSAGE_HOLD_SECONDS
    try:
        ended = enrollments.withdraw(enrollment=enrollment, by=request.user, now=now, hold_seconds=hold)
    except EnrollmentRefused as refused:
        return _refused(request, enrollment, refused)
    if ended.state == State.WITHDRAWN:
        messages.success(
            request, _("Left the queue: %(name)s · %(code)s") % {"name": ended.who, "code": ended.run.code}
        )
    return back_from(request, enrollment, done=enrollment.pk)


@audience(Audience.DESK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request, pk):
    enrollment = _enrollment(pk)
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            enrollments.cancel(
                enrollment=enrollment, by=request.user, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except EnrollmentRefused as refused:
            return _refused(request, enrollment, refused)
        return back_from(request, enrollment, done=enrollment.pk)
    context = {"form": form, "enrollment": enrollment, "back": request.POST.get("back") or request.GET.get("back", "")}
    return render(request, "enrollment/desk/cancel.html", context, status=422 if form.is_bound else 200)


@audience(Audience.DESK)
@never_cache
@require_POST
def undo(request, pk):
    """Take the last change back; pressed twice it is taken back once."""
    enrollment = _enrollment(pk)
    now = timezone.now()
    old = enrollment.moved_from
    is_move = old is not None and enrollment.state != State.LEAVING
    if is_move and enrollment.state == State.CANCELLED and old.state == State.CONFIRMED:
        return back_from(request, old)
    try:
        flow = enrollments.undo_move if is_move else enrollments.undo_withdrawal
        restored = flow(enrollment=enrollment, by=request.user, now=now)
    except EnrollmentRefused as refused:
        return _refused(request, enrollment, refused)
    messages.success(request, _("Undone: %(name)s · %(code)s") % {"name": restored.who, "code": restored.run.code})
    return back_from(request, restored)


def _refused(request, enrollment, refused):
    context = {"enrollment": enrollment, "refusals": refused.refusals}
    return render(request, "enrollment/desk/refused.html", context, status=409)
