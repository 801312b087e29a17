"""Speed beside this machine's own floor: `manage.py bench [NAME …] [--json]`; exit 1 when a goal is not met."""

import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile

import django
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from enrollment.benchmarks import suite

NOT_MET, WRONG_USE = 1, 2
FEWEST_ENROLLMENTS = 10_000


class Command(BaseCommand):
    help = "Measures enrolling, openings, pages and calendars, each beside a floor that is measured in the same run."

    def add_arguments(self, parser):
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help=f"which: {', '.join(suite.SUITE)}; all without one"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        parser.add_argument(
            "--enrollments", type=int, default=suite.ENROLLMENTS, metavar="N",
            help="how many are very many for take_at_scale (1 000 000: minutes to make)",
        )  # fmt: skip
        parser.add_argument(
            "--here", action="store_true", help="only what the configured database is for, a row a line"
        )

    def handle(self, *args, **options):
        names = options["names"] or list(suite.SUITE)
        if unknown := [name for name in names if name not in suite.SUITE]:
            raise CommandError(f"Unknown: {', '.join(unknown)}. Known: {', '.join(suite.SUITE)}.", returncode=WRONG_USE)
        if options["here"]:
            for row in suite.run(names, enrollments=options["enrollments"], say=self.stderr.write):
                self.stdout.write(json.dumps(row))
                self.stdout.flush()
            return
        if not options["enrollments"] >= FEWEST_ENROLLMENTS:
            raise CommandError(f"--enrollments is a number from {FEWEST_ENROLLMENTS}.", returncode=WRONG_USE)
        rows = sorted(self._measure(names, options["enrollments"]), key=lambda row: names.index(row["name"]))
        if options["json"]:
            self.stdout.write(json.dumps({"machine": machine(), "measures": rows}))
        else:
            for row in rows:
                self.stdout.write(words(row))
        if not all(row["met"] for row in rows):
            sys.exit(NOT_MET)

    def _measure(self, names, enrollments):
        """Rows of all names; each database in a process of its own, since a process has one."""
        by_vendor = {}
        for name in names:
            vendor = suite.SUITE[name].database or connection.vendor
            by_vendor.setdefault(vendor, []).append(name)
        for vendor, wanted in by_vendor.items():
            with database(vendor) as url:
                yield from self._in_a_process(wanted, url, enrollments)

    def _in_a_process(self, names, url, enrollments):
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "bench", "--here", *names]
        command += ["--enrollments", str(enrollments)]
        process = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.PIPE, text=True)  # noqa: S603
        with process:
            for line in process.stdout:
                row = json.loads(line)
                self.stderr.write(words(row))
                yield row
        if process.returncode:
            raise CommandError(f"The measurement of {', '.join(names)} broke off.", returncode=NOT_MET)


@contextlib.contextmanager
def database(vendor):
    """The address of a database of that kind: the configured one's server, or one of the checkout's own."""
    if vendor == connection.vendor and "DATABASE_URL" in os.environ:
        yield os.environ["DATABASE_URL"]
    elif vendor == "sqlite":
        with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as folder:
            yield f"sqlite:///{folder}/bench.sqlite3"
    else:
        with own_postgresql() as url:
            yield url


@contextlib.contextmanager
def own_postgresql():
    """A PostgreSQL server of the development tools, with durable commits, for as long as this measures."""
    folder = settings.VAR_DIR / "bench-postgres"
    command = [sys.executable, "-m", "tests.postgres", str(folder)]
    server = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        line = server.stdout.readline()
        if "=" not in line:
            raise CommandError("No PostgreSQL: name a server in DATABASE_URL.", returncode=WRONG_USE)
        yield line.strip().partition("=")[2]
    finally:
        server.terminate()
        server.wait()


def machine():
    return {
        "cores": os.cpu_count(), "processor": platform.machine(), "system": platform.system(),
        "python": platform.python_version(), "django": django.get_version(),
    }  # fmt: skip


def words(row):
    goal = f"; {row['goal']}: {'met' if row['met'] else 'NOT MET'}" if row["goal"] else ""
    return f"{row['name']}: {row['value']} {row['unit']}, floor {row['floor']}, ratio {row['ratio']}{goal}"
