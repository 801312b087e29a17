"""The real web server and the real worker, on a free port, for as long as a rehearsal lasts."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from django.conf import settings

from enrollment.demo import serving

HOST = "127.0.0.1"
SECONDS_TO_START = 60
SITE = "enrollment.wsgi:application"
SITE_AND_FLOOR = "enrollment.benchmarks.site:application"  # named, not imported: it changes the map of the site


class NotServed(Exception):
    """The server did not start, or ended by itself."""


@dataclass
class Site:
    port: int
    processes: list[subprocess.Popen]

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    def insist(self) -> None:
        """Raise NotServed when one of the processes has ended."""
        if any(process.poll() is not None for process in self.processes):
            raise NotServed("The web server or the worker ended by itself; what it said is above.")


@contextlib.contextmanager
def site(database_url: str, *, application: str = SITE, with_worker: bool = True) -> Iterator[Site]:
    """Serve that database at a free port; nothing leaves the machine, letters go nowhere."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url, "PORT": str(port), "SITE_ADDRESS": f"http://{HOST}:{port}",
        "EMAIL_URL": "dummymail://", "ALLOWED_HOSTS": HOST, "SECRET_KEY": settings.SECRET_KEY,
    }  # fmt: skip
    # What they tell of their work is nobody's concern here; what goes wrong they write to standard error.
    options = {"env": environment, "stdout": subprocess.DEVNULL}
    processes = []
    started = Site(port, processes)
    try:
        processes.append(serving.start(serving.web(HOST, port, application), **options))
        if with_worker:
            processes.append(serving.start_worker(**options))
        _wait_for(started)
        yield started
    finally:
        serving.end(processes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _wait_for(started):
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        started.insist()
        with (
            contextlib.suppress(OSError, HTTPException),
            contextlib.closing(HTTPConnection(HOST, started.port, timeout=5)) as connection,
        ):
            connection.request("GET", "/healthz")
            with connection.getresponse() as answer:
                if answer.status == 200:
                    return
        time.sleep(0.1)
    raise NotServed(f"The web server did not answer within {SECONDS_TO_START} seconds.")
