"""Subscribing to the family's lessons: an address shown once, ended in one press."""

from uuid import uuid4

import pytest
from django.urls import reverse

from enrollment.flows import calendar_links
from enrollment.flows.calendar_links import MAX_LIVE_LINKS
from enrollment.models import FeedLink
from tests.factories import NOON, make_child, make_guardian

pytestmark = pytest.mark.django_db

PAGE, NEW = "/my/calendar/", "/my/calendar/new/"


@pytest.fixture
def guardian(client):
    user = make_guardian()
    client.force_login(user)
    return user


def test_an_address_is_shown_once_and_works(client, guardian):
    made = client.post(NEW, {"key": uuid4()})
    address = made.context["made"]["address"]

    assert address in made.content.decode()
    assert address not in client.get(PAGE).content.decode()
    assert client.get(address.removeprefix("http://testserver")).status_code == 200


def test_the_same_form_again_shows_the_same_address(client, guardian):
    key = uuid4()

    addresses = {client.post(NEW, {"key": key}).context["made"]["address"] for _press in range(2)}

    assert (len(addresses), FeedLink.objects.count()) == (1, 1)


def test_it_may_be_of_one_child_but_not_of_another_familys(client, guardian):
    child, foreign = make_child(guardian), make_child()

    for learner in (child, foreign):
        client.post(NEW, {"key": uuid4(), "learner": learner.pk})

    assert list(FeedLink.objects.order_by("pk").values_list("learner", flat=True)) == [child.pk, None]


def test_an_ended_address_is_dead(client, guardian):
    address = client.post(NEW, {"key": uuid4()}).context["made"]["address"].removeprefix("http://testserver")

    client.post(reverse("enrollment:calendar_link_revoke", args=[FeedLink.objects.get().pk]))

    assert client.get(address).status_code == 404


def test_another_persons_address_can_not_be_ended(client, guardian):
    theirs, _token = calendar_links.create(user=make_guardian(), name="x", language="lv", now=NOON)

    assert client.post(reverse("enrollment:calendar_link_revoke", args=[theirs.pk])).status_code == 404
    assert FeedLink.objects.live().count() == 1


def test_too_many_addresses_are_refused_kindly(client, guardian):
    for _link in range(MAX_LIVE_LINKS):
        calendar_links.create(user=guardian, name="x", language="lv", now=NOON)

    refused = client.post(NEW, {"key": "broken"})

    assert (refused.status_code, FeedLink.objects.count()) == (409, MAX_LIVE_LINKS)
