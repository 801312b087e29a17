"""Changing the group: the family keeps what it has until the other place is its own (docs/decisions/0007)."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.outbox import flows as outbox
from courses.flows import seats
from courses.models import CourseRun
from enrollment import causes, eligibility, emails
from enrollment.flows import places, turns, waitlist
from enrollment.models import Enrollment, EnrollmentState as State, Submission
from enrollment.refusals import EnrollmentRefused, Reason, Refusal


def transfer(*, enrollment: Enrollment, to_run: CourseRun, key: UUID, by: User, now: datetime) -> Enrollment:
    """Change to another group: at once where a seat is free, otherwise wait there with the old place kept.

    The enrollment in the other group, which `replaces` the old one. With a free seat both change in one transaction
    and the old seat goes to its queue; one letter tells both. Limit and clash are judged without the old place. The
    same key again finds the same enrollment.

    Locks the learner, then both runs by id. Raises EnrollmentRefused, and places.NotTheirs.
    """
    try:
        return _transfer(enrollment, to_run, key, by, now)
    except IntegrityError:
        known = Enrollment.objects.filter(
            submission__key=key, submission__submitted_by=by, run=to_run, learner=enrollment.learner_id
        )
        if (found := known.first()) is not None:
            return found
        raise


@transaction.atomic
def _transfer(enrollment, to_run, key, by, now):
    submission = Submission.objects.create(key=key, submitted_by=by, received_at=now)
    places.lock_learners_of(by, [enrollment.learner], now=now)
    old = places.lock(enrollment, to_run)
    if old.state != State.CONFIRMED or old.run_id == to_run.pk:
        raise EnrollmentRefused(Refusal(Reason.ENDED, old.learner))
    to_run = seats.lock(to_run.pk)[to_run.pk]  # locked already: read with what a decision needs
    facts = eligibility.Facts.load(runs=[to_run], learners=[old.learner], now=now, leaving=old)
    if refusal := facts.why_not(to_run, old.learner, now):
        raise EnrollmentRefused(refusal)
    if facts.is_leaving(to_run, old.learner):  # given back a moment ago: that is taken back instead
        raise EnrollmentRefused(Refusal(Reason.ALREADY, old.learner, {"at": now, "has_place": True}))
    if turns.somebody_is_before([to_run.pk], now=now):
        raise EnrollmentRefused(Refusal(Reason.BUSY))
    is_seated = seats.take(to_run)
    if not is_seated and not seats.join_waitlist(to_run):
        raise EnrollmentRefused(Refusal(Reason.CANCELLED, old.learner))
    new = Enrollment(
        run=to_run, learner=old.learner, submission=submission, received_at=now, entered_by=by, changed_at=now,
        state=State.CONFIRMED if is_seated else State.WAITLISTED, replaces=old,
    )  # fmt: skip
    reasons = waitlist.order_in_queue(to_run, [] if is_seated else [new], now=now)
    places.begin([new], by=by, reason=causes.changed(old.run.code, to_run.code), reasons=reasons)
    if is_seated:
        waitlist.end_replaced(new, by=by, now=now)
    else:
        outbox.enqueue(*emails.joined_waitlist([new], positions=waitlist.positions([new]), now=now))
    return new
