"""The home page and the pages about the site itself."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from enrollment.catalogue import season
from enrollment.views import fragments


@audience(Audience.PUBLIC)
@require_safe
def home(request) -> HttpResponse:
    now = timezone.now()

    def make():
        context = {"season": season.season(now=now), "visit": season.visit(now=now)}
        return render(request, "enrollment/home.html", context)

    return make() if request.META["QUERY_STRING"] else fragments.kept_page(request, make, now=now)


@audience(Audience.PUBLIC)
@require_safe
def help_page(request) -> HttpResponse:
    return render(request, "enrollment/help.html")


@audience(Audience.PUBLIC)
@require_safe
def privacy(request) -> HttpResponse:
    return render(request, "enrollment/privacy.html")


@audience(Audience.PUBLIC)
@require_safe
def accessibility(request) -> HttpResponse:
    return render(request, "enrollment/accessibility.html")
