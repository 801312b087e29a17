"""A timed slot as its booking page shows it: price, places, and the next slots when there are none."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from django.db.models import F

from courses.models import CourseRun, RunKind
from courses.prices import full_price
from enrollment.flows import bookings
from enrollment.models import Enrollment, Submission
from enrollment.refusals import Refusal

NEXT_SLOTS = 3


@dataclass(frozen=True)
class SlotPage:
    run: CourseRun
    refusal: Refusal | None  # why nobody can book it now
    next_slots: list[CourseRun]


def slot_page(run: CourseRun, *, seats: int, now: datetime) -> SlotPage:
    return SlotPage(run, bookings.why_not(run=run, now=now), next_slots(run, seats=seats, now=now))


def price_of(run: CourseRun) -> Decimal | None:
    """What one person pays at the desk."""
    course = run.course
    return full_price(course.price, course.fee_policy.amount if course.fee_policy else None)


def next_slots(run: CourseRun, *, seats: int, now: datetime) -> list[CourseRun]:
    """The next slots of the same workshop or show in which a newcomer gets that many seats."""
    slots = CourseRun.objects.public().open_for_enrollment(now=now).with_free_seats().for_display()
    slots = slots.filter(
        course=run.course_id, kind=RunKind.SLOT, starts_at__gt=now, seats_taken__lte=F("capacity") - seats
    ).exclude(pk=run.pk)
    return list(slots.order_by("starts_at", "pk")[:NEXT_SLOTS])


def booked_before(*, key: UUID, run: CourseRun, email: str) -> Enrollment | None:
    """What this very form booked already; its answer stands, however full the slot has become."""
    return Enrollment.objects.filter(
        submission__key=key, run=run, learner=None, guest_email__iexact=email.strip()
    ).first()


def unused(key: UUID) -> UUID:
    """The form's key; a new one when the form was sent before and came back with another slot or address."""
    return uuid4() if Submission.objects.filter(key=key).exists() else key
