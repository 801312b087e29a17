"""Trying one lesson of a group before deciding: who goes, which lesson, one press."""

from uuid import UUID, uuid4

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from accounts.flows.families import own_learner
from courses.models import CourseRun, RunKind
from enrollment.family import choices, wording
from enrollment.flows import trials
from enrollment.flows.places import NotTheirs
from enrollment.refusals import EnrollmentRefused, Reason
from enrollment.views.family.enrolling import missing_of_user


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def try_lesson(request, run_pk):
    """GET: who may try which lesson. POST: a place until it is decided; the same press again finds it."""
    runs = CourseRun.objects.public().filter(kind=RunKind.GROUP).for_display()
    run, now = get_object_or_404(runs, pk=run_pk), timezone.now()
    people = choices.who_may_go(run=run, user=request.user, now=now)
    if not people and run.course.audience not in choices.ONESELF:
        here = reverse("enrollment:try_lesson", args=[run.pk])
        return redirect(f"{reverse('enrollment:child_new')}?next={here}")
    if missing := missing_of_user(request.user, run, reverse("enrollment:try_lesson", args=[run.pk])):
        return redirect(missing)
    if request.method == "POST":
        return _begin(request, run, people, now)
    return _show(request, run, people, now)


def _begin(request, run, people, now):
    member = next((one for one in people if str(one.pk) == request.POST.get("learner")), None)
    lessons = {str(one.pk): one for one in trials.lessons_to_try(run, now=now)}
    lesson = lessons.get(request.POST.get("lesson"))
    if member is None or lesson is None:
        return _show(request, run, people, now, incomplete=True, status=422)
    learner = member.learner if member.pk else own_learner(user=request.user)
    try:
        trial = trials.begin_trial(
            run=run, learner=learner, lesson=lesson, key=_key(request), by=request.user, now=now
        )  # fmt: skip
    except EnrollmentRefused as refused:
        run.refresh_from_db()
        return _show(request, run, people, now, refusal=refused.refusal, status=409)
    except NotTheirs:
        raise Http404 from None
    return redirect(trial)


def _key(request) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _show(request, run, people, now, *, refusal=None, incomplete=False, status=200):
    refusals = trials.why_not(run=run, learners=[one.learner for one in people], now=now)
    candidates = [choices.Candidate(one, refusals[one.learner.pk], run) for one in people]
    lessons = trials.lessons_to_try(run, now=now)
    reasons = [one.refusal for one in candidates if one.refusal]
    return render(
        request, "enrollment/family/try_lesson.html",
        {
            "run": run, "candidates": candidates, "fitting": [one for one in candidates if one.fits], "lessons": lessons,
            "is_full": any(reason.reason == Reason.FULL for reason in reasons), "key": uuid4(), "refusal": refusal,
            "incomplete": incomplete, "schedule": wording.schedule(run), "hours": run.course.program.trial_answer_hours,
            "picked": request.POST.get("learner", ""), "picked_lesson": request.POST.get("lesson", ""),
        },
        status=status,
    )  # fmt: skip
