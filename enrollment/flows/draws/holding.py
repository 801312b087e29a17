"""Holding a draw: everything it depends on is read under locks, and all it leads to is written in one transaction."""

import logging
from collections import Counter, defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, OuterRef, Subquery

from accounts import staff_log
from accounts.models import User
from accounts.outbox import flows as outbox
from courses.flows import seats
from courses.models import CourseRun
from enrollment import allocation, causes, emails
from enrollment.flows import enrollments, places
from enrollment.flows.applications import FULL, PLACE, QUEUE, UNNEEDED
from enrollment.flows.draws import locking, recording
from enrollment.models import (
    Application,
    ApplicationState as Stage,
    Draw,
    DrawState,
    Enrollment,
    EnrollmentState as State,
    LedgerEvent,
    Submission,
    Wish,
)  # fmt: skip
from enrollment.refusals import Reason

logger = logging.getLogger(__name__)

AT_ONCE = 5000  # ids in one statement


class WrittenOtherwise(Exception):
    """What was written is not what the record says: a fault of ours, and nothing is kept."""


def due(*, now: datetime) -> list[Draw]:
    """Draws whose window is over, the first to close first."""
    return list(Draw.objects.due(now=now).order_by("closes_at", "pk"))


def hold(*, draw: Draw, now: datetime, by: User | None = None) -> bool:
    """Give the places of a draw whose window is over; False, and nothing changed, when it is not due or held already.

    Computes the record from the applications, allocates by it and writes places, queues, outcomes and letters, whole
    or not at all; what was written is compared with the record before it is kept. Locks the learners, the draw and
    the groups, each by id, and begins again when somebody joined meanwhile.
    """
    return locking.again_when_somebody_is_new(lambda: _hold(draw, by, now))


@transaction.atomic
def _hold(draw, by, now):
    draw, learners = locking.lock(draw)
    if draw.state != DrawState.ANNOUNCED or now < draw.closes_at:
        return False
    runs = _lock_groups(draw, learners, now)
    names = recording.names_of(runs.values())
    parties = recording.parties(draw, learners, runs, now=now)
    logger.info("draw %s: %s applications for %s groups", draw.pk, len(parties), len(runs))
    record = _record(draw, runs, names, parties, now)
    logger.info("draw %s: places are allocated", draw.pk)
    by_pseudonym = {party.pseudonym: party for party in parties}
    drawn = [(by_pseudonym[one["pseudonym"]], one) for one in record["applications"]]
    _write(draw, record, drawn, runs, names, now)
    draw.state, draw.held_at, draw.record = DrawState.HELD, now, record
    draw.save(update_fields=["state", "held_at", "record"])
    _compare(draw, drawn, runs, names)
    if by is not None:
        staff_log.write(by=by, about=draw, what="held", now=now)
    logger.info("draw %s: held", draw.pk)
    return True


def _lock_groups(draw, learners, now) -> dict[int, CourseRun]:
    """{id: locked group}. Whoever gave a place in one of them back a moment ago applies like anybody else."""
    ids = list(draw.runs.values_list("pk", flat=True))
    runs = seats.lock(*ids)
    leaving = Enrollment.objects.filter(run__in=ids, state=State.LEAVING).select_related("learner")
    mine = [one for one in leaving if one.learner_id in learners]
    for one in mine:
        one.run = runs[one.run_id]
        enrollments.release(one, by=None, now=now)
    return seats.lock(*ids) if mine else runs


def _record(draw, runs, names, parties, now):
    moments = {name: getattr(draw, name) for name in allocation.MOMENTS if name != "held_at"} | {"held_at": now}
    return allocation.make_record(
        draw=draw.slug, seed=draw.seed, limit=draw.program.max_places_per_term,
        moments={name: moment.isoformat() for name, moment in moments.items()},
        groups=list(recording.groups(runs, names, now=now)), applications=[party.entry(names) for party in parties],
    )  # fmt: skip


# -- Writing -----------------------------------------------------------------------------------------


def _write(draw, record, drawn, runs, names, now):
    """drawn: [(party, its entry of the record)] in the order of the numbers, in which the queues are served."""
    by_name = {name: runs[pk] for pk, name in names.items()}
    submissions = _submissions(drawn)
    first_class = _classes(runs)
    entered, reasons = [], {}
    for party, entry in drawn:
        submission = submissions.get(party.application.pk)
        for name in (*entry["given"], *entry["queued"]):
            run, is_given = by_name[name], name in entry["given"]
            for learner in party.learners:
                one = Enrollment(
                    run_id=run.pk, learner_id=learner.pk, submission_id=submission.pk, received_at=now, changed_at=now,
                    state=State.CONFIRMED if is_given else State.WAITLISTED,
                    priority=0 if is_given else first_class.get(run.pk, 0),
                )  # fmt: skip
                if is_given:
                    one.run, one.learner = run, learner  # for the letters
                entered.append(one)
        reasons |= dict.fromkeys((one.pk for one in party.learners), causes.drawn(order=entry["order"], all=len(drawn)))
    ahead = _count(entered, runs)
    places.begin(entered, by=None, reasons=reasons, event=LedgerEvent.DRAWN)
    _end_applications(draw, drawn, submissions, now)
    _note_outcomes(drawn, names, {one["group"]: set(one["overlaps"]) for one in record["groups"]})
    logger.info("draw %s: %s places and numbers in queues are written", draw.pk, len(entered))
    outbox.enqueue(*_letters(draw, drawn, entered, ahead, names, now))


def _submissions(drawn) -> dict[int, Submission]:
    """{application id: the submission its enrollments belong to}, for those that got a place somewhere or wait."""
    reached = [(party, entry) for party, entry in drawn if entry["given"] or entry["queued"]]
    used_up = _used_up([party.application.key for party, _entry in reached])
    new = {
        party.application.pk: Submission(
            submitted_by_id=party.application.prepared_by_id, received_at=party.application.received_at,
            is_together=len(party.learners) > 1,
            # Another press may have used the key up, through another door: then what this leads to has a new one.
            key=_new_key() if party.application.key in used_up else party.application.key,
        )
        for party, _entry in reached
    }  # fmt: skip
    Submission.objects.bulk_create(new.values())
    return new


def _new_key():
    return Application._meta.get_field("key").default()


def _used_up(keys):
    found = set()
    for some in _chunks(keys):
        found |= set(Submission.objects.filter(key__in=some).values_list("key", flat=True))
    return found


def _chunks(items):
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _classes(runs) -> dict[int, int]:
    """{run id: the last class of those who wait there already}: nobody who is drawn is put before them."""
    waiting = Enrollment.objects.filter(run__in=runs, state=State.WAITLISTED).order_by()
    return dict(waiting.values("run").annotate(last=Max("priority")).values_list("run", "last"))


def _count(entered, runs) -> dict[int, int]:
    """Count the seats and the queues on the groups; {run id: how many waited there before}."""
    taken, waiting = (
        Counter(one.run_id for one in entered if one.state == state) for state in (State.CONFIRMED, State.WAITLISTED)
    )
    before = Enrollment.objects.filter(run__in=runs, state=State.WAITLISTED).order_by().values("run")
    ahead = dict(before.annotate(count=Count("pk")).values_list("run", "count"))
    for pk in sorted({*taken, *waiting}):
        if not seats.shift(runs[pk], taken=taken[pk], waiting=waiting[pk]):
            raise WrittenOtherwise(f"group {pk} has no {taken[pk]} places")
    return ahead


def _end_applications(draw, drawn, submissions, now):
    received = Application.objects.filter(draw=draw, state=Stage.RECEIVED)
    theirs = {party.application.pk: party.application.key for party, _entry in drawn}
    renamed = [pk for pk, one in submissions.items() if one.key != theirs[pk]]
    same_key = Submission.objects.filter(key=OuterRef("key")).values("pk")
    received.exclude(pk__in=renamed).update(state=Stage.DECIDED, ended_at=now, submission=Subquery(same_key))
    for pk in renamed:
        received.filter(pk=pk).update(state=Stage.DECIDED, ended_at=now, submission=submissions[pk])
    nowhere = [pk for pk in theirs if pk not in submissions]
    for some in _chunks(nowhere):  # a key of theirs that another press used leads elsewhere
        Application.objects.filter(pk__in=some).exclude(submission=None).update(submission=None)


def _note_outcomes(drawn, names, overlaps):
    by_outcome = defaultdict(list)
    for party, entry in drawn:
        for wish in party.wishes:
            wish.outcome = wish.outcome or _outcome(names[wish.run.pk], entry, overlaps)
            by_outcome[wish.outcome].append(wish.pk)
    for outcome, ids in by_outcome.items():
        for some in _chunks(ids):
            Wish.objects.filter(pk__in=some).update(outcome=outcome)


def _outcome(name, entry, overlaps):
    """Of a wish that fitted. What ranks before the last wish that came true was full, or overlaps what ranks higher."""
    given, ranks = entry["given"], entry["wishes"]
    if name in given:
        return PLACE
    if name in entry["queued"]:
        return QUEUE
    rank = ranks.index(name)
    if len(given) >= entry["places"] and rank > max(map(ranks.index, given)):
        return UNNEEDED
    if any(has in overlaps[name] and ranks.index(has) < rank for has in given):
        return str(Reason.CLASH)
    return FULL


def _letters(draw, drawn, entered, ahead, names, now):
    """A letter for each place; and for whoever got fewer than they wanted, one with the outcome of every wish."""
    positions = defaultdict(dict)  # {learner id: {run id: number in its queue}}
    for one in entered:
        if one.state == State.WAITLISTED:
            ahead[one.run_id] = positions[one.learner_id][one.run_id] = ahead.get(one.run_id, 0) + 1
    without = [
        (party.application, party.learners, party.wishes) for party, entry in drawn
        if len(entry["given"]) < entry["places"] and (entry["queued"] or not entry["given"])
    ]  # fmt: skip
    return [
        *emails.place_given([one for one in entered if one.state == State.CONFIRMED], draw=draw, now=now),
        *emails.draw_outcomes(draw, without, positions=positions, now=now),
    ]


# -- Comparing ---------------------------------------------------------------------------------------


def _compare(draw, drawn, runs, names):
    """One comparison of all that was written with what the record says. Raises WrittenOtherwise."""
    if not allocation.verify(draw.record).is_good:
        raise WrittenOtherwise(f"the record of draw {draw.pk} does not verify")
    seated, queued = defaultdict(set), defaultdict(list)
    for party, entry in drawn:
        for name in entry["given"]:
            seated[name] |= {one.pk for one in party.learners}
        for name in entry["queued"]:
            queued[name] += [one.pk for one in party.learners]
    written_seats, written_queues = defaultdict(set), defaultdict(list)
    written = Enrollment.objects.filter(submission__application__draw=draw).order_by("priority", "received_at", "pk")
    for run_id, learner_id, state in written.values_list("run", "learner", "state"):
        if state == State.CONFIRMED:
            written_seats[names[run_id]].add(learner_id)
        else:
            written_queues[names[run_id]].append(learner_id)
    if (seated, queued) != (written_seats, written_queues):
        raise WrittenOtherwise(f"draw {draw.pk} was written otherwise than it was drawn")
