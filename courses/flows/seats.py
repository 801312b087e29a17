"""The seat engine: the only writer of a run's counters.

Every change is one conditional UPDATE of the run's row, which is also the lock: whoever comes second
waits for the first and then sees its result. The same holds on SQLite, where the transaction is
IMMEDIATE. A constraint stands behind it (docs/decisions/0002-places.md).
"""

from django.db import connections
from django.db.models import F

from accounts.statements import fetch
from courses.models import CourseRun, RunState


def take(run: CourseRun, seats: int = 1) -> bool:
    """Take that many seats for a newcomer, all or none; False when they are not there.

    What is free while somebody waits belongs to those who wait.
    """
    return bool(fetch(connections["default"], _TAKE, [seats, run.pk, RunState.PUBLISHED.value, seats]))


# Written by hand because composing it takes longer than running it, while hundreds wait for the same row.
_TAKE = """
UPDATE courses_courserun SET seats_taken = seats_taken + %s
WHERE id = %s AND state = %s AND waitlist_length = 0 AND seats_taken <= capacity - %s RETURNING id
"""


def join_waitlist(run: CourseRun, seats: int = 1) -> bool:
    """Note that somebody waits for that many seats; False when the run is no longer offered."""
    published = CourseRun.objects.filter(pk=run.pk, state=RunState.PUBLISHED)
    return bool(published.update(waitlist_length=F("waitlist_length") + seats))


def join_full(run: CourseRun, seats: int = 1) -> int | None:
    """Note that somebody waits, if no seat is free for a newcomer: how many are waited for now; None, and nothing noted, otherwise."""
    rows = fetch(connections["default"], _JOIN_FULL, [seats, run.pk, RunState.PUBLISHED.value])
    return rows[0][0] if rows else None


_JOIN_FULL = """
UPDATE courses_courserun SET waitlist_length = waitlist_length + %s
WHERE id = %s AND state = %s AND (waitlist_length > 0 OR seats_taken >= capacity) RETURNING waitlist_length
"""


def shift(run: CourseRun, *, taken: int = 0, offered: int = 0, waiting: int = 0) -> bool:
    """Change the counters of a locked run together; False, and nothing changed, when it would be overbooked."""
    return bool(
        CourseRun.objects.filter(pk=run.pk, seats_taken__lte=F("capacity") - taken).update(
            seats_taken=F("seats_taken") + taken,
            seats_offered=F("seats_offered") + offered,
            waitlist_length=F("waitlist_length") + waiting,
        )
    )


def lock(*run_ids: int) -> dict[int, CourseRun]:
    """Lock the runs' rows, always in the order of their ids, and read them again: {id: run}."""
    runs = CourseRun.objects.select_for_update(of=("self",), no_key=True).select_related(
        "course__program", "room__venue"
    )
    return {run.pk: run for run in runs.filter(pk__in=run_ids).order_by("pk")}


def set_capacity(run: CourseRun, *, capacity: int) -> bool:
    """Raise or lower the capacity of a locked run; False when more seats are taken than that."""
    return bool(CourseRun.objects.filter(pk=run.pk, seats_taken__lte=capacity).update(capacity=capacity))
