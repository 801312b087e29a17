from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.flows import families
from accounts.models import Learner
from accounts.throttles import PerAccount
from courses.models import RuleKind, RunState
from enrollment.flows import bookings, enrollments, upkeep
from enrollment.models import EnrollmentState as State, Submission
from tests.factories import (
    NOON,
    WEEK,
    enroll,
    make_child,
    make_guardian,
    make_rule,
    make_run,
    make_slot,
    make_user,
    states_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def guardian():
    return make_guardian()


@pytest.fixture
def client(guardian):
    client = Client()
    client.force_login(guardian)
    return client


@pytest.fixture
def soon():
    return timezone.now() + 2 * WEEK


def send(client, run, *learners, key=None, **more):
    return client.post(
        "/api/v1/enrollments/", {"run": run.pk, "learners": [one.pk for one in learners], **more},
        content_type="application/json", headers={"Idempotency-Key": str(key or uuid4()), "Accept-Language": "en"},
    )  # fmt: skip


def post(client, address):
    return client.post(address, headers={"Accept-Language": "en"})


# -- Enrolling ---------------------------------------------------------------------------------


def test_enrolling_gives_a_receipt_with_the_place(client, guardian, soon):
    run, child, key = make_run(starts_at=soon), make_child(guardian), uuid4()

    response = send(client, run, child, key=key)

    sent = Submission.objects.get()
    shown = response.json()
    assert (response.status_code, shown["key"], shown["reference"], shown["together"]) == (
        201,
        str(key),
        sent.reference,
        False,
    )
    assert [(one["learner"], one["state"], one["queue_number"], one["run"]["id"]) for one in shown["enrollments"]] == [
        (child.pk, "confirmed", None, run.pk)
    ]


def test_the_same_key_again_gives_the_same_answer_and_no_second_place(client, guardian, soon):
    run, child, key = make_run(starts_at=soon), make_child(guardian), uuid4()

    first, second = send(client, run, child, key=key), send(client, run, child, key=key)

    assert (first.status_code, second.status_code, first.json() == second.json()) == (201, 200, True)
    assert states_of(run) == [State.CONFIRMED]


def test_a_key_is_for_one_request_of_one_person(client, guardian, soon):
    run, child, key = make_run(starts_at=soon), make_child(guardian), uuid4()
    other_run = make_run(starts_at=soon)
    stranger, strangers_key = make_child(), uuid4()
    enroll(run, stranger, key=strangers_key)
    send(client, run, child, key=key)

    answers = [send(client, other_run, child, key=key), send(client, run, child, key=strangers_key)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "key_used")] * 2
    assert states_of(other_run) == []


def test_who_does_not_get_a_seat_gets_a_number(client, guardian, soon):
    run = make_run(starts_at=soon, capacity=1)
    enroll(run)
    enroll(run)

    shown = send(client, run, make_child(guardian)).json()["enrollments"]

    assert [(one["state"], one["queue_number"]) for one in shown] == [("waitlisted", 2)]


def test_together_means_that_all_wait_when_one_has_to(client, guardian, soon):
    run = make_run(starts_at=soon, capacity=1)
    children = [make_child(guardian, first_name=name) for name in ("Anna", "Jānis")]

    send(client, run, *children, together=True)

    assert states_of(run) == [State.WAITLISTED, State.WAITLISTED]


def test_a_refusal_is_409_with_a_reason_for_each_who_may_not(client, guardian, soon):
    run = make_run(starts_at=soon)
    make_rule(run.course, RuleKind.GRADE, minimum=1, maximum=4)
    fits = make_child(guardian, first_name="Anna", grade=2)
    too_old = make_child(guardian, first_name="Jānis", grade=8)

    response = send(client, run, fits, too_old)

    assert (response.status_code, response.json()["code"]) == (409, "grade")
    assert response.json()["refusals"] == [
        {
            "learner": too_old.pk, "code": "grade", "title": "This group is for grades 1–4",
            "detail": "The profile says grade 8 at the start of the group. If the grade has changed, correct the profile.",
        }
    ]  # fmt: skip
    assert states_of(run) == []


def test_a_no_is_in_the_language_asked_for(client):
    answers = [client.get("/api/v1/enrollments/1/", headers={"Accept-Language": language}) for language in ("lv", "en")]

    assert [(answer.headers["Content-Language"], answer.json()["detail"]) for answer in answers] == [
        ("lv", "Tāda ieraksta nav, vai tas nav jūsu."), ("en", "There is no such thing, or it is not yours."),
    ]  # fmt: skip


def test_foreign_children_and_hidden_groups_do_not_exist(client, guardian, soon):
    mine, foreign = make_child(guardian), make_child()
    run, draft = make_run(starts_at=soon), make_run(starts_at=soon, state=RunState.DRAFT)

    answers = [send(client, run, foreign), send(client, run, mine, foreign), send(client, draft, mine)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 3
    assert states_of(run) == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ("{}", ["run", "learners"]),
        ('{"run": "x", "learners": []}', ["run", "learners"]),
        ('{"run": 99999999999999999999999, "learners": [1]}', ["run"]),
        ('{"run": 1, "learners": ["a"]}', ["learners"]),
        ('{"run": 1, "learners": [1,1,1,1,1,1,1,1,1,1,1]}', ["learners"]),
        ("[]", ["non_field_errors"]),
    ],
)
def test_what_is_malformed_is_400_and_names_its_fields(client, body, fields):
    response = client.post(
        "/api/v1/enrollments/", body, content_type="application/json", headers={"Idempotency-Key": str(uuid4())}
    )

    assert (response.status_code, response.json()["code"], list(response.json()["errors"])) == (400, "invalid", fields)


def test_a_key_has_to_be_sent(client, guardian, soon):
    response = client.post(
        "/api/v1/enrollments/", {"run": make_run(starts_at=soon).pk, "learners": [make_child(guardian).pk]},
        content_type="application/json", headers={"Accept-Language": "en"},
    )  # fmt: skip

    assert (response.status_code, response.json()["errors"]) == (
        400, {"Idempotency-Key": ["Send a header Idempotency-Key with a UUID."]},
    )  # fmt: skip


# -- Who may -----------------------------------------------------------------------------------


def test_signed_out_is_401_with_a_code():
    response = Client().get("/api/v1/my/family/", headers={"Accept-Language": "en"})

    assert (response.status_code, response.json()) == (401, {"code": "not_signed_in", "detail": "Sign in first."})


def test_a_change_needs_the_csrf_token(guardian, soon):
    run, child = make_run(starts_at=soon), make_child(guardian)
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(guardian)
    careful.cookies["csrftoken"] = token = "a" * 32

    without = send(careful, run, child)
    with_token = careful.post(
        "/api/v1/enrollments/", {"run": run.pk, "learners": [child.pk]}, content_type="application/json",
        headers={"Idempotency-Key": str(uuid4()), "X-CSRFToken": token},
    )  # fmt: skip

    assert (without.status_code, without.json()["code"], with_token.status_code) == (403, "csrf_failed", 201)


def test_what_is_not_mine_does_not_exist(client, soon):
    run = make_run(starts_at=soon, capacity=1)
    foreign = enroll(run)

    answers = [
        client.get(f"/api/v1/enrollments/{foreign.pk}/"),
        post(client, f"/api/v1/enrollments/{foreign.pk}/withdraw/"),
        post(client, f"/api/v1/enrollments/{foreign.pk}/undo/"),
        post(client, "/api/v1/offers/1/accept/"),
        client.get("/api/v1/enrollments/99999999999999999999999999/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert states_of(run) == [State.CONFIRMED]


def test_who_stopped_being_a_guardian_sees_nothing_from_the_next_request_on(client, guardian, soon):
    child = make_child(guardian)
    mine = enroll(make_run(starts_at=soon), child)
    before = client.get(f"/api/v1/enrollments/{mine.pk}/").status_code

    families.end_guardianship(learner=child, guardian=guardian, now=NOON)

    assert (before, client.get(f"/api/v1/enrollments/{mine.pk}/").status_code) == (200, 404)


def test_a_limit_is_429_and_counts_per_account(client, soon, monkeypatch):
    monkeypatch.setattr(PerAccount, "THROTTLE_RATES", {"account": "2/min"})
    monkeypatch.setattr(PerAccount, "timer", staticmethod(lambda: 6000.0))
    neighbour = Client()
    neighbour.force_login(make_guardian())

    mine = [client.get("/api/v1/my/family/").status_code for _ in range(3)]

    assert (mine, neighbour.get("/api/v1/my/family/").status_code) == ([200, 200, 429], 200)


# -- The family --------------------------------------------------------------------------------


def test_the_family_with_places_numbers_and_offers(client, guardian, soon):
    full, offering = make_run(starts_at=soon, capacity=1), make_run(starts_at=soon + WEEK / 7, capacity=1)
    child = make_child(guardian, first_name="Anna")
    make_child()  # somebody else's
    enroll(full)
    leaving = enroll(offering)
    enroll(full, child)
    offered = enroll(offering, child)
    leave(leaving)

    shown = client.get("/api/v1/my/family/").json()

    assert [(one["first_name"], one["is_myself"]) for one in shown["learners"]] == [("Anna", False)]
    assert [
        (one["run"]["id"], one["state"], one["queue_number"], bool(one["offer"]))
        for one in shown["learners"][0]["enrollments"]
    ] == [(full.pk, "waitlisted", 1, False), (offering.pk, "offered", None, True)]
    assert shown["learners"][0]["enrollments"][1]["offer"]["id"] == offered.offers.get().pk
    assert shown["bookings"] == []


def leave(enrollment):
    """Give a place back and let the worker pass it on."""
    now = timezone.now()
    enrollments.withdraw(enrollment=enrollment, by=enrollment.entered_by, now=now, hold_seconds=0)
    upkeep.run_due(now=now)


def test_a_larger_family_takes_no_more_queries(client, guardian, soon, django_assert_max_num_queries):
    def add(name):
        run = make_run(starts_at=soon, capacity=1)
        enroll(run)
        enroll(run, make_child(guardian, first_name=name))

    add("Anna")
    with django_assert_max_num_queries(7):
        client.get("/api/v1/my/family/")
    add("Jānis")
    add("Pēteris")
    with django_assert_max_num_queries(7):
        shown = client.get("/api/v1/my/family/").json()

    assert [one["enrollments"][0]["queue_number"] for one in shown["learners"]] == [1, 1, 1]


def test_private_answers_are_kept_by_nobody(client):
    assert client.get("/api/v1/my/family/").headers["Cache-Control"] == "private, no-store"


# -- Giving back, undo, offers -------------------------------------------------------------------


def test_giving_back_and_undo(client, guardian, soon):
    mine = enroll(make_run(starts_at=soon), make_child(guardian))

    given_back = post(client, f"/api/v1/enrollments/{mine.pk}/withdraw/").json()
    again = post(client, f"/api/v1/enrollments/{mine.pk}/withdraw/").json()
    restored = post(client, f"/api/v1/enrollments/{mine.pk}/undo/").json()

    assert [one["state"] for one in (given_back, again, restored)] == ["leaving", "leaving", "confirmed"]
    assert (given_back["undo_until"] is None, restored["undo_until"]) == (False, None)


def test_undo_too_late_is_409(client, guardian, soon):
    mine = enroll(make_run(starts_at=soon), make_child(guardian))
    leave(mine)

    response = post(client, f"/api/v1/enrollments/{mine.pk}/undo/")

    assert (response.status_code, response.json()["code"]) == (409, "too_late")


@pytest.mark.parametrize(("answer", "state"), [("accept", "confirmed"), ("decline", "declined")])
def test_answering_an_offer_twice_is_answering_it_once(client, guardian, soon, answer, state):
    run = make_run(starts_at=soon, capacity=1)
    seated, mine = enroll(run), enroll(run, make_child(guardian))
    leave(seated)
    address = f"/api/v1/offers/{mine.offers.get().pk}/{answer}/"

    answers = [post(client, address), post(client, address)]

    assert [(one.status_code, one.json()["state"], one.json()["offer"]) for one in answers] == [(200, state, None)] * 2


def test_an_offer_answered_otherwise_is_409(client, guardian, soon):
    run = make_run(starts_at=soon, capacity=1)
    seated, mine = enroll(run), enroll(run, make_child(guardian))
    leave(seated)
    post(client, f"/api/v1/offers/{mine.offers.get().pk}/decline/")

    response = post(client, f"/api/v1/offers/{mine.offers.get().pk}/accept/")

    assert (response.status_code, response.json()["code"]) == (409, "offer_ended")


def test_a_booking_is_shown_to_who_made_it(client, guardian, soon):
    booked = bookings.book(
        run=make_slot(starts_at=soon), seats_wanted=3, name="Līga", email="liga@example.lv", key=uuid4(), by=guardian,
        now=timezone.now(),
    )  # fmt: skip

    shown = client.get("/api/v1/my/family/").json()["bookings"]

    assert [(one["id"], one["learner"], one["seats"], one["state"]) for one in shown] == [
        (booked.pk, None, 3, "confirmed")
    ]


def test_what_the_centre_cancelled_is_not_undone_by_the_family(client, guardian, soon):
    mine = enroll(make_run(starts_at=soon), make_child(guardian))
    enrollments.cancel(enrollment=mine, by=make_user(), reason="Dubults pieteikums", now=timezone.now())

    response = post(client, f"/api/v1/enrollments/{mine.pk}/undo/")

    assert (response.status_code, response.json()["code"]) == (409, "ended")


def test_a_pupil_with_an_own_login_sees_the_place_but_does_not_give_it_back(soon):
    child, pupil, client = make_child(), make_user(), Client()
    run = make_run(starts_at=soon)
    mine = enroll(run, child)
    Learner.objects.filter(pk=child.pk).update(user=pupil)
    client.force_login(pupil)

    seen = client.get(f"/api/v1/enrollments/{mine.pk}/")
    refused = post(client, f"/api/v1/enrollments/{mine.pk}/withdraw/")

    assert (seen.status_code, refused.status_code, refused.json()["code"]) == (200, 403, "forbidden")
    assert states_of(run) == [State.CONFIRMED]
