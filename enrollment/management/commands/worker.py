"""What runs beside the web processes: `manage.py worker [--once [--json]]`."""

import json
import signal
import sys
import threading

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from enrollment.worker import Worker

FAILED, WRONG_USE = 1, 2  # exit codes


class Command(BaseCommand):
    help = "Passes freed seats on, ends offers, sends letters, compares the books at night; until Ctrl-C or SIGTERM."
    requires_system_checks = []  # a worker has to start also while the database is down

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="one round, then end")
        parser.add_argument("--json", action="store_true", help="with --once: one JSON document on standard output")

    def handle(self, *args, **options):
        if options["json"] and not options["once"]:
            raise CommandError("--json goes with --once.", returncode=WRONG_USE)
        worker = Worker(stop=threading.Event(), tell=self._tell)
        if options["once"]:
            self._once(worker, options["json"])
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop.set())
        self.stderr.write("worker: started")
        worker.run()
        self.stderr.write("worker: stopped")

    def _once(self, worker, as_json):
        summary = worker.round(now=timezone.now())
        if as_json:
            self.stdout.write(json.dumps(summary))
        else:
            self._tell(summary)
        if summary["failed"] or summary["differences"]:
            sys.exit(FAILED)

    def _tell(self, summary):
        words = ", ".join(f"{name}: {number}" for name, number in summary.items() if number)
        self.stdout.write(words or "nothing was due")
        self.stdout.flush()
