"""Calendars over HTTP: an answer of 304 without rendering, whenever nothing has changed (RFC 9110 §13; CALENDARS, 9).

A feed keeps three things between fetches (`courses.models.FeedState`). Its *fingerprint* is cheap to compute and
changes whenever the calendar may have changed: while it is the same, nothing is rendered. Its *etag* is the hash of
the octets last sent, and `octets_changed_at` the time when they last differed, which makes Last-Modified move only
forward, also after a deletion.
"""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps

from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt

CONTENT_TYPE = "text/calendar; charset=utf-8"
FORMAT = "2"  # part of every fingerprint: raised when the code writes the same rows differently
GZIP_FROM = 500  # octets; smaller bodies gain nothing
METHODS = ("GET", "HEAD")

PUBLIC = {"Cache-Control": "public, max-age=900"}
PRIVATE = {
    "Cache-Control": "private, no-cache",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Memory:
    """The columns of a `FeedState`, or those after an answer."""

    fingerprint: str = ""
    etag: str = ""
    octets_changed_at: datetime | None = None


def feed(view):
    """A view that answers GET and HEAD only, without a form's page for the rest: 405 names what is allowed."""

    @csrf_exempt
    @wraps(view)
    def checked(request, *args, **kwargs):
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        return view(request, *args, **kwargs)

    return checked


def answer(
    request,
    *,
    known: Memory,
    fingerprint: str,
    render: Callable[[], bytes],
    remember: Callable[[Memory], None],
    headers: dict[str, str],
    now: datetime,
) -> HttpResponse:
    """304 when the fetcher has what is current, otherwise the calendar.

    `fingerprint` was computed before anything that `render` reads, so that a change in between makes the next fetch
    render again; an empty one says that it cannot be relied on yet. `remember` stores what differs from `known`.
    """
    if fingerprint and fingerprint == known.fingerprint and (response := unchanged(request, known, headers)):
        return response
    octets = render()
    memory = _after(known, octets, fingerprint, now)
    if memory != known:
        remember(memory)
    return unchanged(request, memory, headers) or full(request, octets, memory, headers)


def entity_tag(octets: bytes) -> str:
    return hashlib.blake2b(octets, digest_size=16).hexdigest()


def _after(known: Memory, octets: bytes, fingerprint: str, now: datetime) -> Memory:
    etag = entity_tag(octets)
    changed_at = known.octets_changed_at
    if etag != known.etag or changed_at is None:
        # Dates of HTTP have whole seconds: two changes within one second must not share one.
        changed_at = now if changed_at is None else max(now, changed_at + timedelta(seconds=1))
    return Memory(fingerprint, etag, changed_at)


def unchanged(request, memory: Memory, headers: dict[str, str]) -> HttpResponse | None:
    """The answer 304 (or 412), or None when the fetcher needs the body. If-None-Match wins over If-Modified-Since."""
    tags, since = request.META.get("HTTP_IF_NONE_MATCH"), request.META.get("HTTP_IF_MODIFIED_SINCE")
    if tags is None and since is None:
        return None
    tag = f'"{memory.etag}"'
    if tags in (tag, f"W/{tag}"):  # nearly always; the rest needs more reading
        response = HttpResponseNotModified()
    else:
        modified = int(memory.octets_changed_at.timestamp())
        response = get_conditional_response(request, etag=tag, last_modified=modified)
    if response is not None:
        _describe(response, memory, headers, zipped=accepts_gzip(request))
    return response


def full(request, octets: bytes, memory: Memory, headers: dict[str, str]) -> HttpResponse:
    """The calendar itself; to HEAD the same headers alone."""
    zipped = len(octets) >= GZIP_FROM and accepts_gzip(request)
    if zipped:
        octets = gzip.compress(octets, compresslevel=6, mtime=0)
    response = HttpResponse(octets if request.method == "GET" else b"", content_type=CONTENT_TYPE)
    response.headers["Content-Length"] = str(len(octets))
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    _describe(response, memory, headers, zipped)
    return response


def _describe(response, memory, headers, zipped):
    # A weak tag matches in If-None-Match just as a strong one; strong would claim that zipped octets are the same.
    response.headers["ETag"] = f'W/"{memory.etag}"' if zipped else f'"{memory.etag}"'
    response.headers["Last-Modified"] = http_date(memory.octets_changed_at.timestamp())
    response.headers["Vary"] = "Accept-Encoding"
    for name, value in headers.items():
        response.headers[name] = value


def accepts_gzip(request) -> bool:
    """Whether Accept-Encoding allows gzip; without the header, nothing is packed."""
    accepted = request.META.get("HTTP_ACCEPT_ENCODING", "")
    if "gzip" not in accepted:
        return False
    for coding in accepted.split(","):
        name, _, weight = coding.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def not_found() -> HttpResponse:
    """The one plain answer of every calendar that is not there, whatever the reason."""
    response = HttpResponse("Not found\n", status=404, content_type="text/plain; charset=utf-8")
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response
