"""Runs the whole suite on SQLite and on PostgreSQL, side by side, and closes with one line of totals.

    python -m tests.run [--only sqlite|postgresql] [--workers N] [pytest's own options]

PostgreSQL is the server that DATABASE_URL names, or else one started for the run. The exit code is 0 only when tests
ran on each database and none failed or was skipped.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests import postgres

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
SECONDS_TO_END = 30  # after Ctrl-C, for test databases to be removed
# What a developer's or a server's environment may set for the site; tests have their own values.
SITE_VARIABLES = (
    *("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "SITE_ADDRESS", "PORT", "DEMO", "DEBUG"),
    *("DEFAULT_FROM_EMAIL", "CENTRE_PHONE", "CENTRE_EMAIL", "LOG_LEVEL", "STAFF_SECOND_FACTOR_REQUIRED"),
    *("LOCK_TIMEOUT_SECONDS", "STATEMENT_TIMEOUT_SECONDS", "SECURE_SSL_REDIRECT"),
)


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


def closing_line(total: Counts) -> str:
    line = f"{total.passed} passed, {total.failed} failed"
    return f"{line}, {total.skipped} skipped" if total.skipped else line


def verdict(runs: dict[str, Counts], exit_codes: dict[str, int]) -> list[str]:
    """Why the whole run is not good; [] when it is."""
    reasons = []
    for name, counts in runs.items():
        if counts.failed:
            reasons.append(f"{name}: {counts.failed} failed")
        if counts.skipped:
            reasons.append(f"{name}: {counts.skipped} skipped or expected to fail; every test has to run")
        if not counts.passed:
            reasons.append(f"{name}: no test passed")
        if exit_codes[name] and not counts.failed:
            reasons.append(f"{name}: pytest ended with exit code {exit_codes[name]}")
    return reasons


class Run:
    """One pytest process on one database, its output prefixed with the database's name."""

    printing = threading.Lock()

    def __init__(self, name: str, database_url: str, options: list[str]):
        self.name = name
        self.folder = VAR_DIR / "test-results" / f"{os.getpid()}-{name}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.report = self.folder / "counts.json"
        self.started, self.seconds = time.monotonic(), 0.0
        environment = {key: value for key, value in os.environ.items() if key not in SITE_VARIABLES}
        environment |= {"DATABASE_URL": database_url, "TEST_REPORT": str(self.report), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "pytest", "--color=no", "--tb=short", "-rfE", "--durations=10"]
        command += [f"--output={self.folder / 'browser'}", "--screenshot=only-on-failure", *options]
        self.process = subprocess.Popen(
            command,
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches it through interrupt(), once
            preexec_fn=postgres.die_with_parent,
        )
        self.reader = threading.Thread(target=self._stream, daemon=True)
        self.reader.start()

    def _stream(self):
        for line in self.process.stdout:
            self.say(line.rstrip("\n"))
        self.seconds = time.monotonic() - self.started

    def say(self, text):
        with self.printing:
            print(f"[{self.name}] {text}", flush=True)

    def wait(self) -> Counts:
        """The counts once it has ended. A process that ended without counting counts as one failure."""
        self.process.wait()
        self.reader.join(10)
        try:
            counts = Counts(**json.loads(self.report.read_text()))
        except FileNotFoundError:
            counts = Counts(failed=1)
        self.say(f"{counts} in {self.seconds:.0f} s, exit code {self.process.returncode}")
        return counts

    def interrupt(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def end(self):
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def stop(runs: list[Run]) -> None:
    for run in runs:
        run.interrupt()
    for run in runs:
        run.end()


def clear_leftovers():
    """Remove test databases and results of runs that were killed or are long over."""
    databases = [*VAR_DIR.glob("test-*.sqlite3*"), *VAR_DIR.glob("postgres-[0-9]*-*")]
    for path in [*databases, *(VAR_DIR / "test-results").glob("*")]:
        pid = "".join(ch if ch.isdigit() else " " for ch in path.name).split()[0]
        if not Path("/proc", pid).exists():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def postgres_url(stack: contextlib.ExitStack) -> str:
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgres:", "postgresql:", "psql:", "pgsql:")):
        return given
    return stack.enter_context(postgres.server())


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="run on one of the databases")
    parser.add_argument("--workers", type=int, default=0, help="processes per database (pytest-xdist); 0: in one")
    options, rest = parser.parse_known_args(arguments)
    if options.workers:
        rest = [f"--numprocesses={options.workers}", *rest]
    for interruption in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with Ctrl-C ignored
        signal.signal(interruption, signal.default_int_handler)
    VAR_DIR.mkdir(exist_ok=True)
    clear_leftovers()

    names = [options.only] if options.only else ["sqlite", "postgresql"]
    at_once = (os.cpu_count() or 1) > 1
    runs: list[Run] = []
    try:
        with contextlib.ExitStack() as stack:
            urls = {
                name: postgres_url(stack) if name == "postgresql" else f"sqlite:///{VAR_DIR / 'db.sqlite3'}"
                for name in names
            }
            stack.callback(stop, runs)  # before the server, which was entered earlier
            for name, url in urls.items():
                runs.append(Run(name, url, rest))
                if not at_once:
                    runs[-1].process.wait()
            counted = {run.name: run.wait() for run in runs}
            exit_codes = {run.name: run.process.returncode for run in runs}
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    reasons = verdict(counted, exit_codes)
    for reason in reasons:
        print(reason)
    print(closing_line(sum(counted.values(), Counts())))
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
