"""Kind pages for what went wrong; none of them reads the database."""

from django.shortcuts import render

from accounts.audiences import Audience, audience


@audience(Audience.PUBLIC)
def csrf_failure(request, reason=""):
    """The form waited too long or cookies are off: say what to do, with a 403."""
    return render(request, "403.html", {"stale_form": True}, status=403)
