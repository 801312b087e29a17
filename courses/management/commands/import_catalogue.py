"""Read a catalogue file into the database: `manage.py import_catalogue FILE [--check] [--json]`."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from courses.flows.catalogue import LARGEST_OCTETS, CatalogueRefused, Report, import_catalogue

REFUSED, WRONG_USE = 1, 2


class Command(BaseCommand):
    help = "Creates and updates places, terms, courses and groups from a YAML catalogue; safe to repeat."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="a catalogue, see courses/data/catalogue.yaml")
        parser.add_argument("--check", action="store_true", help="say what would change and write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args, **options):
        octets = self._read(options["file"])
        report, errors = Report(), []
        try:
            report = import_catalogue(
                octets=octets, now=timezone.now(), check_only=options["check"], progress=self.stderr.write
            )
        except CatalogueRefused as refused:
            errors = refused.errors
        if options["json"]:
            found = [{"line": error.line, "path": error.path, "reason": error.reason} for error in errors]
            self.stdout.write(json.dumps(report.as_dict() | {"errors": found}, ensure_ascii=False))
        else:
            self._tell(report, errors, options["check"])
        if errors:
            sys.exit(REFUSED)

    def _read(self, path):
        try:
            with path.open("rb") as file:
                return file.read(LARGEST_OCTETS + 1)  # one more tells that it is too large
        except OSError as error:
            raise CommandError(f"Cannot read {path}: {error.strerror}.", returncode=WRONG_USE) from error

    def _tell(self, report, errors, check_only):
        for error in errors:
            self.stdout.write(str(error))
        if errors:
            self.stdout.write(f"Refused; nothing was written. Errors: {len(errors)}")
            return
        for name, counts in report.as_dict().items():
            kinds = ", ".join(f"{kind}: {number}" for kind, number in counts.items()) or "–"
            self.stdout.write(f"{name}: {kinds}")
        if check_only:
            self.stdout.write("Only checked; nothing was written.")
