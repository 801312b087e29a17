from datetime import timedelta

import pytest

from accounts.models import Role
from accounts.outbox.models import Message
from courses.models import CourseRun, RunState
from enrollment import causes
from enrollment.flows import enrollments, upkeep, waitlist
from enrollment.flows.places import NotTheirs
from enrollment.models import EnrollmentState, LedgerEvent, OfferState, WaitlistOffer
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_children,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_user,
    states_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db

CONFIRMED, WAITLISTED, OFFERED = EnrollmentState.CONFIRMED, EnrollmentState.WAITLISTED, EnrollmentState.OFFERED
WITHDRAWN, DECLINED, EXPIRED = EnrollmentState.WITHDRAWN, EnrollmentState.DECLINED, EnrollmentState.EXPIRED


def make_offer(*, waiting=1, now=NOON, **fields):
    """A full run of one seat, given back and offered to the first of those who wait: (run, offer)."""
    run = make_run(capacity=1, **fields)
    seated = enroll(run)
    for _ in range(waiting):
        enroll(run)
    give_back(seated, now=now)
    return run, WaitlistOffer.objects.open().get()


def give_back(enrollment, *, now=NOON):
    enrollments.withdraw(enrollment=enrollment, by=None, now=now)
    enrollments.pass_on(enrollment=enrollment, by=None, now=now)


def letters_of(kind):
    return Message.objects.filter(kind=f"enrollment.{kind}").count()


def test_a_freed_seat_is_offered_to_whoever_has_waited_longest():
    run, _offer = make_offer(waiting=2)

    assert states_of(run) == [WITHDRAWN, OFFERED, WAITLISTED]


def test_an_accepted_offer_confirms_the_place_once():
    run, offer = make_offer()

    waitlist.accept(offer=offer, by=None, now=NOON + HOUR)
    waitlist.accept(offer=offer, by=None, now=NOON + 2 * HOUR)

    assert states_of(run) == [WITHDRAWN, CONFIRMED]
    run.refresh_from_db()
    assert (run.seats_taken, run.seats_offered, run.waitlist_length) == (1, 0, 0)


def test_a_declined_offer_goes_to_the_next_at_once():
    run, offer = make_offer(waiting=2)

    waitlist.decline(offer=offer, by=None, now=NOON + HOUR)

    assert states_of(run) == [WITHDRAWN, DECLINED, OFFERED]
    assert letters_of("offer_ended") == 1
    assert letters_of("seat_offered") == 2


def test_an_unanswered_offer_expires_and_goes_to_the_next():
    run, offer = make_offer(waiting=2)

    upkeep.run_due(now=offer.expires_at)

    assert states_of(run) == [WITHDRAWN, EXPIRED, OFFERED]


def test_an_offer_is_open_until_the_last_moment_before_its_deadline():
    run, offer = make_offer()

    waitlist.accept(offer=offer, by=None, now=offer.expires_at - timedelta(seconds=1))

    assert states_of(run) == [WITHDRAWN, CONFIRMED]


def test_accepting_too_late_is_refused_and_expires_the_offer_even_if_the_worker_sleeps():
    run, offer = make_offer(waiting=2)

    with pytest.raises(EnrollmentRefused) as refused:
        waitlist.accept(offer=offer, by=None, now=offer.expires_at)

    assert refused.value.refusal.reason == Reason.OFFER_ENDED
    assert states_of(run) == [WITHDRAWN, EXPIRED, OFFERED]


def test_an_offer_answered_one_way_cannot_be_answered_the_other_way():
    run, offer = make_offer()
    waitlist.decline(offer=offer, by=None, now=NOON)

    with pytest.raises(EnrollmentRefused) as refused:
        waitlist.accept(offer=offer, by=None, now=NOON)

    assert refused.value.refusal.reason == Reason.OFFER_ENDED
    assert states_of(run) == [WITHDRAWN, DECLINED]


def test_an_offer_is_refused_when_the_childs_places_were_used_up_meanwhile():
    program = make_program(max_places_per_term=1)
    guardian = make_guardian()
    child = make_child(guardian)
    full, other = (
        make_run(capacity=1, course=make_course(program=program)),
        make_run(course=make_course(program=program)),
    )
    seated = enroll(full)
    enroll(full, child)
    enroll(other, child)
    give_back(seated)

    with pytest.raises(EnrollmentRefused) as refused:
        waitlist.accept(offer=WaitlistOffer.objects.get(), by=guardian, now=NOON)

    assert refused.value.refusal.reason == Reason.LIMIT
    assert states_of(full) == [WITHDRAWN, OFFERED]


def test_siblings_sent_together_are_passed_over_until_both_fit():
    run = make_run(capacity=2)
    first, second = enroll(run), enroll(run)
    enroll(run, *make_children(2, make_guardian()), together=True)
    enroll(run)

    give_back(first)
    one_seat = states_of(run)
    give_back(second)

    assert one_seat == [WITHDRAWN, CONFIRMED, WAITLISTED, WAITLISTED, OFFERED]
    assert states_of(run) == [WITHDRAWN, WITHDRAWN, WAITLISTED, WAITLISTED, OFFERED]


def test_a_passed_over_party_finds_the_reason_in_the_ledger_once():
    run = make_run(capacity=1)
    seated = enroll(run)
    sibling = enroll(run, *make_children(2, make_guardian()), together=True)
    give_back(seated)

    waitlist.promote(run=run, now=NOON)

    assert list(sibling.ledger.values_list("event", "reason")) == [
        (LedgerEvent.RECEIVED, ""), (LedgerEvent.SKIPPED, causes.passed_over(free=1, needed=2)),
    ]  # fmt: skip


def test_siblings_offered_together_are_accepted_by_one_press():
    run = make_run(capacity=2)
    seated = [enroll(run), enroll(run)]
    enroll(run, *make_children(2, make_guardian()), together=True)
    for one in seated:
        enrollments.withdraw(enrollment=one, by=None, now=NOON)
    upkeep.run_due(now=NOON + timedelta(minutes=10))
    waiting = states_of(run)[2:]

    waitlist.accept(offer=WaitlistOffer.objects.open().first(), by=None, now=NOON + HOUR)

    assert waiting == [OFFERED, OFFERED]
    assert states_of(run)[2:] == [CONFIRMED, CONFIRMED]


def test_the_number_in_the_queue_only_improves():
    run = make_run(capacity=1)
    seated = enroll(run)
    first, second, third = enroll(run), enroll(run), enroll(run)
    before = waitlist.positions([first, second, third])

    enrollments.withdraw(enrollment=second, by=None, now=NOON)
    give_back(seated)

    assert before == {first.pk: 1, second.pk: 2, third.pk: 3}
    assert waitlist.positions([third]) == {third.pk: 1}


def test_a_program_may_confirm_directly():
    course = make_course(program=make_program(confirms_directly=True))
    run = make_run(capacity=1, course=course)
    seated, _waiting = enroll(run), enroll(run)

    give_back(seated)

    assert states_of(run) == [WITHDRAWN, CONFIRMED]
    assert WaitlistOffer.objects.count() == 0


@pytest.mark.parametrize(
    ("program", "other_start"),
    [
        ({"max_places_per_term": 1, "forbids_clash": False}, NOON + 3 * WEEK),
        ({"forbids_clash": True}, NOON + 2 * WEEK),  # the same time
    ],
)
def test_whoever_has_something_else_by_then_is_asked_instead(program, other_start):
    program = make_program(confirms_directly=True, **program)
    run = make_run(capacity=1, course=make_course(program=program))
    seated, waiting = enroll(run), enroll(run)
    enroll(make_run(course=make_course(program=program), starts_at=other_start), waiting.learner)

    give_back(seated)

    assert states_of(run) == [WITHDRAWN, OFFERED]
    with pytest.raises(EnrollmentRefused):
        waitlist.accept(offer=waiting.offers.get(), by=None, now=NOON + HOUR)


def test_nothing_is_offered_after_the_last_useful_moment():
    run = make_run(capacity=1, offers_end_at=NOON + 5 * DAY)
    seated, _waiting = enroll(run), enroll(run)

    give_back(seated, now=NOON + 5 * DAY - HOUR)

    assert states_of(run) == [WITHDRAWN, WAITLISTED]


def test_one_reminder_at_half_time():
    _run, offer = make_offer()
    half = NOON + (offer.expires_at - NOON) / 2

    early = upkeep.run_due(now=half - DAY / 3)
    first, again = upkeep.run_due(now=offer.remind_at), upkeep.run_due(now=offer.remind_at + HOUR)

    assert [one["reminded"] for one in (early, first, again)] == [0, 1, 0]
    assert letters_of("offer_reminder") == 1


def test_the_longest_wait_is_served_first_whatever_the_number_of_free_seats():
    run = make_run(capacity=3)
    seated = [enroll(run), enroll(run), enroll(run)]
    for _ in range(4):
        enroll(run)

    for one in seated:
        enrollments.withdraw(enrollment=one, by=None, now=NOON)
    upkeep.run_due(now=NOON + timedelta(minutes=10))

    assert states_of(run)[3:] == [OFFERED, OFFERED, OFFERED, WAITLISTED]


def test_either_guardian_may_answer():
    run = make_run(capacity=1, starts_at=NOON + 3 * WEEK)
    seated = enroll(run)
    father, child = make_guardian(first_name="Andris"), make_child()
    child.guardianships.create(guardian=father, started_at=NOON)
    enroll(run, child)
    give_back(seated)

    offer = WaitlistOffer.objects.get()
    waitlist.accept(offer=offer, by=father, now=NOON)

    offer.refresh_from_db()
    assert (offer.state, offer.answered_by) == (OfferState.ACCEPTED, father)
    assert letters_of("seat_offered") == 2


def test_the_centre_may_cancel_an_offered_place():
    run, offer = make_offer(waiting=2)

    enrollments.cancel(enrollment=offer.enrollment, by=make_user(), reason="Dubults pieteikums", now=NOON)
    upkeep.run_due(now=NOON + timedelta(seconds=61))

    offer.refresh_from_db()
    assert offer.state == OfferState.CLOSED
    assert states_of(run) == [WITHDRAWN, EnrollmentState.CANCELLED, OFFERED]


def test_undoing_the_centres_cancellation_of_an_offer_opens_the_offer_again():
    run, offer = make_offer()
    desk = make_user(roles=[Role.DESK])
    enrollments.cancel(enrollment=offer.enrollment, by=desk, reason="Pārpratums", now=NOON)

    enrollments.undo_withdrawal(enrollment=offer.enrollment, by=desk, now=NOON + timedelta(seconds=30))

    offer.refresh_from_db()
    assert (offer.state, states_of(run)) == (OfferState.OPEN, [WITHDRAWN, OFFERED])


def test_siblings_who_wait_together_are_accepted_only_when_each_of_them_may():
    guardian, program = make_guardian(), make_program(max_places_per_term=1)
    free, older = make_children(2, guardian)
    run = make_run(capacity=2, course=make_course(program=program))
    elsewhere = make_run(course=make_course(program=program), starts_at=NOON + 2 * WEEK + 3 * HOUR)
    seated = [enroll(run), enroll(run)]
    waiting = enroll(run, free, older, by=guardian, together=True)
    enroll(elsewhere, older, by=guardian)
    for one in seated:
        give_back(one)
    offer = WaitlistOffer.objects.open().get(enrollment=waiting)

    with pytest.raises(EnrollmentRefused) as refused:
        waitlist.accept(offer=offer, by=guardian, now=NOON + HOUR)

    assert [(one.code, one.learner) for one in refused.value.refusals] == [(Reason.LIMIT, older)]
    assert states_of(run)[2:] == [OFFERED, OFFERED]


def test_an_offer_of_a_cancelled_group_is_not_accepted():
    run, offer = make_offer()
    CourseRun.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)

    with pytest.raises(EnrollmentRefused) as refused:
        waitlist.accept(offer=offer, by=None, now=NOON + HOUR)

    assert refused.value.refusal.code == Reason.CANCELLED


def test_a_pupil_with_an_own_login_neither_gets_the_link_nor_answers():
    run = make_run(capacity=1)
    seated, pupil = enroll(run), make_user()
    child = make_child()
    type(child).objects.filter(pk=child.pk).update(user=pupil)
    guardian = child.guardianships.get().guardian
    enroll(run, child, by=guardian)
    give_back(seated)
    offer = WaitlistOffer.objects.open().get()

    with pytest.raises(NotTheirs):
        waitlist.accept(offer=offer, by=pupil, now=NOON + HOUR)

    told = Message.objects.filter(kind="enrollment.seat_offered")
    assert [letter.recipient for letter in told] == [guardian]
