"""Trials, changed groups and still coming, for programs."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from enrollment.flows import aftercare
from enrollment.models import Enrollment, EnrollmentState as State
from tests.factories import DAY, WEEK, enroll, make_child, make_course, make_guardian, make_program, make_run, states_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def guardian():
    return make_guardian()


@pytest.fixture
def child(guardian):
    return make_child(guardian)


@pytest.fixture
def client(guardian):
    client = Client()
    client.force_login(guardian)
    return client


@pytest.fixture
def course():
    return make_course(program=make_program(trial_answer_hours=48, reconfirm_days=7))


@pytest.fixture
def run(course):
    return make_run(course=course, starts_at=timezone.now() + 2 * WEEK)


def post(client, address, data=None, *, key=None):
    headers = {"Accept-Language": "en"} | ({"Idempotency-Key": str(key)} if key else {})
    return client.post(f"/api/v1/{address}", data or {}, content_type="application/json", headers=headers)


def test_a_lesson_is_tried_once_per_key_and_kept(client, child, run):
    lesson, key = run.lessons.earliest("starts_at"), uuid4()
    sent = {"run": run.pk, "learner": child.pk, "lesson": lesson.pk}

    first, again = post(client, "trials/", sent, key=key), post(client, "trials/", sent, key=key)
    kept = post(client, f"enrollments/{first.json()['id']}/keep/")

    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    assert (first.json()["state"], first.json()["trial_lesson"]) == ("trial", lesson.pk)
    assert first.json()["decide_by"] is not None
    assert (kept.json()["state"], kept.json()["decide_by"]) == ("confirmed", None)


@pytest.mark.parametrize("wrong", ["learner", "run", "lesson", "key"])
def test_a_trial_of_what_is_not_theirs_or_not_there_is_refused(client, child, run, wrong):
    sent = {"run": run.pk, "learner": child.pk, "lesson": run.lessons.first().pk}
    sent |= {"learner": {"learner": make_child().pk}, "run": {"run": 2**40}, "lesson": {"lesson": 2**40}}.get(wrong, {})

    answer = post(client, "trials/", sent, key=None if wrong == "key" else uuid4())

    assert (answer.status_code, states_of(run)) == (400 if wrong == "key" else 404, [])


def test_a_full_group_cannot_be_tried(client, child, course):
    full = make_run(course=course, capacity=1, starts_at=timezone.now() + 2 * WEEK)
    enroll(full, now=timezone.now())

    answer = post(
        client, "trials/", {"run": full.pk, "learner": child.pk, "lesson": full.lessons.first().pk}, key=uuid4()
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "full")


def test_the_group_is_changed_at_once_or_waited_for(client, child, course, run):
    free, full = (make_run(course=course, capacity=1, starts_at=run.starts_at + days * DAY) for days in (1, 2))
    enroll(full, now=timezone.now())
    place = enroll(run, child, now=timezone.now())

    waits = post(client, f"enrollments/{place.pk}/transfer/", {"run": full.pk}, key=uuid4())
    changed = post(client, f"enrollments/{place.pk}/transfer/", {"run": free.pk}, key=uuid4())

    assert (waits.status_code, waits.json()["state"], waits.json()["replaces"]) == (201, "waitlisted", place.pk)
    assert (changed.status_code, changed.json()["state"]) == (201, "confirmed")
    place.refresh_from_db()
    assert (place.state, Enrollment.objects.get(pk=waits.json()["id"]).replaces_id) == (
        State.MOVED,
        changed.json()["id"],
    )


def test_a_place_that_has_ended_is_not_changed(client, child, run, course):
    place = enroll(run, child, now=timezone.now())
    post(client, f"enrollments/{place.pk}/withdraw/")

    answer = post(client, f"enrollments/{place.pk}/transfer/", {"run": make_run(course=course).pk}, key=uuid4())

    assert (answer.status_code, answer.json()["code"]) == (409, "ended")


def test_still_coming_is_answered_once(client, child, course):
    soon = make_run(course=course, starts_at=timezone.now() + 5 * DAY)
    place = enroll(soon, child, now=timezone.now() - 3 * DAY)
    Enrollment.objects.filter(pk=place.pk).update(reconfirm_by=timezone.now() + DAY)
    asked = client.get(f"/api/v1/enrollments/{place.pk}/").json()["answer_by"]

    answers = [post(client, f"enrollments/{place.pk}/still-coming/") for _ in range(2)]

    assert asked is not None
    assert [(answer.status_code, answer.json()["answer_by"]) for answer in answers] == [(200, None)] * 2
    assert aftercare.run_due(now=timezone.now() + 2 * DAY)["ended"] == 0
