"""How many calendars a process answers per second, beside the least that the same site could do.

feed_unchanged(["/k/<token>.ics", …])    304 without rendering; the floor is a bare Django view that returns 304
feed_changed(["/k/<token>.ics", …])      rendered and sent; the floor is a bare view that sends the same octets
"""

import itertools

from django.test.utils import override_settings

from enrollment.benchmarks import addresses
from enrollment.benchmarks.harness import Measure, alternate, call, handler

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


def _expect(status, answered):
    if answered[0] != status:
        raise RuntimeError(f"The measurement expected {status} and got {answered[0]}.")
    return answered[1]
