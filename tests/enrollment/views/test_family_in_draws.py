"""Applications to a draw on a family's pages: prepared, sent within the window, changed, and waiting for the lot."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from enrollment.models import Application, ApplicationState as Stage
from tests.enrollment.drawing import CLOSES, DURING, HELD, OPENS, announce, drawn_groups, hold
from tests.factories import NOON, make_child, make_guardian

pytestmark = pytest.mark.django_db

LOBBY = "/my/applications/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def guardian(client):
    user = make_guardian()
    client.force_login(user)
    return user


@pytest.fixture
def child(guardian):
    return make_child(guardian)


def words(response):
    return " ".join(response.content.decode().split())


def new(run, *learners):
    ids = "&".join(f"learner={one.pk}" for one in learners)
    return f"{reverse('enrollment:application_new', args=[run.pk])}?{ids}"


def write(client, run, child, **more):
    return client.post(new(run, child), {"learner": child.pk, "waits_1": "on", **more})


def test_before_the_window_it_is_prepared_with_the_draws_own_groups_and_all_queues(client, guardian, child):
    first, second, _other = drawn_groups(1, 1, 1)
    announce(first, second)

    group = client.get(first.get_absolute_url()).context["page"].action
    page = client.get(new(first, child))
    write(client, first, child, wish_2=second.pk, waits_2="on")

    assert group.text == "Sagatavot pieteikumu"
    assert page.context["wished"].same_course == [second]
    assert page.context["form"].initial == {"waits_1": True, "places_wanted": 1, "waits_2": True}
    lobby = client.get(LOBBY).context["lobby"]
    assert (lobby.opens_at, [card.state for card in lobby.prepared]) == (OPENS, ["soon"])
    assert lobby.rules == ["Vietas piešķir izlozē."]


def test_within_the_window_it_is_sent_at_once_and_shows_its_pseudonym(client, guardian, child, clock):
    (run,) = drawn_groups(1)
    draw = announce(run)
    clock.move_to(DURING)

    group = client.get(run.get_absolute_url()).context["page"].action
    answer = write(client, run, child)
    page = client.get(answer.url)

    application = Application.objects.get()
    assert (group.text, application.state, application.draw) == ("Pieteikties izlozei", Stage.RECEIVED, draw)
    assert page.context["card"].state == "drawn"
    assert "Pieteikums saņemts: ceturtdien, 26.11.2026., plkst. 12:00:00" in words(page)
    assert str(application.key) in words(page)
    assert draw.get_absolute_url() in words(page)


def test_what_was_sent_is_changed_and_taken_back_while_the_draw_collects(client, guardian, child, clock):
    first, second = drawn_groups(1, 1)
    announce(first, second)
    clock.move_to(DURING)
    application = client.get(write(client, first, child).url).context["card"].application
    edit, drop = (reverse(f"enrollment:application_{name}", args=[application.key]) for name in ("edit", "drop"))

    changed = client.post(edit, {"wish_2": second.pk, "waits_1": "on"})
    dropped = client.post(drop)

    assert (changed.url, dropped.url) == (application.get_absolute_url(), LOBBY)
    application.refresh_from_db()
    assert (application.wishes.count(), application.state) == (2, Stage.DROPPED)
    assert write(client, first, child).status_code == 302  # and can apply again
    assert Application.objects.filter(state=Stage.RECEIVED).count() == 1


def test_after_the_window_nothing_moves_any_more(client, guardian, child, clock):
    (run,) = drawn_groups(1)
    announce(run)
    clock.move_to(DURING)
    application = client.get(write(client, run, child).url).context["card"].application
    clock.move_to(CLOSES)

    page = client.get(application.get_absolute_url())
    edit = client.get(reverse("enrollment:application_edit", args=[application.key]))
    drop = client.post(reverse("enrollment:application_drop", args=[application.key]))

    assert (page.context["card"].is_changeable, page.context["card"].is_droppable) == (False, False)
    assert (edit.url, drop.status_code) == (application.get_absolute_url(), 409)
    assert client.get(run.get_absolute_url()).context["page"].action.text == "Skatīt sagatavoto"


def test_what_was_only_prepared_is_over_with_the_window(client, guardian, child, clock):
    (run,) = drawn_groups(1)
    announce(run)
    write(client, run, child)
    clock.move_to(CLOSES + timedelta(seconds=1))

    lobby = client.get(LOBBY).context["lobby"]

    assert ([card.state for card in lobby.prepared], lobby.to_send) == (["over"], [])
    assert "Izlozes pieteikšanās ir beigusies." in words(client.get(LOBBY))


def test_what_the_lot_gave_stands_on_its_page(client, guardian, child, clock):
    (run,) = drawn_groups(1)
    draw = announce(run)
    clock.move_to(DURING)
    application = client.get(write(client, run, child).url).context["card"].application
    clock.move_to(HELD)
    hold(draw)

    page = client.get(application.get_absolute_url())

    assert page.context["card"].state == "given"
    assert "Vieta apstiprināta" in words(page)


def test_a_child_takes_part_once(client, guardian, child, clock):
    first, second = drawn_groups(1, 1)
    announce(first, second)
    clock.move_to(DURING)
    write(client, first, child)

    page = write(client, second, child)

    assert page.status_code == 409
    assert [refusal.code for refusal in page.context["refusals"]] == ["in_draw"]
