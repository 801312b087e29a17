"""What needs the front desk now: today's lessons, open offers, places held, draws and letters that are late (UX S29)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.utils import timezone

from accounts.outbox.models import Message
from courses.models import CourseRun, Lesson
from enrollment.desk import draws
from enrollment.flows import decisions
from enrollment.models import Draw, Enrollment, EnrollmentState as State, WaitlistOffer

SOON = timedelta(days=14)  # how far ahead openings are shown
LIMIT = 12  # rows of one list


@dataclass(frozen=True)
class RoomDay:
    name: str  # of the room, or that they are held online; nothing when no room is set
    lessons: list[Lesson]


@dataclass(frozen=True)
class Trouble:
    """A letter that could not be sent, and whom it tells of."""

    message: Message
    enrollment: Enrollment | None


@dataclass(frozen=True)
class Deciding:
    """A group that is not decided yet and has fewer confirmed places than it needs."""

    run: CourseRun
    confirmed: int

    @property
    def missing(self) -> int:
        return self.run.minimum_size - self.confirmed


@dataclass(frozen=True)
class Today:
    rooms: list[RoomDay]
    offers: list[WaitlistOffer]  # the nearest deadline first
    holds: list[Enrollment]  # the nearest end first
    troubles: list[Trouble]
    opening: list[CourseRun]
    late_draws: list[Draw]  # whose places should have been drawn
    deciding: list[Deciding]  # groups that are too small, the nearest decision day first
    waiting: int  # seats asked for in all queues

    @property
    def lesson_count(self) -> int:
        return sum(len(room.lessons) for room in self.rooms)


def today(*, now: datetime) -> Today:
    """The desk's day in ten queries."""
    runs = CourseRun.objects.published().not_finished(now=now)
    waiting = runs.filter(waitlist_length__gt=0).values_list("waitlist_length", flat=True)
    offers = (
        WaitlistOffer.objects.open().select_related("enrollment__learner", "enrollment__run").order_by("expires_at")
    )
    holds = Enrollment.objects.filter(state=State.LEAVING).select_related("learner", "run").order_by("releases_at")
    opening = runs.filter(enrollment_opens_at__gt=now, enrollment_opens_at__lte=now + SOON).for_display()
    return Today(
        rooms=_rooms(now), offers=list(offers[:LIMIT]), holds=list(holds[:LIMIT]), troubles=_troubles(),
        opening=list(opening.order_by("enrollment_opens_at", "code")[:LIMIT]), deciding=_deciding(runs, now),
        late_draws=list(draws.overdue(now=now)[:LIMIT]), waiting=sum(waiting),
    )  # fmt: skip


def _deciding(runs, now):
    today = timezone.localdate(now)
    near = runs.filter(decided_at=None, decision_on__lte=today + SOON).for_display().order_by("decision_on", "code")
    near = list(near)
    confirmed = decisions.confirmed_seats([run.pk for run in near])
    found = [Deciding(run, confirmed.get(run.pk, 0)) for run in near]
    return [one for one in found if one.missing > 0][:LIMIT]


def _rooms(now):
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = start + timedelta(days=1)  # wall-clock arithmetic: the next local midnight
    lessons = (
        Lesson.objects.published()
        .filter(starts_at__gte=start, starts_at__lt=end)
        .select_related("run__course", "room__venue")
        .prefetch_related("instructors")
        .order_by("room__venue__short_name", "room_id", "is_remote", "starts_at", "pk")
    )
    return [
        RoomDay(lessons[0].place, lessons)
        for _place, found in groupby(lessons, lambda one: (one.room_id, one.is_remote))
        if (lessons := list(found))
    ]


def _troubles():
    failed = Message.objects.filter(sent_at=None).exclude(last_error="")
    messages = list(failed.select_related("recipient").order_by("-created_at")[:LIMIT])
    concerned = {message.facts.get("enrollment_id") for message in messages} - {None}
    enrollments = Enrollment.objects.select_related("learner", "run").in_bulk(concerned) if concerned else {}
    return [Trouble(message, enrollments.get(message.facts.get("enrollment_id"))) for message in messages]
