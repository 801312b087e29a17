"""The desk's first page: a search box, and what needs somebody now."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.audiences import Audience, audience
from enrollment.desk.today import today


@audience(Audience.DESK)
@never_cache
@require_GET
def home(request):
    now = timezone.now()
    return render(request, "enrollment/desk/home.html", {"today": today(now=now), "now": now})
