"""Very many invented people and enrollments: `manage.py make_scale_data --people N --runs N [--json]`."""

import json
import signal
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from enrollment.demo.seed import DemoRefused, insist_on_demo_mode
from enrollment.rehearsal import scale

REFUSED, WRONG_USE, INTERRUPTED = 1, 2, 130


class Command(BaseCommand):
    help = (
        "Fills the database for measurements at size; interrupted, the next call goes on. --remove takes it out again."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--people", type=int, metavar="N", help=f"how many children; each has {scale.EACH} enrollments"
        )
        parser.add_argument("--runs", type=int, metavar="N", help="in how many groups")
        parser.add_argument("--remove", action="store_true", help="take all of it out again")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args, **options):
        self._check(**{name: options[name] for name in ("people", "runs", "remove")})
        try:
            insist_on_demo_mode()
        except DemoRefused as refused:
            raise CommandError(str(refused), returncode=REFUSED) from refused
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            made = self._work(options)
        except KeyboardInterrupt:
            self.stderr.write("interrupted: what is there is whole, and the next call goes on")
            sys.exit(INTERRUPTED)
        if options["json"]:
            self.stdout.write(json.dumps(made))
        else:
            self.stdout.write(", ".join(f"{name}: {number}" for name, number in made.items()))

    def _work(self, options):
        if options["remove"]:
            scale.remove(progress=self.stderr.write)
            return {"people": 0, "runs": 0, "enrollments": 0, "seconds": 0.0}
        made = scale.make(
            people=options["people"], runs=options["runs"], now=timezone.now(), progress=self.stderr.write
        )
        return asdict(made)

    @staticmethod
    def _check(people, runs, remove):
        if remove:
            if people is not None or runs is not None:
                raise CommandError("--remove stands alone.", returncode=WRONG_USE)
            return
        if not people or not runs or people < 1 or runs < 1:
            raise CommandError("--people and --runs are numbers from 1.", returncode=WRONG_USE)
        if people * min(scale.EACH, runs) > runs * (scale.MOST_SEATS - scale.EACH * scale.CLASS):
            raise CommandError("A group would be larger than a group can be: more --runs.", returncode=WRONG_USE)
