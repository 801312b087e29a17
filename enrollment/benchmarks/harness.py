"""Measuring beside a floor: both in the same process, taking turns, so that what else the machine does falls out."""

import gc
import io
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection

ROUNDS = 5


@dataclass(frozen=True)
class Measure:
    """A figure of ours and of the floor; the goal is a ratio to the floor, or an amount of the unit."""

    name: str
    value: float
    floor: float
    unit: str = "answers/s"
    faults: int = 0  # what went wrong meanwhile; no figure makes up for one

    @property
    def ratio(self) -> float:
        return self.value / self.floor


def handler() -> WSGIHandler:
    """The whole stack of middleware, made anew so that it sees the addresses of the measurement.

    The process is as a serving one is (enrollment/wsgi.py), and the database knows how large its tables are.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    return WSGIHandler()


def call(answer, method, path, *, query="", form=None, cookies=None, headers=None):
    """(status, headers, octets) of one request, as a web server makes it."""
    body = urlencode(form or {}).encode()
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_X_FORWARDED_PROTO": "https", "HTTP_REFERER": "https://127.0.0.1:8000/", "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
        "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items()),
    } | (headers or {})  # fmt: skip
    started = []
    response = answer(environ, lambda status, pairs: started.append((int(status[:3]), dict(pairs))))
    octets = b"".join(response)
    response.close()
    return *started[0], octets


def alternate(
    name: str, ours: Callable, floor: Callable, *, calls: int, unit: str = "answers/s", turns=(nullcontext, nullcontext)
) -> Measure:
    """Calls per second of one thread, in rounds that take turns; the best round of each counts.

    turns: what makes a context manager around each round of ours and of the floor's, outside the time that is taken.
    """
    rates = {"ours": 0.0, "floor": 0.0}
    for _ in range(ROUNDS):
        for key, work, turn in (("ours", ours, turns[0]), ("floor", floor, turns[1])):
            with turn():
                began = time.perf_counter()
                for _ in range(calls // ROUNDS):
                    work()
                rates[key] = max(rates[key], calls // ROUNDS / (time.perf_counter() - began))
    return Measure(name, rates["ours"], rates["floor"], unit)
