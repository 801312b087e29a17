"""Compare counters, rosters and ledger: `manage.py reconcile [--json]`."""

import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand
from django.utils import timezone

from enrollment.reconciliation import reconcile

DIFFERENCES = 1  # exit code


class Command(BaseCommand):
    help = (
        "Recounts the places of every group, replays every ledger, compares applications and draws with what they gave, "
        "and names what is overdue; exit code 1 when something differs."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args, **options):
        outcome = reconcile(
            now=timezone.now(), progress=lambda done, total: self.stderr.write(f"groups: {done} of {total}")
        )
        checked = {"runs": outcome.runs, "enrollments": outcome.enrollments, "ledger_rows": outcome.ledger_rows}
        if options["json"]:
            differences = [asdict(difference) for difference in outcome.differences]
            self.stdout.write(json.dumps({"checked": checked, "differences": differences}))
        else:
            self.stdout.write(", ".join(f"{name}: {number}" for name, number in checked.items()))
            for one in outcome.differences:
                self.stdout.write(f"group {one.run}, {one.what}: expected {one.expected}, found {one.found}")
            self.stdout.write(f"differences: {len(outcome.differences)}")
        if outcome.differences:
            sys.exit(DIFFERENCES)
