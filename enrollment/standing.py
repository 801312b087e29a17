"""How things stood when an application was received: the places that were free, or its number in the queue.

Told from the ledger, so that it can be told again years later. Order is that of receipt: rows of the same moment by id.
"""

import re
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, Sum

from accounts import staff_log
from courses.models import CourseRun
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry

_CAPACITY_CHANGE = re.compile(r"(?P<before>\d+) → (?P<after>\d+): (?P<reason>.*)", re.DOTALL)


@dataclass(frozen=True)
class Standing:
    """At the moment of receipt."""

    capacity: int | None = None  # None when it can not be told any more
    free: int | None = None  # before this one took its place
    number: int | None = None  # in the queue, of who joined it


def at_receipt(first: LedgerEntry, *, capacity_changes=None) -> Standing:
    """What the first row of an enrollment met; needs its enrollment's run. Two queries.

    capacity_changes: those of the run, when they are known already.
    """
    enrollment = first.enrollment
    if first.to_state == State.WAITLISTED:
        return Standing(number=ahead(enrollment, first) + 1)
    before = LedgerEntry.objects.filter(run=first.run_id).filter(Q(at__lt=first.at) | Q(at=first.at, pk__lt=first.pk))
    taken = before.aggregate(seats=Sum("seats"))["seats"] or 0
    changes = changes_of_capacity(enrollment.run) if capacity_changes is None else capacity_changes
    later = [one.before for one in changes if one.at > first.at]
    capacity = later[0] if later else enrollment.run.capacity
    free = capacity - taken
    if not first.seats <= free <= capacity:  # the capacity was changed by an import, or many applied in one moment
        return Standing()
    return Standing(capacity=capacity, free=free)


def ahead(enrollment: Enrollment, row: LedgerEntry) -> int:
    """How many who waited when a row of this enrollment was written are served before it; one query."""
    earlier = Q(received_at__lt=enrollment.received_at) | Q(received_at=enrollment.received_at, pk__lt=enrollment.pk)
    rows = LedgerEntry.objects.filter(enrollment=OuterRef("pk"))
    left = rows.filter(from_state=State.WAITLISTED, pk__lt=row.pk).exclude(to_state=State.WAITLISTED)
    return Enrollment.objects.filter(
        Q(priority__lt=enrollment.priority) | Q(priority=enrollment.priority) & earlier,
        Exists(rows.filter(number=1, to_state=State.WAITLISTED)), ~Exists(left), run=enrollment.run_id,
    ).count()  # fmt: skip


@dataclass(frozen=True)
class CapacityChange:
    at: object
    before: int
    after: int
    reason: str
    by: object  # who changed it


def changes_of_capacity(run: CourseRun) -> list[CapacityChange]:
    """What staff changed, the oldest first; one query."""
    found = []
    for row in staff_log.rows_about(run):
        if match := _CAPACITY_CHANGE.fullmatch(row.change_message):
            before, after, reason = match.groups()
            found.append(CapacityChange(row.action_time, int(before), int(after), reason, row.user))
    return sorted(found, key=lambda one: one.at)
