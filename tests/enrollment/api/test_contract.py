"""The API against its own description: whatever is sent, no answer is a failure of ours, and all are as described."""

import io

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.factories import WEEK, enroll, make_child, make_guardian, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TOKEN = "a" * 32
CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance]
EXAMPLES = 15  # per operation


@pytest.fixture
def family():
    """A guardian with a child, a place, a place in a queue, and the headers of their browser."""
    guardian, soon = make_guardian(), timezone.now() + 2 * WEEK
    child, full = make_child(guardian), make_run(starts_at=soon, capacity=1)
    enroll(make_run(starts_at=soon + WEEK / 7), child)
    enroll(full)
    enroll(full, child)
    client = Client()
    client.force_login(guardian)
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}


@pytest.fixture
def site():
    """The site as a server runs it, except that a request does not close the test's connection with its transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in signals:
        signal.connect(close_old_connections)


def test_whatever_is_sent_the_answer_is_as_described(site, family):
    api = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", site)
    tried = []
    for operation in api.get_all_operations():
        tried.append(operation.ok().label)
        _try(operation.ok().as_strategy(), family)

    assert len(tried) == 22


def _try(cases, headers):
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(cases)
    def send(case):
        cache.clear()
        case.call_and_validate(headers=headers, checks=CHECKS)

    send()


def test_the_description_is_complete_and_without_warnings():
    written = io.StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", stdout=written, stderr=io.StringIO())

    assert written.getvalue().startswith("openapi: 3.")


def test_the_description_is_served_as_json_and_yaml():
    answers = [Client().get(f"/api/v1/schema/?format={form}") for form in ("json", "yaml")]

    assert [(answer.status_code, answer.headers["Content-Type"].partition(";")[0]) for answer in answers] == [
        (200, "application/vnd.oai.openapi+json"), (200, "application/vnd.oai.openapi"),
    ]  # fmt: skip


def test_the_page_of_the_description_has_nothing_inline():
    client = Client()
    page, script = client.get("/api/v1/docs/"), client.get("/api/v1/docs/?script=")

    html = page.content.decode()
    assert (page.status_code, script.status_code, "<style" in html, "<script>" in html) == (200, 200, False, False)
    assert script.headers["Content-Type"].startswith("application/javascript")
