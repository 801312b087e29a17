"""The day itself: places that stay empty are given at the door (docs/decisions/0007).

Offers have ended by then, because nobody could answer them any more; who waits is told that they may come.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.outbox import flows as outbox
from courses.models import CourseRun, RunState
from enrollment import eligibility, emails
from enrollment.flows import places
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEvent
from enrollment.refusals import EnrollmentRefused, Reason, Refusal


def opens_at(run: CourseRun) -> datetime:
    """From when places are given at the door: no offer could be answered any more."""
    return run.offers_end_at - timedelta(hours=settings.OFFER_MINIMUM_HOURS)


def is_open(run: CourseRun, *, now: datetime) -> bool:
    return _why_closed(run, now) is None


def _why_closed(run, now) -> Refusal | None:
    if run.state != RunState.PUBLISHED:
        return Refusal(Reason.CANCELLED)
    if run.ends_at <= now:
        return Refusal(Reason.FINISHED)
    if not run.course.program.has_standby:
        return Refusal(Reason.NO_STANDBY)
    return Refusal(Reason.TOO_EARLY, facts={"at": opens_at(run)}) if now < opens_at(run) else None


@transaction.atomic
def give_place(*, enrollment: Enrollment, by: User, now: datetime, reason="") -> Enrollment:
    """Somebody who waits is there and gets an empty place. Pressed twice it is given once.

    In the order of the queue, and to siblings who go together at once; past others for whom there is room, or without
    the siblings, only with a written reason (they are not there). Locks the learners and the run. Raises
    EnrollmentRefused: OUT_OF_TURN without that reason, FULL, what does not fit (with a reason that is overridden),
    TOO_EARLY and why there is nothing to give.
    """
    enrollment = places.lock(enrollment, with_learners=[one.learner_id for one in _together_with(enrollment)])
    run, learner = enrollment.run, enrollment.learner
    if enrollment.state == State.CONFIRMED:
        return enrollment
    if enrollment.state != State.WAITLISTED:
        raise EnrollmentRefused(Refusal(Reason.ENDED, learner))
    if refusal := _why_closed(run, now):
        raise EnrollmentRefused(refusal)
    siblings = _together_with(enrollment)
    party = [enrollment] if reason else [enrollment, *siblings]
    free = run.capacity - run.seats_taken
    if sum(one.seats for one in party) > free:
        raise EnrollmentRefused(Refusal(Reason.FULL, learner, {"free": free}))
    ahead = Enrollment.objects.ahead_of(enrollment).filter(seats__lte=free).select_related("learner")
    passed = [one for one in ahead if one not in party] + [one for one in siblings if one not in party]
    if passed and not reason:
        names = ", ".join(one.who for one in passed)
        raise EnrollmentRefused(Refusal(Reason.OUT_OF_TURN, learner, {"names": names}))
    for one in party:
        one.run = run
        overridden = eligibility.in_the_way(enrollment=one, now=now) if one.learner else []
        if overridden and not (reason and all(refusal.is_overridable for refusal in overridden)):
            raise EnrollmentRefused(overridden[0])
        codes = [Reason.OUT_OF_TURN.value] * bool(passed) + [refusal.code for refusal in overridden]
        places.change(
            one, State.CONFIRMED, LedgerEvent.STANDBY, by=by, now=now, reason=reason, overrides=",".join(codes)
        )
    outbox.enqueue(*emails.place_given(party, now=now))
    return enrollment


def _together_with(enrollment) -> list[Enrollment]:
    """The siblings who wait for the same group, and want to go there together or not at all."""
    if not enrollment.submission.is_together:
        return []
    waiting = Enrollment.objects.filter(run=enrollment.run_id, submission=enrollment.submission_id).waitlisted()
    return list(waiting.exclude(pk=enrollment.pk).select_related("learner", "submission"))


@transaction.atomic
def note_no_show(*, enrollment: Enrollment, by: User, now: datetime) -> Enrollment:
    """Who has a place did not come: the seat is free for those who wait at the door. Noted twice it is noted once.

    Locks the learner and the run. Raises EnrollmentRefused: TOO_EARLY before the start, NO_STANDBY where places are
    not given at the door, ENDED when there is no place.
    """
    enrollment = places.lock(enrollment)
    if _was_no_show(enrollment):
        return enrollment
    if refusal := _why_closed(enrollment.run, now):
        raise EnrollmentRefused(refusal)
    starts_at = _starts_at(enrollment.run, now)
    if starts_at is None or now < starts_at:
        raise EnrollmentRefused(Refusal(Reason.TOO_EARLY, facts={"at": starts_at or enrollment.run.starts_at}))
    if enrollment.state != State.CONFIRMED:
        raise EnrollmentRefused(Refusal(Reason.ENDED, enrollment.learner))
    places.change(enrollment, State.EXPIRED, LedgerEvent.NO_SHOW, by=by, now=now)
    return enrollment


def _starts_at(run, now):
    """The start of the lesson that is on, or comes next."""
    lessons = run.lessons.scheduled().filter(ends_at__gt=now).order_by("starts_at")
    return lessons.values_list("starts_at", flat=True).first()


def _was_no_show(enrollment):
    last = enrollment.ledger.order_by("-number").values_list("event", flat=True).first()
    return enrollment.state == State.EXPIRED and last == LedgerEvent.NO_SHOW


@transaction.atomic
def undo_no_show(*, enrollment: Enrollment, by: User, now: datetime) -> Enrollment:
    """They came after all, or the wrong row was pressed: the place is theirs again while the seat is empty.

    Raises EnrollmentRefused: TOO_LATE when somebody else has the seat by now, or it was no such end, ALREADY when they
    have come into the group anew, LIMIT or CLASH when they have something else by now.
    """
    enrollment = places.lock(enrollment)
    learner = enrollment.learner
    if enrollment.state == State.CONFIRMED:
        return enrollment
    if not _was_no_show(enrollment) or _why_closed(enrollment.run, now) is not None:
        raise EnrollmentRefused(Refusal(Reason.TOO_LATE, learner))
    if learner:
        anew = Enrollment.objects.filter(run=enrollment.run, learner=learner, ended_at=None).first()
        if anew is not None:
            facts = {"at": anew.received_at, "has_place": anew.state != State.WAITLISTED}
            raise EnrollmentRefused(Refusal(Reason.ALREADY, learner, facts))
        if refusal := eligibility.why_not_accept(enrollment=enrollment, now=now):
            raise EnrollmentRefused(refusal)
    if not places.change(enrollment, State.CONFIRMED, LedgerEvent.RESTORED, by=by, now=now):
        raise EnrollmentRefused(Refusal(Reason.TOO_LATE, learner))
    return enrollment
