"""Answering an offer from its letter: without a password, only by a button, once."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from courses.models import RunState
from enrollment import links
from enrollment.flows import enrollments
from enrollment.models import Enrollment, EnrollmentState as State, OfferState, WaitlistOffer
from tests.factories import (
    DAY,
    NOON,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_user,
    states_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def guardian():
    return make_guardian()


@pytest.fixture
def child(guardian):
    return make_child(guardian)


@pytest.fixture
def offer(child):
    """The only seat of a group was given back; the child is first in the queue."""
    run = make_run(capacity=1)
    seated = enroll(run)
    waiting = enroll(run, child)
    enrollments.withdraw(enrollment=seated, by=seated.entered_by, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    return WaitlistOffer.objects.get(enrollment=waiting)


@pytest.fixture
def address(offer, guardian):
    return links.offer_path(offer, guardian)


def words(response):
    return " ".join(response.content.decode().split())


def state_of(offer):
    return WaitlistOffer.objects.values_list("state", flat=True).get(pk=offer.pk)


def test_opening_shows_everything_and_decides_nothing(client, address, offer):
    page = client.get(address)
    client.head(address)

    assert page.status_code == 200
    assert "Līdz ceturtdienai, 26.11.2026., plkst. 12:00 (vēl 48 h)" in words(page)
    assert "Nepārklājas" in words(page)
    assert (state_of(offer), page.headers["Cache-Control"]) == (
        OfferState.OPEN,
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )


@pytest.mark.parametrize(
    ("answer", "state", "heading"),
    [("accept", State.CONFIRMED, "Vieta pieņemta"), ("decline", State.DECLINED, "No piedāvājuma atteicās")],
)
def test_a_button_answers_without_a_password(client, address, offer, guardian, answer, state, heading):
    page = client.post(address, {"answer": answer}, follow=True)

    offer.enrollment.refresh_from_db()
    assert (offer.enrollment.state, heading in words(page)) == (state, True)
    assert WaitlistOffer.objects.get(pk=offer.pk).answered_by == guardian


def test_pressed_twice_it_is_accepted_once(client, address, offer):
    pressed = [client.post(address, {"answer": "accept"}).status_code for _time in range(3)]

    assert (pressed, states_of(offer.enrollment.run)) == ([302, 302, 302], ["withdrawn", "confirmed"])


def test_declined_after_it_was_accepted_changes_nothing(client, address, offer):
    client.post(address, {"answer": "accept"})

    late = client.post(address, {"answer": "decline"})

    offer.enrollment.refresh_from_db()
    assert (late.status_code, offer.enrollment.state) == (409, State.CONFIRMED)


@pytest.mark.parametrize("answer", ["", "maybe", "ACCEPT", "accept\x00"])
def test_another_answer_is_no_answer(client, address, offer, answer):
    assert (client.post(address, {"answer": answer}).status_code, state_of(offer)) == (422, OfferState.OPEN)


def test_either_guardian_may_answer_and_the_other_sees_it(client, offer, child, address):
    other = make_guardian()
    child.guardianships.create(guardian=other, started_at=NOON)

    client.post(links.offer_path(offer, other), {"answer": "accept"})

    assert "Vieta pieņemta" in words(client.get(address))


def test_too_late_it_says_what_the_number_would_be_and_how_to_rejoin(client, clock, address, offer, child):
    run = offer.enrollment.run
    enroll(run)
    clock.shift(timedelta(days=3))

    page, pressed = client.get(address), client.post(address, {"answer": "accept"})

    assert "Vieta bija pieejama līdz ceturtdienai, 26.11.2026., plkst. 12:00." in words(page)
    assert page.context["number_now"] == 2
    assert page.context["rejoin"] == f"/my/enroll/{run.pk}/check/?learner={child.pk}"
    assert (pressed.status_code, states_of(run)) == (409, ["withdrawn", "expired", "offered"])


def test_an_offer_ended_by_the_centre_is_no_longer_needed(client, address, offer):
    enrollments.cancel(enrollment=offer.enrollment, by=make_user(), reason="tests", now=NOON)

    page = client.get(address)

    assert (page.status_code, page.context["state"]) == (200, OfferState.CLOSED)
    assert "vairs nav vajadzīgs" in words(page)


def test_an_ended_offer_of_a_closed_group_offers_no_way_back(client, clock, address, offer):
    clock.shift(timedelta(days=3))
    type(offer.enrollment.run).objects.update(state=RunState.CANCELLED)

    assert client.get(address).context["rejoin"] == ""


def test_a_clash_is_shown_before_and_refused_after_the_press(client, address, offer, child):
    run = make_run(course=make_course(program=make_program(forbids_clash=False)), code="P-2")
    enroll(run, child)

    page, pressed = client.get(address), client.post(address, {"answer": "accept"})

    assert (page.context["refusal"].code, pressed.status_code, state_of(offer)) == ("clash", 409, OfferState.OPEN)
    assert "P-2" in words(page)


def test_the_other_queues_are_named(client, address, child):
    full = make_run(capacity=1, code="F-1", starts_at=NOON + 3 * DAY)
    enroll(full)
    enroll(full, child)

    assert client.get(address).context["queues"] == [("F-1", 1)]


@pytest.mark.parametrize("token", ["x", "WzEsMV0:1xWJHG:bad", "a" * 5000])
def test_a_false_link_does_not_exist(client, token):
    for answer in (client.get(f"/offers/{token}/"), client.post(f"/offers/{token}/", {"answer": "accept"})):
        assert answer.status_code == 404


def test_a_link_changed_by_a_letter_does_not_exist(client, address, offer):
    changed = address[:-2] + ("A" if address[-2] != "A" else "B") + "/"

    assert (client.post(changed, {"answer": "accept"}).status_code, state_of(offer)) == (404, OfferState.OPEN)


def test_a_guardian_who_no_longer_acts_for_the_child_can_not_answer(client, address, offer, child):
    child.guardianships.update(ended_at=NOON)

    assert (client.get(address).status_code, client.post(address, {"answer": "accept"}).status_code) == (404, 404)
    assert state_of(offer) == OfferState.OPEN


def test_a_disabled_account_can_not_answer(client, address, guardian):
    type(guardian).objects.filter(pk=guardian.pk).update(is_active=False)

    assert client.get(address).status_code == 404


def test_the_answer_is_of_whom_the_letter_was_for_whoever_is_signed_in(client, address, offer, guardian):
    client.force_login(make_user())

    client.post(address, {"answer": "accept"})

    assert WaitlistOffer.objects.get(pk=offer.pk).answered_by == guardian


def test_a_form_of_another_site_can_not_answer(address, offer):
    strict = Client(enforce_csrf_checks=True)

    assert (strict.post(address, {"answer": "accept"}).status_code, state_of(offer)) == (403, OfferState.OPEN)


def test_siblings_sent_together_are_answered_by_one_press(client, guardian, child):
    sibling = make_child(guardian, first_name="Roberts")
    run = make_run(capacity=2)
    seated = [enroll(run), enroll(run)]
    enroll(run, child, sibling, together=True)
    for one in seated:
        enrollments.withdraw(enrollment=one, by=None, now=NOON)
        enrollments.pass_on(enrollment=one, by=None, now=NOON)
    offer = WaitlistOffer.objects.open().first()

    client.post(links.offer_path(offer, guardian), {"answer": "accept"})

    mine = Enrollment.objects.filter(learner__in=[child, sibling])
    assert list(mine.values_list("state", flat=True)) == [State.CONFIRMED, State.CONFIRMED]


def test_the_number_of_queries_does_not_grow_with_the_queues(client, address, child, django_assert_max_num_queries):
    def count(queues):
        for index in range(queues):
            full = make_run(capacity=1, starts_at=NOON + 3 * DAY + timedelta(minutes=index))
            enroll(full)
            enroll(full, child)
        client.get(address)
        with django_assert_max_num_queries(40) as captured:
            client.get(address)
        return len(captured)

    assert count(1) == count(2)
