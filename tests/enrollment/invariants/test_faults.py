"""The laws can be broken: each fault is put into one flow, and some short stories are enough to find it.

Beside each stands the law that has to speak. Without the faults the same stories are silent.
"""

import re
from dataclasses import replace

import pytest
from django.db import IntegrityError

from courses.flows import runs, seats
from enrollment import eligibility
from enrollment.flows import capacity, decisions, enrollments, newcomers, places, turns, upkeep, waitlist
from enrollment.flows.applications import deciding
from enrollment.models import EnrollmentState as State
from tests.enrollment.invariants.machine import SEASON, Broken, tell_stories

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]

FAULTS = {}


@pytest.fixture
def small_world(world):
    """Two groups, of two and one, which overlap, and two families: what can go wrong goes wrong soon."""
    return replace(world, groups=world.groups[:4:3], families=world.families[:2])


def fault(*names, law, season=SEASON):
    """names: of the actions of which its stories are made. season: () where a story has to begin with empty groups."""

    def register(put):
        FAULTS[put.__name__] = (put, {"names": names, "season": season}, law)
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


@fault("enroll", "enroll_siblings", law="turns: .* \\(received\\) before .* \\(I4\\)")
def who_comes_now_passes_those_who_wait(patch):
    patch.setattr(seats, "_TAKE", seats._TAKE.replace("AND waitlist_length = 0", ""))


@fault("enroll", law=IntegrityError.__name__)
def seats_are_given_beyond_the_capacity(patch):
    """Nothing but the database's constraint stands behind that statement; it does."""
    patch.setattr(
        seats, "_TAKE", seats._TAKE.replace("AND waitlist_length = 0 AND seats_taken <= capacity - %s", "AND %s > 0")
    )


@fault("enroll", "withdraw", "pass_on", law="turns: .* \\(I4\\)")
def the_queue_is_served_from_its_end(patch):
    in_order = waitlist._parties
    patch.setattr(waitlist, "_parties", lambda run: reversed(list(in_order(run))))


@fault("enroll", "withdraw", "pass_on", law="served: .* are free")
def a_freed_seat_is_offered_to_nobody(patch):
    patch.setattr(waitlist, "promote_locked", lambda run, now: [])


@fault("enroll", "change_capacity", law="served: .* are free")
def more_capacity_serves_nobody(patch):
    patch.setattr(capacity.waitlist, "promote_locked", lambda run, now: [])


@fault("enroll_siblings", law="together: .* \\(I5\\)")
def siblings_are_torn_apart_at_the_press(patch):
    apart = enrollments._seat
    patch.setattr(newcomers, "foresee", lambda run, count: None)
    patch.setattr(enrollments, "_seat", lambda run, count, together: apart(run, count, False))


@fault("enroll_siblings", "withdraw", "pass_on", law="together: .* \\(I5\\)")
def siblings_are_torn_apart_in_the_queue(patch):
    patch.setattr(waitlist, "_parties", lambda run: [[one] for party in whole(run) for one in party])


whole = waitlist._parties


@fault("enroll", law="limits: .* \\(I6\\)")
def places_are_given_beyond_the_limit(patch):
    patch.setattr(eligibility, "_over_limit", lambda run, learner, mine: None)


@fault("enroll", law="clashes: .* \\(I6\\)")
def nobody_looks_at_the_timetable(patch):
    patch.setattr(eligibility, "_clash", lambda run, learner, mine, facts: None)


@fault("enroll", "withdraw", "days_pass", "the_worker_comes", law="reconcile: .* overdue")
def the_worker_forgets_places_given_back(patch):
    patch.setattr(upkeep, "_release", lambda now: 0)


@fault("enroll_siblings", "enroll", "the_worker_comes", law="served: .* still waits .* are free", season=())
def the_worker_forgets_who_came_behind_a_party(patch):
    patch.setattr(upkeep, "_promote", lambda now: 0)


@fault("submit_while_out_of_reach", "enroll", law="received_first: .* \\(I4\\)", season=())
def a_receipt_keeps_nobody_from_passing(patch):
    patch.setattr(turns, "somebody_is_before", lambda run_ids, now: False)


@fault("prepare", "send", law="applications: ")
def an_application_is_decided_without_an_answer_to_each_wish(patch):
    patch.setattr(deciding, "UNNEEDED", "")


@fault("enroll", "cancel_run", law="cancelled: .* \\(I11\\)")
def a_cancelled_group_keeps_its_people(patch):
    patch.setattr(decisions, "_cancel", lambda run, by, reason, now: runs.cancel(run, reason=reason, now=now))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_flow_is_found(small_world, monkeypatch, name):
    put, made_of, law = FAULTS[name]
    put(monkeypatch)

    with pytest.raises(Broken, match=law):
        tell_stories(small_world, stories=60, steps=20, shrinks=False, **made_of)


def test_a_failure_is_told_as_the_shortest_story_that_leads_to_it(small_world, monkeypatch):
    places_are_given_beyond_the_limit(monkeypatch)

    with pytest.raises(Broken) as caught:
        tell_stories(small_world, stories=20, steps=10, names=("enroll", "withdraw", "book"))

    # The first child has had the one place of that program in the term.
    line = r"24\.11\. 10:00 enroll: R-\d+, Bērns 0, \S+"
    assert re.fullmatch(rf"limits: learner \d+ has 2 of 1 places \(I6\)\n\nThe story:\n{line}", str(caught.value))
