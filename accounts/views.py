"""Signing in by link, and the demonstration's shortcuts."""

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace, csp_update
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods

from accounts.audiences import Audience, audience
from accounts.flows import sign_in
from accounts.outbox import inbox


@audience(Audience.LINK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request, token):
    """Opening the link shows a button; only the button signs in, so that a mail scanner cannot."""
    found = sign_in.read_link(token)
    if found is None:
        return render(request, "accounts/sign_in_link_expired.html", status=410)
    user, next_address = found
    if request.method == "POST":
        return perform_login(request, Login(user=user, email=user.email, redirect_url=next_address or None))
    return render(request, "accounts/sign_in_link.html")


@audience(Audience.PUBLIC)
def signup_is_sign_in(request):
    """There is no separate sign-up: the same form serves known and new addresses."""
    return redirect("account_login")


@audience(Audience.DEMO)
@require_GET
def demo_inbox(request):
    """All letters of the demonstration, newest first; `?to=` shows one person's."""
    to = request.GET.get("to", "")[:254]
    return render(request, "accounts/demo_inbox.html", {"letters": inbox.letters(to=to), "to": to})


@audience(Audience.DEMO)
@require_GET
@csp_update({"frame-src": [SELF]})
def demo_letter(request, name):
    letter = inbox.letter(name)
    if letter is None:
        return render(request, "404.html", status=404)
    return render(request, "accounts/demo_letter.html", {"letter": letter})


@audience(Audience.DEMO)
@require_GET
@xframe_options_sameorigin
@csp_replace(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "frame-ancestors": [SELF],
        "base-uri": [NONE],
    }
)
def demo_letter_html(request, name):
    """The letter as a mail program draws it: in a frame of its own, without scripts."""
    letter = inbox.letter(name)
    if letter is None:
        return HttpResponse(status=404)
    # Its links open in the whole window, as those of a mail program do; the frame itself may show nothing else.
    return HttpResponse(letter.html.replace("<head>", '<head>\n  <base target="_top">', 1))
