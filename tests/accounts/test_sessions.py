"""Sessions: read from the database at every request, so that all processes agree on who is signed in."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.factories import make_guardian

pytestmark = pytest.mark.django_db

HOME = "/my/"


@pytest.fixture
def signed_in(client):
    client.force_login(make_guardian())
    assert client.get(HOME).status_code == 200
    return client


def test_a_session_that_another_process_ended_is_over_at_the_next_request(signed_in):
    Session.objects.all().delete()

    answer = signed_in.get(HOME)

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")


def test_a_session_ends_at_its_time(signed_in):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert signed_in.get(HOME).status_code == 302


@pytest.mark.parametrize("key", ["", "short", "0" * 32, "x" * 5000, "' OR 1=1 --"])
def test_a_cookie_that_names_no_session_is_nobody(client, key):
    client.cookies["sessionid"] = key

    assert client.get(HOME).status_code == 302
