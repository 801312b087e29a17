import json
import logging

import pytest
from django.test import RequestFactory

from enrollment.views import errors


def ask(handler, address="/api/v1/runs/", **more):
    request = RequestFactory().get(address)
    return handler(request, **more)


@pytest.mark.parametrize(
    ("handler", "status", "code"),
    [
        (errors.bad_request, 400, "bad_request"),
        (errors.forbidden, 403, "forbidden"),
        (errors.csrf_failure, 403, "csrf_failed"),
        (errors.not_found, 404, "not_found"),
        (errors.server_error, 500, "server_error"),
    ],
)
def test_programs_get_json(handler, status, code):
    response = ask(handler)

    assert (response.status_code, json.loads(response.content)["code"]) == (status, code)


def test_a_failure_shows_the_reference_that_the_log_has(caplog):
    with caplog.at_level(logging.ERROR):
        response = ask(errors.server_error, "/my/")

    reference = caplog.records[0].reference
    assert (response.status_code, len(reference), reference in response.content.decode()) == (500, 8, True)


def test_a_failure_reads_no_database():
    # Without the mark `django_db` any query would fail.
    assert ask(errors.server_error, "/my/").status_code == 500


@pytest.mark.django_db
def test_people_get_a_page_in_their_language(client):
    pages = [client.get("/no/such/page/", {"lang": language}) for language in ("lv", "en")]

    assert [(page.status_code, f'lang="{language}"' in page.content.decode()) for page, language in zip(pages, ("lv", "en"), strict=True)] == [
        (404, True), (404, True),
    ]  # fmt: skip
