"""Changing the group: nobody lets a place go before the other one is theirs."""

import time
from uuid import uuid4

import pytest
from django.db import OperationalError

from accounts.models import Role
from accounts.outbox.models import Message
from enrollment import causes
from enrollment.flows import enrollments, places, waitlist
from enrollment.flows.places import NotTheirs
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEvent, OfferState, WaitlistOffer
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    change_group,
    codes_of,
    counters_of,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_user,
    states_of,
)
from tests.races import race

pytestmark = pytest.mark.django_db

LATER = NOON + 2 * WEEK + DAY  # another day than that of a run made by the factory


def make_two(*, capacity=(2, 2), **program):
    """Two groups of one course, on different days."""
    course = make_course(program=make_program(**program))
    return make_run(course=course, capacity=capacity[0]), make_run(course=course, capacity=capacity[1], starts_at=LATER)


def kinds_of_letters():
    return [kind.partition(".")[2] for kind in Message.objects.order_by("pk").values_list("kind", flat=True)]


def offered_instead(old_capacity=1, **program):
    """A child with a place in one group is offered one in another: (old, new, offer)."""
    one, other = make_two(capacity=(old_capacity, 1), **program)
    seated = enroll(other)
    old = enroll(one)
    new = change_group(old, other)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    new.refresh_from_db()
    return old, new, WaitlistOffer.objects.filter(enrollment=new).first()


# -- A seat is free ------------------------------------------------------------------------------


def test_where_a_seat_is_free_both_places_change_at_once():
    one, other = make_two(capacity=(1, 1))
    old, waiting = enroll(one), enroll(one)

    new = change_group(old, other)

    old.refresh_from_db()
    assert (old.state, new.state, new.replaces) == (State.MOVED, State.CONFIRMED, old)
    assert (counters_of(one), counters_of(other)) == ((1, 1, 0), (1, 0, 0))
    assert WaitlistOffer.objects.get().enrollment == waiting
    assert reconcile().differences == []


def test_one_letter_tells_both():
    one, other = make_two()
    old = enroll(one)
    Message.objects.all().delete()

    change_group(old, other)

    assert kinds_of_letters() == ["group_exchanged"]
    facts = Message.objects.get().facts
    assert (facts["code"], facts["old_code"]) == (other.code, one.code)


def test_the_ledger_says_what_was_changed_for_what():
    one, other = make_two()
    old = enroll(one)

    new = change_group(old, other)

    rows = list(old.ledger.order_by("number").values_list("event", "to_state", "reason"))
    assert rows[-1] == (LedgerEvent.TRANSFERRED, State.MOVED, causes.changed(one.code, other.code))
    assert new.ledger.get().reason == causes.changed(one.code, other.code)


def test_limit_and_clash_are_judged_without_the_old_place():
    course = make_course(program=make_program(max_places_per_term=1))
    one, same_time = make_run(course=course), make_run(course=course)

    assert change_group(enroll(one), same_time).state == State.CONFIRMED


def test_but_not_without_the_others():
    child = make_child()
    one, other = make_two()
    old = enroll(one, child)
    enroll(make_run(starts_at=LATER), child)

    with pytest.raises(EnrollmentRefused) as refused:
        change_group(old, other)

    assert codes_of(refused) == [Reason.CLASH]
    assert states_of(one) == [State.CONFIRMED]


def test_only_a_confirmed_place_is_changed_and_for_another_group():
    one, other = make_two(capacity=(1, 1))
    old, waiting = enroll(one), enroll(one)
    enrollments.withdraw(enrollment=old, by=None, now=NOON)

    for enrollment, to_run in ((old, other), (waiting, other)):
        with pytest.raises(EnrollmentRefused) as refused:
            change_group(enrollment, to_run)
        assert codes_of(refused) == [Reason.ENDED]


def test_the_same_press_again_changes_once():
    one, other = make_two()
    old, key = enroll(one), uuid4()

    first, second = change_group(old, other, key=key), change_group(old, other, key=key)

    assert (first.pk, counters_of(other)) == (second.pk, (1, 0, 0))


def test_nobody_else_can_change_it():
    one, other = make_two()

    with pytest.raises(NotTheirs):
        change_group(enroll(one), other, by=make_guardian())


# -- The other group is full ---------------------------------------------------------------------


def test_where_none_is_free_it_waits_with_its_place_kept():
    one, other = make_two(capacity=(1, 1))
    enroll(other)
    old = enroll(one)

    new = change_group(old, other)

    old.refresh_from_db()
    assert (old.state, new.state, new.replaces) == (State.CONFIRMED, State.WAITLISTED, old)
    assert (counters_of(one), counters_of(other)) == ((1, 0, 0), (1, 0, 1))
    letter = Message.objects.filter(kind="enrollment.joined_waitlist").get()
    assert (letter.facts["position"], letter.facts["old_code"]) == (1, one.code)


def test_accepting_ends_the_old_place_in_the_same_step():
    old, new, offer = offered_instead()
    next_there = enroll(old.run)

    waitlist.accept(offer=offer, by=new.entered_by, now=NOON + HOUR)

    old.refresh_from_db()
    new.refresh_from_db()
    next_there.refresh_from_db()
    assert (old.state, new.state, next_there.state) == (State.MOVED, State.CONFIRMED, State.OFFERED)
    assert kinds_of_letters()[-2:] == ["group_exchanged", "seat_offered"]
    assert reconcile().differences == []


@pytest.mark.parametrize("how", ["declined", "expired"])
def test_declining_or_letting_it_pass_keeps_the_old_place(how):
    old, new, offer = offered_instead()

    if how == "declined":
        waitlist.decline(offer=offer, by=new.entered_by, now=NOON + HOUR)
    else:
        waitlist.expire(offer=offer, now=offer.expires_at)

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (State.CONFIRMED, State.DECLINED if how == "declined" else State.EXPIRED)
    assert Message.objects.get(kind="enrollment.offer_ended").facts["old_code"] == old.run.code


def test_it_is_offered_also_where_places_are_confirmed_directly():
    _old, new, offer = offered_instead(confirms_directly=True)

    assert (new.state, offer.state) == (State.OFFERED, OfferState.OPEN)


def test_the_offer_is_judged_without_the_old_place():
    course = make_course(program=make_program(max_places_per_term=1))
    one, same_time = make_run(course=course), make_run(course=course, capacity=1)
    seated = enroll(same_time)
    new = change_group(enroll(one), same_time)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)

    accepted = waitlist.accept(offer=new.offers.get(), by=new.entered_by, now=NOON)

    assert accepted.state == State.CONFIRMED


def test_an_offer_instead_of_a_place_is_not_one_more_for_the_limit():
    old, _new, _offer = offered_instead(max_places_per_term=2)
    third = make_run(course=old.run.course, starts_at=LATER + DAY)

    assert enroll(third, old.learner).state == State.CONFIRMED


def test_who_gives_the_old_place_back_waits_on_like_anybody():
    old, new, _offer = offered_instead(confirms_directly=True)
    enrollments.withdraw(enrollment=old, by=None, now=NOON)
    enrollments.pass_on(enrollment=old, by=None, now=NOON)

    accepted = waitlist.accept(offer=new.offers.get(), by=new.entered_by, now=NOON)

    old.refresh_from_db()
    assert (accepted.state, old.state) == (State.CONFIRMED, State.WITHDRAWN)


def test_an_ordinary_wait_is_confirmed_directly_again_once_the_old_place_has_ended():
    one, other = make_two(capacity=(1, 1), confirms_directly=True)
    seated = enroll(other)
    old = enroll(one)
    new = change_group(old, other)
    enrollments.withdraw(enrollment=old, by=None, now=NOON)
    enrollments.pass_on(enrollment=old, by=None, now=NOON)

    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)

    new.refresh_from_db()
    assert new.state == State.CONFIRMED


def test_who_waits_in_two_groups_and_gets_one_waits_in_the_other_instead_of_that_one():
    course = make_course()
    one, other, third = (make_run(course=course, capacity=1, starts_at=LATER + n * DAY) for n in range(3))
    seated = [enroll(other), enroll(third)]
    old = enroll(one)
    in_other, in_third = change_group(old, other), change_group(old, third)
    for place in seated:
        enrollments.withdraw(enrollment=place, by=None, now=NOON)
        enrollments.pass_on(enrollment=place, by=None, now=NOON)

    waitlist.accept(offer=in_other.offers.get(), by=old.entered_by, now=NOON)
    waitlist.accept(offer=in_third.offers.get(), by=old.entered_by, now=NOON)

    states = list(Enrollment.objects.filter(learner=old.learner).order_by("pk").values_list("state", flat=True))
    assert states == [State.MOVED, State.MOVED, State.CONFIRMED]
    assert reconcile().differences == []


def test_a_move_by_staff_hands_the_wait_over():
    one, other = make_two(capacity=(1, 1))
    enroll(other)
    old = enroll(one)
    new = change_group(old, other)
    desk = make_user(roles=[Role.DESK])
    to_run = make_run(course=one.course, starts_at=LATER + DAY)

    moved = enrollments.move(enrollment=old, to_run=to_run, by=desk, reason="", now=NOON)
    new.refresh_from_db()
    after_move = new.replaces
    enrollments.undo_move(enrollment=moved, by=desk, now=NOON)

    new.refresh_from_db()
    assert (after_move, new.replaces) == (moved, old)


# -- At the same moment --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_families_who_cross_over_do_not_wait_for_each_other():
    for _ in range(10):
        one, other = make_two(capacity=(2, 2))
        here, there = enroll(one), enroll(other)

        outcomes = race([(here, other), (there, one)], lambda change: change_group(*change))

        assert [one.state for one in outcomes] == [State.CONFIRMED, State.CONFIRMED]
        assert (counters_of(one), counters_of(other)) == ((1, 0, 0), (1, 0, 0))
    assert reconcile().differences == []


def accept_crosswise():
    """Two families wait for each other's group, are offered a third seat there, and accept at once: the outcomes."""
    one, other = make_two(capacity=(2, 2))
    leaving = [enroll(one), enroll(other)]
    here, there = enroll(one), enroll(other)
    to_other, to_one = change_group(here, other), change_group(there, one)
    for place in leaving:
        enrollments.withdraw(enrollment=place, by=None, now=NOON)
        enrollments.pass_on(enrollment=place, by=None, now=NOON)
    offers = [to_other.offers.get(), to_one.offers.get()]
    return race(offers, lambda offer: waitlist.accept(offer=offer, by=None, now=NOON).state)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_families_who_accept_each_others_group_do_not_wait_for_each_other():
    outcomes = [accept_crosswise() for _ in range(10)]

    assert outcomes == [[State.CONFIRMED, State.CONFIRMED]] * 10
    assert reconcile().differences == []


@pytest.mark.slow
@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_the_same_without_locking_both_groups_first_ends_in_a_deadlock(monkeypatch):
    original = places.lock

    def lock_one_run(enrollment, *more, **options):
        replaces_id, enrollment.replaces_id = enrollment.replaces_id, None
        fresh = original(enrollment, *more, **options)
        enrollment.replaces_id = replaces_id
        if fresh.replaces_id:
            fresh.replaces.learner = fresh.learner
            time.sleep(0.2)  # as if it had more to do
        return fresh

    monkeypatch.setattr(places, "lock", lock_one_run)

    outcomes = [one for _ in range(3) for one in accept_crosswise()]

    assert any(isinstance(one, OperationalError) for one in outcomes)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_changing_and_giving_back_at_once_leave_one_place_at_most():
    for _ in range(10):
        one, other = make_two(capacity=(1, 1))
        old = enroll(one)

        race(
            [
                lambda old=old, other=other: change_group(old, other),
                lambda old=old: enrollments.withdraw(enrollment=old, by=None, now=NOON),
            ],
            lambda work: work(),
        )

        assert counters_of(one)[0] + counters_of(other)[0] == 1
    assert reconcile().differences == []
