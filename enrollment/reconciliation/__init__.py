"""Proves that ledger, roster and counters tell the same story (PRODUCT, Places 8; TRUST, 3).

So do applications and what they led to, draws and what they gave. Nothing is repaired here: a difference is a bug or a
hand in the database, and a person looks at it.
"""

from collections.abc import Callable
from datetime import datetime

from courses.models import CourseRun

from . import applications, draws, overdue, places
from .outcome import Difference, Outcome

__all__ = ["APPLICATIONS_AT_ONCE", "RUNS_AT_ONCE", "Difference", "Outcome", "reconcile"]

RUNS_AT_ONCE = 50  # what is in memory at one time: these runs' enrollments
APPLICATIONS_AT_ONCE = 1000


def reconcile(
    *, now: datetime | None = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> Outcome:
    """Recount every run, replay every ledger, and compare applications and draws with what they gave.

    now: what should have been done an hour before and was not is a difference too; None leaves that out. `progress` gets
    the numbers of runs done and of all runs. Reads some things at a time, each lot from one snapshot. Writes nothing.
    """
    outcome, last, total = Outcome(), 0, CourseRun.objects.count()
    while lot := list(CourseRun.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:RUNS_AT_ONCE]):
        places.check(lot, outcome)
        last = lot[-1]
        progress(outcome.runs, total)
    applications.check(outcome, at_once=APPLICATIONS_AT_ONCE)
    draws.check(outcome)
    if now is not None:
        overdue.check(outcome, now=now)
    return outcome
