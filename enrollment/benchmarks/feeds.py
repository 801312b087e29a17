"""How many calendars a process answers per second, beside the least that the same site could do.

feed_unchanged(["/k/<token>.ics", …])    304 without rendering; the floor is a bare Django view that returns 304
feed_changed(["/k/<token>.ics", …])      rendered and sent; the floor is a bare view that sends the same octets
feeds_polled(["/k/<token>.ics", …])      what it costs that 700 programs ask every hour, of which one in ten finds a change
"""

import itertools
import time

from django.test.utils import override_settings

from enrollment.benchmarks import addresses
from enrollment.benchmarks.harness import ROUNDS, Measure, alternate, call, handler

POLLS, CHANGED = 700, 10  # an hour; one in so many has to be rendered
HOUR = 3600  # seconds
FETCHER = {"HTTP_USER_AGENT": "iOS/19.1 (23B85) dataaccessd/1.0", "HTTP_ACCEPT_ENCODING": "gzip"}


def feed_unchanged(paths: list[str], *, calls: int = 4000) -> Measure:
    """Of calendars whose fetchers already have what is current."""
    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses"):
        answer = handler()
        tags = {path: _expect(200, call(answer, "GET", path, headers=FETCHER))["ETag"] for path in paths}
        turns = itertools.cycle(paths)

        def ours():
            path = next(turns)
            _expect(304, call(answer, "GET", path, headers=FETCHER | {"HTTP_IF_NONE_MATCH": tags[path]}))

        def floor():
            _expect(304, call(answer, "GET", "/floor/unchanged/", headers=FETCHER | {"HTTP_IF_NONE_MATCH": "tag"}))

        return alternate("feed_unchanged", ours, floor, calls=calls)


def feed_changed(paths: list[str], *, calls: int = 100) -> Measure:
    """Of calendars that have to be rendered."""
    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses"):
        answer = handler()
        addresses.octets = call(answer, "GET", paths[0], headers=FETCHER)[2]
        turns = itertools.cycle(paths)
        return alternate(
            "feed_changed",
            lambda: _expect(200, call(answer, "GET", next(turns), headers=FETCHER)),
            lambda: _expect(200, call(answer, "GET", "/floor/page/", headers=FETCHER)),
            calls=calls,
        )


def feeds_polled(paths: list[str], *, polls: int = POLLS) -> Measure:
    """Percent of one core, the database's work included: question and answer take turns, so their time is never less.

    The floor answers as many with a bare 304.
    """
    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses"):
        answer = handler()
        tags = {path: _expect(200, call(answer, "GET", path, headers=FETCHER))["ETag"] for path in paths}

        def ours():
            for number, path in zip(range(polls), itertools.cycle(paths), strict=False):
                changed = number % CHANGED == 0
                known = "other" if changed else tags[path]
                _expect(
                    200 if changed else 304, call(answer, "GET", path, headers=FETCHER | {"HTTP_IF_NONE_MATCH": known})
                )

        def floor():
            for _ in range(polls):
                _expect(304, call(answer, "GET", "/floor/unchanged/", headers=FETCHER))

        ours()
        value, least = (min(_seconds(work) for _ in range(ROUNDS)) for work in (ours, floor))
        return Measure("feeds_polled", value / HOUR * 100, least / HOUR * 100, "% of a core")


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _expect(status, answered):
    if answered[0] != status:
        raise RuntimeError(f"The measurement expected {status} and got {answered[0]}.")
    return answered[1]
