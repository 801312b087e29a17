"""Booking a timed slot without an account, and its ticket."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from courses.models import CourseRun, RunState
from enrollment import links
from enrollment.flows import bookings, enrollments
from enrollment.models import Enrollment, EnrollmentState as State
from tests.factories import DAY, HOUR, NOON, make_guardian, make_run, make_slot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"


def address(slot):
    return reverse("courses:book", args=[slot.course.slug, slot.slug])


def answers(**changes):
    return {"seats": "3", "name": "Jānis Kalniņš", "email": "janis@example.lv", "key": str(uuid4())} | changes


def words(response):
    return " ".join(response.content.decode().split())


def a_booking(slot, *, seats=3, email="anna@example.lv"):
    return bookings.book(run=slot, seats_wanted=seats, name="Anna Liepa", email=email, key=uuid4(), now=NOON)


# -- Booking --------------------------------------------------------------------------------------


def test_three_fields_give_a_ticket(client):
    slot = make_slot(capacity=20)

    response = client.post(address(slot), answers())

    booking = Enrollment.objects.get()
    assert (booking.state, booking.seats, booking.guest_name, booking.guest_email, booking.guest_language) == (
        State.CONFIRMED, 3, "Jānis Kalniņš", "janis@example.lv", "en",
    )  # fmt: skip
    assert response.status_code == 302
    ticket = words(client.get(response.url))
    assert "The places are kept" in ticket
    assert booking.submission.reference in ticket
    assert 'src="data:image/svg+xml' in ticket


def test_the_same_form_sent_twice_is_one_booking(client):
    slot = make_slot(capacity=4)
    form = answers()

    client.post(address(slot), form)
    response = client.post(address(slot), form)  # only one seat is left, and none is needed

    assert response.status_code == 302
    assert CourseRun.objects.get(pk=slot.pk).seats_taken == 3


def test_a_form_that_comes_back_with_another_address_is_another_booking(client):
    slot = make_slot()
    form = answers()

    client.post(address(slot), form)
    response = client.post(address(slot), form | {"email": "other@example.lv"})

    assert response.status_code == 302
    assert Enrollment.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seats": "0"}, "Write a number from 1 to 10."),
        ({"seats": "11"}, "Write a number from 1 to 10."),
        ({"seats": "x"}, "Write a number from 1 to 10."),
        ({"name": " "}, "Write the name under which to keep the places."),
        ({"email": "janis"}, "Write an e-mail address, for example anna@example.lv."),
    ],
)
def test_what_is_missing_is_said_and_the_rest_stays_filled_in(client, changes, said):
    response = client.post(address(make_slot()), answers(**changes))

    page = words(response)
    assert said in page
    assert "Fields to check: 1." in page
    assert Enrollment.objects.count() == 0


def test_sold_out_between_steps_says_so_and_keeps_what_was_typed(client):
    slot = make_slot(capacity=4)
    later = make_slot(course=slot.course, starts_at=NOON + 5 * DAY)
    too_small = make_slot(course=slot.course, starts_at=NOON + 6 * DAY, capacity=2)
    a_booking(slot, seats=2)

    response = client.post(address(slot), answers())

    page = words(response)
    assert response.status_code == 409
    assert "Meanwhile fewer places are left: 2." in page
    assert 'value="Jānis Kalniņš"' in page
    assert f'formaction="{address(later)}"' in page
    assert address(too_small) not in page
    assert Enrollment.objects.count() == 1


def test_the_queue_is_joined_only_when_asked_for(client):
    slot = make_slot(capacity=2)
    a_booking(slot, seats=2)

    response = client.post(address(slot), answers(queue="1"))

    assert Enrollment.objects.latest("pk").state == State.WAITLISTED
    assert "Place in the queue: 1" in words(client.get(response.url))


def test_a_full_slot_offers_the_queue_and_the_next_times(client):
    slot = make_slot(capacity=2)
    later = make_slot(course=slot.course, starts_at=NOON + 5 * DAY)
    a_booking(slot, seats=2)

    page = words(client.get(address(slot)))

    assert "Join the queue" in page
    assert address(later) in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": RunState.CANCELLED}, "The group is cancelled."),
        ({"starts_at": NOON - HOUR}, "The group has ended."),
        ({"enrollment_opens_at": NOON + DAY}, "Applications open on Wednesday 25.11.2026 at 12:00."),
    ],
)
def test_a_slot_that_cannot_be_booked_says_why(client, fields, said):
    slot = make_slot(**fields)

    page = words(client.get(address(slot)))
    refused = client.post(address(slot), answers())

    assert said in page
    assert "Book the places" not in page
    assert (refused.status_code, Enrollment.objects.count()) == (409, 0)


def test_the_price_line_follows_the_number_of_people(client):
    slot = make_slot()
    slot.course.price = 5
    slot.course.save()

    page = words(client.get(address(slot)))
    line = words(client.get(address(slot), {"seats": "4"}, headers={"hx-request": "true"}))
    nonsense = client.get(address(slot), {"seats": "x"}, headers={"hx-request": "true"})

    assert "To pay at the desk: 10,00\xa0€ (2 × 5,00\xa0€)".replace("\xa0", " ") in page.replace("\xa0", " ")
    assert "20,00" in line
    assert "<html" not in line
    assert nonsense.status_code == 200


def test_somebody_signed_in_types_only_the_number(client):
    guardian = make_guardian(email="liga@example.lv")
    client.force_login(guardian)
    slot = make_slot()

    page = words(client.get(address(slot)))
    client.post(address(slot), answers())

    assert 'value="liga@example.lv"' in page
    assert Enrollment.objects.get().submission.submitted_by == guardian


def test_a_group_is_not_booked_here(client):
    run = make_run()

    assert client.get(address(run)).status_code == 404


def test_a_draft_slot_does_not_exist(client):
    assert client.get(address(make_slot(state=RunState.DRAFT))).status_code == 404


# -- Ticket ---------------------------------------------------------------------------------------


@pytest.fixture
def booking():
    return a_booking(make_slot(capacity=4))


def test_opening_the_ticket_changes_nothing(client, booking):
    before = Enrollment.objects.values().get()

    response = client.get(links.ticket_path(booking))

    assert "Your ticket" in words(response)
    assert Enrollment.objects.values().get() == before
    assert "no-cache" in response.headers["Cache-Control"]


def test_the_places_are_given_back_and_taken_back(client, booking):
    path = links.ticket_path(booking)

    client.post(path, {"answer": "give_back"})
    leaving = words(client.get(path))
    client.post(path, {"answer": "undo"})

    assert "They are held for undo until 12:10" in leaving
    assert Enrollment.objects.get().state == State.CONFIRMED


def test_undo_comes_too_late_after_the_hold(client, booking, clock):
    path = links.ticket_path(booking)
    client.post(path, {"answer": "give_back"})

    clock.move_to(NOON + timedelta(minutes=11))
    response = client.post(path, {"answer": "undo"}, follow=True)

    assert "Too late to undo." in words(response)


def test_an_offer_leads_to_its_answer(client, booking):
    waiting = a_booking(booking.run, seats=2, email="rita@example.lv")
    client.post(links.ticket_path(booking), {"answer": "give_back"})
    enrollments.pass_on(enrollment=booking, by=None, now=NOON)

    page = words(client.get(links.ticket_path(waiting)))

    assert "Answer the offer" in page
    assert "/offers/" in page


@pytest.mark.parametrize(
    ("state", "said"), [(State.WITHDRAWN, "The booking has ended"), (State.CANCELLED, "Cancelled by the centre")]
)
def test_an_ended_booking_says_so(client, booking, state, said):
    Enrollment.objects.update(state=state, ended_at=NOON)

    page = words(client.get(links.ticket_path(booking)))

    assert said in page
    assert "data:image" not in page


def test_a_ticket_of_the_past_shows_no_code(client, booking, clock):
    clock.move_to(booking.run.starts_at)

    page = words(client.get(links.ticket_path(booking)))

    assert "This time has passed" in page
    assert "data:image" not in page


@pytest.mark.parametrize("token", ["x", "Mw:1xWJJQ:xSR_4vF0WtRRxnHnpAwP", "%00"])
def test_a_false_link_is_not_found(client, token):
    assert client.get(f"/tickets/{token}/").status_code == 404


def test_the_page_title_names_nobody(client, booking):
    page = words(client.get(links.ticket_path(booking)))

    assert "Anna" not in page[page.index("<title>") : page.index("</title>")]
