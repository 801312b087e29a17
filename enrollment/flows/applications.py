"""Applications: prepared before the opening, sent with one press, decided at once, by the worker, or by a draw.

docs/decisions/0005-applications.md
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, OperationalError, transaction

from accounts.models import Learner, User
from accounts.outbox import flows as outbox
from accounts.statements import Statement
from courses.flows import seats
from courses.models import CourseRun
from enrollment import eligibility, emails
from enrollment.flows import enrollments, places, waitlist
from enrollment.models import (
    Applicant,
    Application,
    ApplicationState as Stage,
    Draw,
    Enrollment,
    EnrollmentState as State,
    LedgerEvent,
    Submission,
    Wish,
)
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

MOST_WISHES = 10  # groups in one application

PLACE, QUEUE, UNNEEDED, FULL = "place", "queue", "unneeded", "full"  # outcomes of a wish; any other is a refusal's code


# -- Preparing -----------------------------------------------------------------------------------


@transaction.atomic
def prepare(
    *, learners: list[Learner], runs: list[CourseRun], by: User, now: datetime, waits_for: Iterable[int] | None = None,
    places_wanted=1, application: Application | None = None,
) -> Application:  # fmt: skip
    """Write down what will be sent later: groups in the order of liking, for a child or for siblings who go together.

    waits_for: ids of the groups whose queue they join when fewer places came than wanted; None means all of them.
    With an application, which must not have been decided yet, its wishes are replaced instead.
    Checked for fit already now. Locks the learners, and the draw if there is one. Raises EnrollmentRefused with
    what does not fit, MIXED when groups of a draw meet others, ENDED when it was decided meanwhile, and
    places.NotTheirs.
    """
    learners = places.lock_learners_of(by, learners, now=now)
    draw = _draw_of(runs)
    _insist_on_fit(learners, runs, now)
    if application is None:
        application = Application.objects.create(
            state=Stage.PREPARED, prepared_by=by, prepared_at=now, places_wanted=places_wanted, draw=draw
        )
        Applicant.objects.bulk_create(Applicant(application=application, learner=one) for one in learners)
    else:
        application = _lock(application, now=now)
        if application.draw_id != (draw and draw.pk):
            raise EnrollmentRefused(Refusal(Reason.MIXED))
        Application.objects.filter(pk=application.pk).update(prepared_at=now, places_wanted=places_wanted)
        application.wishes.all().delete()
    waits = {run.pk for run in runs} if waits_for is None else set(waits_for)
    Wish.objects.bulk_create(
        Wish(application=application, run=run, rank=rank, joins_waitlist=run.pk in waits)
        for rank, run in enumerate(runs, start=1)
    )
    application.refresh_from_db()
    return application


def _draw_of(runs) -> Draw | None:
    """The draw that all the groups belong to; none when none does."""
    draws = eligibility.draws_of(runs)
    found = {draws.get(run.pk) for run in runs}
    if len(found) != 1:
        raise EnrollmentRefused(Refusal(Reason.MIXED))
    return found.pop()


def _insist_on_fit(learners, runs, now):
    facts = eligibility.Facts.load(runs=runs, learners=learners, now=now)
    refusals = [refusal for run in runs for one in learners if (refusal := facts.why_unfit(run, one, now))]
    if refusals:
        raise EnrollmentRefused(*refusals)


@transaction.atomic
def drop(*, application: Application, by: User, now: datetime) -> Application:
    """The family takes back what was not decided yet. Repeating it changes nothing.

    Raises EnrollmentRefused(ENDED) once it is decided, or its draw has closed: then the place is given back instead.
    """
    places.lock_learners_of(by, list(application.learners.all()), now=now)
    if application.state == Stage.DROPPED:
        return application
    application = _lock(application, now=now)
    Application.objects.filter(pk=application.pk).update(state=Stage.DROPPED, ended_at=now)
    application.applicants.update(draw=None)
    application.refresh_from_db()
    return application


def _lock(application, *, now) -> Application:
    """Lock what is not decided yet, and its draw before it: while a draw is held nothing in it moves."""
    if application.draw_id:
        draw = Draw.objects.select_for_update().get(pk=application.draw_id)
        if application.state == Stage.RECEIVED and not draw.is_collecting(now=now):
            raise EnrollmentRefused(Refusal(Reason.ENDED))
    locked = Application.objects.select_for_update(of=("self",)).pending().filter(pk=application.pk).first()
    if locked is None:
        raise EnrollmentRefused(Refusal(Reason.ENDED))
    return locked


# -- Sending -------------------------------------------------------------------------------------


def opens_at(application: Application, *, now: datetime) -> datetime:
    """From when it can be sent: the opening of its draw, or of the last of its groups to open for these learners."""
    if application.draw_id:
        return application.draw.opens_at
    runs = [wish.run for wish in application.wishes.select_related("run__course__program")]
    learners = list(application.learners.all())
    facts = eligibility.Facts.load(runs=runs, learners=learners, now=now)
    return max(facts.opens_at(run, learner) for run in runs for learner in learners)


def send(*, application: Application, by: User, now: datetime) -> Application:
    """The press of the button: decided at once, or received for the worker or the draw. Pressed twice it is sent once.

    Raises EnrollmentRefused, and the application stays prepared, when it is not open yet or nothing of it is
    possible any more; IN_DRAW when one of the learners already takes part.
    """
    if application.state in (Stage.RECEIVED, Stage.DECIDED):
        return application
    if application.draw_id is None and not any(_is_waited_for(wish.run_id) for wish in application.wishes.all()):
        try:
            return _send(application, by=by, now=now, decides=True)
        except OperationalError as error:
            if not is_overload(error):
                raise
    try:
        return _send(application, by=by, now=now, decides=False)
    except IntegrityError:
        raise EnrollmentRefused(Refusal(Reason.IN_DRAW)) from None


@transaction.atomic
def _send(application, *, by, now, decides):
    learners = places.lock_learners_of(by, list(application.learners.all()), now=now)
    current = Application.objects.select_related("draw").get(pk=application.pk)
    if current.state in (Stage.RECEIVED, Stage.DECIDED):
        return current
    current = _lock(current, now=now)
    if current.draw_id and not current.draw.is_collecting(now=now):
        too_early = now < current.draw.opens_at
        reason = Reason.NOT_OPEN_YET if too_early else Reason.CLOSED
        raise EnrollmentRefused(
            Refusal(reason, facts={"at": current.draw.opens_at if too_early else current.draw.closes_at})
        )
    Application.objects.filter(pk=current.pk).update(state=Stage.RECEIVED, received_at=now)
    current.state, current.received_at = Stage.RECEIVED, now
    if current.draw_id:
        current.applicants.update(draw=current.draw)
        outbox.enqueue(*emails.application_received(current, learners=learners, now=now))
        return current
    if decides:
        return _decide(current, learners, by=by, now=now, refuses=True)
    return current


# -- Very many at once ---------------------------------------------------------------------------


def submit(
    *, run: CourseRun, learners: list[Learner], key: UUID, by: User, now: datetime, together=False
) -> Submission | list[Application]:
    """Enroll now; or, when the group cannot be reached in time, receive the applications and decide them in order.

    What was received waits for nothing but the worker, and nobody who comes later overtakes it. The same key finds
    the same receipt. Raises EnrollmentRefused and places.NotTheirs like enrollments.enroll.
    """
    if not _is_waited_for(run.pk):
        try:
            return enrollments.enroll(run=run, learners=learners, key=key, by=by, now=now, together=together)
        except OperationalError as error:
            if not is_overload(error):
                raise
    return _receive(run, learners, key, by, now, together)


def is_overload(error: OperationalError) -> bool:
    """Whether a statement gave up waiting for a lock: LOCK_TIMEOUT_SECONDS, or SQLite's one writer."""
    return getattr(error.__cause__, "sqlstate", "") == "55P03" or "locked" in str(error)


_waited_for = Statement(
    lambda run_id: Wish.objects.filter(run=run_id, application__state=Stage.RECEIVED, application__draw=None)
)


def _is_waited_for(run_id) -> bool:
    """Whether applications for this run are received and not decided yet."""
    return bool(_waited_for(run_id))


@transaction.atomic
def _receive(run, learners, key, by, now, together):
    learners = places.lock_learners_of(by, learners, now=now)
    parties = [learners] if together else [[one] for one in learners]
    keys = [key, *(uuid5(key, str(one[0].pk)) for one in parties[1:])]
    known = {one.key: one for one in Application.objects.filter(key__in=keys)}
    for one_key, party in zip(keys, parties, strict=True):
        if one_key in known:
            continue
        known[one_key] = application = Application.objects.create(
            key=one_key, state=Stage.RECEIVED, prepared_by=by, prepared_at=now, received_at=now
        )
        Applicant.objects.bulk_create(Applicant(application=application, learner=one) for one in party)
        Wish.objects.create(application=application, run=run, rank=1)
    return [known[one_key] for one_key in keys]


# -- Deciding ------------------------------------------------------------------------------------


@transaction.atomic
def decide(*, application: Application, now: datetime) -> bool:
    """Decide an application that was received while very many applied; False when that has happened already.

    As of the second in which it was received. Locks its learners, then its runs. The family gets the letters of
    what it led to, or one that says why it led to nothing.
    """
    learners = places.lock_learners(application.applicants.values_list("learner_id", flat=True))
    locked = Application.objects.select_for_update(of=("self",)).undecided().filter(pk=application.pk).first()
    if locked is None:
        return False
    _decide(locked, learners, by=locked.prepared_by, now=now, refuses=False)
    return True


def _decide(application, learners, *, by, now, refuses):
    """Give the best wishes that are free, up to the places wanted; for the rest, places in the queues."""
    received_at = application.received_at
    wishes = list(application.wishes.order_by("rank"))
    runs = seats.lock(*(wish.run_id for wish in wishes))
    for wish in wishes:
        wish.run = runs[wish.run_id]
    facts = eligibility.Facts.load(runs=runs.values(), learners=learners, now=received_at, with_meetings=True)
    given, refusals = [], []
    for wish in wishes:
        if len(given) == application.places_wanted:
            wish.outcome = UNNEEDED
        elif refusal := _first_refusal(facts, wish.run, learners, received_at):
            wish.outcome = refusal.code
            refusals.append(refusal)
        elif seats.take(wish.run, len(learners)):
            wish.outcome = PLACE
            given.append(wish)
            for learner in learners:
                facts.assume(Enrollment(run=wish.run, learner=learner, state=State.CONFIRMED, received_at=received_at))
        else:
            wish.outcome = FULL
    waiting = []
    if len(given) < application.places_wanted:
        waiting = [
            wish for wish in wishes
            if wish.outcome == FULL and wish.joins_waitlist
            and not _first_refusal(facts, wish.run, learners, received_at)
            and seats.join_waitlist(wish.run, len(learners))
        ]  # fmt: skip
    for wish in waiting:
        wish.outcome = QUEUE
    if refuses and refusals and not given and not waiting:
        raise EnrollmentRefused(*refusals)
    submission = _enter(application, learners, given, waiting, by=by, now=now) if given or waiting else None
    Wish.objects.bulk_update(wishes, ["outcome"])
    Application.objects.filter(pk=application.pk).update(state=Stage.DECIDED, ended_at=now, submission=submission)
    application.state, application.ended_at, application.submission = Stage.DECIDED, now, submission
    if submission is None:
        outbox.enqueue(*emails.application_refused(application, wishes=wishes, learners=learners, now=now))
    return application


def _first_refusal(facts, run, learners, now):
    return next((refusal for one in learners if (refusal := facts.why_not(run, one, now))), None)


def _enter(application, learners, given, waiting, *, by, now):
    """The enrollments of one application, whose seats are counted already: with their ledger and their letters."""
    submission = Submission.objects.create(
        key=application.key, submitted_by=application.prepared_by, received_at=application.received_at,
        is_together=len(learners) > 1,
    )  # fmt: skip
    entered = [
        Enrollment(
            run=wish.run, learner=learner, submission=submission, received_at=application.received_at, entered_by=by,
            changed_at=now, state=State.CONFIRMED if wish in given else State.WAITLISTED,
        )
        for wish in [*given, *waiting] for learner in learners
    ]  # fmt: skip
    queued = [one for one in entered if one.state == State.WAITLISTED]
    reasons = {}
    for wish in waiting:
        reasons |= waitlist.order_in_queue(wish.run, [one for one in queued if one.run_id == wish.run_id], now=now)
    places.begin(entered, by=by, reasons=reasons, event=LedgerEvent.RECEIVED)
    if seated := [one for one in entered if one.state == State.CONFIRMED]:
        outbox.enqueue(*emails.place_given(seated, now=now))
    if queued:
        outbox.enqueue(*emails.joined_waitlist(queued, positions=waitlist.positions(queued), now=now))
    return submission
