"""Calendar addresses: made once, replaced and revoked one by one."""

from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache

from enrollment.flows import calendar_links
from enrollment.models import FeedKind, FeedLink
from tests.calendars import link_for, make_siblings, titles
from tests.factories import HOUR, NOON, make_guardian

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """An hour after everything was made; tests move it."""
    cache.clear()
    with time_machine.travel(NOON + HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def family():
    return make_siblings()


# -- The same at the edges of a link's life -----------------------------------------------------------


def test_a_form_sent_twice_is_one_link():
    mother, key = make_guardian(), uuid4()

    first, second = (link_for(mother, key=key) for _ in range(2))

    assert first == second
    assert FeedLink.objects.count() == 1
    assert link_for(make_guardian(), key=key) != first


def test_a_replaced_link_has_another_address_for_the_same_calendar(client, family):
    mother, annija, *_ = family
    old = link_for(mother, FeedKind.LEARNER, learner=annija)

    link, token = calendar_links.replace(link=FeedLink.objects.get(), now=NOON + HOUR, key=uuid4())
    new = f"/k/{token}.ics"

    assert (client.get(old).status_code, titles(client.get(new))) == (404, ["Annija: Robotika 4.–6. klasei"])
    assert (link.name, link.kind, link.learner) == ("Mammas telefons", FeedKind.LEARNER, annija)
    assert urlsplit(new).path == new


def test_there_is_an_end_to_how_many_links_one_may_have():
    mother = make_guardian()
    for _ in range(calendar_links.MAX_LIVE_LINKS):
        link_for(mother)

    with pytest.raises(calendar_links.TooManyLinks):
        link_for(mother)
    calendar_links.revoke(link=FeedLink.objects.first(), now=NOON)

    assert link_for(mother).startswith("/k/")
