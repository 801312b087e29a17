"""How many seats a group has: checked against the room, and the queue served when there are more."""

from datetime import datetime

from django.db import transaction

from accounts import staff_log
from accounts.models import User
from courses.flows import seats
from courses.models import CourseRun
from enrollment.flows import waitlist
from enrollment.models import Enrollment
from enrollment.refusals import EnrollmentRefused, Reason, Refusal


@transaction.atomic
def change_capacity(*, run: CourseRun, capacity: int, by: User, reason: str, now: datetime) -> list[Enrollment]:
    """Give the group that many seats; those of the queue who were offered (or given) one by it.

    Locks the run. The reason goes into the log of staff actions, since the ledger knows places only.
    Raises EnrollmentRefused(CAPACITY) below the seats taken and above the seats in the room.
    """
    locked = seats.lock(run.pk)[run.pk]
    before = locked.capacity
    if capacity == before:
        return []
    room = locked.room.capacity if locked.room else None
    if (room is not None and capacity > room) or not seats.set_capacity(locked, capacity=capacity):
        facts = {"taken": locked.seats_taken, "room": "–" if room is None else room}
        raise EnrollmentRefused(Refusal(Reason.CAPACITY, facts=facts))
    staff_log.write(by=by, about=run, what=f"{before} → {capacity}: {reason}", now=now)
    return waitlist.promote_locked(locked, now=now)
