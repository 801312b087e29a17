"""Answering a question about a place from its letter: without a password, only by a button, once."""

from uuid import uuid4

import pytest
import time_machine

from accounts.flows import families
from accounts.outbox.models import Message
from enrollment import links
from enrollment.flows import aftercare, bookings
from enrollment.models import EnrollmentState as State
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
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

pytestmark = pytest.mark.django_db

START = NOON + 2 * WEEK
LESSON_ENDS = START + 1.5 * HOUR


@pytest.fixture
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
def tried(clock, child):
    """A trial whose lesson is over."""
    trial = try_lesson(make_run(capacity=1, course=make_course(program=make_program(trial_answer_hours=48))), child)
    clock.move_to(LESSON_ENDS)
    return trial


@pytest.fixture
def asked(clock, child):
    """A place that was asked about, a week before the start."""
    place = enroll(make_run(capacity=1, course=make_course(program=make_program(reconfirm_days=7))), child)
    aftercare.run_due(now=START - 7 * DAY)
    clock.move_to(START - 7 * DAY)
    place.refresh_from_db()
    return place


def words(response):
    return " ".join(response.content.decode().split())


def state_of(enrollment):
    enrollment.refresh_from_db()
    return enrollment.state


def test_opening_shows_the_question_and_decides_nothing(client, tried, guardian):
    address = links.question_path(links.TRIAL, tried, guardian)

    page = client.get(address)
    client.head(address)

    assert page.status_code == 200
    assert "Paturēt vietu?" in words(page)
    assert "Līdz ceturtdienai, 10.12.2026., plkst. 13:30 (vēl 48 h)" in words(page)
    assert state_of(tried) == State.TRIAL


@pytest.mark.parametrize(("answer", "state"), [("accept", State.CONFIRMED), ("decline", State.LEAVING)])
def test_one_press_answers_after_a_trial(client, tried, guardian, answer, state):
    address = links.question_path(links.TRIAL, tried, guardian)

    for _ in range(2):
        assert client.post(address, {"answer": answer}).status_code == 302

    assert state_of(tried) == state
    assert client.get(address).status_code == 200


def test_a_slip_is_undone_on_the_same_page(client, tried, guardian):
    address = links.question_path(links.TRIAL, tried, guardian)
    client.post(address, {"answer": "decline"})

    client.post(address, {"answer": "undo"})

    assert state_of(tried) == State.TRIAL


def test_a_late_answer_is_told_kindly_and_ends_it(client, clock, tried, guardian):
    clock.move_to(LESSON_ENDS + 48 * HOUR)

    page = client.post(links.question_path(links.TRIAL, tried, guardian), {"answer": "accept"})

    assert page.status_code == 409
    assert "Atbildes laiks ir beidzies" in words(page)
    assert state_of(tried) == State.EXPIRED


@pytest.mark.parametrize(("answer", "state"), [("accept", State.CONFIRMED), ("decline", State.LEAVING)])
def test_one_press_says_whether_they_still_come(client, asked, guardian, answer, state):
    address = links.question_path(links.STILL_COMING, asked, guardian)
    before = words(client.get(address))

    client.post(address, {"answer": answer})

    assert "Vai vieta vēl vajadzīga?" in before
    assert (state_of(asked), asked.reconfirmed_at is not None) == (state, answer == "accept")
    assert ("Vieta paliek" in words(client.get(address))) == (answer == "accept")


def test_a_guest_answers_with_the_link_of_their_letter(client, clock):
    slot = make_slot(course=make_course(program=make_program(reconfirm_days=7)), starts_at=START)
    booking = bookings.book(run=slot, seats_wanted=2, name="Anna", email="anna@example.lv", key=uuid4(), now=NOON)
    aftercare.run_due(now=START - 7 * DAY)
    clock.move_to(START - 7 * DAY)
    letter = Message.objects.get(kind="enrollment.still_coming")

    client.post(letter.facts["answer_path"], {"answer": "accept"})

    booking.refresh_from_db()
    assert booking.reconfirmed_at == START - 7 * DAY
    assert client.get(links.ticket_path(booking)).status_code == 200


def test_the_guests_ticket_asks_too(client, clock):
    slot = make_slot(course=make_course(program=make_program(reconfirm_days=7)), starts_at=START)
    booking = bookings.book(run=slot, seats_wanted=2, name="Anna", email="anna@example.lv", key=uuid4(), now=NOON)
    aftercare.run_due(now=START - 7 * DAY)
    clock.move_to(START - 7 * DAY)

    assert "Vai vieta vēl vajadzīga?" in words(client.get(links.ticket_path(booking)))


def test_what_is_no_answer_changes_nothing(client, tried, guardian):
    assert client.post(links.question_path(links.TRIAL, tried, guardian), {"answer": "x"}).status_code == 422
    assert state_of(tried) == State.TRIAL


def test_false_links_links_for_another_question_and_of_who_no_longer_acts_do_not_exist(client, tried, child, guardian):
    address = links.question_path(links.TRIAL, tried, guardian)
    other = links.question_path(links.STILL_COMING, tried, guardian)
    stranger = links.question_path(links.TRIAL, tried, make_guardian())
    families.add_guardian(learner=child, guardian=make_guardian(), now=NOON)
    families.end_guardianship(learner=child, guardian=guardian, now=NOON)

    crossed = "/trials/" + other.split("/")[2] + "/"
    assert [client.get(path).status_code for path in (address, stranger, crossed, "/trials/x/")] == [404] * 4
    assert client.post(address, {"answer": "accept"}).status_code == 404


def test_a_pupils_own_login_cannot_answer(client, tried, child):
    pupil = make_user()
    type(child).objects.filter(pk=child.pk).update(user=pupil)

    assert client.post(links.question_path(links.TRIAL, tried, pupil), {"answer": "accept"}).status_code == 404
    assert states_of(tried.run) == [State.TRIAL]
