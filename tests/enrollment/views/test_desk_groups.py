"""A group at the desk: capacity, offers, the inspector beside the list."""

import pytest

from enrollment.models import EnrollmentState as State
from tests.enrollment.views.desk import client_of, make_desk, open_run
from tests.factories import NOON, enroll, make_child, make_room, states_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return client_of(make_desk())


def test_a_raised_capacity_is_offered_and_said(client):
    run = open_run(capacity=1)
    enroll(run)
    enroll(run, make_child(first_name="Paula", last_name="Vītoliņa"))

    answer = client.post(f"/desk/groups/{run.pk}/capacity/", {"capacity": 2, "reason": "Lielāka telpa"}, follow=True)

    assert states_of(run) == [State.CONFIRMED, State.OFFERED]
    assert ["Paula Vītoliņa" in str(message) for message in answer.context["messages"]] == [True]


@pytest.mark.parametrize(("seats", "status"), [(0, 409), (61, 409), (-1, 422), ("x", 422), (5000, 422)])
def test_an_impossible_capacity_is_refused_kindly(client, seats, status):
    run = open_run(capacity=1, room=make_room(capacity=60))
    enroll(run)

    answer = client.post(f"/desk/groups/{run.pk}/capacity/", {"capacity": seats, "reason": "Tāpat"})

    assert answer.status_code == status
    run.refresh_from_db()
    assert run.capacity == 1


def test_a_capacity_needs_a_reason(client):
    assert client.post(f"/desk/groups/{open_run().pk}/capacity/", {"capacity": 5}).status_code == 422


def test_a_free_seat_is_offered_to_the_next(client):
    run = open_run(capacity=1)
    seated = enroll(run)
    enroll(run)
    type(run).objects.filter(pk=run.pk).update(capacity=2)

    for _ in range(2):  # pressed twice, offered once
        assert client.post(f"/desk/groups/{run.pk}/offer/").status_code == 302

    assert states_of(run) == [seated.state, State.OFFERED]


def test_the_inspector_comes_alone_for_scripts_and_with_the_page_without(client):
    enrollment = enroll(open_run(), make_child(first_name="Pēteris"))
    address = f"/desk/groups/{enrollment.run_id}/?who={enrollment.pk}"

    page, part = (client.get(address, headers=headers).content.decode() for headers in ({}, {"HX-Request": "true"}))

    assert ("<html" in page, "<html" in part) == (True, False)
    for text in (page, part):
        assert f'href="/desk/enrollments/{enrollment.pk}/move/"' in text


def test_a_held_place_names_whom_it_goes_to(client):
    run = open_run(capacity=1)
    seated = enroll(run)
    enroll(run, make_child(first_name="Paula", last_name="Vītoliņa"), now=NOON)
    client.post(f"/desk/enrollments/{seated.pk}/withdraw/")

    page = client.get(f"/desk/groups/{run.pk}/").content.decode()

    assert 'class="held-row' in page
    assert "Paula Vītoliņa" in page.split('class="held-row')[1].split("</tr>")[0]


def test_one_and_many_people_take_the_same_queries(client, django_assert_max_num_queries):
    one, many = open_run(capacity=9), open_run(capacity=2)
    enroll(one)
    for _ in range(5):
        enroll(many)

    for run in (one, many):
        with django_assert_max_num_queries(9):
            client.get(f"/desk/groups/{run.pk}/")
