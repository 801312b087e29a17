"""An opening morning, rehearsed: `manage.py rehearse [--json] [--families N …]` and `manage.py rehearse prepare …`."""

import json
import signal
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from enrollment.demo.seed import DemoRefused, insist_on_demo_mode
from enrollment.rehearsal import crowd, opening, prepared
from enrollment.rehearsal.database import DatabaseRefused
from enrollment.rehearsal.playing import ClientFailed
from enrollment.rehearsal.serving import NotServed

REFUSED, WRONG_USE, INTERRUPTED = 1, 2, 130


class Command(BaseCommand):
    help = "Plays an opening on a database of its own; exit code 1 when there was an error or a seat too many."

    def add_arguments(self, parser):
        parser.add_argument(
            "what", nargs="?", choices=["prepare", "remove"], metavar="prepare|remove",
            help="prepare: make groups and families in the configured database and write what a load tool needs; "
            "remove: take them out again; without it, play an opening on a database of its own",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, metavar="FILE", help="prepare: where to write it")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        parser.add_argument("--families", type=int, default=500, metavar="N", help="how many press (500)")
        parser.add_argument("--groups", type=int, default=10, metavar="G", help="in how many groups (10)")
        parser.add_argument("--capacity", type=int, default=12, metavar="C", help="places in each of them (12)")
        parser.add_argument(
            "--seconds", type=float, default=60, metavar="S", help="within how many seconds (60); 0: all at one instant"
        )
        parser.add_argument(
            "--instant", type=int, metavar="I", help="how many of them at the very moment of opening (a fifth)"
        )

    def handle(self, *args, **options):
        self._check(options)
        try:
            insist_on_demo_mode()
        except DemoRefused as refused:
            raise CommandError(str(refused), returncode=REFUSED) from refused
        if options["what"]:
            self._in_the_configured_database(options)
            return
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            outcome = opening.rehearse(
                families=options["families"], groups=options["groups"], capacity=options["capacity"],
                seconds=options["seconds"], at_once=options["instant"], say=self.stderr.write,
            )  # fmt: skip
        except (DatabaseRefused, NotServed, ClientFailed) as problem:
            raise CommandError(str(problem), returncode=REFUSED) from problem
        except KeyboardInterrupt:
            self.stderr.write("interrupted: everything that was started has ended, and the database is dropped")
            sys.exit(INTERRUPTED)
        self._tell(outcome.as_json(), options["json"])
        if not outcome.is_clean:
            sys.exit(REFUSED)

    def _in_the_configured_database(self, options):
        if options["what"] == "remove":
            prepared.clear(say=self.stderr.write)
            return
        document = prepared.prepare(
            families=options["families"], groups=options["groups"], capacity=options["capacity"], out=options["out"],
            say=self.stderr.write,
        )  # fmt: skip
        made = {name: len(document[name]) for name in ("families", "groups")}
        self._tell(made | {"capacity": options["capacity"], "out": str(options["out"])}, options["json"])

    def _check(self, options):
        if (options["what"] == "prepare") != (options["out"] is not None):
            raise CommandError("--out FILE goes with prepare, and prepare with it.", returncode=WRONG_USE)
        if options["out"] and not options["out"].resolve().parent.is_dir():
            raise CommandError(f"There is no folder for {options['out']}.", returncode=WRONG_USE)
        for name, most in (("families", 100_000), ("groups", 1000), ("capacity", crowd.MOST_SEATS)):
            if not 1 <= options[name] <= most:
                raise CommandError(f"--{name} is a number from 1 to {most}.", returncode=WRONG_USE)
        if not 0 <= options["seconds"] <= 3600:
            raise CommandError("--seconds is a number from 0 to 3600.", returncode=WRONG_USE)
        if options["instant"] is not None and not 0 <= options["instant"] <= options["families"]:
            raise CommandError("--instant is a number from 0 to that of the families.", returncode=WRONG_USE)

    def _tell(self, document, as_json):
        if as_json:
            self.stdout.write(json.dumps(document))
            return
        for name, value in document.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {value}")
