import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions

from accounts.problems import answer


@pytest.mark.parametrize(
    ("problem", "status", "code"),
    [
        (exceptions.NotAuthenticated(), 401, "not_signed_in"),
        (exceptions.PermissionDenied("CSRF Failed: CSRF token missing."), 403, "csrf_failed"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (PermissionDenied(), 403, "forbidden"),
        (Http404(), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/xml"), 415, "unsupported_media_type"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.Throttled(wait=5), 429, "throttled"),
    ],
)
def test_every_problem_has_a_code_and_words(problem, status, code):
    response = answer(problem, {})

    assert (response.status_code, response.data["code"], bool(response.data["detail"])) == (status, code, True)


def test_messages_are_listed_by_field():
    response = answer(exceptions.ValidationError({"learners": {0: ["No."]}, "run": ["No."]}), {})

    assert response.data["errors"] == {"learners": ["No."], "run": ["No."]}


def test_what_is_no_problem_of_the_request_stays_an_error():
    assert answer(RuntimeError("ours"), {}) is None
