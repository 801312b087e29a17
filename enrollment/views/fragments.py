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


def is_unknown(request) -> bool:
    """Whether nothing is known about who looks: no session, so no name, no message and no form token on the page."""
    return settings.SESSION_COOKIE_NAME not in request.COOKIES and "messages" not in request.COOKIES


def kept_page(request, *, fingerprint: str, now: datetime) -> HttpResponse | None:
    """The whole page kept for this address, language and appearance, if it was made of the same facts.

    One page is kept per address, so only addresses of which there are few may use this.
    """
    kept = cache.get(_page_key(request))
    if kept is None:
        return None
    content, facts, until = kept
    if facts != fingerprint or (until is not None and now >= until):
        return None
    response = HttpResponse(content)
    patch_vary_headers(response, ("Cookie",))  # as the page itself says, since it asks who looks
    return response


def keep_page(request, response: HttpResponse, *, fingerprint: str, until: datetime | None) -> None:
    cache.set(_page_key(request), (response.content, fingerprint, until), SECONDS)


def _page_key(request):
    theme = request.theme if request.theme is not None else request.COOKIES.get(THEME_COOKIE, "")
    return _key(get_language(), request.path, (request.META["QUERY_STRING"], theme if theme in THEMES else ""))


def _key(language, template, facts) -> str:
    words = repr((language, template, facts)).encode()
    return f"fragment.{blake2b(words, digest_size=16).hexdigest()}"
