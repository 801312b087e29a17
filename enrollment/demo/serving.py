"""The demonstration's processes: the web server and the worker, started together and ended together."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings

SECONDS_TO_END = 10  # for requests under way and a letter being sent
WEB_PROCESSES, THREADS = 2, 4
CONNECTIONS = 4096  # open at a time; browsers keep theirs for minutes after a page, and each counts
COURTESY = 10  # niceness of the worker: a letter can wait a second, a family that pressed should not
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class PortTaken(Exception):
    """Something else listens at the address."""


def insist_on_port(host: str, port: int) -> None:
    """Raise PortTaken before anything is started, rather than when the server is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a port just left is free
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"Cannot listen at {host}:{port}: {error.strerror}. Choose another: PORT=8001") from error


def web(host: str, port: int, application: str = "enrollment.wsgi:application") -> list[str]:
    """The command that serves the site."""
    python = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"]
    size = ["--workers", str(WEB_PROCESSES), "--blocking-threads", str(THREADS), "--host", host, "--port", str(port)]
    queue = ["--backlog", str(CONNECTIONS), "--backpressure", str(CONNECTIONS)]
    return [*python, *size, *queue, application]


def worker() -> list[str]:
    return [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "worker"]


def serve(host: str, port: int, *, say: Callable[[str], None]) -> int:
    """Run until Ctrl-C, SIGTERM or the end of one of the processes; 0 when it was asked to end."""
    asked = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: asked.append(number))
    running = {"server": start(web(host, port)), "worker": start_worker()}
    try:
        while not asked:
            for name, process in running.items():
                if process.poll() is not None:
                    say(f"The {name} ended with exit code {process.returncode}.")
                    return 1
            time.sleep(0.2)
        return 0
    finally:
        end(running.values())


def start_worker(**options) -> subprocess.Popen:
    process = start(worker(), **options)
    with contextlib.suppress(OSError):  # it has ended already, or the system does not know this
        os.setpriority(os.PRIO_PROCESS, process.pid, COURTESY)
        # Linux shares its time first among sessions, which may have a niceness of their own (sched(7), autogroup).
        Path(f"/proc/{process.pid}/autogroup").write_text(str(COURTESY))
    return process


def start(command: list[str], **options) -> subprocess.Popen:
    """Start a process that ends with this one. `options` are those of Popen."""
    # In a session of its own: Ctrl-C reaches it through `end` alone, once.
    return subprocess.Popen(  # noqa: S603
        command, cwd=settings.BASE_DIR, start_new_session=True, preexec_fn=_end_with_parent, **options
    )


def _end_with_parent():
    """On Linux a process whose parent is killed ends too, so that the port is free for the next start."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end(processes: Iterable[subprocess.Popen]) -> None:
    """Ask them to end, and end those that do not."""
    processes = list(processes)
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + SECONDS_TO_END
    for process in processes:
        try:
            process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
