"""Kind pages for what went wrong; programs get the same as JSON. None of them needs the database."""

import logging
import secrets

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from accounts.audiences import Audience, audience

logger = logging.getLogger(__name__)


def _is_for_a_program(request) -> bool:
    return request.path.startswith("/api/")


def _json(status, code, detail, **more):
    response = JsonResponse({"code": code, "detail": detail, **more}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@audience(Audience.PUBLIC)
def csrf_failure(request, reason=""):
    """The form waited too long or cookies are off: say what to do, with a 403."""
    if _is_for_a_program(request):
        return _json(403, "csrf_failed", _("The CSRF token is missing or old."))
    return render(request, "403.html", {"stale_form": True}, status=403)


@audience(Audience.PUBLIC)
def bad_request(request, exception=None):
    if _is_for_a_program(request):
        return _json(400, "bad_request", _("The request could not be understood."))
    return render(request, "400.html", status=400)


@audience(Audience.PUBLIC)
def forbidden(request, exception=None):
    if _is_for_a_program(request):
        return _json(403, "forbidden", _("This account may not do that."))
    return render(request, "403.html", {"stale_form": False}, status=403)


@audience(Audience.PUBLIC)
def not_found(request, exception=None):
    if _is_for_a_program(request):
        return _json(404, "not_found", _("There is no such thing, or it is not yours."))
    return render(request, "404.html", status=404)


@audience(Audience.PUBLIC)
def server_error(request):
    """Our fault. The page shows a short reference that the log has too, and touches nothing that may be broken."""
    reference = secrets.token_hex(4)
    logger.error("failed: %s %s", request.method, request.path, exc_info=True, extra={"reference": reference})
    if _is_for_a_program(request):
        return _json(500, "server_error", _("The fault is ours. Try again in a moment."), reference=reference)
    return HttpResponse(loader.render_to_string("500.html", {"reference": reference}), status=500)
