"""Draws, for everybody: what was promised before, what came out, and everything needed to do it again."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from enrollment.draws import published


@audience(Audience.PUBLIC)
@require_safe
def draws(request) -> HttpResponse:
    now = timezone.now()
    found = [(one, published.stage_of(one, now=now)) for one in published.shown()]
    return render(request, "enrollment/draws/list.html", {"draws": found})


@audience(Audience.PUBLIC)
@require_safe
def draw(request, slug) -> HttpResponse:
    found = get_object_or_404(published.shown(), slug=slug)
    page = published.draw_page(
        found, user=request.user, page=request.GET.get("page", ""), typed=request.GET.get("q", ""), now=timezone.now()
    )
    context = {"draw": found, "page": page, "example": published.example(), "fewest": published.FEWEST_TYPED}
    return render(request, "enrollment/draws/draw.html", context)


@audience(Audience.PUBLIC)
@require_safe
@gzip_page
def draw_record(request, slug) -> HttpResponse:
    """The whole record at once, as `manage.py verify_draw` reads it; a copy that is current is answered with 304."""
    found = get_object_or_404(published.shown(), slug=slug)
    text, etag = published.record_text(found, now=timezone.now())
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["ETag"] = etag
    response["Content-Disposition"] = f'inline; filename="{found.slug}.json"'
    patch_cache_control(response, public=True, no_cache=True)
    return get_conditional_response(request, etag=etag, response=response)
