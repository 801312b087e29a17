"""One rule decides an application, at the press and in the worker: the best wishes that are free, then the queues."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts import locks
from accounts.models import Learner, User
from accounts.outbox import flows as outbox
from courses.flows import seats
from enrollment import eligibility, emails
from enrollment.flows import enrollments, places, turns, waitlist
from enrollment.models import (
    Application,
    ApplicationState as Stage,
    Enrollment,
    EnrollmentState as State,
    LedgerEvent,
    Submission,
    Wish,
)  # fmt: skip
from enrollment.outcomes import FULL, PLACE, QUEUE, UNNEEDED
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

WAIT_MILLISECONDS = 500  # the worker does not stand long before a group: others wait for it too


@transaction.atomic
def decide(*, application: Application, now: datetime, past: Collection[int] = ()) -> bool:
    """Decide an application that was received while very many applied.

    As of the second in which it was received. False, and nothing changed, when that has happened already or when
    another was received before it for one of its groups (past: ids of those that are not waited for). Locks its
    learners, then itself and its runs, and raises OperationalError when one of them stays out of reach for
    WAIT_MILLISECONDS. The family gets the letters of what it led to, or one that says why it led to nothing.
    """
    locks.wait_at_most(WAIT_MILLISECONDS)
    learners = places.lock_learners(application.applicants.values_list("learner_id", flat=True))
    locked = Application.objects.select_for_update(of=("self",)).undecided().filter(pk=application.pk).first()
    if locked is None:
        return False
    return settle(locked, learners, by=locked.prepared_by, now=now, past=past) is not None


def settle(application, learners, *, by, now, at_press=False, past=()) -> Application | None:
    """Give the best wishes that are free, up to the places wanted; for the rest, places in the queues.

    Its learners are locked; locks its runs. At the press it refuses rather than lead to nothing, and raises BUSY when
    others come first; in the worker it gives None then.
    """
    received_at = application.received_at
    wishes = list(application.wishes.order_by("rank"))
    runs = seats.lock(*(wish.run_id for wish in wishes))
    for wish in wishes:
        wish.run = runs[wish.run_id]
    if at_press and turns.somebody_is_before(list(runs), now=now):
        raise EnrollmentRefused(Refusal(Reason.BUSY))
    if not at_press and not turns.is_next(application, list(runs), past=past):
        return None
    facts = eligibility.Facts.load(runs=runs.values(), learners=learners, now=received_at, with_meetings=True)
    if at_press:
        insist_on_hope(facts, wishes, learners, received_at)
    leaving = _Leaving(facts, wishes, learners, by=by, now=now)
    given = _give(application, wishes, learners, facts, leaving)
    waiting = []
    if len(given) < application.places_wanted:
        waiting = [
            wish for wish in wishes
            if wish.outcome == FULL and wish.joins_waitlist and not _refusal(facts, wish.run, learners, received_at)
            and leaving.let_go(wish) and seats.join_waitlist(wish.run, len(learners))
        ]  # fmt: skip
    for wish in waiting:
        wish.outcome = QUEUE
    if at_press and not given and not waiting:
        raise EnrollmentRefused(Refusal(Reason.FULL, facts={"free": 0}))
    submission = (
        enter(application, learners, given, waiting, by=by, now=now, kept=leaving.kept) if given or waiting else None
    )
    Wish.objects.bulk_update(wishes, ["outcome"])
    application.state, application.ended_at, application.submission = Stage.DECIDED, now, submission
    application.save(update_fields=["state", "received_at", "ended_at", "submission", "prepared_by"])
    if submission is None:
        outbox.enqueue(*emails.application_refused(application, wishes=wishes, learners=learners, now=now))
    return application


def insist_on_hope(facts, wishes, learners, now) -> None:
    """Raise when it is too early for one of the wishes, which would be lost, or when none is possible any more."""
    found = [refusal for wish in wishes if (refusal := _refusal(facts, wish.run, learners, now))]
    if early := [refusal for refusal in found if refusal.reason == Reason.NOT_OPEN_YET]:
        raise EnrollmentRefused(max(early, key=lambda refusal: refusal.facts["at"]))
    if len(found) == len(wishes):
        raise EnrollmentRefused(*found)


def _give(application, wishes, learners, facts, leaving):
    """The wishes that came true, with their seats taken; every wish gets its outcome."""
    given, received_at = [], application.received_at
    for wish in wishes:
        if len(given) == application.places_wanted:
            wish.outcome = UNNEEDED
        elif refusal := _refusal(facts, wish.run, learners, received_at):
            wish.outcome = refusal.code
        elif leaving.take_seats(wish):
            wish.outcome = PLACE
            given.append(wish)
            for learner in learners:
                facts.assume(Enrollment(run=wish.run, learner=learner, state=State.CONFIRMED, received_at=received_at))
        else:
            wish.outcome = FULL
    return given


def _refusal(facts, run, learners, now):
    return next((refusal for one in learners if (refusal := facts.why_not(run, one, now))), None)


class _Leaving:
    """Places in the wished-for groups that these learners gave back a moment ago, and that are still held.

    Whoever gave this very place back gets it back instead of a new one, as when enrolling in a single group.
    """

    def __init__(self, facts, wishes, learners, *, by, now):
        self.count, self.by, self.now = len(learners), by, now
        self.held: dict[int, list[Enrollment]] = {}  # {run id: places given back}
        self.kept: list[Enrollment] = []  # those that come back
        runs = {wish.run_id: wish.run for wish in wishes}
        if not any(facts.is_leaving(run, one) for run in runs.values() for one in learners):
            return
        found = Enrollment.objects.filter(run__in=runs, learner__in=learners, state=State.LEAVING)
        for one in found.select_related("learner"):
            one.run = runs[one.run_id]
            if enrollments.can_come_back(one, now=now):
                self.held.setdefault(one.run_id, []).append(one)
            else:
                enrollments.release(one, by=by, now=now)

    def take_seats(self, wish) -> bool:
        """Seats for the whole party, those that it still holds counted."""
        mine = self.held.get(wish.run_id, [])
        if len(mine) < self.count and not seats.take(wish.run, self.count - len(mine)):
            return False
        self.kept += mine
        return True

    def let_go(self, wish) -> bool:
        """Who waits together with the others holds nothing meanwhile."""
        for one in self.held.pop(wish.run_id, []):
            enrollments.release(one, by=self.by, now=self.now)
        return True


def enter(
    application: Application, learners: list[Learner], given: list[Wish], waiting: list[Wish], *, by: User | None,
    now: datetime, event=LedgerEvent.RECEIVED, kept: Collection[Enrollment] = (),
) -> Submission:  # fmt: skip
    """The enrollments of one application, whose seats are counted already: with their ledger and their letters.

    Each wish has its locked run. kept: places given back that are held still and become theirs again.
    """
    # Another press may have used the key up, through another door: then what this one leads to has a new one.
    key = {} if Submission.objects.filter(key=application.key).exists() else {"key": application.key}
    submission = Submission.objects.create(
        **{"key": Application._meta.get_field("key").default(), **key}, submitted_by=application.prepared_by,
        received_at=application.received_at, is_together=len(learners) > 1,
    )  # fmt: skip
    has_back = {(one.run_id, one.learner_id) for one in kept}
    for one in kept:
        enrollments.restore(one, submission=submission, by=by, now=now)

    def new(wish, state):
        return [
            Enrollment(
                run=wish.run, learner=learner, submission=submission, received_at=application.received_at,
                entered_by=by, changed_at=now, state=state,
            )
            for learner in learners if (wish.run_id, learner.pk) not in has_back
        ]  # fmt: skip

    seated = [one for wish in given for one in new(wish, State.CONFIRMED)]
    places.begin(seated, by=by, event=event)
    queued = []
    for wish in waiting:
        newcomers = new(wish, State.WAITLISTED)
        reasons = waitlist.order_in_queue(wish.run, newcomers, now=now)
        queued += places.begin(newcomers, by=by, reasons=reasons, event=event)
    if seated or kept:
        outbox.enqueue(*emails.place_given([*seated, *kept], now=now))
    if queued:
        outbox.enqueue(*emails.joined_waitlist(queued, positions=waitlist.positions(queued), now=now))
    return submission
