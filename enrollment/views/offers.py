"""Answering an offered place, from its letter and without a password (UX S16)."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from courses.prices import price_line
from enrollment import eligibility, links
from enrollment.family import choices, weeks, wording
from enrollment.family.home import first_lessons
from enrollment.family.members import members
from enrollment.flows import waitlist
from enrollment.flows.places import NotTheirs
from enrollment.models import Enrollment, EnrollmentState as State, OfferState
from enrollment.refusals import EnrollmentRefused

ANSWERS = {"accept": waitlist.accept, "decline": waitlist.decline}


@audience(Audience.LINK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request, token):
    """Opening shows; only a button answers, so that a mail scanner cannot (TRUST, 16)."""
    found = links.read_offer(token)
    if found is None:
        raise Http404
    offered, user = found
    if request.method == "POST":
        return _answer(request, offered, user)
    return _show(request, offered, user)


def _answer(request, offered, user):
    flow = ANSWERS.get(request.POST.get("answer"))
    if flow is None:
        return _show(request, offered, user, status=422)
    try:
        flow(offer=offered, by=user, now=timezone.now())
    except EnrollmentRefused as refused:
        fresh, user = links.read_offer(request.resolver_match.kwargs["token"])
        return _show(request, fresh, user, refusal=refused.refusal, status=409)
    except NotTheirs:  # a pupil's own login
        raise Http404 from None
    return redirect(request.path)


def _show(request, offered, user, *, refusal=None, status=200):
    now = timezone.now()
    enrollment = offered.enrollment
    run = enrollment.run
    state = _state(offered, now)
    member = _member(enrollment, user)
    if state == OfferState.OPEN and member and refusal is None:
        refusal = eligibility.why_not_accept(enrollment=enrollment, now=now)
    is_open = state == OfferState.OPEN
    lesson = first_lessons([run.pk], now=now).get(run.pk)
    ended = state in (OfferState.EXPIRED, OfferState.DECLINED, OfferState.CLOSED)
    return render(
        request, "enrollment/offers/offer.html",
        {
            "offer": offered, "enrollment": enrollment, "run": run, "state": state, "member": member, "now": now,
            "who": str(enrollment.learner) if member else enrollment.guest_name, "refusal": refusal,
            "instead_of": enrollment.replaces if enrollment.replaces_id and enrollment.replaces.ended_at is None else None,
            "schedule": wording.schedule(run), "price": price_line(run.course),
            "first_lesson": wording.first_lesson(run, lesson, now=now) if lesson else "",
            "blocks": weeks.preview(run, [member], now=now, at=_clash_at(refusal)) if is_open and member else [],
            "queues": _other_queues(enrollment) if is_open and member else [],
            "number_now": choices.number_if_joined_now(run) if ended and run.is_full else None,
            "rejoin": _rejoin(enrollment, now) if ended else "",
        },
        status=status,
    )  # fmt: skip


def _state(offered, now):
    """An offer whose time is up has expired, whether or not the worker has noticed."""
    late = offered.state == OfferState.OPEN and offered.expires_at <= now
    return OfferState.EXPIRED if late else OfferState(offered.state)


def _member(enrollment, user):
    """The learner as the family of the person who got the letter sees them; None for a party of guests."""
    if enrollment.learner_id is None:
        return None
    family = members(user)
    return next(member for member in family if member.pk == enrollment.learner_id)


def _clash_at(refusal):
    return refusal.facts.get("at") if refusal and refusal.code == "clash" else None


def _other_queues(enrollment):
    """[(code, number)] of the queues that stay, whatever the answer."""
    others = list(
        Enrollment.objects.filter(learner=enrollment.learner_id)
        .waitlisted()
        .exclude(pk=enrollment.pk)
        .select_related("run")
    )
    positions = waitlist.positions(others)
    return [(one.run.code, positions[one.pk]) for one in others]


def _rejoin(enrollment, now):
    """Where to apply again, after signing in; "" when it is not possible or not needed."""
    if enrollment.learner_id is None or not enrollment.run.is_open(now=now):
        return ""
    # This very one may still look offered for the seconds until the worker notices that its time is up.
    others = Enrollment.objects.filter(run=enrollment.run_id, learner=enrollment.learner_id, ended_at=None)
    if others.exclude(pk=enrollment.pk, state=State.OFFERED).exists():
        return ""
    return f"{reverse('enrollment:enroll_check', args=[enrollment.run_id])}?learner={enrollment.learner_id}"
