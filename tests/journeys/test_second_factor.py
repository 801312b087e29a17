"""Staff and their second factor: set up at the first sign-in, entered at the next, and asked for by every staff page."""

import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from accounts.flows import sign_in
from accounts.models import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _required(settings):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    cache.clear()  # it remembers the codes that were used


@pytest.fixture
def officer():
    return make_user(roles=[Role.DESK])


def code_of(secret):
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def by_link(user, next_address="/desk/"):
    """A browser after pressing the button of the link in the letter, and where it was sent."""
    client = Client()
    user.refresh_from_db()
    response = client.post(sign_in.link_path(user, next_address=next_address))
    return client, response.headers["Location"]


def test_the_first_time_it_is_set_up(officer):
    client, _ = by_link(officer)
    sent_to = client.get("/desk/").headers["Location"]
    page = client.get(sent_to)
    secret = page.context["form"].secret

    client.post(sent_to, {"code": code_of(secret)})

    assert sent_to == "/accounts/2fa/totp/activate/"
    assert officer.authenticator_set.filter(type="totp").exists()


def test_afterwards_it_is_asked_for_at_signing_in(officer):
    totp.TOTP.activate(officer, SECRET)

    client, sent_to = by_link(officer)
    asked = client.get(sent_to).status_code
    before = client.get("/desk/").status_code
    client.post(sent_to, {"code": code_of(SECRET)})

    assert (sent_to, asked, before, client.get("/desk/").status_code) == ("/accounts/2fa/authenticate/", 200, 302, 200)


def test_a_session_without_it_is_asked_for_the_code_alone(officer):
    totp.TOTP.activate(officer, SECRET)
    client = Client()
    client.force_login(officer)

    sent_to = client.get("/desk/").headers["Location"]
    page = client.get(sent_to)
    answer = client.post(sent_to, {"code": code_of(SECRET), "next": "/desk/"})

    assert (sent_to, page.status_code) == ("/accounts/2fa/reauthenticate/?next=/desk/", 200)
    assert (answer.headers["Location"], client.get("/desk/").status_code) == ("/desk/", 200)
