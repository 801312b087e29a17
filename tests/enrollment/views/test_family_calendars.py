"""Subscribing to lessons: an address shown once, replaced and ended in one press."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import Role
from enrollment.flows import calendar_links
from enrollment.flows.calendar_links import MAX_LIVE_LINKS
from enrollment.models import FeedKind, FeedLink
from tests.factories import NOON, make_child, make_guardian, make_room, make_user

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
        client.post(NEW, {"key": uuid4(), "of": learner.pk})

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


@pytest.mark.parametrize(
    ("typed", "name"), [("  Mammas   telefons ", "Mammas telefons"), ("", "Ģimenes kalendārs"), ("ā" * 99, "ā" * 60)]
)
def test_an_address_has_a_name(client, guardian, typed, name):
    client.post(NEW, {"key": uuid4(), "name": typed})

    assert FeedLink.objects.get().name == name


def test_each_program_gets_the_address_as_it_wants_it(client, guardian):
    page = client.post(NEW, {"key": uuid4()})
    made = page.context["made"]

    token = FeedLink.objects.get().token_sha256
    assert made["webcal"] == made["address"].replace("http://", "webcal://")
    assert made["qr"].startswith("data:image/svg+xml")
    assert all(
        part in page.content.decode()
        for part in (f'href="{made["webcal"]}"', 'data-copy="http://testserver/k/', "24 h")
    )
    assert token not in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]


def test_a_replaced_address_is_dead_and_the_new_one_is_shown_once(client, guardian):
    old = client.post(NEW, {"key": uuid4()}).context["made"]["address"].removeprefix("http://testserver")
    replace = reverse("enrollment:calendar_link_replace", args=[FeedLink.objects.get().pk])
    key = uuid4()

    new = {
        client.post(replace, {"key": key}).context["made"]["address"].removeprefix("http://testserver")
        for _press in range(2)
    }

    assert (len(new), FeedLink.objects.live().count()) == (1, 1)
    assert [client.get(address).status_code for address in (old, *new)] == [404, 200]


def test_one_key_replaces_two_addresses_by_two(client, guardian):
    first, second = (calendar_links.create(user=guardian, name="x", language="lv", now=NOON)[0] for _ in range(2))
    key = uuid4()

    for link in (first, second):
        client.post(reverse("enrollment:calendar_link_replace", args=[link.pk]), {"key": key})

    assert FeedLink.objects.live().count() == 2


def test_another_persons_address_can_not_be_replaced(client, guardian):
    theirs, _token = calendar_links.create(user=make_guardian(), name="x", language="lv", now=NOON)

    assert client.post(reverse("enrollment:calendar_link_replace", args=[theirs.pk])).status_code == 404
    assert FeedLink.objects.live().get() == theirs


def test_an_old_form_does_not_show_an_ended_address_again(client, guardian):
    key = uuid4()
    client.post(NEW, {"key": key})
    calendar_links.revoke(link=FeedLink.objects.get(), now=NOON)

    again = client.post(NEW, {"key": key})

    assert (again.status_code, again.context["made"], FeedLink.objects.live().count()) == (409, None, 0)


def test_the_list_says_when_and_by_what_each_address_was_last_read(client, guardian):
    for program in ("Google", "other", ""):
        link, _token = calendar_links.create(user=guardian, name="x", language="lv", now=NOON)
        FeedLink.objects.filter(pk=link.pk).update(last_fetched_at=NOON if program else None, last_fetched_by=program)

    page = client.get(PAGE).content.decode()

    for words in (
        "pēdējoreiz nolasīja Google: 24.11.2026., 12:00",
        "pēdējoreiz nolasīts: 24.11.2026., 12:00",
        "vēl nav nolasīts",
    ):
        assert words in page


def test_only_who_leads_lessons_may_subscribe_to_those(client, guardian):
    client.post(NEW, {"key": uuid4(), "of": "led"})
    client.force_login(make_user(roles=[Role.INSTRUCTOR]))
    client.post(NEW, {"key": uuid4(), "of": "led"})

    assert list(FeedLink.objects.order_by("pk").values_list("kind", flat=True)) == [
        FeedKind.FAMILY,
        FeedKind.INSTRUCTOR,
    ]


def test_the_list_costs_the_same_with_one_address_and_with_three(client, guardian, django_assert_num_queries):
    counts = []
    for more in (1, 2):
        for _ in range(more):
            child = make_child(guardian, first_name=f"Bērns {more}")
            calendar_links.create(
                user=guardian, name="x", kind=FeedKind.LEARNER, learner=child, language="lv", now=NOON
            )
        with django_assert_num_queries(7) as captured:
            client.get(PAGE)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_staff_subscribe_to_rooms_and_families_do_not(client, guardian):
    room = make_room()
    client.post(NEW, {"key": uuid4(), "of": f"room-{room.pk}"})
    assert "room-" not in client.get(PAGE).content.decode()

    client.force_login(make_user(roles=[Role.DESK]))
    assert f'value="room-{room.pk}"' in client.get(PAGE).content.decode()
    made = client.post(NEW, {"key": uuid4(), "of": f"room-{room.pk}"})

    assert list(FeedLink.objects.order_by("pk").values_list("kind", "room")) == [
        (FeedKind.FAMILY, None),
        (FeedKind.ROOM, room.pk),
    ]
    assert client.get(made.context["made"]["address"].removeprefix("http://testserver")).status_code == 200
