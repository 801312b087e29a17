"""The instructor's day and groups: their own, while they teach them, and only what teaching needs."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.audiences import Audience, audience
from enrollment import rosters
from enrollment.teaching import week_of


@audience(Audience.INSTRUCTOR)
@never_cache
@require_GET
def home(request):
    now = timezone.now()
    return render(request, "enrollment/teaching/home.html", {"week": week_of(user=request.user, now=now), "now": now})


@audience(Audience.INSTRUCTOR)
@never_cache
@require_GET
def run(request, pk):
    now = timezone.now()
    run = get_object_or_404(rosters.runs_taught(user=request.user, now=now), pk=pk)
    lessons = run.lessons.upcoming(now=now).select_related("room__venue").order_by("starts_at")[:6]
    context = {"run": run, "rows": rosters.class_list(run=run, now=now), "lessons": lessons, "now": now}
    return render(request, "enrollment/teaching/run.html", context)
