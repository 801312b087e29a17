"""Enrolling: who goes (S13), one calm look (S14), and the answer (S17)."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode as encode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audiences import Audience, audience
from accounts.flows.families import own_learner
from accounts.models import Learner, TeacherProfile
from accounts.statements import Statement
from courses.models import Audience as CourseAudience, CourseRun, RunKind
from courses.prices import price_line
from enrollment.family import choices, receipts, weeks, wording
from enrollment.flows import applications, trials
from enrollment.flows.places import NotTheirs
from enrollment.models import Enrollment, Submission
from enrollment.refusals import EnrollmentRefused, Reason

MOST_AT_ONCE = 10  # children of one family


_shown = Statement(lambda pk: CourseRun.objects.public().for_display().filter(pk=pk))
_decided_on = Statement(
    lambda pk: CourseRun.objects.public().select_related("course__program", "room__venue").filter(pk=pk)
)


def _run(run_pk, statement=_shown):
    if found := statement(run_pk):
        return found[0]
    raise Http404


def _address(name, run, learners=(), **more):
    query = urlencode([("learner", pk) for pk in learners] + [(key, value) for key, value in more.items() if value])
    return reverse(f"enrollment:{name}", args=[run.pk]) + (f"?{query}" if query else "")


def _with_next(name, address, *args, **more):
    return f"{reverse(f'enrollment:{name}', args=args)}?{encode({**more, 'next': address})}"


# -- Who goes --------------------------------------------------------------------------------------


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def enroll(request, run_pk):
    """Children as tick rows with their fit, and the week with the new lesson. Oneself needs no choosing."""
    run, now = _run(run_pk), timezone.now()
    if run.kind == RunKind.SLOT:
        return redirect("courses:book", run.course.slug, run.slug)
    choice = choices.choice(run=run, user=request.user, now=now)
    if not choice.closed or choice.prepares:
        next_page = "application_new" if choice.prepares else "enroll_check"
        if not choice.candidates:
            return redirect(_with_next("child_new", _address(next_page, run)))
        if choice.of_oneself and (missing := missing_of_user(request.user, run, _address("enroll", run))):
            return redirect(missing)
        if choice.of_oneself and choice.fitting:
            return redirect(_address(next_page, run, [choice.fitting[0].pk]))
    return _choose(request, choice, now, picked=choice.pick(request.GET.getlist("learner")))


def _choose(request, choice, now, *, picked=(), status=200, nobody=False):
    run = choice.run
    picked_ids = [one.pk for one in picked] or ([choice.fitting[0].pk] if len(choice.fitting) == 1 else [])
    here = _address("enroll", run, picked_ids)
    is_full = run.is_full and not choice.closed
    looking = choice.looking if is_full or not choice.fitting else []
    blocks = _week(choice, now) if not choice.closed or choice.prepares else []
    suits = looking and choice.of_children and not choice.fitting
    return render(
        request,
        "enrollment/family/choose.html",
        {
            "run": run,
            "choice": choice,
            "picked_ids": picked_ids,
            "nobody": nobody,
            "schedule": wording.schedule(run),
            "here": here,
            "new_child": _with_next("child_new", here),
            "together": bool(request.GET.get("together")),
            "next_page": reverse(
                f"enrollment:{'application_new' if choice.prepares else 'enroll_check'}", args=[run.pk]
            ),
            "blocks": blocks,
            "has_queue": any(block.kind == "queue" for block in blocks),
            "is_full": is_full,
            "can_try": not is_full and not choice.closed and bool(trials.lessons_to_try(run, now=now)),
            "others": choices.other_times(run, looking, now=now) if looking else [],
            "suitable": choices.suitable_courses(looking, instead_of=run, now=now) if suits else [],
        },
        status=status,
    )


def _week(choice, now):
    """The week in which the new lesson meets another, or else its first one, with everybody it may concern."""
    shown = [one.member for one in choice.candidates if one.fits or one.is_clash]
    clash = next((one.refusal for one in choice.candidates if one.is_clash), None)
    return weeks.preview(choice.run, shown, now=now, at=clash.facts["at"] if clash else None) if shown else []


# -- One calm look ---------------------------------------------------------------------------------


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_check(request, run_pk):
    """GET: the summary. POST: enroll; the same press again, Back or a second tab end on the same receipt."""
    is_sent = request.method == "POST"
    run, now = _run(run_pk, _decided_on if is_sent else _shown), timezone.now()
    if run.kind == RunKind.SLOT:
        return redirect("courses:book", run.course.slug, run.slug)
    if is_sent:
        return _submit(request, run, now)
    choice = choices.choice(run=run, user=request.user, now=now)
    picked = choice.pick(request.GET.getlist("learner"))[:MOST_AT_ONCE]
    together = bool(request.GET.get("together")) and len(picked) > 1
    if choice.closed or not picked or any(not one.fits for one in picked):
        if not choice.closed and not choice.candidates:
            return redirect(_with_next("child_new", _address("enroll_check", run)))
        if choice.prepares:
            return redirect(_address("application_new", run, [one.pk for one in picked], together=together))
        if not picked:
            return _choose(request, choice, now, nobody=True, status=422)
        if receipt := _receipt_of(request, run, picked):
            return redirect(receipt)
        return redirect(_address("enroll", run, [one.pk for one in picked]))
    if missing := missing_of_user(
        request.user, run, _address("enroll_check", run, [one.pk for one in picked], together=together)
    ):
        return redirect(missing)
    return _check(request, choice, picked, together, now)


def _receipt_of(request, run, picked) -> str:
    """Where the receipt of an earlier press is, when all of them have applied already: for Back, and for a second tab."""
    refused = EnrollmentRefused(*(one.refusal for one in picked if one.refusal))
    return choices.receipt_of(refused, run=run, learner_ids=[one.pk for one in picked], user=request.user)


def missing_of_user(user, run, here):
    """The address of the step that asks for what an enrollment needs to know of its sender; "" when nothing is missing."""
    named = user.first_name and user.last_name
    if run.course.audience == CourseAudience.TEACHERS:
        # Whether the school is one of Ventspils is a rule; that a teacher names one is asked here.
        complete = named and TeacherProfile.objects.filter(user=user).exists()
        return "" if complete else _with_next("profile", here, teacher=1)
    return "" if named and user.phone else _with_next("profile", here)


def _check(request, choice, picked, together, now, *, refusals=(), status=200):
    run, user = choice.run, request.user
    ids = [one.pk for one in picked]
    here = _address("enroll_check", run, ids, together=together)
    free = run.seats_free
    return render(
        request, "enrollment/family/check.html",
        {
            "run": run, "choice": choice, "picked": picked, "together": together, "key": uuid4(), "refusals": refusals,
            "schedule": wording.schedule(run), "first_day": wording.first_lesson(run, now=now) if run.starts_at > now else "",
            "price": price_line(run.course), "rule": wording.rule_of_places(run),
            "change_who": _address("enroll", run, ids, together=together),
            "change_me": _with_next("profile", here), "here": here, "user_name": user.get_full_name(),
            "is_full": free == 0, "waiting": max(0, len(picked) - free) if not together else (0 if free >= len(picked) else len(picked)),
            "more_wishes": _address("application_new", run, ids, together=together),
            "free": free, "first_time": not Enrollment.objects.visible_to(user).exists(),
            "others": choices.other_times(run, [one.member for one in picked], now=now) if free < len(picked) else [],
        },
        status=status,
    )  # fmt: skip


def _submit(request, run, now):
    """Straight to the flow, which decides by itself: on an opening morning every query here is waited for by hundreds."""
    user, wanted = request.user, request.POST.getlist("learner")
    if run.course.audience in choices.CHILDREN and user.first_name and user.last_name and user.phone:
        learners = [Learner(pk=int(one)) for one in wanted[:MOST_AT_ONCE] if one.isdecimal() and len(one) < 19]
        if learners:
            try:
                return _enroll(request, run, learners, now)
            except NotTheirs:
                pass  # then those who are theirs are picked below
    wanted = set(wanted)
    picked = [one for one in choices.who_may_go(run=run, user=user, now=now) if str(one.pk) in wanted][:MOST_AT_ONCE]
    together = bool(request.POST.get("together")) and len(picked) > 1
    if not picked:
        return _choose(request, choices.choice(run=run, user=user, now=now), now, nobody=True, status=422)
    if missing := missing_of_user(
        user, run, _address("enroll_check", run, [one.pk for one in picked], together=together)
    ):
        return redirect(missing)
    return _enroll(request, run, [one.learner if one.pk else own_learner(user=user) for one in picked], now)


def _enroll(request, run, learners, now):
    together = bool(request.POST.get("together")) and len(learners) > 1
    try:
        answer = applications.submit(
            run=run, learners=learners, key=_key(request), by=request.user, now=now, together=together
        )
    except EnrollmentRefused as refused:
        ids = [learner.pk for learner in learners]
        if receipt := choices.receipt_of(refused, run=run, learner_ids=ids, user=request.user):
            return HttpResponseRedirect(receipt)
        return _refused(request, run, ids, together, now, refused)
    if isinstance(answer, list):  # received, to be decided in their turn
        return redirect(answer[0] if len(answer) == 1 else "enrollment:applications")
    return redirect(answer)


def _key(request) -> UUID:
    """The key that came with the form; a broken one is as good as none."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _refused(request, run, ids, together, now, refused):
    """The same page with the reasons, 409: the form was right, but what is so has changed meanwhile. Nobody is enrolled yet."""
    run.refresh_from_db()
    fresh = choices.choice(run=run, user=request.user, now=now)
    refusals = [refusal for refusal in refused.refusals if refusal.reason != Reason.FULL]
    refused_ids = {refusal.learner.pk for refusal in refusals if refusal.learner}
    still = [one for one in fresh.pick(map(str, ids)) if one.fits and one.pk not in refused_ids]
    if fresh.closed or not still:
        return _choose(request, fresh, now, picked=still, status=409)
    return _check(request, fresh, still, together and len(still) > 1, now, refusals=refusals, status=409)


# -- The answer --------------------------------------------------------------------------------


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def result(request, key):
    """The permanent receipt: when it was received, and where each of them stands now."""
    submission = get_object_or_404(Submission.objects.visible_to(request.user), key=key)
    receipt = receipts.receipt(submission=submission, user=request.user, now=timezone.now())
    return render(request, "enrollment/family/result.html", {"receipt": receipt, "submission": submission})
