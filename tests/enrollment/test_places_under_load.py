"""Forty callers for five places, two hundred times; and the twin without the guard, which must fail."""

from collections import Counter
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from accounts.models import Guardianship, Learner
from courses.flows import seats
from courses.models import CourseRun
from enrollment.flows import bookings, enrollments, upkeep, waitlist
from enrollment.models import Enrollment, EnrollmentState, WaitlistOffer
from enrollment.refusals import EnrollmentRefused
from tests.factories import DAY, NOON, enroll, make_child, make_course, make_guardian, make_run, make_slot, states_of
from tests.races import race, tournament

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PLACES, CALLERS = 5, 40
CONFIRMED, WAITLISTED = EnrollmentState.CONFIRMED, EnrollmentState.WAITLISTED


def with_course(run):
    """The run as a view loads it, ready for any number of threads."""
    return CourseRun.objects.for_display().get(pk=run.pk)


def new_children(guardian):
    """Forty children who are in no group yet."""
    children = Learner.objects.bulk_create(
        Learner(first_name="Bērns", last_name=f"{number}") for number in range(CALLERS)
    )
    Guardianship.objects.bulk_create(
        Guardianship(guardian=guardian, learner=child, started_at=NOON) for child in children
    )
    return children


def forty_for_five(rounds):
    """The confirmed and the waiting of each round, and the counters of its run."""
    course = make_course()
    runs = [with_course(make_run(capacity=PLACES, course=course, lessons=0)) for _ in range(rounds)]
    guardians = {run.pk: make_guardian() for run in runs}
    children = {run.pk: new_children(guardians[run.pk]) for run in runs}

    def apply(run, caller):
        child, guardian = children[run.pk][caller], guardians[run.pk]
        return enrollments.enroll(run=run, learners=[child], key=uuid4(), by=guardian, now=NOON)

    outcomes = tournament(runs, range(CALLERS), apply)
    errors = [one for several in outcomes for one in several if isinstance(one, Exception)]
    assert errors == []
    counted = Counter(Enrollment.objects.values_list("run_id", "state"))
    counters = {run.pk: (run.seats_taken, run.waitlist_length) for run in CourseRun.objects.all()}
    return [(counted[run.pk, CONFIRMED], counted[run.pk, WAITLISTED], *counters[run.pk]) for run in runs]


def test_forty_callers_for_five_places_never_oversell():
    rounds = 200

    assert Counter(forty_for_five(rounds)) == {(PLACES, CALLERS - PLACES, PLACES, CALLERS - PLACES): rounds}


@pytest.fixture
def without_the_guard(monkeypatch):
    """Seats are taken by looking first and writing then; the constraint behind them is out of force."""
    constraint = next(one for one in CourseRun._meta.constraints if one.name == "courserun_is_not_overbooked")
    guarded_enroll = enrollments._enroll

    def look_then_write(run, *rest):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = ON")
        run = with_course(run)  # looked, outside the transaction that writes
        return guarded_enroll(run, *rest)

    def take(run, wanted=1):
        if run.waitlist_length or run.seats_taken + wanted > run.capacity:
            return False
        CourseRun.objects.filter(pk=run.pk).update(seats_taken=F("seats_taken") + wanted)
        return True

    monkeypatch.setattr(enrollments, "_enroll", look_then_write)
    monkeypatch.setattr(seats, "take", take)
    if connection.vendor == "postgresql":
        with connection.schema_editor() as editor:
            editor.remove_constraint(CourseRun, constraint)
    yield
    if connection.vendor == "postgresql":
        CourseRun.objects.filter(seats_taken__gt=F("capacity")).update(capacity=F("seats_taken"))
        with connection.schema_editor() as editor:
            editor.add_constraint(CourseRun, constraint)


@pytest.mark.usefixtures("without_the_guard")
def test_the_same_race_without_the_guard_oversells():
    confirmed = [one[0] for one in forty_for_five(5)]

    assert max(confirmed) > PLACES


def test_the_same_form_pressed_many_times_at_once_is_one_submission():
    run, key, guardian = with_course(make_run(capacity=PLACES)), uuid4(), make_guardian()
    child = make_child(guardian)

    outcomes = race(12, lambda _: enrollments.enroll(run=run, learners=[child], key=key, by=guardian, now=NOON).pk)

    assert len(set(outcomes)) == 1
    assert states_of(run) == [CONFIRMED]


def test_two_guardians_at_once_get_one_place_and_one_kind_answer():
    run, mother, father = with_course(make_run(capacity=PLACES)), make_guardian(), make_guardian()
    child = make_child(mother)
    child.guardianships.create(guardian=father, started_at=NOON)

    outcomes = race(
        [mother, father] * 4, lambda by: enrollments.enroll(run=run, learners=[child], key=uuid4(), by=by, now=NOON)
    )

    assert states_of(run) == [CONFIRMED]
    assert Counter(type(one) for one in outcomes)[EnrollmentRefused] == 7


def test_an_offer_is_either_accepted_or_expired_and_the_seat_is_one_persons():
    for _ in range(10):
        run = make_run(capacity=1)
        seated, _first, _second = enroll(run), enroll(run), enroll(run)
        enrollments.withdraw(enrollment=seated, by=None, now=NOON)
        enrollments.pass_on(enrollment=seated, by=None, now=NOON)
        offer = WaitlistOffer.objects.open().get(enrollment__run=run)
        just_before = offer.expires_at - DAY / 86400

        race(
            [
                lambda offer=offer, at=just_before: waitlist.accept(offer=offer, by=None, now=at),
                lambda offer=offer: waitlist.expire(offer=offer, now=offer.expires_at),
                lambda offer=offer, at=just_before: waitlist.decline(offer=offer, by=None, now=at),
            ],
            lambda work: work(),
        )

        run.refresh_from_db()
        assert run.seats_taken == Enrollment.objects.filter(run=run).holding().count() == 1
        assert run.waitlist_length == Enrollment.objects.filter(run=run).waitlisted().count()


def test_giving_back_and_promoting_at_once_keep_the_counters_true():
    run = make_run(capacity=3)
    seated = [enroll(run) for _ in range(3)]
    for _ in range(6):
        enroll(run)
    for one in seated:
        enrollments.withdraw(enrollment=one, by=None, now=NOON)

    race(6, lambda _: upkeep.run_due(now=NOON + DAY / 24))

    run.refresh_from_db()
    offered = Enrollment.objects.filter(run=run, state=EnrollmentState.OFFERED).count()
    assert (run.seats_taken, run.seats_offered, offered, run.waitlist_length) == (3, 3, 3, 3)


def test_parties_of_different_sizes_fill_a_slot_to_the_last_seat_but_not_past_it():

    slot = with_course(make_slot(capacity=20))

    race(
        list(enumerate([1, 2, 3, 4] * 6)),
        lambda party: bookings.book(
            run=slot, seats_wanted=party[1], name="Viesis", email=f"viesis{party[0]}@example.lv", key=uuid4(), now=NOON
        ),
    )

    slot.refresh_from_db()
    held = sum(Enrollment.objects.filter(run=slot).holding().values_list("seats", flat=True))
    assert held == slot.seats_taken <= slot.capacity
    assert slot.waitlist_length == 60 - held
