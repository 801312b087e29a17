"""Newcomers whose seat, or whose place at the end of the queue, could be foreseen: everything is written first, the group is locked last.

On an opening morning hundreds wait for the row of one group. What can be done before it is locked is done before; between
the lock and the commit there is one statement. Whoever was overtaken meanwhile starts again, under the lock.
"""

from datetime import datetime

from accounts.models import Learner, User
from accounts.outbox import flows as outbox
from courses.flows import seats
from courses.models import CourseRun
from enrollment import emails, openings
from enrollment.flows import places, turns
from enrollment.models import Enrollment, EnrollmentState as State, Submission
from enrollment.refusals import EnrollmentRefused, Reason, Refusal


class Overtaken(Exception):
    """What was foreseen was no longer so when the group was locked; the transaction has to be undone."""


def foresee(run: CourseRun, count: int) -> State | None:
    """What that many newcomers will all be, by what was read of the run; None when only its lock can tell."""
    if run.waitlist_length == 0 and run.seats_taken + count <= run.capacity:
        return State.CONFIRMED
    if run.seats_taken >= run.capacity and not openings.serves_some_first(run=run):
        return State.WAITLISTED
    return None


def enter(
    learners: list[Learner], *, run: CourseRun, state: State, submission: Submission, by: User, now: datetime
) -> None:
    """Write their enrollments, ledger and letters, then take the seats or join the queue.

    Raises Overtaken when that is not possible any more, and EnrollmentRefused(BUSY) like enrollments.enroll.
    """
    entered = [
        Enrollment(
            run=run, learner=learner, submission=submission, received_at=now, entered_by=by, changed_at=now, state=state
        )
        for learner in learners
    ]
    places.begin(entered, by=by)
    if state == State.CONFIRMED:
        outbox.enqueue(*emails.place_given(entered, now=now))
        if not seats.take(run, len(entered)):
            raise Overtaken
        insist_on_turn(run, now)
        return
    length = seats.join_full(run, len(entered))
    if length is None:
        raise Overtaken
    insist_on_turn(run, now)
    positions = {one.pk: length - len(entered) + number for number, one in enumerate(entered, 1)}
    outbox.enqueue(*emails.joined_waitlist(entered, positions=positions, now=now))


def insist_on_turn(run: CourseRun, now: datetime) -> None:
    """Raise EnrollmentRefused(BUSY) when others wait to be decided; under the run's lock, for which they gave up waiting."""
    if turns.somebody_is_before([run.pk], now=now):
        raise EnrollmentRefused(Refusal(Reason.BUSY))
