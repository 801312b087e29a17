"""The laws can be broken: each fault is put into one flow, and some short stories are enough to find it.

Beside each stands the law that has to speak. Without the faults the same stories are silent.
"""

import re
from dataclasses import replace

import pytest
from django.db import IntegrityError

from courses.flows import runs, seats
from enrollment import eligibility
from enrollment.emails import making
from enrollment.flows import capacity, decisions, enrollments, newcomers, places, turns, upkeep, waitlist
from enrollment.flows.applications import deciding, preparing
from enrollment.flows.draws import locking, recording
from enrollment.models import ApplicationState as Stage, EnrollmentState as State
from tests.enrollment.invariants import laws
from tests.enrollment.invariants.actions import desk
from tests.enrollment.invariants.machine import Broken, tell_stories
from tests.enrollment.invariants.world import World
from tests.factories import HOUR

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]

FAULTS = {}
STORIES, STEPS = 300, 8  # the fault that hides best was never found later than in the ninetieth


# Which groups of the world: the first three at the same time, the last closes before it begins.
TWO_SEATS, ONE_SEAT, ONE_OF_A_TERM, CLOSES_EARLY = 0, 1, 3, 4


def small(world: World, *groups: int) -> World:
    """Two families and those groups alone, or without any those that are drawn: what can go wrong goes wrong soon."""
    chosen, drawn = [world.groups[number] for number in groups], [] if groups else world.drawn
    return replace(world, groups=chosen, drawn=drawn, slots=[], past=[], families=world.families[:2])


def fault(*sketch, law, groups=(TWO_SEATS,)):
    """sketch: the actions that show it. They mostly happen in that order, and then in any."""

    def register(put):
        FAULTS[put.__name__] = (put, sketch, groups, law)
        return put

    return register


@fault("enroll", "withdraw", law="counters: .* \\(I2\\)")
def a_place_given_back_is_not_counted_while_it_is_held(patch):
    patch.setitem(places.COUNTS, State.LEAVING, places.NOTHING)


@fault("enroll", "withdraw", "pass_on", law="counters: .* \\(I2\\)")
def a_freed_seat_stays_counted(patch):
    patch.setattr(seats, "shift", lambda run, **counts: True)


@fault("enroll", law="replayed: .* 0 rows, 0 seats \\(I8\\)")
def the_ledger_misses_the_first_row(patch):
    patch.setattr(places, "_write_ledger", lambda rows: None)


@fault("enroll", "enroll_siblings", "enroll", law="turns: .* \\(received\\) before .* \\(I4\\)")
def who_comes_now_passes_those_who_wait(patch):
    patch.setattr(seats, "_TAKE", seats._TAKE.replace("AND waitlist_length = 0", ""))


@fault("enroll", "enroll", law=IntegrityError.__name__, groups=(ONE_OF_A_TERM,))
def seats_are_given_beyond_the_capacity(patch):
    """Nothing but the database's constraint stands behind that statement; it does."""
    patch.setattr(
        seats, "_TAKE", seats._TAKE.replace("AND waitlist_length = 0 AND seats_taken <= capacity - %s", "AND %s > 0")
    )


@fault("enroll", "enroll", "enroll", "change_capacity", law="turns: .* \\(I4\\)", groups=(ONE_SEAT,))
def the_queue_is_served_from_its_end(patch):
    in_order = waitlist._parties
    patch.setattr(waitlist, "_parties", lambda run: reversed(list(in_order(run))))


@fault("enroll", "enroll", "withdraw", "pass_on", law="served: .* are free", groups=(ONE_SEAT,))
def a_freed_seat_is_offered_to_nobody(patch):
    patch.setattr(waitlist, "promote_locked", lambda run, now: [])


@fault("enroll", "enroll", "change_capacity", law="served: .* are free", groups=(ONE_SEAT,))
def more_capacity_serves_nobody(patch):
    patch.setattr(capacity.waitlist, "promote_locked", lambda run, now: [])


@fault("enroll", "enroll_siblings", law="together: .* \\(I5\\)")
def siblings_are_torn_apart_at_the_press(patch):
    apart = enrollments._seat
    patch.setattr(newcomers, "foresee", lambda run, count: None)
    patch.setattr(enrollments, "_seat", lambda run, count, together: apart(run, count, False))


@fault("enroll", "enroll_siblings", "change_capacity", law="together: .* \\(I5\\)", groups=(ONE_SEAT,))
def siblings_are_torn_apart_in_the_queue(patch):
    patch.setattr(waitlist, "_parties", lambda run: [[one] for party in whole(run) for one in party])


whole = waitlist._parties


@fault("enroll", law="limits: .* \\(I6\\)", groups=(ONE_OF_A_TERM,))
def places_are_given_beyond_the_limit(patch):
    patch.setattr(eligibility, "_over_limit", lambda run, learner, mine: None)


@fault("enroll", "enroll", law="clashes: .* \\(I6\\)", groups=(TWO_SEATS, ONE_SEAT))
def nobody_looks_at_the_timetable(patch):
    patch.setattr(eligibility, "_clash", lambda run, learner, mine, facts: None)


@fault("enroll", "withdraw", "days_pass", "the_worker_comes", law="reconcile: .* overdue")
def the_worker_forgets_places_given_back(patch):
    patch.setattr(upkeep, "_release", lambda now: 0)


@fault("enroll", "enroll_siblings", "enroll", "enroll", "the_worker_comes", law="served: .* still waits .* are free")
def the_worker_forgets_who_came_behind_a_party(patch):
    patch.setattr(upkeep, "_promote", lambda now: 0)


@fault("submit_while_out_of_reach", "enroll", law="received_first: .* \\(I4\\)")
def a_receipt_keeps_nobody_from_passing(patch):
    patch.setattr(turns, "somebody_is_before", lambda run_ids, now: False)


@fault("prepare", "send", law="applications: ", groups=(TWO_SEATS, ONE_OF_A_TERM))
def an_application_is_decided_without_an_answer_to_each_wish(patch):
    patch.setattr(deciding, "UNNEEDED", "")


@fault("enroll", "cancel_run", "time_passes", law="cancelled: .* \\(I11\\)")
def a_cancelled_group_keeps_its_people(patch):
    patch.setattr(decisions, "_cancel", lambda run, by, reason, now: runs.cancel(run, reason=reason, now=now))
    patch.setattr(desk, "SELDOM", [False])


@fault("enroll", law="history: .* is dated .* \\(I8\\)")
def the_ledger_tells_another_time(patch):
    def write_late(rows, write=places._write_ledger):
        for row in rows:
            row.at += HOUR
        write(rows)

    patch.setattr(places, "_write_ledger", write_late)


@fault("enroll", "enroll", law=IntegrityError.__name__)
def a_child_comes_into_its_group_again(patch):
    """Here too the database's constraint stands behind the flow."""
    patch.setattr(eligibility, "_already", lambda run, learner, mine: None)


@fault("enroll", law="letters: a letter about nothing: .* \\(I9\\)")
def a_letter_tells_of_what_has_not_happened(patch):
    patch.setattr(making, "event_key", lambda one: f"enrollment-{one.pk}-{one.version + 1}-")


@fault("enroll", "enroll", "change_capacity", law="offers: .* outlives the use", groups=(ONE_SEAT,))
def an_offer_is_open_when_joining_makes_no_sense_any_more(patch):
    patch.setattr(waitlist, "offer_deadline", lambda *, last_moment, **others: last_moment + HOUR)


@fault("enroll", "enroll", "enroll", law="numbers: .* was number", groups=(ONE_OF_A_TERM,))
def who_is_served_first_is_put_before_those_who_wait(patch):
    patch.setattr(waitlist, "max", lambda last, own: own, raising=False)


@fault("a_lesson_comes", "a_lesson_comes", "enroll", law="late: .* had closed \\(I11\\)", groups=(CLOSES_EARLY,))
def a_group_is_never_closed(patch):
    patch.setattr(eligibility, "_closed", lambda run, learner, now, earlier=None: None)


@fault("time_passes", "prepare", "send", "an_end_comes", "hold_the_draw", law="applications: ", groups=())
def one_application_is_left_out_of_the_draw(patch):
    everybody = recording.parties
    patch.setattr(recording, "parties", lambda *those, now: everybody(*those, now=now)[1:])


@fault("time_passes", "hold_the_draw", law="draws: .* held before its end", groups=())
def a_draw_does_not_wait_for_its_end(patch):
    def lock_ended(draw, lock=locking.lock):
        draw, learners = lock(draw)
        draw.closes_at = draw.opens_at
        return draw, learners

    patch.setattr(locking, "lock", lock_ended)


@fault("prepare", "drop", "send", law="stages: .* goes from dropped to")
def what_was_taken_back_can_be_sent(patch):
    def lock_dropped(application, now, lock=preparing.lock):
        return application if application.state == Stage.DROPPED else lock(application, now=now)

    patch.setattr(preparing, "lock", lock_dropped)


def test_each_law_has_a_fault_that_breaks_it():
    """But for two: the database refuses a seat beyond the capacity, and a child twice in a group, before they can be broken."""
    spoken = {law.partition(":")[0] for *_, law in FAULTS.values()}

    assert spoken >= (laws.OF_A_STATE.keys() | laws.OF_A_STEP.keys()) - {"capacity", "once"}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_flow_is_found(world, monkeypatch, name):
    put, sketch, groups, law = FAULTS[name]
    put(monkeypatch)

    with pytest.raises(Broken, match=law):
        tell_stories(
            small(world, *groups), stories=STORIES, steps=STEPS, names=tuple(dict.fromkeys(sketch)), season=sketch,
            shrinks=False,
        )  # fmt: skip


def test_a_failure_is_told_as_the_shortest_story_that_leads_to_it(world, monkeypatch):
    places_are_given_beyond_the_limit(monkeypatch)

    with pytest.raises(Broken) as caught:
        tell_stories(small(world, TWO_SEATS, ONE_OF_A_TERM), stories=100, steps=5, names=("enroll", "withdraw"))

    # The first child has had the one place of that program in the term.
    line = r"24\.11\. 10:00 enroll: R-\d+, Bērns 0, \S+"
    assert re.fullmatch(rf"limits: learner \d+ has 2 of 1 places \(I6\)\n\nThe story:\n{line}", str(caught.value))
