"""The demonstration's door: its people on one page, each signed in by one press."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.audiences import Audience, audience
from enrollment.demo.people import BY_KEY, PEOPLE


@audience(Audience.DEMO)
@never_cache
@require_GET
def demo_people(request):
    return render(request, "enrollment/demo_people.html", {"people": PEOPLE})


@audience(Audience.DEMO)
@never_cache
@require_GET
def demo_sign_in(request, key):
    """Sign in as that person, whoever was signed in before, and go to `next` or to where their day begins.

    That a link does this at once, without a button, is for the demonstration alone.
    """
    person = BY_KEY.get(key)
    user = person and person.user()
    if user is None:
        raise Http404
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    next_address = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(next_address, allowed_hosts={request.get_host()}):
        return redirect(next_address)
    return redirect(resolve_url(person.home))
