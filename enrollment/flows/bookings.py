"""Head-count bookings of a timed slot: n seats at once or none, by e-mail alone."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.outbox import flows as outbox
from courses.flows import seats
from courses.models import CourseRun, RunKind, RunState
from enrollment import emails
from enrollment.flows import places, waitlist
from enrollment.models import Enrollment, EnrollmentState as State, Submission
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

LARGEST_PARTY = 10  # a family; classes and companies book a visit


def why_not(*, run: CourseRun, now: datetime) -> Refusal | None:
    """Why nobody can book this slot now; None when it can be booked. A full slot is no reason: it has a queue."""
    if run.kind != RunKind.SLOT:
        return Refusal(Reason.NOT_BOOKABLE)
    if run.state == RunState.CANCELLED:
        return Refusal(Reason.CANCELLED)
    if run.starts_at <= now:
        return Refusal(Reason.FINISHED)
    if run.state != RunState.PUBLISHED or now < run.enrollment_opens_at:
        return Refusal(Reason.NOT_OPEN_YET, facts={"at": run.enrollment_opens_at})
    if now >= run.enrollment_closes_at:
        return Refusal(Reason.CLOSED, facts={"at": run.enrollment_closes_at})
    return None


def book(
    *,
    run: CourseRun,
    seats_wanted: int,
    name: str,
    email: str,
    key: UUID,
    now: datetime,
    by: User | None = None,
    language="lv",
) -> Enrollment:
    """Book that many seats for one party, or join the queue as a party when they are not there.

    The same key again finds the same booking. One letter with the ticket. Raises EnrollmentRefused.
    """
    if not 1 <= seats_wanted <= LARGEST_PARTY:
        raise ValueError(f"a party is 1 to {LARGEST_PARTY} people")
    try:
        return _book(run, seats_wanted, name, email.strip().lower(), key, now, by, language)
    except IntegrityError:
        booked = Enrollment.objects.filter(
            submission__key=key, submission__submitted_by=by, guest_email__iexact=email.strip()
        )
        if (known := booked.first()) is None:
            raise
        return known


@transaction.atomic
def _book(run, seats_wanted, name, email, key, now, by, language):
    # First the key: a form sent again after the slot has closed finds its booking.
    submission = Submission.objects.create(key=key, submitted_by=by, received_at=now)
    if refusal := why_not(run=run, now=now):
        raise EnrollmentRefused(refusal)
    seated = seats.take(run, seats_wanted)
    if not seated and not seats.join_waitlist(run, seats_wanted):
        raise EnrollmentRefused(Refusal(Reason.CANCELLED))
    booking = Enrollment(
        run=run, submission=submission, guest_name=name, guest_email=email, guest_language=language, seats=seats_wanted,
        received_at=now, entered_by=by, changed_at=now, state=State.CONFIRMED if seated else State.WAITLISTED,
    )  # fmt: skip
    places.begin([booking], by=by)
    if seated:
        outbox.enqueue(*emails.place_given([booking], now=now))
    else:
        outbox.enqueue(*emails.joined_waitlist([booking], positions=waitlist.positions([booking]), now=now))
    return booking
