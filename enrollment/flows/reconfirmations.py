"""Do you still come? Asked some days before the start, where the program says so (docs/decisions/0007).

One press answers. A place that nobody confirms in time goes to the queue; "no longer" gives it back.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import User
from accounts.outbox import flows as outbox
from courses.models import Program, RunState
from enrollment import emails
from enrollment.deadlines import half_time, is_night, reconfirm_deadline
from enrollment.flows import places, waitlist
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEvent
from enrollment.refusals import EnrollmentRefused, Reason, Refusal


def to_ask(*, now: datetime) -> list[Enrollment]:
    """Confirmed places to ask now, the nearest start first; one query per program that asks, none at night.

    Who got the place after the day of asking has only just said that they come.
    """
    if is_night(now):
        return []
    found, least = [], timedelta(hours=2 * settings.OFFER_MINIMUM_HOURS)
    for program, days in Program.objects.exclude(reconfirm_days=None).values_list("pk", "reconfirm_days"):
        before = timedelta(days=days)
        found += Enrollment.objects.confirmed().filter(
            run__course__program=program, run__state=RunState.PUBLISHED, run__starts_at__gt=now + least,
            run__starts_at__lte=now + before, reconfirm_by=None, changed_at__lt=F("run__starts_at") - before,
        ).order_by("run__starts_at", "pk")  # fmt: skip
    return found


def to_remind(*, now: datetime) -> QuerySet[Enrollment]:
    return _unanswered().filter(reconfirm_remind_at__lte=now, reconfirm_by__gt=now).order_by("reconfirm_remind_at")


def overdue(*, now: datetime) -> QuerySet[Enrollment]:
    return _unanswered().filter(reconfirm_by__lte=now).order_by("reconfirm_by")


def _unanswered():
    return Enrollment.objects.confirmed().filter(reconfirm_by__isnull=False, reconfirmed_at=None)


def is_asked(enrollment: Enrollment, *, now: datetime) -> bool:
    """Whether an answer is waited for at this moment."""
    asked = enrollment.reconfirm_by is not None and enrollment.reconfirmed_at is None
    return asked and enrollment.state == State.CONFIRMED and enrollment.reconfirm_by > now


@transaction.atomic
def ask(*, enrollment: Enrollment, now: datetime) -> bool:
    """Ask those who act for the learner, or the guest; False when it was asked or ended meanwhile, or it is too late."""
    enrollment = places.lock(enrollment)
    deadline = reconfirm_deadline(now=now, starts_at=enrollment.run.starts_at)
    if enrollment.state != State.CONFIRMED or enrollment.reconfirm_by is not None or deadline is None:
        return False
    enrollment.reconfirm_by, enrollment.reconfirm_remind_at = deadline, half_time(now=now, deadline=deadline)
    enrollment.save(update_fields=["reconfirm_by", "reconfirm_remind_at"])
    places.note(enrollment, LedgerEvent.ASKED, now=now)
    outbox.enqueue(*emails.still_coming(enrollment, now=now))
    return True


@transaction.atomic
def remind(*, enrollment: Enrollment, now: datetime) -> bool:
    """Ask again once, at half of the time; False when somebody answered or it was done already."""
    if not to_remind(now=now).filter(pk=enrollment.pk).update(reconfirm_remind_at=None):
        return False
    fresh = Enrollment.objects.for_display().get(pk=enrollment.pk)
    outbox.enqueue(*emails.still_coming_reminder(fresh, now=now))
    return True


def confirm(*, enrollment: Enrollment, by: User | None, now: datetime) -> Enrollment:
    """Yes, they still come. Pressed twice it is noted once.

    Locks the learner and the run. Raises EnrollmentRefused: TOO_LATE_TO_ANSWER when the time is up (the place is passed on
    on the spot), ENDED when there is no place any more.
    """
    answer = _confirm(enrollment, by, now)
    if isinstance(answer, Refusal):
        raise EnrollmentRefused(answer)
    return answer


@transaction.atomic
def _confirm(enrollment, by, now):
    """The enrollment, or a refusal; an end that was due on the way is kept, so this never raises one."""
    enrollment = places.lock(enrollment)
    places.refuse_minor(enrollment, by=by, now=now)
    if enrollment.state != State.CONFIRMED:
        is_late = enrollment.ledger.get(number=enrollment.version).event == LedgerEvent.UNCONFIRMED
        return Refusal(Reason.TOO_LATE_TO_ANSWER if is_late else Reason.ENDED, enrollment.learner)
    if enrollment.reconfirm_by is None or enrollment.reconfirmed_at is not None:
        return enrollment
    if enrollment.reconfirm_by <= now:
        _end(enrollment, now)
        return Refusal(Reason.TOO_LATE_TO_ANSWER, enrollment.learner, {"at": enrollment.reconfirm_by})
    note_yes(enrollment, by=by, now=now)
    return enrollment


def note_yes(enrollment: Enrollment, *, by: User | None, now: datetime) -> None:
    """Note on a locked place that was asked that they still come."""
    Enrollment.objects.filter(pk=enrollment.pk).update(reconfirmed_at=now)
    enrollment.reconfirmed_at = now
    places.note(enrollment, LedgerEvent.RECONFIRMED, by=by, now=now)


def _end(enrollment, now):
    places.change(enrollment, State.EXPIRED, LedgerEvent.UNCONFIRMED, by=None, now=now)
    outbox.enqueue(*emails.place_unconfirmed(enrollment, now=now))
    waitlist.promote_locked(enrollment.run, now=now)


@transaction.atomic
def expire(*, enrollment: Enrollment, now: datetime) -> bool:
    """Pass a place on about which nobody answered; False when somebody did, or it is not due."""
    enrollment = places.lock(enrollment)
    if not overdue(now=now).filter(pk=enrollment.pk).exists():
        return False
    _end(enrollment, now)
    return True
