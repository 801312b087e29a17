"""Whether a group takes place; and what cancelling one ends: everything, at once, told once."""

from collections import Counter
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from accounts import staff_log
from accounts.models import Role
from accounts.outbox.models import Message
from courses.models import LessonState, RunState
from enrollment.flows import aftercare, bookings, decisions, enrollments, waitlist
from enrollment.models import Enrollment, EnrollmentState as State, OfferState, WaitlistOffer
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
    make_slot,
    make_user,
    states_of,
    try_lesson,
)
from tests.races import race

pytestmark = pytest.mark.django_db

DECISION_ON = date(2026, 12, 3)
MORNING = datetime(2026, 12, 3, 7, 0, tzinfo=UTC)  # 9:00 in Riga


@pytest.fixture
def coordinator():
    return make_user(roles=[Role.COORDINATOR])


def make_undecided(*, minimum=2, **fields):
    return make_run(**{"capacity": 6, "minimum_size": minimum, "decision_on": DECISION_ON} | fields)


def letters(kind):
    return Message.objects.filter(kind=f"enrollment.{kind}")


# -- Deciding ------------------------------------------------------------------------------------


def test_it_is_decided_on_the_morning_of_its_day():
    run = make_undecided()
    enroll(run)
    enroll(run)

    before, after = aftercare.run_due(now=MORNING - HOUR / 3600)["settled"], aftercare.run_due(now=MORNING)["settled"]

    run.refresh_from_db()
    assert (before, after, run.state, run.decided_at) == (0, 1, RunState.PUBLISHED, MORNING)
    assert aftercare.run_due(now=MORNING)["settled"] == 0


def test_a_day_that_was_missed_is_made_up_for():
    run = make_undecided()

    assert aftercare.run_due(now=MORNING + DAY - 8 * HOUR)["settled"] == 1
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_what_has_begun_or_opened_after_its_day_is_left_to_people():
    make_undecided(starts_at=MORNING - HOUR)
    make_undecided(enrollment_opens_at=MORNING + HOUR)

    assert aftercare.run_due(now=MORNING + 2 * HOUR)["settled"] == 0


def test_with_too_few_it_is_cancelled_for_that_reason():
    run = make_undecided()
    seated = enroll(run)

    assert decisions.decide(run=run, now=MORNING)

    run.refresh_from_db()
    seated.refresh_from_db()
    assert (run.state, run.cancellation_reason) == (RunState.CANCELLED, decisions.TOO_FEW)
    assert (seated.state, seated.ledger.get(number=2).reason) == (State.CANCELLED, decisions.TOO_FEW)
    assert letters("group_cancelled").count() == 1


def test_only_confirmed_places_count():
    course = make_course(program=make_program(trial_answer_hours=48))
    run = make_undecided(course=course, capacity=2)
    leaving = enroll(run)
    try_lesson(run)
    enrollments.withdraw(enrollment=leaving, by=None, now=NOON)

    assert decisions.confirmed_seats([run.pk]) == {}


def test_who_comes_is_told_that_it_takes_place_once_per_family():
    run, guardian = make_undecided(), make_guardian()
    enroll(run, make_child(guardian))
    enroll(run, make_child(guardian, first_name="Roberts"))

    decisions.decide(run=run, now=MORNING)

    letter = letters("group_runs").get()
    assert (letter.recipient, letter.facts["name"]) == (guardian, "Annija, Roberts")


def test_staff_decide_earlier(coordinator):
    run = make_undecided(minimum=5)
    enroll(run)

    decisions.decide_to_run(run=run, by=coordinator, reason="piesakās skola", now=NOON)

    run.refresh_from_db()
    assert (run.decided_at, aftercare.run_due(now=MORNING)["settled"]) == (NOON, 0)
    assert letters("group_runs").count() == 1
    assert staff_log.rows_about(run).get().change_message == "takes place: piesakās skola"
    with pytest.raises(EnrollmentRefused) as refused:
        decisions.decide_to_run(run=run, by=coordinator, reason="vēlreiz", now=NOON)
    assert codes_of(refused) == [Reason.DECIDED]


def test_staff_move_the_day_and_lower_the_minimum(coordinator):
    run = make_undecided(minimum=5)
    enroll(run)

    decisions.change_terms(
        run=run, decision_on=date(2026, 12, 4), minimum_size=1, by=coordinator, reason="vēl piesakās", now=NOON
    )

    assert staff_log.rows_about(run).get().change_message == "03.12.2026. → 04.12.2026., min. 5 → 1: vēl piesakās"
    assert [aftercare.run_due(now=now)["settled"] for now in (MORNING, MORNING + DAY)] == [0, 1]
    run.refresh_from_db()
    assert run.state == RunState.PUBLISHED


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2026, 12, 9)])
def test_the_day_lies_between_today_and_the_start(coordinator, day):
    with pytest.raises(EnrollmentRefused) as refused:
        decisions.change_terms(
            run=make_undecided(), decision_on=day, minimum_size=1, by=coordinator, reason="x", now=NOON
        )

    assert codes_of(refused) == [Reason.DECISION_DAY]


# -- Cancelling ----------------------------------------------------------------------------------


def a_group_with_everything():
    """Confirmed, on trial, offered, given back, waiting: two of them of one family."""
    course = make_course(program=make_program(trial_answer_hours=48))
    run, guardian = make_run(course=course, capacity=4), make_guardian()
    enroll(run, make_child(guardian))
    try_lesson(run)
    leaving, freed = enroll(run), enroll(run)
    enroll(run, make_child(guardian, first_name="Roberts"))  # in the queue, and offered the freed seat
    enroll(run)  # waits
    enrollments.withdraw(enrollment=freed, by=None, now=NOON)
    enrollments.pass_on(enrollment=freed, by=None, now=NOON)
    enrollments.withdraw(enrollment=leaving, by=None, now=NOON)
    Message.objects.all().delete()
    return run, guardian


def test_everything_in_it_ends_and_every_family_is_told_once(coordinator):
    run, guardian = a_group_with_everything()
    before = states_of(run)

    decisions.cancel_run(run=run, by=coordinator, reason="pasniedzēja slimība", now=NOON)

    C, W = State.CANCELLED, State.WITHDRAWN
    assert before == [State.CONFIRMED, State.TRIAL, State.LEAVING, W, State.OFFERED, State.WAITLISTED]
    assert states_of(run) == [C, C, W, W, C, C]
    assert counters_of(run) == (0, 0, 0)
    assert WaitlistOffer.objects.get().state == OfferState.CLOSED
    assert letters("group_cancelled").count() == 3
    of_two = letters("group_cancelled").get(recipient=guardian)
    assert (of_two.facts["name"], of_two.facts["reason"]) == ("Annija, Roberts", "pasniedzēja slimība")
    assert reconcile().differences == []


def test_both_guardians_are_told_and_a_letter_to_one_who_left_is_not_sent(coordinator):
    run, mother, father = make_run(), make_guardian(), make_guardian()
    child = make_child(mother)
    child.guardianships.create(guardian=father, started_at=NOON)
    enroll(run, child, by=mother)

    decisions.cancel_run(run=run, by=coordinator, reason="x", now=NOON)

    assert {letter.recipient for letter in letters("group_cancelled")} == {mother, father}


def test_guests_are_told_with_a_letter_of_their_own(coordinator):
    slot = make_slot()
    for name in ("anna", "berta"):
        bookings.book(
            run=slot, seats_wanted=2, name=name, email=f"{name}@example.lv", key=uuid4(), now=NOON, language="en"
        )

    decisions.cancel_run(run=slot, by=coordinator, reason="x", now=NOON)

    assert set(letters("group_cancelled").values_list("address", "language")) == {
        ("anna@example.lv", "en"),
        ("berta@example.lv", "en"),
    }


def test_what_would_end_is_said_before():
    run, _guardian = a_group_with_everything()

    assert decisions.affected(run, now=NOON) == decisions.Affected(families=3, places=2, offers=1, waiting=1, lessons=3)


def test_its_lessons_to_come_stay_and_are_marked(coordinator):
    run = make_run(starts_at=NOON - WEEK)

    decisions.cancel_run(run=run, by=coordinator, reason="pasniedzēja slimība", now=NOON)

    lessons = list(run.lessons.order_by("starts_at").values_list("state", "cancel_reason", "sequence", "changed_at"))
    cancelled = (LessonState.CANCELLED, "pasniedzēja slimība", 1, NOON)
    assert lessons == [(LessonState.SCHEDULED, "", 0, NOON), cancelled, cancelled]
    run.refresh_from_db()
    assert (run.state, run.cancellation_reason, run.changed_at) == (RunState.CANCELLED, "pasniedzēja slimība", NOON)


def test_cancelling_again_changes_nothing_and_a_finished_group_is_not_cancelled(coordinator):
    run, over = make_run(), make_run(starts_at=NOON - 9 * WEEK, enrollment_opens_at=NOON - 20 * WEEK)
    enroll(run)

    for _ in range(2):
        decisions.cancel_run(run=run, by=coordinator, reason="x", now=NOON)
    with pytest.raises(EnrollmentRefused) as refused:
        decisions.cancel_run(run=over, by=coordinator, reason="x", now=NOON)

    assert letters("group_cancelled").count() == 1
    assert codes_of(refused) == [Reason.FINISHED]


def test_who_waited_to_change_into_it_keeps_the_old_place(coordinator):
    course = make_course()
    one, other = make_run(course=course), make_run(course=course, capacity=1, starts_at=NOON + 3 * WEEK + DAY)
    enroll(other)
    old = enroll(one)
    change_group(old, other)

    decisions.cancel_run(run=other, by=coordinator, reason="x", now=NOON)

    old.refresh_from_db()
    assert old.state == State.CONFIRMED


# -- I11: nothing new in what is cancelled, closed or begun ---------------------------------------


def everything_new(run, offer, leaving, child, guardian):
    """Each way to a new place in a run."""
    return {
        "enroll": lambda: enrollments.enroll(run=run, learners=[child], key=uuid4(), by=guardian, now=NOON),
        "accept": lambda: waitlist.accept(offer=offer, by=None, now=NOON),
        "undo": lambda: enrollments.undo_withdrawal(enrollment=leaving, by=None, now=NOON),
        "promote": lambda: waitlist.promote(run=run, now=NOON),
        "trial": lambda: try_lesson(run, child),
        "transfer": lambda: change_group(enroll(make_run(starts_at=NOON + WEEK), child), run),
        "move": lambda: enrollments.move(
            enrollment=enroll(make_run(starts_at=NOON + WEEK), child),
            to_run=run, by=guardian, reason="", now=NOON, override_reason="tomēr",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("way", ["enroll", "accept", "undo", "promote", "trial", "transfer", "move"])
def test_nobody_gets_into_a_cancelled_group(coordinator, way):
    run, _ = a_group_with_everything()
    offer, guardian = WaitlistOffer.objects.get(), make_guardian()
    leaving = Enrollment.objects.get(run=run, state=State.LEAVING)
    child = make_child(guardian)
    decisions.cancel_run(run=run, by=coordinator, reason="x", now=NOON)

    try:
        everything_new(run, offer, leaving, child, guardian)[way]()
    except EnrollmentRefused:
        pass

    assert not Enrollment.objects.filter(run=run, ended_at=None).exists()
    assert not WaitlistOffer.objects.open().exists()
    assert reconcile().differences == []


def test_no_offer_is_out_after_the_last_useful_moment():
    run = make_run(capacity=1, offers_end_at=NOON + 10 * HOUR)
    seated, waiting = enroll(run), enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    offer = waiting.offers.get()

    with pytest.raises(EnrollmentRefused) as refused:
        waitlist.accept(offer=offer, by=None, now=run.offers_end_at)

    assert offer.expires_at <= run.offers_end_at
    assert codes_of(refused) == [Reason.OFFER_ENDED]
    assert waitlist.promote(run=run, now=run.offers_end_at) == []


# -- At the same moment --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_cancelling_while_families_enroll_leaves_nobody_inside():
    coordinator, guardian, course = make_user(roles=[Role.COORDINATOR]), make_guardian(), make_course()
    for _ in range(10):
        run = make_run(course=course, capacity=3)
        children = [make_child(guardian, first_name=f"Bērns {n}") for n in range(6)]

        def enroll_one(child, run=run):
            return enrollments.enroll(run=run, learners=[child], key=uuid4(), by=guardian, now=NOON)

        outcomes = race(
            [*children[:3], None, *children[3:]],
            lambda child, run=run: (
                enroll_one(child, run) if child else decisions.cancel_run(run=run, by=coordinator, reason="x", now=NOON)
            ),
        )

        refused = [one for one in outcomes if isinstance(one, Exception)]
        assert {type(one) for one in refused} <= {EnrollmentRefused}
        assert not Enrollment.objects.filter(run=run, ended_at=None).exists()
        assert counters_of(run) == (0, 0, 0)
    assert reconcile().differences == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_cancelling_while_an_offer_is_accepted_leaves_nobody_inside():
    coordinator = make_user(roles=[Role.COORDINATOR])
    kinds = Counter()
    for _ in range(10):
        run = make_run(capacity=1)
        seated, waiting = enroll(run), enroll(run)
        enrollments.withdraw(enrollment=seated, by=None, now=NOON)
        enrollments.pass_on(enrollment=seated, by=None, now=NOON)
        offer = waiting.offers.get()

        outcomes = race(
            [
                lambda offer=offer: waitlist.accept(offer=offer, by=None, now=NOON),
                lambda run=run: decisions.cancel_run(run=run, by=coordinator, reason="x", now=NOON),
            ],
            lambda work: work(),
        )

        kinds[type(outcomes[0])] += 1
        assert not isinstance(outcomes[1], Exception)
        waiting.refresh_from_db()
        assert (waiting.state, counters_of(run)) == (State.CANCELLED, (0, 0, 0))
    assert set(kinds) <= {Enrollment, EnrollmentRefused}
    assert reconcile().differences == []
