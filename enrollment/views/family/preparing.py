"""Writing down what will be sent: whom for, which groups in which order. What is open already is sent at once."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from accounts.flows.families import own_learner
from courses.models import CourseRun, RunKind
from courses.prices import price_line
from enrollment.family import choices, wording
from enrollment.family.wishes import wishes
from enrollment.flows import applications
from enrollment.forms.wishes import WishesForm
from enrollment.models import Enrollment
from enrollment.refusals import EnrollmentRefused, Reason

from .enrolling import MOST_AT_ONCE, missing_of_user
from .lobby import card_of, send_each, show_one


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def application_new(request, run_pk):
    """One calm look at the wishes, with this group first. Who is meant was chosen on the page before."""
    now = timezone.now()
    run = get_object_or_404(CourseRun.objects.public().for_display().filter(kind=RunKind.GROUP), pk=run_pk)
    sent = request.POST if request.method == "POST" else request.GET
    wanted = set(sent.getlist("learner"))
    who = choices.who_may_go(run=run, user=request.user, now=now)
    picked = [one for one in who if str(one.pk) in wanted][:MOST_AT_ONCE]
    if not picked:
        return redirect("enrollment:enroll", run.pk)
    together = bool(sent.get("together")) and len(picked) > 1
    here = _here(run, picked, together)
    if missing := missing_of_user(request.user, run, here):
        return redirect(missing)
    wished = wishes(run=run, learners=[one.learner for one in picked], now=now)
    form = WishesForm(request.POST if request.method == "POST" else None, wished=wished)
    if request.method == "POST" and form.is_valid():
        return _prepare(request, form, wished, picked, together, here, now)
    if request.method != "POST" and wished.refusals:
        return redirect(_choose(run, picked))
    return _show(request, form, wished, picked, together, here, now, status=422 if form.errors else 200)


def _here(run, picked, together):
    query = [*(("learner", one.pk) for one in picked), *([("together", 1)] if together else [])]
    return f"{reverse('enrollment:application_new', args=[run.pk])}?{urlencode(query)}"


def _choose(run, picked):
    return f"{reverse('enrollment:enroll', args=[run.pk])}?{urlencode([('learner', one.pk) for one in picked])}"


def _prepare(request, form, wished, picked, together, here, now):
    learners = [one.learner if one.pk else own_learner(user=request.user) for one in picked]
    try:
        prepared = applications.prepare_each(
            learners=learners, by=request.user, now=now, key=_key(request), together=together, **form.wishes()
        )
    except EnrollmentRefused as refused:
        if refused.refusal.reason == Reason.PREPARED:
            return redirect(refused.refusal.facts["application"])  # from a second tab, or by the other guardian
        return _show(request, form, wished, picked, together, here, now, refusals=refused.refusals, status=409)
    return _go_on(request, prepared, wished, now)


def _go_on(request, prepared, wished, now):
    """What is open already is sent by the same press; everything else waits in the lobby."""
    if not wished.is_open(now=now):
        messages.success(request, _("Prepared. At the opening one button is left to press."))
        return redirect("enrollment:applications")
    sent, refused = send_each(prepared, by=request.user, now=now)
    if len(prepared) == 1 and refused:
        return show_one(request, prepared[0].key, refusals=refused[prepared[0].key], status=409)
    for refusals in refused.values():
        messages.error(request, " ".join(str(refusal) for refusal in refusals))
    return redirect(sent[0] if len(prepared) == 1 else "enrollment:applications")


def _key(request) -> UUID:
    """The key that came with the form; a broken one is as good as none."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _show(request, form, wished, picked, together, here, now, *, refusals=(), status=200, card=None):
    run, user = wished.run, request.user
    context = {
        "run": run, "form": form, "wished": wished, "picked": picked, "together": together, "refusals": refusals,
        "card": card, "is_open": wished.is_open(now=now), "key": request.POST.get("key") or uuid4(), "now": now,
        "schedule": wording.schedule(run), "rule": wording.rule_of_places(run), "price": price_line(run.course),
        "first_day": wording.first_lesson(run, now=now) if run.starts_at > now else "",
        "change_who": _choose(run, picked), "here": here, "user_name": user.get_full_name(),
        "of_oneself": picked[0].is_self, "first_time": not Enrollment.objects.visible_to(user).exists(),
        "change_me": f"{reverse('enrollment:profile')}?{urlencode({'next': here})}",
    }  # fmt: skip
    return render(request, "enrollment/family/wishes.html", context, status=status)


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def application_edit(request, key):
    """The wishes of what is only prepared, or was sent to a draw that still collects."""
    now = timezone.now()
    card = card_of(request.user, key, now)
    if not card.may_decide:
        raise PermissionDenied
    if not card.is_changeable:
        return redirect(card.application)
    run = CourseRun.objects.for_display().get(pk=card.run.pk)
    wished = wishes(run=run, learners=[one.learner for one in card.members], now=now)
    form = WishesForm(request.POST if request.method == "POST" else None, wished=wished, application=card.application)
    here = reverse("enrollment:application_edit", args=[key])
    together = len(card.members) > 1
    if request.method == "POST" and form.is_valid():
        try:
            applications.prepare(application=card.application, by=request.user, now=now, **form.wishes())
        except EnrollmentRefused as refused:
            return _show(
                request, form, wished, card.members, together, here, now, refusals=refused.refusals, status=409, card=card
            )  # fmt: skip
        messages.success(request, _("Saved."))
        return redirect(card.application if card.state == "drawn" else "enrollment:applications")
    status = 422 if form.errors else 200
    return _show(request, form, wished, card.members, together, here, now, status=status, card=card)
