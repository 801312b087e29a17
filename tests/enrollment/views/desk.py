"""What the tests of the desk's pages share: somebody at the desk, and groups that are open today."""

import re
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from tests.factories import make_run, make_user

WEEK = timedelta(weeks=1)


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def make_desk(**fields):
    return make_user(first_name="Inga", last_name="Lapiņa", roles=[Role.DESK], **fields)


def open_run(**fields):
    """A group that is open for enrollment by the real clock, which the views read."""
    now = timezone.now()
    defaults = {"starts_at": now + 2 * WEEK, "enrollment_opens_at": now - WEEK}
    return make_run(**defaults | fields)


def form_key() -> str:
    return str(uuid4())


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def sent_with(response):
    """The fields of the form that publishes what the page previews."""
    form = re.search(r'<form class="publish".*?</form>', response.content.decode(), re.DOTALL).group()
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    found.pop("csrfmiddlewaretoken", None)
    return found


def publish(client, address, query, **more):
    """Look, and press the button."""
    return client.post(address, sent_with(client.get(address, query)) | more)
