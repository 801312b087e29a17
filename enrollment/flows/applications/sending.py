"""The press of the button: decided at once, or received for the worker or for a draw."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, OperationalError, transaction

from accounts import locks
from accounts.models import Learner, User
from accounts.outbox import flows as outbox
from courses.models import CourseRun
from enrollment import eligibility, emails
from enrollment.flows import enrollments, places, turns
from enrollment.models import Applicant, Application, ApplicationState as Stage, Submission, Wish
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

from . import deciding, preparing

SENT = (Stage.RECEIVED, Stage.DECIDED)


def is_waited_for(run_id: int) -> bool:
    """Whether applications for this run are received and not decided yet."""
    return bool(turns.first_in_line([run_id]))


# -- What was prepared -----------------------------------------------------------------------------


def send(*, application: Application, by: User, now: datetime) -> Application:
    """The press of the button: decided at once, or received for the worker or the draw. Pressed twice it is sent once.

    Locks the learners, the draw, the application and the runs. Raises EnrollmentRefused, and the application stays
    prepared, when it is not open yet, when nothing of it is possible any more, IN_DRAW when one of the learners already
    takes part, and BUSY when it could not even be written down; places.NotTheirs.
    """
    if application.state in SENT:
        return application
    if application.draw_id:
        return _send_to_draw(application, by=by, now=now)
    runs = list(application.wishes.values_list("run_id", flat=True))
    return _at_once_or_later(
        runs, now,
        at_once=lambda: _send(application, by=by, now=now, decides=True),
        later=lambda: _send(application, by=by, now=now, decides=False),
    )  # fmt: skip


def _at_once_or_later(run_ids, now, *, at_once, later):
    """What is decided at once is decided; what cannot be, because of so many others, is received in its turn."""
    if not turns.somebody_is_before(run_ids, now=now):
        try:
            return at_once()
        except EnrollmentRefused as refused:
            if refused.refusal.reason != Reason.BUSY:
                raise
        except OperationalError as error:
            if not locks.gave_up(error):
                raise
    try:
        return later()
    except OperationalError as error:
        if not locks.gave_up(error):
            raise
        raise EnrollmentRefused(Refusal(Reason.BUSY)) from None


@transaction.atomic
def _send(application, *, by, now, decides):
    learners = places.lock_learners_of(by, list(application.learners.all()), now=now)
    current = Application.objects.get(pk=application.pk)
    if current.state in SENT:
        return current
    current = preparing.lock(current, now=now)
    current.prepared_by, current.received_at = by, now
    if decides:
        return deciding.settle(current, learners, by=by, now=now, at_press=True)
    _insist_on_hope(list(current.wishes.select_related("run__course__program")), learners, now)
    _note_receipt(current)
    return current


def _note_receipt(application):
    application.state = Stage.RECEIVED
    application.save(update_fields=["state", "received_at", "prepared_by"])


def _insist_on_hope(wishes, learners, now):
    facts = eligibility.Facts.load(runs=[wish.run for wish in wishes], learners=learners, now=now)
    deciding.insist_on_hope(facts, wishes, learners, now)


def _send_to_draw(application, *, by, now):
    try:
        return _receive_for_draw(application, by=by, now=now)
    except IntegrityError:
        raise EnrollmentRefused(Refusal(Reason.IN_DRAW)) from None


@transaction.atomic
def _receive_for_draw(application, *, by, now):
    learners = places.lock_learners_of(by, list(application.learners.all()), now=now)
    current = Application.objects.get(pk=application.pk)
    if current.state in SENT:
        return current
    current = preparing.lock(current, now=now)
    draw = current.draw
    if not draw.is_collecting(now=now):
        too_early = now < draw.opens_at
        reason = Reason.NOT_OPEN_YET if too_early else Reason.CLOSED
        raise EnrollmentRefused(Refusal(reason, facts={"at": draw.opens_at if too_early else draw.closes_at}))
    current.prepared_by, current.received_at = by, now
    _note_receipt(current)
    current.applicants.update(draw=draw)
    outbox.enqueue(*emails.application_received(current, learners=learners, now=now))
    return current


# -- One group, chosen now -------------------------------------------------------------------------


def submit(
    *, run: CourseRun, learners: list[Learner], key: UUID, by: User, now: datetime, together=False
) -> Submission | list[Application]:
    """Enroll now; or, when the group cannot be reached in time, receive the applications and decide them in order.

    What was received waits for nothing but the worker, and nobody who comes later overtakes it. The same key finds
    the same receipt. Raises EnrollmentRefused and places.NotTheirs like enrollments.enroll, and BUSY when it could
    not even be written down.
    """
    return _at_once_or_later(
        [run.pk], now,
        at_once=lambda: enrollments.enroll(run=run, learners=learners, key=key, by=by, now=now, together=together),
        later=lambda: _receive(run, learners, key, by, now, together),
    )  # fmt: skip


def _receive(run, learners, key, by, now, together):
    if (sent := Submission.objects.filter(key=key, submitted_by=by).first()) is not None:
        return sent  # this very press was answered before
    try:
        return _write_down(run, learners, key, by, now, together)
    except IntegrityError:  # another family's key is no key
        return _write_down(run, learners, uuid4(), by, now, together)


@transaction.atomic
def _write_down(run, learners, key, by, now, together):
    """One application for each party that has none in the line of this run. Locks the learners alone."""
    learners = places.lock_learners_of(by, learners, now=now)
    parties = preparing.parties_of(learners, together)
    keys = preparing.keys_of(key, parties)
    known = {one.key: one for one in Application.objects.filter(key__in=keys, prepared_by=by, wishes__run=run)}
    in_line = _in_line(run, learners)
    new = [
        (one_key, party) for one_key, party in zip(keys, parties, strict=True)
        if one_key not in known and not any(one.pk in in_line for one in party)
    ]  # fmt: skip
    _insist_on_each(run, [one for _key, party in new for one in party], now)
    for one_key, party in new:
        known[one_key] = application = Application.objects.create(
            key=one_key, state=Stage.RECEIVED, prepared_by=by, prepared_at=now, received_at=now
        )
        Applicant.objects.bulk_create(Applicant(application=application, learner=one) for one in party)
        Wish.objects.create(application=application, run=run, rank=1)
    found = [
        known.get(one_key) or next(in_line[one.pk] for one in party if one.pk in in_line)
        for one_key, party in zip(keys, parties, strict=True)
    ]
    return list({one.pk: one for one in found}.values())


def _in_line(run, learners) -> dict[int, Application]:
    """{learner id: the application that waits for this run already}: from a second tab, or of the other guardian."""
    waiting = Applicant.objects.filter(
        learner__in=learners, application__in=Application.objects.undecided().filter(wishes__run=run).order_by()
    )
    return {one.learner_id: one.application for one in waiting.select_related("application")}


def _insist_on_each(run, learners, now):
    """What can be refused without the run's lock is refused now; a receipt is for those who have a chance."""
    if not learners:
        return
    facts = eligibility.Facts.load(runs=[run], learners=learners, now=now)
    refusals = [refusal for one in learners if (refusal := facts.why_not(run, one, now))]
    if refusals:
        raise EnrollmentRefused(*refusals)
