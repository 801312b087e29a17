"""Latvian unless the visitor chose otherwise; a choice in the address is remembered in a cookie.

What browsers ask for is ignored on pages: half of Latvian families run them in another language.
Feeds, health checks and the API carry no cookies at all, so that they can be cached and shared.
"""

from django.conf import settings
from django.utils import translation
from django.utils.cache import patch_vary_headers

from accounts.context import THEME_COOKIE, THEMES

_LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)
_YEAR_SECONDS = 60 * 60 * 24 * 365


def _is_without_cookies(path: str) -> bool:
    return path.endswith(".ics") or path == "/healthz" or path.startswith(("/healthz/", "/api/"))


class LanguageMiddleware:
    """Activates one language per request; `?lang=` and `?theme=` also set their cookies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        without_cookies = _is_without_cookies(request.path_info)
        asked = request.GET.get("lang")
        asked = asked if asked in _LANGUAGES else None
        if request.path_info.startswith("/api/"):
            language = asked or translation.get_language_from_request(request)
        elif without_cookies:
            language = asked or settings.LANGUAGE_CODE
        else:
            remembered = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
            language = asked or (remembered if remembered in _LANGUAGES else settings.LANGUAGE_CODE)
        theme = request.GET.get("theme")
        request.theme = theme if theme in THEMES else ("" if theme == "system" else None)

        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        if request.path_info.startswith("/api/"):
            patch_vary_headers(response, ("Accept-Language",))
        elif not without_cookies:
            if asked:
                self._remember(request, response, settings.LANGUAGE_COOKIE_NAME, asked)
            if request.theme:
                self._remember(request, response, THEME_COOKIE, request.theme)
            elif request.theme == "":
                response.delete_cookie(THEME_COOKIE, samesite="Lax")
        return response

    @staticmethod
    def _remember(request, response, name, value):
        # Readable by scripts on purpose: neither cookie is a secret, and the theme switch writes its own.
        response.set_cookie(name, value, max_age=_YEAR_SECONDS, samesite="Lax", secure=request.is_secure())
