"""What must hold whatever happens, as functions from the books to sentences about what is broken (TRUST, I1-I11).

They are written from the rules and not from the code: they count rows themselves and replay the ledger themselves.
A law of a state looks at one moment; a law of a step compares the books before and after, row by row.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations

from courses.models import RunState
from enrollment.models import (
    ATTENDING,
    ENDED,
    HOLDING,
    ApplicationState as Stage,
    DrawState,
    EnrollmentState as State,
    LedgerEvent,
)
from enrollment.outcomes import PLACE, QUEUE
from tests.enrollment.invariants.books import Books, turn

A_DAY = timedelta(days=1)
NOTES = {LedgerEvent.ASKED, LedgerEvent.RECONFIRMED, LedgerEvent.SKIPPED}  # rows that change no state
DRAWN, RECEIVED = LedgerEvent.DRAWN, LedgerEvent.RECEIVED


def broken(before: Books, after: Books, *, now: datetime) -> list[str]:
    """Every law that the step from `before` to `after` broke, in words; [] when all hold."""
    return [*broken_by_state(after, now=now), *broken_by_step(before, after, now=now)]


def broken_by_state(books: Books, *, now: datetime) -> list[str]:
    return [f"{name}: {what}" for name, law in OF_A_STATE.items() for what in law(books, now)]


def broken_by_step(before: Books, after: Books, *, now: datetime) -> list[str]:
    return [f"{name}: {what}" for name, law in OF_A_STEP.items() for what in law(before, after, now)]


# -- Of a state --------------------------------------------------------------------------------------


def _capacity(books, now) -> Iterator[str]:
    """I1: who has, is offered or holds a place fits into the group. There is no override of the capacity."""
    for run in books.runs.values():
        held = sum(one.seats for one in books.in_run(run.pk) if one.state in HOLDING)
        if held > run.capacity:
            yield f"{run.code} holds {held} of {run.capacity} (I1)"


def _counters(books, now) -> Iterator[str]:
    """I2: the group's counters are its roster; what is shown as free is what is left, and nothing while somebody waits."""
    for run in books.runs.values():
        taken, offered, waiting = (
            sum(one.seats for one in books.in_run(run.pk) if one.state in states)
            for states in (HOLDING, (State.OFFERED,), (State.WAITLISTED,))
        )
        if (run.seats_taken, run.seats_offered, run.waitlist_length) != (taken, offered, waiting):
            counted = f"{run.seats_taken} taken, {run.seats_offered} offered, {run.waitlist_length} waiting"
            yield f"{run.code} counts {counted}; there are {taken}, {offered}, {waiting} (I2)"
        free = 0 if waiting else max(0, run.capacity - taken)
        if run.seats_free != free:
            yield f"{run.code} shows {run.seats_free} free, {free} are (I2)"


def _once(books, now) -> Iterator[str]:
    """I3: a child is in a group once, and has one open offer for it."""
    live = Counter(
        (one.run_id, one.learner_id) for one in books.enrollments.values() if one.learner_id and not one.ended_at
    )
    offers = Counter((one.enrollment.run_id, one.enrollment_id) for one in books.open_offers())
    yield from (f"twice in a group: {pair} (I3)" for pair, count in live.items() if count > 1)
    yield from (f"two open offers: {pair} (I3)" for pair, count in offers.items() if count > 1)


def _overridden(books, enrollment, code):
    return any(code in row.overrides.split(",") for row in books.rows[enrollment.pk])


def _by_learner(books):
    theirs = defaultdict(list)
    for one in books.in_states(*ATTENDING):
        if one.learner_id:
            theirs[one.learner_id].append(one)
    return theirs


def _limits(books, now) -> Iterator[str]:
    """I6: places of a child per program and term, but for those that staff gave past the limit with a reason."""
    for learner, mine in _by_learner(books).items():
        counted = Counter()
        for one in mine:
            program = one.run.course.program
            if program.max_places_per_term is not None and not _overridden(books, one, "limit"):
                counted[program, one.run.term_id] += 1
        for (program, _term), count in counted.items():
            if count > program.max_places_per_term:
                yield f"learner {learner} has {count} of {program.max_places_per_term} places (I6)"


def _clashes(books, now) -> Iterator[str]:
    """I6: no two lessons to come of a child overlap, unless staff said so with a reason."""
    for learner, mine in _by_learner(books).items():
        for one, other in combinations(mine, 2):
            overlap = any(
                lesson.starts_at < another.ends_at and another.starts_at < lesson.ends_at
                for lesson in books.lessons[one.run_id] for another in books.lessons[other.run_id]
                if lesson.ends_at > now and another.ends_at > now
            )  # fmt: skip
            forbidden = one.run.course.program.forbids_clash and other.run.course.program.forbids_clash
            if overlap and forbidden and not any(_overridden(books, each, "clash") for each in (one, other)):
                yield f"learner {learner} is in {one.run.code} and {other.run.code} at once (I6)"


def _replayed(books, now) -> Iterator[str]:
    """I8: the rows of an enrollment, one after the other, lead to what it is; each changes a state or is a note."""
    for one in books.enrollments.values():
        state, held = "", 0
        for number, row in enumerate(books.rows[one.pk], start=1):
            if (row.number, row.from_state, row.run_id) != (number, state, one.run_id):
                yield f"{one}: row {number} is ({row.number}, from {row.from_state!r}), after {state!r} (I8)"
            if (row.from_state == row.to_state) != (row.event in NOTES):
                yield f"{one}: row {number} {row.event} goes from {row.from_state!r} to {row.to_state!r} (I8)"
            state, held = row.to_state, held + row.seats
        wanted = one.seats if one.state in HOLDING else 0
        if (state, len(books.rows[one.pk]), held) != (one.state, one.version, wanted):
            yield f"{one}, version {one.version}: its ledger says {state}, {len(books.rows[one.pk])} rows, {held} seats (I8)"


_EVENT = re.compile(r"(enrollment|application|run|draw|opening)-(\d+)(?:-(\d+)-)?")


def _letters(books, now) -> Iterator[str]:
    """I9: every letter belongs to one event, and tells it to an address once."""
    told = Counter(books.letters.values())
    yield from (f"told {count} times: {letter} (I9)" for letter, count in told.items() if count > 1)
    known = {
        "application": {one.pk for one in books.applications}, "run": books.runs.keys(),
        "draw": {one.pk for one in books.draws},
    }  # fmt: skip
    for key, *_ in books.letters.values():
        kind, pk, version = _EVENT.match(key).groups() if _EVENT.match(key) else ("", "0", None)
        if kind == "enrollment":
            one = books.enrollments.get(int(pk))
            is_known = one is not None and version is not None and int(version) <= one.version
        else:
            is_known = kind == "opening" or int(pk) in known.get(kind, ())
        if not is_known:
            yield f"a letter about nothing: {key} (I9)"


def _offers(books, now) -> Iterator[str]:
    """An offer is out exactly for whoever is offered a place, and never longer than joining makes sense (I11)."""
    out = Counter(offer.enrollment_id for offer in books.open_offers())
    for one in books.enrollments.values():
        if out[one.pk] != (one.state == State.OFFERED):
            yield f"{one} has {out[one.pk]} open offers"
    for offer in books.open_offers():
        if offer.expires_at > offer.enrollment.run.offers_end_at:
            yield f"{offer} outlives the use of {offer.enrollment.run.code} (I11)"


def _served(books, now) -> Iterator[str]:
    """TRUST 5: no seat stays free while somebody waits whom it fits, as long as offers make sense.

    Whoever joins behind a party that it does not fit is served when the worker comes round.
    """
    for one, size, free in _waiting_in_vain(books, now):
        if one == books.queue(one.run_id)[0]:
            yield f"{one} waits in {one.run.code} for {size}, and {free} are free"


def broken_after_the_worker(books: Books, *, now: datetime) -> list[str]:
    """What may be so for a moment, and not after a round of the worker."""
    return [
        f"served: {one} still waits in {one.run.code} for {size}, and {free} are free"
        for one, size, free in _waiting_in_vain(books, now)
    ]


def _waiting_in_vain(books, now):
    state = {pk: one.state for pk, one in books.enrollments.items()}
    for run in books.runs.values():
        if run.state != RunState.PUBLISHED or run.offers_end_at - now < A_DAY:
            continue
        free = run.capacity - sum(one.seats for one in books.in_run(run.pk) if one.state in HOLDING)
        for one in books.queue(run.pk):
            if (size := _size_of_party(one, state, books)) <= free:
                yield one, size, free


def _cancelled(books, now) -> Iterator[str]:
    """I11: nobody has, waits for or is offered anything in a cancelled group."""
    for run in books.runs.values():
        left = [one for one in books.in_run(run.pk) if one.state not in ENDED]
        if run.state == RunState.CANCELLED and left:
            yield f"{run.code} is cancelled, and there are {left} (I11)"


def _applications(books, now) -> Iterator[str]:
    """Whoever was decided has an answer to each wish, and never more than was wanted; a child is once in a draw."""
    given = defaultdict(set)
    for one in books.enrollments.values():
        given[one.submission_id].add(one.run_id)
    in_draw = Counter()
    for one in books.applications:
        wishes = one.wishes.all()
        if one.draw_id and one.state in (Stage.RECEIVED, Stage.DECIDED):
            in_draw.update((one.draw_id, learner.pk) for learner in one.learners.all())
        if any(bool(wish.outcome) != (one.state == Stage.DECIDED) for wish in wishes):
            yield f"application {one}: {[(wish.run_id, wish.outcome) for wish in wishes]}"
        if (count := sum(wish.outcome == PLACE for wish in wishes)) > one.places_wanted:
            yield f"application {one} wanted {one.places_wanted} places and got {count}"
        missing = {wish.run_id for wish in wishes if wish.outcome in (PLACE, QUEUE)} - given[one.submission_id]
        if missing and not _went_elsewhere(one, missing, books):
            yield f"application {one} led to places in {missing}, which do not exist"
    yield from (f"{count} times in a draw: {pair}" for pair, count in in_draw.items() if count > 1)


def _went_elsewhere(application, runs, books):
    """A place that was given back and came back belongs to the press that brought it back, and to no earlier one."""
    learners = {learner.pk for learner in application.learners.all()}
    return all(
        any(row.event == LedgerEvent.RESTORED for row in books.rows[one.pk])
        for run in runs for one in books.in_run(run) if one.learner_id in learners
    )  # fmt: skip


def _draws(books, now) -> Iterator[str]:
    """A draw is its published seed; what was received for it is decided when it is held, and dropped when it is not."""
    for draw in books.draws:
        if hashlib.sha256(draw.seed.encode()).hexdigest() != draw.seed_sha256:
            yield f"draw {draw.slug} has another seed than was announced"
        if draw.state == DrawState.HELD and draw.held_at < draw.closes_at:
            yield f"draw {draw.slug} was held before its end"
        left = [one for one in books.applications if one.draw_id == draw.pk and one.state == Stage.RECEIVED]
        if draw.state != DrawState.ANNOUNCED and left:
            yield f"draw {draw.slug} is {draw.state}, and these are not decided: {left}"


# -- Of a step ---------------------------------------------------------------------------------------


def _new_rows(before, after):
    known = before.all_rows()
    return [row for pk, row in after.all_rows().items() if pk not in known]


def _history(before, after, now) -> Iterator[str]:
    """I8: what was written stays; every change of a state since then is exactly one row."""
    then, today = before.all_rows(), after.all_rows()
    fields = ("enrollment_id", "run_id", "number", "event", "from_state", "to_state", "seats", "by_id", "at", "reason")
    for pk, row in then.items():
        if pk not in today or any(getattr(row, name) != getattr(today[pk], name) for name in fields):
            yield f"row {pk} was changed or removed (I8)"
    if gone := before.enrollments.keys() - after.enrollments.keys():
        yield f"enrollments are gone: {sorted(gone)} (I8)"
    for row in _new_rows(before, after):
        if row.at != now:
            yield f"row {row} is dated {row.at}, it is {now} (I8)"


def _turns(before, after, now) -> Iterator[str]:
    """I1, I4 at every row: nobody gets a place past somebody who came before and whom it fits, but by a logged override."""
    state = {pk: one.state for pk, one in before.enrollments.items()}
    held = Counter()
    for one in before.enrollments.values():
        held[one.run_id] += one.seats if one.state in HOLDING else 0
    for row in _new_rows(before, after):
        one, run = after.enrollments[row.enrollment_id], after.runs[row.run_id]
        free = run.capacity - held[run.pk]
        # Whoever did not come and does come after all was there before everybody who waits.
        is_new = row.to_state in HOLDING and row.from_state not in HOLDING and row.event != LedgerEvent.RESTORED
        if is_new and not (row.overrides or (row.event == LedgerEvent.STANDBY and row.reason)):
            for other in _passed(one, row, state, after):
                size = _size_of_party(other, state, after)
                if row.event == RECEIVED or size <= free:
                    yield f"{one} gets a place in {run.code} ({row.event}) before {other}, {free} are free for {size} (I4)"
        state[row.enrollment_id] = row.to_state
        held[run.pk] += row.seats
        if held[run.pk] > run.capacity:
            yield f"{run.code} holds {held[run.pk]} of {run.capacity} at {row} (I1)"


def _passed(one, row, state, after):
    """Who waits at that moment and is served before this one; everybody who waits, for a newcomer."""
    for other in after.in_run(one.run_id):
        if state.get(other.pk) != State.WAITLISTED or other.pk == one.pk or _is_party(one, other):
            continue
        if row.from_state != State.WAITLISTED or turn(other) < turn(one):
            yield other


def _is_party(one, other):
    return one.submission.is_together and one.submission_id == other.submission_id and one.run_id == other.run_id


def _size_of_party(one, state, after):
    members = [
        other for other in after.in_run(one.run_id)
        if state.get(other.pk) == State.WAITLISTED and (other.pk == one.pk or _is_party(one, other))
    ]  # fmt: skip
    return sum(member.seats for member in members)


def _received_first(before, after, now) -> Iterator[str]:
    """I4 for those who have a receipt and no answer yet: nobody who comes later gets a place before them."""
    undecided = [
        one for one in after.applications if one.state == Stage.RECEIVED and one.draw_id is None
        and any(other.pk == one.pk and other.state == Stage.RECEIVED for other in before.applications)
    ]  # fmt: skip
    for row in _new_rows(before, after):
        one = after.enrollments[row.enrollment_id]
        if row.from_state or row.to_state not in ATTENDING or row.overrides or one.learner_id is None:
            continue
        for other in undecided:
            if other.received_at <= one.received_at and any(wish.run_id == row.run_id for wish in other.wishes.all()):
                yield f"{one} gets a place in {one.run.code}, and application {other} was received before (I4)"


def _together(before, after, now) -> Iterator[str]:
    """I5: of siblings sent together none gets a place from the queue, or from the press, that the others do not get."""
    seated, left = defaultdict(set), defaultdict(set)
    for row in _new_rows(before, after):
        one = after.enrollments[row.enrollment_id]
        if not one.submission.is_together or one.moved_from_id or row.event == LedgerEvent.RESTORED:
            continue
        party = one.submission_id, one.run_id
        if row.from_state in ("", State.WAITLISTED) and row.to_state in HOLDING and not row.overrides:
            seated[party].add(one)
        elif not row.from_state:
            left[party].add(one)
    for one in after.in_states(State.WAITLISTED):
        left[one.submission_id, one.run_id].add(one)
    for party, some in seated.items():
        if left[party]:
            yield f"{some} got places, and {left[party]} of the same family did not (I5)"


def _numbers(before, after, now) -> Iterator[str]:
    """The number in the queue only ever improves (PRODUCT, Queue)."""
    for run in after.runs:
        then = {one.pk: number for number, one in enumerate(before.queue(run), start=1)}
        for number, one in enumerate(after.queue(run), start=1):
            if number > then.get(one.pk, number):
                yield f"{one} was number {then[one.pk]} and is {number}"


def _late(before, after, now) -> Iterator[str]:
    """I11: nothing begins in a group that is cancelled, over, or closed when it was applied for."""
    for row in _new_rows(before, after):
        one, run = after.enrollments[row.enrollment_id], after.runs[row.run_id]
        if row.to_state not in HOLDING or row.from_state in HOLDING:
            continue
        if before.runs[run.pk].state != RunState.PUBLISHED or (run.ends_at <= now and not row.overrides):
            yield f"{one} begins in {run.code} after its end (I11)"
        if row.event == RECEIVED and one.received_at >= run.enrollment_closes_at and "closed" not in row.overrides:
            yield f"{one} was received after {run.code} had closed (I11)"


FORWARD = {
    Stage.PREPARED: {Stage.RECEIVED, Stage.DECIDED, Stage.DROPPED}, Stage.RECEIVED: {Stage.DECIDED, Stage.DROPPED},
    DrawState.ANNOUNCED: {DrawState.HELD, DrawState.CANCELLED},
}  # fmt: skip


def _stages(before, after, now) -> Iterator[str]:
    """Applications and draws go forward only, and none is gone."""
    for then, today in ((before.applications, after.applications), (before.draws, after.draws)):
        is_now = {one.pk: one for one in today}
        for one in then:
            if one.pk not in is_now:
                yield f"{one!r} is gone"
            elif (state := is_now[one.pk].state) != one.state and state not in FORWARD.get(one.state, ()):
                yield f"{one!r} goes from {one.state} to {state}"


def _by_name(*laws):
    return {law.__name__[1:]: law for law in laws}


OF_A_STATE = _by_name(
    _capacity, _counters, _once, _limits, _clashes, _replayed, _letters, _offers, _served, _cancelled, _applications, _draws
)  # fmt: skip
OF_A_STEP = _by_name(_history, _turns, _received_first, _together, _numbers, _late, _stages)
