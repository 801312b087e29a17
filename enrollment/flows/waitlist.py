"""The queue: a freed seat is held for whoever waited longest and fits, until they answer or time is up."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Q, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from accounts.outbox import flows as outbox
from courses.flows import seats
from courses.models import CourseRun, Lesson, RunState
from enrollment import causes, eligibility, emails, openings
from enrollment.deadlines import half_time, offer_deadline
from enrollment.flows import places
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEvent, OfferState, WaitlistOffer
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

PAGE = 20  # how many who wait are read at once when looking for somebody who fits


def positions(enrollments: list[Enrollment]) -> dict[int, int]:
    """{enrollment id: number in its queue}, for those who wait; one query whatever their number."""
    waiting = [one for one in enrollments if one.state == State.WAITLISTED]
    if not waiting:
        return {}
    numbered = Enrollment.objects.filter(run__in={one.run_id for one in waiting}, state=State.WAITLISTED).annotate(
        number=Window(RowNumber(), partition_by=F("run_id"), order_by=[F("priority"), F("received_at"), F("pk")])
    )
    wanted = {one.pk for one in waiting}
    return {pk: number for pk, number in numbered.values_list("pk", "number") if pk in wanted}


def order_in_queue(run: CourseRun, newcomers: list[Enrollment], *, now: datetime) -> dict[int, str]:
    """Give those who are about to wait their priority class, which never changes afterwards: {learner id: its reason}.

    Where a program has earlier openings, whom they are for stays in front of the others. But nobody is put
    before somebody who already waits: a number in the queue only ever improves (PRODUCT, Queue).
    """
    if not newcomers or not openings.serves_some_first(run=run):
        return {}
    first = openings.priority_classes(run=run, learners=[one.learner for one in newcomers], now=now)
    last = Enrollment.objects.filter(run=run).waitlisted().aggregate(last=Max("priority"))["last"] or 0
    for one in newcomers:
        served = first.get(one.learner_id)
        one.priority = last = max(last, openings.RANK[served] if served else openings.ALL_OTHERS)
    return {pk: str(who) for pk, who in first.items()}


@transaction.atomic
def promote(*, run: CourseRun, now: datetime) -> list[Enrollment]:
    """Offer every free seat of the run to those who wait, in order; who was offered (or given) one.

    Locks the run. Letters go out with the change. Nothing happens when no seat is free, nobody
    waits, or the last useful moment has passed.
    """
    return promote_locked(seats.lock(run.pk)[run.pk], now=now)


def promote_locked(run: CourseRun, *, now: datetime) -> list[Enrollment]:
    """The same within a transaction that has locked the run."""
    run = CourseRun.objects.select_related("course__program", "room__venue").get(
        pk=run.pk
    )  # its counters may have moved
    free = run.capacity - run.seats_taken
    if free <= 0 or run.waitlist_length == 0 or run.state != RunState.PUBLISHED:
        return []
    deadline = _deadline(run, now)
    if deadline is None:
        return []
    promoted = []
    for party in _parties(run):
        needed = sum(one.seats for one in party)
        if needed > free:
            _pass_over(party, free, now)
            continue
        for one in party:
            _give(one, run, deadline, now)
        promoted += party
        free -= needed
        if free == 0:
            break
    return promoted


def _deadline(run, now):
    upcoming = Lesson.objects.scheduled().filter(run=run, starts_at__gt=now).order_by("starts_at")
    return offer_deadline(
        now=now, next_lesson_at=upcoming.values_list("starts_at", flat=True).first(),
        offer_hours=run.course.program.offer_hours, last_moment=run.offers_end_at,
    )  # fmt: skip


def _parties(run) -> Iterator[list[Enrollment]]:
    """Those who wait, in order; siblings sent "all or none" as one party at the place of the first."""
    served = set()
    queue = (
        Enrollment.objects.filter(run=run).waitlisted().select_related("learner", "submission", "replaces__run__course")
    )
    after = None
    while True:
        page = list((queue if after is None else queue.filter(_later_than(after)))[:PAGE])
        for one in page:
            if one.pk in served:
                continue
            party = [one]
            if one.submission.is_together:
                party = list(queue.filter(submission=one.submission_id))
            served.update(member.pk for member in party)
            yield party
        if len(page) < PAGE:
            return
        after = page[-1]


def _later_than(one):
    later = Q(received_at__gt=one.received_at) | Q(received_at=one.received_at, pk__gt=one.pk)
    return Q(priority__gt=one.priority) | Q(priority=one.priority) & later


def _pass_over(party, free, now):
    """Note once per change of their luck why a party was passed over."""
    for one in party:
        last = one.ledger.order_by("-number").values_list("event", flat=True).first()
        if last != LedgerEvent.SKIPPED:
            why = causes.passed_over(free=free, needed=sum(member.seats for member in party))
            places.note(one, LedgerEvent.SKIPPED, now=now, reason=why)


def _give(one, run, deadline, now):
    one.run = run
    if run.course.program.confirms_directly and _needs_no_answer(one, now):
        if places.change(one, State.CONFIRMED, LedgerEvent.PROMOTED, by=None, now=now):
            outbox.enqueue(*emails.place_given([one], now=now))
        return
    if not places.change(one, State.OFFERED, LedgerEvent.OFFERED, by=None, now=now):
        raise RuntimeError(f"run {run.pk} has no seat although it was counted under its lock")
    offer = WaitlistOffer.objects.create(
        enrollment=one, offered_at=now, expires_at=deadline, remind_at=half_time(now=now, deadline=deadline)
    )
    outbox.enqueue(*emails.seat_offered(offer, now=now))


def _needs_no_answer(one, now):
    """Whether a place can be given unasked: it gives nothing up, and is within limit and timetable of the learner.

    The learner is locked for that, after the run, and so only if nobody else has them; otherwise the family is asked.
    """
    if one.learner_id is None:
        return True
    if places.gives_up(one) or not places.lock_at_once(one.learner_id):
        return False
    return eligibility.why_not_accept(enrollment=one, now=now) is None


def accept(*, offer: WaitlistOffer, by: User | None, now: datetime) -> Enrollment:
    """Take the offered seat; siblings offered together are all accepted. Pressed twice it is accepted once.

    A place that it replaces ends in the same transaction. Locks the learner and the run, and the run of that place.
    Raises EnrollmentRefused: OFFER_ENDED when time is up (the offer is expired on the spot and the seat goes on),
    LIMIT or CLASH when the learner's week filled meanwhile.
    """
    answer = _answer(offer, by=by, now=now, accepted=True)
    if isinstance(answer, Refusal):
        raise EnrollmentRefused(answer)
    return answer


def decline(*, offer: WaitlistOffer, by: User | None, now: datetime) -> Enrollment:
    """Give the offered seat up; it goes to the next at once. Other queues of the learner stay.

    Locks the learner and the run. Raises EnrollmentRefused(OFFER_ENDED) when it was not open any more.
    """
    answer = _answer(offer, by=by, now=now, accepted=False)
    if isinstance(answer, Refusal):
        raise EnrollmentRefused(answer)
    return answer


@transaction.atomic
def _answer(offer, *, by, now, accepted):
    """The enrollment, or a refusal; what had to change on the way (an expiry) is kept, so this never raises one."""
    enrollment = places.lock(offer.enrollment, with_learners=_sent_with(offer.enrollment))
    places.refuse_minor(enrollment, by=by, now=now)
    offer = WaitlistOffer.objects.get(pk=offer.pk)
    if offer.state == (OfferState.ACCEPTED if accepted else OfferState.DECLINED):
        return enrollment
    if offer.state != OfferState.OPEN:
        return Refusal(
            Reason.OFFER_ENDED,
            enrollment.learner,
            {"at": offer.expires_at} if offer.state == OfferState.EXPIRED else {},
        )
    if offer.expires_at <= now:
        _end(offer, enrollment, OfferState.EXPIRED, by=None, now=now)
        return Refusal(Reason.OFFER_ENDED, enrollment.learner, {"at": offer.expires_at})
    if not accepted:
        _end(offer, enrollment, OfferState.DECLINED, by=by, now=now)
        return enrollment
    if enrollment.run.state != RunState.PUBLISHED:
        return Refusal(Reason.CANCELLED, enrollment.learner)
    party = _party_of(offer, enrollment)
    for _each, one in party:
        if one.learner_id and (refusal := eligibility.why_not_accept(enrollment=one, now=now)):
            return refusal
    for each, one in party:
        WaitlistOffer.objects.filter(pk=each.pk).update(state=OfferState.ACCEPTED, answered_at=now, answered_by=by)
        places.change(one, State.CONFIRMED, LedgerEvent.ACCEPTED, by=by, now=now)
        if places.gives_up(one):
            end_replaced(one, by=by, now=now)
        else:
            outbox.enqueue(*emails.place_given([one], now=now))
    enrollment.refresh_from_db()
    return enrollment


def end_replaced(new: Enrollment, *, by: User | None, now: datetime) -> None:
    """End the place that a new one replaces and pass its seat on; one letter tells both. Both runs are locked."""
    old = new.replaces
    why = causes.changed(old.run.code, new.run.code)
    places.change(old, State.MOVED, LedgerEvent.TRANSFERRED, by=by, now=now, reason=why)
    places.hand_over_waits(old, new)
    outbox.enqueue(*emails.group_exchanged(old, new, now=now))
    promote_locked(old.run, now=now)


def _sent_with(enrollment):
    """The ids of the learners whose offers one press answers; they are locked before the run."""
    if not enrollment.submission.is_together:
        return []
    party = Enrollment.objects.filter(submission=enrollment.submission_id, run=enrollment.run_id)
    return list(party.values_list("learner_id", flat=True))


def _party_of(offer, enrollment):
    """The open offers that are answered by one press: this one, and those to siblings sent with it."""
    if not enrollment.submission.is_together:
        return [(offer, enrollment)]
    others = WaitlistOffer.objects.open().filter(
        enrollment__submission=enrollment.submission_id, enrollment__run=enrollment.run_id
    )
    party = []
    for each in others.select_related("enrollment__learner", "enrollment__submission", "enrollment__replaces").order_by(
        "pk"
    ):
        each.enrollment.run = enrollment.run
        party.append((each, each.enrollment))
    return party


_ENDS = {
    OfferState.DECLINED: (State.DECLINED, LedgerEvent.DECLINED),
    OfferState.EXPIRED: (State.EXPIRED, LedgerEvent.EXPIRED),
}


def _end(offer, enrollment, how, *, by, now):
    """End an open offer and what it held, tell the family, and pass the seats on."""
    state, event = _ENDS[how]
    for each, one in _party_of(offer, enrollment):
        WaitlistOffer.objects.filter(pk=each.pk).update(state=how, answered_at=now, answered_by=by)
        places.change(one, state, event, by=by, now=now)
        each.enrollment = one
        outbox.enqueue(*emails.offer_ended(each, declined=how == OfferState.DECLINED, now=now))
    enrollment.state = state
    promote_locked(enrollment.run, now=now)


@transaction.atomic
def expire(*, offer: WaitlistOffer, now: datetime) -> bool:
    """End an offer whose time is up; False when somebody answered first or it is not due."""
    enrollment = places.lock(offer.enrollment)
    offer = WaitlistOffer.objects.get(pk=offer.pk)
    if offer.state != OfferState.OPEN or offer.expires_at > now:
        return False
    _end(offer, enrollment, OfferState.EXPIRED, by=None, now=now)
    return True


@transaction.atomic
def remind(*, offer: WaitlistOffer, now: datetime) -> bool:
    """Remind of an open offer once, at half of its time; False when it was answered or reminded already."""
    if not WaitlistOffer.objects.to_remind(now=now).filter(pk=offer.pk).update(reminded_at=now):
        return False
    outbox.enqueue(*emails.offer_reminder(offer, now=now))
    return True
