"""How many calendars a process answers per second, beside the least that the same stack could do.

    feed_unchanged(["/k/<token>.ics", …])    304 after one query; the floor is a bare view that returns 304
    feed_changed(["/k/<token>.ics", …])      rendered and sent; the floor is a bare view that sends the same octets

The whole stack of middleware is called in this process, by several threads as the web server has them, on the
configured database. Value and floor take turns within one run, and the best round of each counts, so that what else
the machine does falls out.
"""

import io
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test.utils import override_settings

from enrollment.benchmarks import addresses

ROUNDS = 5


@dataclass(frozen=True)
class Measure:
    """Answers per second, of ours and of the floor."""

    name: str
    value: float
    floor: float
    unit: str = "answers/s"

    @property
    def ratio(self) -> float:
        return self.value / self.floor


def feed_unchanged(paths: list[str], *, seconds: float = 5, threads: int = 4) -> Measure:
    """Of calendars whose fetchers already have what is current."""
    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses"):
        handler = WSGIHandler()
        tags = {path: _get(handler, path)[1]["ETag"] for path in paths}
        ours = [lambda path=path: _expect(304, handler, path, tags[path]) for path in paths]
        floor = [lambda path=path: _expect(304, handler, f"/floor/unchanged{path}", '"tag"') for path in paths]
        return _measure("feed_unchanged", ours, floor, seconds, threads)


def feed_changed(paths: list[str], *, seconds: float = 5, threads: int = 4) -> Measure:
    """Of calendars that have to be rendered."""
    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses"):
        handler = WSGIHandler()
        addresses.octets = _get(handler, paths[0])[2]
        ours = [lambda path=path: _expect(200, handler, path) for path in paths]
        floor = [lambda path=path: _expect(200, handler, f"/floor/constant{path}") for path in paths]
        return _measure("feed_changed", ours, floor, seconds, threads)


def _get(handler, path, tag=None):
    """(status, headers, octets) of one request, as a web server makes it."""
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_X_FORWARDED_PROTO": "https", "HTTP_USER_AGENT": "iOS/19.1 (23B85) dataaccessd/1.0",
        "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    if tag:
        environ["HTTP_IF_NONE_MATCH"] = tag
    started = []
    response = handler(environ, lambda status, headers: started.append((int(status[:3]), dict(headers))))
    octets = b"".join(response)
    response.close()
    return *started[0], octets


def _expect(status, handler, path, tag=None):
    answered = _get(handler, path, tag)[0]
    if answered != status:
        raise RuntimeError(f"The measurement expected {status} and got {answered}.")


def _measure(name: str, ours: list[Callable], floor: list[Callable], seconds: float, threads: int) -> Measure:
    slice_seconds = seconds / ROUNDS / 2
    best = {"ours": 0.0, "floor": 0.0}
    for _ in range(ROUNDS):
        for key, calls in (("ours", ours), ("floor", floor)):
            best[key] = max(best[key], _rate(calls, slice_seconds, threads))
    return Measure(name, best["ours"], best["floor"])


def _rate(calls: list[Callable], seconds: float, threads: int) -> float:
    """Calls per second of all threads together, each beginning elsewhere in the list."""
    counts, errors = [0] * threads, []
    start = threading.Barrier(threads + 1)

    def work(index):
        try:
            mine = itertools.cycle(calls[index * len(calls) // threads :] + calls[: index * len(calls) // threads])
            next(mine)()  # the connection is made before the clock starts
            start.wait()
            while time.perf_counter() < end[0]:
                next(mine)()
                counts[index] += 1
        except Exception as error:
            errors.append(error)
            start.abort()
        finally:
            connections.close_all()

    end = [0.0]
    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    began = time.perf_counter()
    end[0] = began + seconds
    try:
        start.wait()
    except threading.BrokenBarrierError:
        pass
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
    return sum(counts) / (time.perf_counter() - began)
