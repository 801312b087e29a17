"""Private calendars: /k/<token>.ics and /tickets/<token>.ics, for whoever holds the address."""

import ipaddress
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.utils import timezone, translation

from accounts.audiences import Audience, audience
from accounts.models import Learner
from courses import feeds
from courses.calendars import Window, window_at
from courses.models import Room
from enrollment import calendars, links
from enrollment.models import FeedKind, FeedLink
from enrollment.subscriptions import Subscription, booked_lessons, family_lessons, staff_lessons, subscription

FETCH_NOTED_EVERY = timedelta(minutes=5)
MISSES_ALLOWED = 60  # wrong addresses from one network in MISSES_WITHIN; a real one is always answered
MISSES_WITHIN = 10 * 60  # seconds

# What a User-Agent must contain, in this order. Only the name on the left is kept, never the header.
_PROGRAMS = {
    "Google": ("google",),
    "Outlook": ("outlook", "microsoft", "exchange"),
    "Thunderbird": ("thunderbird", "lightning"),
    "Apple": (
        "dataaccessd",
        "calendaragent",
        "calendard",
        "ical/",
        "iphone",
        "ipad",
        "ios/",
        "macos/",
        "mac os x",
        "mac+os+x",
    ),
}
OTHER_PROGRAM = "other"


@audience(Audience.LINK)
@feeds.feed
def feed(request, token):
    """The link's rights are read at every fetch. Unknown, revoked, malformed: the same answer."""
    now = timezone.now()
    window = window_at(now)
    link = subscription(token, window=window)
    if link is None:
        return _miss(request)

    def remember(memory):
        columns = {
            "fingerprint": memory.fingerprint,
            "etag": memory.etag,
            "octets_changed_at": memory.octets_changed_at,
        }
        _write(link, request, now, **columns)

    response = feeds.answer(
        request, known=link.known, fingerprint=link.fingerprint, render=lambda: _render(link, window), remember=remember,
        headers=feeds.PRIVATE, now=now,
    )  # fmt: skip
    response.headers["Content-Language"] = link.language
    if link.last_fetched_at is None or now - link.last_fetched_at >= FETCH_NOTED_EVERY:
        _write(link, request, now)
    return response


@audience(Audience.LINK)
@feeds.feed
def booking(request, token):
    """What a ticket is for. Nothing is kept between fetches: one event is sooner written than looked up.

    Its tag changes with its octets, and its time with the newest of the rows behind it; those are never set back.
    """
    booked = links.read_ticket(token)
    if booked is None:
        return _miss(request)
    language = booked.guest_language or settings.LANGUAGE_CODE
    lessons = booked_lessons(booked, window=window_at(timezone.now()))
    with translation.override(language):
        octets = calendars.booking_calendar(lessons, booking=booked, language=language)
    changed_at = max([booked.changed_at, booked.run.changed_at, *(lesson.changed_at for lesson in lessons)])
    memory = feeds.Memory(etag=feeds.entity_tag(octets), octets_changed_at=changed_at)
    response = feeds.unchanged(request, memory, feeds.PRIVATE) or feeds.full(request, octets, memory, feeds.PRIVATE)
    response.headers["Content-Language"] = language
    return response


def program_of(user_agent: str) -> str:
    """Apple, Google, Outlook, Thunderbird or other."""
    lowered = user_agent[:400].lower()
    return next((name for name, words in _PROGRAMS.items() if any(word in lowered for word in words)), OTHER_PROGRAM)


def _write(link: Subscription, request, now: datetime, **columns) -> None:
    program = program_of(request.META.get("HTTP_USER_AGENT", ""))
    FeedLink.objects.filter(pk=link.link_id).update(last_fetched_at=now, last_fetched_by=program, **columns)


def _render(link: Subscription, window: Window) -> bytes:
    with translation.override(link.language):
        match link.kind:
            case FeedKind.FAMILY | FeedKind.LEARNER:
                lessons = family_lessons(user_id=link.user_id, learner_id=link.learner_id, window=window)
                if link.kind == FeedKind.FAMILY:
                    return calendars.family_calendar(lessons, language=link.language)
                learner = Learner.objects.get(pk=link.learner_id)
                return calendars.learner_calendar(lessons, learner=learner, language=link.language)
            case FeedKind.INSTRUCTOR:
                lessons = staff_lessons(user_id=link.user_id, room_id=None, window=window)
                return calendars.instructor_calendar(lessons, language=link.language)
            case FeedKind.ROOM:
                lessons = staff_lessons(user_id=None, room_id=link.room_id, window=window)
                room = Room.objects.select_related("venue").get(pk=link.room_id)
                return calendars.room_calendar(lessons, room=room, language=link.language)


def _miss(request) -> HttpResponse:
    """404; past the limit 429, without locking out anybody from that network who holds a real address."""
    key = f"feed-misses:{_network(request)}"
    cache.add(key, 0, MISSES_WITHIN)
    try:
        misses = cache.incr(key)
    except ValueError:  # it ran out in between
        misses = 1
    if misses <= MISSES_ALLOWED:
        return feeds.not_found()
    response = HttpResponse("Too many wrong addresses\n", status=429, content_type="text/plain; charset=utf-8")
    response.headers["Retry-After"] = str(MISSES_WITHIN)
    return response


def _network(request) -> str:
    """The fetcher's network, from the connection itself and not from a header that anybody can write."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False).network_address)
