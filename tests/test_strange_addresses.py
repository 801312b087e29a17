"""Numbers that no database keeps, in every address that has one: a page that says so, never a failure."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.audiences import declared
from accounts.models import Role
from tests.factories import make_child, make_guardian, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NUMBER, NAME = re.compile(r"<int:\w+>"), re.compile(r"<\w+:\w+>")
ROUTES = [route for route, *_rest in declared(get_resolver().url_patterns) if NUMBER.search(route)]


@pytest.mark.parametrize("number", [2**63 - 1, 2**63], ids=["largest", "too large"])
def test_a_number_that_nothing_has_is_not_found(number):
    guardian = make_guardian()
    make_child(guardian)
    people = [guardian, make_user(roles=[Role.COORDINATOR]), make_user(roles=[Role.INSTRUCTOR])]
    clients = [Client(raise_request_exception=False) for _ in people]
    for client, user in zip(clients, people, strict=True):
        client.force_login(user)

    answers = {}
    for route in ROUTES:
        address = "/" + NAME.sub("nekas", NUMBER.sub(str(number), route))
        answers[route] = {ask(address).status_code for client in clients for ask in (client.get, client.post)}

    assert len(answers) >= 60
    assert {route: found for route, found in answers.items() if not found <= {302, 400, 403, 404, 405, 422}} == {}
