"""Whether a group takes place: decided on its day, earlier by staff, or cancelled with everything in it.

docs/decisions/0007-after-the-place.md
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts import staff_log
from accounts.formatting import date_short
from accounts.models import User
from accounts.outbox import flows as outbox
from courses.flows import lessons, runs, seats
from courses.models import CourseRun, Lesson, RunState
from enrollment import emails
from enrollment.causes import TOO_FEW
from enrollment.flows import places
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEvent, OfferState, WaitlistOffer
from enrollment.refusals import EnrollmentRefused, Reason, Refusal


def confirmed_seats(run_ids: Iterable[int]) -> dict[int, int]:
    """{run id: seats of confirmed places}: what counts for the minimum. Trials and offers are nobody's yet."""
    counted = Enrollment.objects.confirmed().filter(run__in=run_ids).order_by().values("run")
    return dict(counted.annotate(count=Sum("seats")).values_list("run", "count"))


def due(*, now: datetime) -> list[CourseRun]:
    """Groups to be decided now: on the morning of their day, or later if nobody did it then.

    What has begun is left to people, and so is a group that could be applied for only after its day.
    """
    local = timezone.localtime(now)
    undecided = CourseRun.objects.published().filter(decided_at=None, decision_on__lte=local.date(), starts_at__gt=now)
    if local.hour < settings.DECISION_HOUR:
        undecided = undecided.filter(decision_on__lt=local.date())
    undecided = undecided.order_by("decision_on", "pk")
    return [run for run in undecided if timezone.localdate(run.enrollment_opens_at) < run.decision_on]


@transaction.atomic
def decide(*, run: CourseRun, now: datetime) -> bool:
    """With enough confirmed places the group takes place, otherwise it is cancelled; False when it is not due.

    Locks the run. Everybody in it is told once.
    """
    if run not in due(now=now):
        return False
    run = seats.lock(run.pk)[run.pk]
    if run not in due(now=now):  # somebody was faster
        return False
    if confirmed_seats([run.pk]).get(run.pk, 0) >= run.minimum_size:
        _will_run(run, now)
    else:
        _cancel(run, by=None, reason=TOO_FEW, now=now)
    return True


def _will_run(run, now):
    CourseRun.objects.filter(pk=run.pk).update(decided_at=now, changed_at=now)
    run.decided_at = now
    confirmed = Enrollment.objects.attending().filter(run=run).select_related("learner", "submission").order_by("pk")
    outbox.enqueue(*emails.group_runs(run, list(confirmed), now=now))


@transaction.atomic
def decide_to_run(*, run: CourseRun, by: User, reason: str, now: datetime) -> CourseRun:
    """Staff decide before the day, or with fewer people, that the group takes place. Locks the run.

    The reason goes into the log of staff actions. Raises EnrollmentRefused(DECIDED).
    """
    run = _lock_undecided(run, now)
    _will_run(run, now)
    staff_log.write(by=by, about=run, what=f"takes place: {reason}", now=now)
    return run


@transaction.atomic
def change_terms(
    *, run: CourseRun, decision_on: date, minimum_size: int, by: User, reason: str, now: datetime
) -> CourseRun:
    """Staff move the decision day, or change the minimum. Locks the run; the reason goes into the log of staff actions.

    Raises EnrollmentRefused: DECIDED, and DECISION_DAY when the day is past or after the start.
    """
    run = _lock_undecided(run, now)
    if not timezone.localdate(now) <= decision_on <= timezone.localdate(run.starts_at):
        raise EnrollmentRefused(Refusal(Reason.DECISION_DAY))
    changes = []
    if decision_on != run.decision_on:
        before = date_short(run.decision_on) if run.decision_on else "–"
        changes.append(f"{before} → {date_short(decision_on)}")
    if minimum_size != run.minimum_size:
        changes.append(f"min. {run.minimum_size} → {minimum_size}")
    if changes:
        runs.set_decision(run, decision_on=decision_on, minimum_size=minimum_size, now=now)
        staff_log.write(by=by, about=run, what=f"{', '.join(changes)}: {reason}", now=now)
    return run


def _lock_undecided(run, now):
    run = seats.lock(run.pk)[run.pk]
    if run.state != RunState.PUBLISHED:
        raise EnrollmentRefused(Refusal(Reason.CANCELLED))
    if run.decided_at is not None or run.starts_at <= now:
        raise EnrollmentRefused(Refusal(Reason.DECIDED))
    return run


# -- Cancelling ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Affected:
    """What cancelling a group would end."""

    families: int  # and guests: how many are told
    places: int  # seats of confirmed places and trials
    offers: int
    waiting: int
    lessons: int


def affected(run: CourseRun, *, now: datetime) -> Affected:
    """What cancelling the group now would end; a constant number of queries."""
    live = list(Enrollment.objects.live().filter(run=run).select_related("learner", "submission"))
    return Affected(
        families=len(emails.families_of(live)),
        places=sum(one.seats for one in live if one.state in (State.CONFIRMED, State.TRIAL)),
        offers=sum(1 for one in live if one.state == State.OFFERED),
        waiting=sum(1 for one in live if one.state == State.WAITLISTED),
        lessons=Lesson.objects.scheduled().filter(run=run, ends_at__gt=now).count(),
    )


@transaction.atomic
def cancel_run(*, run: CourseRun, by: User, reason: str, now: datetime) -> CourseRun:
    """The centre cancels a group: every place, trial, offer and wait in it ends, and its lessons to come are cancelled.

    Locks the run alone: ending takes nothing from anybody. Every family is told once. The reason is shown publicly
    and goes into the log of staff actions. Cancelling again changes nothing; raises EnrollmentRefused(FINISHED).
    """
    run = seats.lock(run.pk)[run.pk]
    if run.state == RunState.CANCELLED:
        return run
    if run.ends_at <= now:
        raise EnrollmentRefused(Refusal(Reason.FINISHED))
    _cancel(run, by=by, reason=reason, now=now)
    staff_log.write(by=by, about=run, what=f"cancelled: {reason}", now=now)
    return run


def _cancel(run, *, by, reason, now):
    """End everything in a locked run."""
    # The lessons keep no reason that is a code.
    lessons.cancel_all(run=run, reason="" if reason == TOO_FEW else reason, now=now)
    runs.cancel(run, reason=reason, now=now)
    WaitlistOffer.objects.open().filter(enrollment__run=run).update(
        state=OfferState.CLOSED, answered_at=now, answered_by=by
    )
    told = []
    for one in Enrollment.objects.filter(run=run, ended_at=None).select_related("learner", "submission").order_by("pk"):
        one.run = run
        if one.state == State.LEAVING:  # they know already
            places.change(one, State(one.releases_to), LedgerEvent.RELEASED, by=by, now=now)
            continue
        places.change(one, State.CANCELLED, LedgerEvent.CANCELLED, by=by, now=now, reason=reason)
        told.append(one)
    outbox.enqueue(*emails.group_cancelled(run, told, reason=reason, now=now))
