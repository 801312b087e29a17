from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.outbox import flows as outbox, heartbeats
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def health(**seconds_ago):
    for name, seconds in seconds_ago.items():
        heartbeats.beat(name, now=timezone.now() - timedelta(seconds=seconds))
    response = Client().get("/healthz")
    return response.status_code, response.json()


def test_all_is_well_while_a_worker_beats():
    assert health(worker=10) == (200, {"status": "ok", "database": "ok", "worker": "ok", "outbox_waiting": 0})


def test_a_silent_worker_is_told_and_is_no_failure():
    assert health(worker=31) == (200, {"status": "degraded", "database": "ok", "worker": "stale", "outbox_waiting": 0})


def test_no_worker_was_ever_seen():
    assert health() == (200, {"status": "degraded", "database": "ok", "worker": "unknown", "outbox_waiting": 0})


def test_letters_that_should_have_left_are_counted():
    now, user = timezone.now(), make_user()
    due = outbox.draft(kind="enrollment.place_given", event_key="a", recipient=user, now=now)
    held = outbox.draft(kind="enrollment.place_given", event_key="b", recipient=user, now=now, hold_seconds=60)
    outbox.enqueue(due, held)

    assert health(worker=0)[1]["outbox_waiting"] == 1


def test_a_database_that_does_not_answer_is_503(monkeypatch):
    def fail(*args):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction lives in it
    with connection.execute_wrapper(fail):
        status, told = health_only()

    assert (status, told) == (
        503, {"status": "down", "database": "down", "worker": "unknown", "outbox_waiting": None},
    )  # fmt: skip


def health_only():
    response = Client().get("/healthz")
    return response.status_code, response.json()


def test_monitors_get_no_session_no_cookie_and_nothing_that_is_kept():
    client = Client()
    client.cookies["sessionid"] = "somebody's"

    response = client.get("/healthz")

    assert (response.cookies, response.headers.get("Vary", ""), response.headers["Cache-Control"]) == (
        {},
        "",
        "no-store",
    )


def test_only_reading_is_answered():
    assert Client().post("/healthz").status_code == 405
