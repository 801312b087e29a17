"""Getting, giving back, moving and ending places: the main stories of the product."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Learner, User
from accounts.outbox import flows as outbox
from accounts.statements import Insertion
from courses.flows import seats
from courses.models import CourseRun
from enrollment import eligibility, emails
from enrollment.deadlines import trial_deadline
from enrollment.flows import newcomers, places, reconfirmations, turns, waitlist
from enrollment.models import (
    ATTENDING,
    HOLDING,
    PLACED,
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
    OfferState,
    Submission,
)  # fmt: skip
from enrollment.refusals import EnrollmentRefused, Reason, Refusal


def enroll(
    *, run: CourseRun, learners: list[Learner], key: UUID, by: User, now: datetime, together=False, override_reason=""
) -> Submission:
    """Give each learner a seat in the run, or a place in its queue when it is full.

    together: all get a seat or all join the queue; otherwise seats are given while they last, in the
    order of the learners. The same key again finds the same submission. With an override_reason
    (staff) everything but the capacity may be overridden; the reason goes into the ledger.

    Locks the learners, then the run by the very update that takes the seat. One letter per learner
    and guardian. Raises EnrollmentRefused with a refusal per learner who may not, BUSY when applications that
    were received before wait to be decided, and places.NotTheirs when somebody is neither theirs nor they are staff;
    nobody is enrolled then.
    """
    try:
        return _enroll(run, learners, key, by, now, together, override_reason)
    except IntegrityError:
        # Somebody was faster with the same form (its key is known now) or with the same child.
        if (submission := Submission.objects.filter(key=key).first()) is not None:
            if submission.submitted_by_id == by.pk:
                return submission
            return _enroll(run, learners, uuid4(), by, now, together, override_reason)  # another's key is no key
        refusals = [refusal for one in learners if (refusal := eligibility.why_not(run=run, learner=one, now=now))]
        if not refusals:
            raise
        raise EnrollmentRefused(*refusals) from None


def _enroll(run, learners, key, by, now, together, override_reason):
    foreseen = None if override_reason else newcomers.foresee(run, len(learners))
    try:
        return _write(run, learners, key, by, now, together, override_reason, foreseen)
    except newcomers.Overtaken:
        return _write(run, learners, key, by, now, together, override_reason, None)


_write_submission = Insertion(Submission)


@transaction.atomic
def _write(run, learners, key, by, now, together, override_reason, foreseen):
    submission = Submission(key=key, submitted_by=by, received_at=now, is_together=together)
    _write_submission([submission])
    learners = places.lock_learners_of(by, learners, now=now)
    facts, overrides = _refuse_unless_fit(run, learners, now, override_reason)
    leaving = [learner for learner in learners if facts.is_leaving(run, learner)]
    if foreseen and not leaving:
        newcomers.enter(learners, run=run, state=foreseen, submission=submission, by=by, now=now)
        return submission
    restored = _restore(run, leaving, submission, by, now, override_reason, overrides) if leaving else []
    has_back = {one.learner_id for one in restored}
    learners = [learner for learner in learners if learner.pk not in has_back]
    seated, waiting = _seat(run, len(learners), together)
    if waiting and not seats.join_waitlist(run, waiting):
        raise EnrollmentRefused(*(Refusal(Reason.CANCELLED, one) for one in learners))
    if override_reason and seated:
        overrides = _with_turn(overrides, run, now)
    elif learners and not override_reason:
        newcomers.insist_on_turn(run, now)
    entered = [
        Enrollment(
            run=run, learner=learner, submission=submission, received_at=now, entered_by=by, changed_at=now,
            state=State.CONFIRMED if index < seated else State.WAITLISTED,
        )
        for index, learner in enumerate(learners)
    ]  # fmt: skip
    reasons = waitlist.order_in_queue(run, entered[seated:], now=now)
    places.begin(entered, by=by, reason=override_reason, reasons=reasons, overrides=overrides)
    confirmed, queued = entered[:seated] + restored, entered[seated:]
    outbox.enqueue(*emails.place_given(confirmed, now=now) if confirmed else ())
    if queued:
        outbox.enqueue(*emails.joined_waitlist(queued, positions=waitlist.positions(queued), now=now))
    return submission


def _refuse_unless_fit(run, learners, now, override_reason, leaving=None):
    """Raise with everybody's refusals; otherwise the facts on which they were let through, and what was overridden."""
    facts = eligibility.Facts.load(runs=[run], learners=learners, now=now, leaving=leaving)
    if override_reason:
        found = [refusal for learner in learners for refusal in facts.every_refusal(run, learner, now)]
    else:
        found = [refusal for learner in learners if (refusal := facts.why_not(run, learner, now))]
    refusals = [refusal for refusal in found if not (override_reason and refusal.is_overridable)]
    if refusals:
        raise EnrollmentRefused(*refusals)
    return facts, ",".join(sorted({refusal.code for refusal in found}))


def _with_turn(overrides, run, now):
    """What was overridden; under the run's lock also whether others wait to be decided, whom this one passes."""
    if not turns.somebody_is_before([run.pk], now=now):
        return overrides
    return ",".join(sorted({*overrides.split(","), Reason.OUT_OF_TURN.value} - {""}))


def _restore(run, learners, submission, by, now, override_reason, overrides):
    """Who gave this very place back a moment ago gets it back instead of a new one.

    A place that the centre ended, or that is held no longer, is passed on first: they apply like anybody else.
    """
    locked = seats.lock(run.pk)[run.pk]
    restored = []
    for one in Enrollment.objects.filter(run=run, learner__in=learners, state=State.LEAVING).select_related("learner"):
        one.run = locked
        if can_come_back(one, now=now):
            restore(one, submission=submission, by=by, now=now, reason=override_reason, overrides=overrides)
            restored.append(one)
        else:
            release(one, by=by, now=now)
    return restored


def can_come_back(enrollment: Enrollment, *, now: datetime) -> bool:
    """Whether the family gave this place back itself, and it is still held."""
    return enrollment.releases_to == State.WITHDRAWN and enrollment.releases_at > now


def restore(
    enrollment: Enrollment, *, submission: Submission, by: User | None, now: datetime, reason="", overrides=""
) -> None:
    """Make a locked place that was given back theirs again, as the answer to a new submission."""
    outbox.stop(event_key_prefix=emails.event_key(enrollment), now=now)
    places.change(enrollment, State.CONFIRMED, LedgerEvent.RESTORED, by=by, now=now, reason=reason, overrides=overrides)
    Enrollment.objects.filter(pk=enrollment.pk).update(submission=submission)


def _seat(run, count, together):
    """Take seats for that many newcomers: (how many got one, how many have to wait)."""
    if count == 0 or seats.take(run, count):
        return count, 0
    if together:
        return 0, count
    seated = 0
    while seated < count - 1 and seats.take(run):
        seated += 1
    return seated, count - seated


@transaction.atomic
def withdraw(*, enrollment: Enrollment, by: User | None, now: datetime, hold_seconds: int | None = None) -> Enrollment:
    """The family gives the place back, or leaves the queue.

    A seat is held for undo (WITHDRAWAL_UNDO_MINUTES, or hold_seconds) and then passed on to the queue;
    leaving the queue takes effect at once. Locks the learner and the run. Tells every guardian.
    Raises EnrollmentRefused when the enrollment has ended, or is offered (then the offer is answered instead).
    """
    enrollment = places.lock(enrollment)
    places.refuse_minor(enrollment, by=by, now=now)
    hold = (
        timedelta(minutes=settings.WITHDRAWAL_UNDO_MINUTES) if hold_seconds is None else timedelta(seconds=hold_seconds)
    )
    if enrollment.state == State.WAITLISTED:
        places.change(enrollment, State.WITHDRAWN, LedgerEvent.LEFT_QUEUE, by=by, now=now)
        waitlist.promote_locked(enrollment.run, now=now)  # a party that was passed over may fit now
    elif enrollment.state in ATTENDING:
        places.change(
            enrollment, State.LEAVING, LedgerEvent.GIVEN_BACK, by=by, now=now,
            releases_at=now + hold, releases_to=State.WITHDRAWN,
        )  # fmt: skip
    elif enrollment.state != State.LEAVING:  # given back twice is given back
        raise EnrollmentRefused(Refusal(Reason.ENDED, enrollment.learner))
    else:
        return enrollment
    outbox.enqueue(*emails.place_ended(enrollment, by_centre=False, now=now, hold_seconds=60))
    return enrollment


@transaction.atomic
def undo_withdrawal(*, enrollment: Enrollment, by: User | None, now: datetime) -> Enrollment:
    """Take a place back that was given back, while it is still held; stops the letter if it has not left.

    It is what it was: a trial lesson's place too, with its end counted anew.

    The family takes back what it gave itself; what the centre ended is taken back by staff alone, and a
    move by undo_move. Raises EnrollmentRefused: TOO_LATE when the seat has been passed on, ENDED when it is
    not theirs to undo, LIMIT or CLASH when the family has filled the place meanwhile.
    """
    enrollment = places.lock(enrollment)
    places.refuse_minor(enrollment, by=by, now=now)
    if enrollment.state in ATTENDING:
        return enrollment
    if enrollment.state != State.LEAVING or enrollment.releases_at <= now:
        raise EnrollmentRefused(Refusal(Reason.TOO_LATE, enrollment.learner))
    is_staff = by is not None and by.is_desk_staff
    if enrollment.releases_to != State.WITHDRAWN and not (is_staff and enrollment.releases_to == State.CANCELLED):
        raise EnrollmentRefused(Refusal(Reason.ENDED, enrollment.learner))
    if refusal := _filled_meanwhile(enrollment, now):
        raise EnrollmentRefused(refusal)
    before = State(enrollment.ledger.get(number=enrollment.version).from_state)
    if before == State.OFFERED:
        _reopen_offer(enrollment, now)
    until = _trial_ends_at(enrollment) if before == State.TRIAL else None
    if until is not None and until <= now:
        raise EnrollmentRefused(Refusal(Reason.TOO_LATE, enrollment.learner))
    outbox.stop(event_key_prefix=emails.event_key(enrollment), now=now)
    places.change(enrollment, before, LedgerEvent.RESTORED, by=by, now=now, trial_ends_at=until)
    if enrollment.reconfirm_by and enrollment.reconfirmed_at is None:
        reconfirmations.note_yes(enrollment, by=by, now=now)  # whoever takes it back still comes
    return enrollment


def _trial_ends_at(enrollment):
    hours = enrollment.run.course.program.trial_answer_hours or 0
    return trial_deadline(lesson_ends_at=enrollment.trial_lesson.ends_at, answer_hours=hours)


def _filled_meanwhile(enrollment, now):
    """The limit or clash in the way of a place given back, when the learner got another place since."""
    got = LedgerEntry.objects.filter(
        enrollment__learner=enrollment.learner_id, at__gte=enrollment.changed_at, to_state__in=HOLDING
    )
    if enrollment.learner_id is None or not got.exclude(enrollment=enrollment).exists():
        return None
    return eligibility.why_not_accept(enrollment=enrollment, now=now)


def _reopen_offer(enrollment, now):
    """An offer that the centre ended with the enrollment is open again, if its time is not up meanwhile."""
    ended = enrollment.offers.filter(state=OfferState.CLOSED, expires_at__gt=now).order_by("-pk").first()
    if ended is None:
        raise EnrollmentRefused(Refusal(Reason.TOO_LATE, enrollment.learner))
    enrollment.offers.filter(pk=ended.pk).update(state=OfferState.OPEN, answered_at=None, answered_by=None)


@transaction.atomic
def pass_on(*, enrollment: Enrollment, by: User | None, now: datetime) -> Enrollment:
    """End the hold of a place given back and offer the seat to the queue. Repeating it changes nothing.

    Raises EnrollmentRefused(ENDED) for a family when the centre ended the place: the centre may still undo that.
    """
    enrollment = places.lock(enrollment)
    places.refuse_minor(enrollment, by=by, now=now)
    if enrollment.state == State.LEAVING:
        if enrollment.releases_to != State.WITHDRAWN and by is not None and not by.is_desk_staff:
            raise EnrollmentRefused(Refusal(Reason.ENDED, enrollment.learner))
        release(enrollment, by=by, now=now)
    return enrollment


@transaction.atomic
def release_due(*, enrollment: Enrollment, now: datetime) -> bool:
    """Pass a place on whose hold is over; False when it was taken back meanwhile, or given back anew."""
    enrollment = places.lock(enrollment)
    if enrollment.state != State.LEAVING or enrollment.releases_at > now:
        return False
    release(enrollment, by=None, now=now)
    return True


def release(enrollment: Enrollment, *, by: User | None, now: datetime) -> None:
    """End the hold of a locked place that was given back, and pass the seat on."""
    places.change(enrollment, State(enrollment.releases_to), LedgerEvent.RELEASED, by=by, now=now)
    waitlist.promote_locked(enrollment.run, now=now)


@transaction.atomic
def cancel(*, enrollment: Enrollment, by: User, reason: str, now: datetime) -> Enrollment:
    """The centre ends an enrollment, with a reason that the family is told after the undo time.

    A seat is held for STAFF_MESSAGE_HOLD_SECONDS, then passed on. Locks the learner and the run.
    """
    enrollment = places.lock(enrollment)
    hold = settings.STAFF_MESSAGE_HOLD_SECONDS
    if enrollment.state in PLACED:
        if enrollment.state == State.OFFERED:
            enrollment.offers.open().update(state=OfferState.CLOSED, answered_at=now, answered_by=by)
        places.change(
            enrollment, State.LEAVING, LedgerEvent.CANCELLED, by=by, now=now, reason=reason,
            releases_at=now + timedelta(seconds=hold), releases_to=State.CANCELLED,
        )  # fmt: skip
    elif enrollment.state == State.WAITLISTED:
        places.change(enrollment, State.CANCELLED, LedgerEvent.CANCELLED, by=by, now=now, reason=reason)
        waitlist.promote_locked(enrollment.run, now=now)
    else:
        raise EnrollmentRefused(Refusal(Reason.ENDED, enrollment.learner))
    letters = emails.place_ended(enrollment, by_centre=True, reason=reason, now=now, hold_seconds=hold)
    outbox.enqueue(*letters)
    return enrollment


@transaction.atomic
def move(
    *, enrollment: Enrollment, to_run: CourseRun, by: User, reason: str, now: datetime, override_reason=""
) -> Enrollment:
    """Staff move a learner to another group; the new enrollment.

    The new seat is taken before the old one is let go, in one transaction; the old seat stays held for
    the undo time, so that undoing never takes a place from another family. Locks the learner and both
    runs by id. Raises EnrollmentRefused: FULL when the other group has no seat (a queue is never
    jumped), BUSY while others wait to be decided, or why the learner does not fit, unless overridden with a reason.
    """
    enrollment = places.lock(enrollment, to_run)
    if enrollment.state not in (State.CONFIRMED, State.WAITLISTED):
        raise EnrollmentRefused(Refusal(Reason.ENDED, enrollment.learner))
    facts, overrides = _refuse_unless_fit(to_run, [enrollment.learner], now, override_reason, leaving=enrollment)
    if facts.is_leaving(to_run, enrollment.learner):  # given back a moment ago: that is undone instead
        raise EnrollmentRefused(Refusal(Reason.ALREADY, enrollment.learner, {"at": now, "has_place": True}))
    if override_reason:
        overrides = _with_turn(overrides, to_run, now)
    else:
        newcomers.insist_on_turn(to_run, now)
    if not seats.take(to_run):
        raise EnrollmentRefused(Refusal(Reason.FULL, enrollment.learner, {"free": 0}))
    hold = settings.STAFF_MESSAGE_HOLD_SECONDS
    if enrollment.state == State.CONFIRMED:
        places.change(
            enrollment, State.LEAVING, LedgerEvent.MOVED, by=by, now=now, reason=reason,
            releases_at=now + timedelta(seconds=hold), releases_to=State.MOVED,
        )  # fmt: skip
    else:
        places.change(enrollment, State.MOVED, LedgerEvent.MOVED, by=by, now=now, reason=reason)
    Enrollment.objects.filter(moved_from=enrollment).update(moved_from=None)  # an earlier move that was undone
    submission = enrollment.submission
    moved = Enrollment(
        run=to_run, learner=enrollment.learner, submission=submission, received_at=now, entered_by=by,
        changed_at=now, state=State.CONFIRMED, moved_from=enrollment,
    )  # fmt: skip
    places.begin([moved], by=by, reason=override_reason or reason, overrides=overrides)
    places.hand_over_waits(enrollment, moved)
    outbox.enqueue(*emails.group_changed(enrollment, moved, reason=reason, now=now, hold_seconds=hold))
    return moved


@transaction.atomic
def undo_move(*, enrollment: Enrollment, by: User, now: datetime) -> Enrollment:
    """Bring a moved learner back to the old group while its seat is held; gives the old enrollment.

    The letter is stopped when it has not left. Raises EnrollmentRefused: TOO_LATE afterwards, LIMIT or CLASH when the
    family has filled the old place meanwhile.
    """
    enrollment = places.lock(enrollment, enrollment.moved_from.run)
    old = places.lock(enrollment.moved_from)
    if enrollment.state != State.CONFIRMED or old.state != State.LEAVING or old.releases_at <= now:
        raise EnrollmentRefused(Refusal(Reason.TOO_LATE, enrollment.learner))
    outbox.stop(event_key_prefix=emails.event_key(enrollment), now=now)
    places.change(enrollment, State.CANCELLED, LedgerEvent.RESTORED, by=by, now=now)
    if refusal := _filled_meanwhile(old, now):
        raise EnrollmentRefused(refusal)
    places.change(old, State.CONFIRMED, LedgerEvent.RESTORED, by=by, now=now)
    places.hand_over_waits(enrollment, old)
    waitlist.promote_locked(enrollment.run, now=now)
    return old
