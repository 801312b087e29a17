"""Check a published draw from its file alone: `manage.py verify_draw FILE [--json]`."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from enrollment import allocation

DIFFERS, WRONG_USE = 1, 2


class Command(BaseCommand):
    help = "Recomputes a draw from its published record; exit code 1 when it is not as it should be. Needs no database."
    requires_system_checks = []  # whoever checks a draw need not have set anything up

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="what /draws/<draw>.json gave")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args, **options):
        octets = self._read(options["file"])
        try:
            verdict = allocation.verify(allocation.read(octets))
        except allocation.Malformed as problem:
            verdict = allocation.Verdict(differences=[allocation.Difference("file", str(problem))])
        if options["json"]:
            self.stdout.write(json.dumps(verdict.as_json()))
        else:
            self._tell(verdict.as_json())
        if not verdict.is_good:
            sys.exit(DIFFERS)

    def _read(self, path):
        try:
            with path.open("rb") as file:
                return file.read(allocation.MOST_OCTETS + 1)  # one more tells that it is too large
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            raise CommandError(f"Cannot read the file: {error}.", returncode=WRONG_USE) from error

    def _tell(self, found):
        for name in ("seed_ok", "order_ok", "result_ok"):
            words = "as it should be" if found[name] else "NOT as it should be"
            self.stdout.write(f"{name.removesuffix('_ok')}: {words}")
        for one in found["differences"]:
            # Whatever stands in the file, the terminal gets printable characters only.
            where, what, expected, given = (json.dumps(one[name]) for name in ("where", "what", "expected", "found"))
            self.stdout.write(f"{where[1:-1]}, {what[1:-1]}: expected {expected}, found {given}")
        self.stdout.write(f"differences: {len(found['differences'])}")
