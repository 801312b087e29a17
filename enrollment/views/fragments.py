"""Finished pieces of HTML, kept under everything they show: right by construction, and not drawn twice."""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from accounts.context import THEME_COOKIE, THEMES
from enrollment.catalogue import snapshot

SECONDS = 60 * 60


def rendered(pieces: Sequence[tuple[str, Any]], context: Callable[[Any], dict]) -> list[SafeString]:
    """The HTML of each (template, facts), in their order.

    The facts are plain values with a faithful repr; with the template and the language they name the kept piece, so
    that a changed fact is another piece. `context` is asked only for facts whose piece is not kept.
    """
    language = get_language()
    keys = [_key(language, template, facts) for template, facts in pieces]
    kept = cache.get_many(keys)
    made = {}
    for key, (template, facts) in zip(keys, pieces, strict=True):
        if key not in kept and key not in made:
            made[key] = render_to_string(template, context(facts))
    if made:
        cache.set_many(made, SECONDS)
        kept |= made
    return [mark_safe(kept[key]) for key in keys]  # noqa: S308  drawn by a template of ours


def kept_page(request, make: Callable[[], HttpResponse], *, now: datetime) -> HttpResponse:
    """The page of courses and runs that `make` makes, kept whole for as long as nothing on it has changed.

    Only for somebody about whom nothing is known: no session, so no name, no message and no form token. One page is
    kept per address, language and appearance, so only addresses of which there are few may use this.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES or "messages" in request.COOKIES:
        return make()
    key, fingerprint = _page_key(request), snapshot.fingerprint(now=now)
    if kept := cache.get(key):
        content, facts, until = kept
        if facts == fingerprint and now < until:
            response = HttpResponse(content)
            patch_vary_headers(response, ("Cookie",))  # as the page itself says, since it asks who looks
            return response
    response, until = make(), snapshot.valid_until(now=now)
    if snapshot.fingerprint(now=now) == fingerprint:  # nothing changed while the page was made
        cache.set(key, (response.content, fingerprint, until), SECONDS)
    return response


def _page_key(request):
    theme = request.theme if request.theme is not None else request.COOKIES.get(THEME_COOKIE, "")
    return _key(get_language(), request.path, (request.META["QUERY_STRING"], theme if theme in THEMES else ""))


def _key(language, template, facts) -> str:
    words = repr((language, template, facts)).encode()
    return f"fragment.{blake2b(words, digest_size=16).hexdigest()}"
