"""The opening lobby: what is prepared, the press, and the receipt (UX S07)."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import CourseRun, RunState
from enrollment.flows import applications, upkeep
from enrollment.models import Application, ApplicationState as Stage
from tests.enrollment.flows.applications import OPENS, in_line, soon
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_run,
    make_user,
    states_of,
)

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


def prepared(by, child, *runs, **options):
    return applications.prepare(learners=[child], runs=list(runs), by=by, now=NOON, **options)


def press(client, *prepared):
    return client.post(LOBBY, {"application": [one.key for one in prepared]})


def words(response):
    return " ".join(response.content.decode().split())


# -- Before the opening ---------------------------------------------------------------------------


def test_the_lobby_says_when_by_which_rule_and_that_all_is_ready(client, guardian, child):
    course = make_course()
    run, other = soon(course, code="G-1"), soon(course, days=1, code="G-2")
    prepared(guardian, child, run, other, waits_for=[run.pk])

    page = client.get(LOBBY)

    text = words(page)
    assert "Pieteikšanās sāksies otrdien, 24.11.2026., plkst. 13:00" in text
    assert "12:00:00" in text
    assert "Viss ir sagatavots." in text
    (card,) = page.context["lobby"].prepared
    assert (card.state, card.checks, card.problems) == (
        "soon", ["Klase der", "Laiki nepārklājas", "Vietu skaits der", "Dati aizpildīti"], [],
    )  # fmt: skip
    assert card.fallbacks == ["G-2, otrdienās 12:00–13:30", "Rinda: G-1"]
    assert "Iesniegt pieteikumus: 1" in text
    assert f'data-opens-at="{int(OPENS.timestamp())}.000000"' in text


def test_nothing_prepared_leads_to_the_catalogue(client, guardian):
    page = client.get(LOBBY)

    assert (page.context["lobby"].cards, "Nekas nav sagatavots" in words(page)) == ([], True)
    assert 'name="application"' not in words(page)


def test_what_will_not_do_is_said_while_it_can_still_be_corrected(client, guardian, child):
    course = make_course()
    run, clashing = soon(course), make_run(starts_at=soon(course).starts_at, code="D-1")
    prepared(guardian, child, run)
    enroll(clashing, child)

    (card,) = client.get(LOBBY).context["lobby"].prepared

    assert [(code, refusal.code) for code, refusal in card.problems] == [("", "clash")]
    assert card.checks == ["Klase der", "Vietu skaits der", "Dati aizpildīti"]
    assert card.is_ready is False


def test_what_is_missing_in_the_profile_is_said(client, child, guardian):
    prepared(guardian, child, soon())
    type(guardian).objects.filter(pk=guardian.pk).update(phone="")

    page = client.get(LOBBY)

    assert page.context["lobby"].prepared[0].lacks == ["tālrunis"]
    assert "Kaut kā vēl trūkst." in words(page)


def test_an_early_press_loses_nothing_and_says_when(client, guardian, child):
    one = prepared(guardian, child, soon())

    page = press(client, one)

    one.refresh_from_db()
    assert (page.status_code, one.state) == (409, Stage.PREPARED)
    assert "Vēl nav atvērts. Nekas nav pazudis." in words(page)
    assert page.context["lobby"].to_send[0].key == one.key


def test_the_button_sends_what_opens_next_and_leaves_the_rest(client, guardian, child, clock):
    course = make_course()
    next_one = prepared(guardian, child, soon(course))
    later = prepared(guardian, child, soon(course, days=1, enrollment_opens_at=OPENS + DAY))

    before = client.get(LOBBY).context["lobby"]
    clock.move_to(OPENS)
    now = client.get(LOBBY).context["lobby"]

    assert (before.opens_at, [card.key for card in before.to_send]) == (OPENS, [next_one.key])
    assert (now.opens_at, [card.key for card in now.to_send]) == (None, [next_one.key])
    assert [card.key for card in now.prepared] == [next_one.key, later.key]


# -- The press ------------------------------------------------------------------------------------


def test_one_press_sends_all_of_them_and_a_second_changes_nothing(client, guardian, child, clock):
    sibling, run = make_child(guardian, first_name="Roberts"), soon()
    both = [prepared(guardian, one, run) for one in (child, sibling)]
    clock.move_to(OPENS + timedelta(seconds=3))

    first = press(client, *both)
    clock.shift(5)
    second = press(client, *both)

    assert (first.status_code, first.url, second.url) == (302, LOBBY, LOBBY)
    assert states_of(run) == ["confirmed", "confirmed"]
    page = client.get(LOBBY)
    assert [card.state for card in page.context["lobby"].decided] == ["given", "given"]
    assert "otrdien, 24.11.2026., plkst. 13:00:03" in words(page)


def test_one_application_leads_to_its_receipt_with_the_second(client, guardian, child, clock):
    one = prepared(guardian, child, soon())
    clock.move_to(OPENS + timedelta(seconds=3))

    answer = press(client, one)

    assert answer.url == one.get_absolute_url()
    text = words(client.get(answer.url))
    assert "Pieteikums saņemts" in text
    assert "otrdien, 24.11.2026., plkst. 13:00:03" in text
    assert "Vieta apstiprināta" in text


def test_what_cannot_be_sent_stays_with_its_reason_and_the_others_go(client, guardian, child, clock):
    course = make_course()
    run, cancelled = soon(course), soon(course, days=1)
    one, other = prepared(guardian, child, run), prepared(guardian, child, cancelled)
    CourseRun.objects.filter(pk=cancelled.pk).update(state=RunState.CANCELLED)
    clock.move_to(OPENS)

    page = press(client, one, other)

    assert (page.status_code, states_of(run)) == (409, ["confirmed"])
    lobby = page.context["lobby"]
    assert [card.state for card in lobby.prepared] == ["over"]
    assert [card.state for card in lobby.decided] == ["given"]


def test_nobody_sends_what_is_not_theirs(client, guardian, clock):
    other = make_guardian()
    theirs = prepared(other, make_child(other), soon())
    clock.move_to(OPENS)

    press(client, theirs)

    theirs.refresh_from_db()
    assert theirs.state == Stage.PREPARED
    assert client.get(theirs.get_absolute_url()).status_code == 404
    assert client.get(reverse("enrollment:application_edit", args=[theirs.key])).status_code == 404
    assert client.post(reverse("enrollment:application_drop", args=[theirs.key])).status_code == 404


def test_nonsense_in_the_form_is_ignored(client, guardian):
    assert client.post(LOBBY, {"application": ["", "x", str(uuid4())]}).status_code == 302


def test_a_minors_own_login_sees_it_and_has_no_button(client, clock):
    guardian, pupil = make_guardian(), make_user()
    child = make_child(guardian)
    type(child).objects.filter(pk=child.pk).update(user=pupil)
    one = prepared(guardian, child, soon())
    client.force_login(pupil)
    clock.move_to(OPENS)

    page = client.get(LOBBY)

    assert [card.key for card in page.context["lobby"].prepared] == [one.key]
    assert page.context["lobby"].to_send == []
    assert press(client, one).status_code == 403
    assert client.post(reverse("enrollment:application_drop", args=[one.key])).status_code == 403
    assert client.get(reverse("enrollment:application_edit", args=[one.key])).status_code == 403
    one.refresh_from_db()
    assert one.state == Stage.PREPARED


def test_the_other_guardian_sends_it_and_both_see_the_receipt(client, guardian, child, clock):
    other = make_guardian()
    child.guardianships.create(guardian=other, started_at=NOON)
    one = prepared(other, child, soon())
    clock.move_to(OPENS)

    answer = press(client, one)
    seen_by_me = client.get(answer.url)
    client.force_login(other)

    assert (seen_by_me.status_code, client.get(answer.url).status_code) == (200, 200)


# -- Received and decided ---------------------------------------------------------------------------


def test_what_is_being_decided_says_so_and_the_answer_follows(client, guardian, child, clock):
    one = in_line(soon(), child, guardian, at=OPENS + timedelta(seconds=3))
    clock.move_to(OPENS + timedelta(seconds=4))

    waiting = client.get(one.get_absolute_url())
    upkeep.run_due(now=OPENS + HOUR)
    decided = client.get(one.get_absolute_url())

    assert "Pieteikums saņemts plkst. 13:00:03." in words(waiting)
    assert "Šobrīd piesakās ļoti daudzi" in words(waiting)
    assert "data-processing" in words(waiting)
    assert "data-processing" not in words(decided)
    assert "Vieta apstiprināta" in words(decided)


def test_what_led_to_nothing_says_why_and_what_else(client, guardian, child, clock):
    run = soon(code="G-1")
    one = in_line(run, child, guardian)
    CourseRun.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)
    upkeep.run_due(now=OPENS + HOUR)

    page = client.get(one.get_absolute_url())

    assert page.context["card"].state == "refused"
    assert "G-1: grupa ir atcelta" in words(page)


def test_a_full_group_gives_the_number_in_its_queue(client, guardian, child, clock):
    run = soon(capacity=1)
    enroll(run, now=OPENS)
    one = prepared(guardian, child, run)
    clock.move_to(OPENS)

    page = client.get(press(client, one).url)

    assert page.context["card"].state == "queued"
    assert "Vieta rindā: 1" in words(page)


def test_taking_back_leads_to_the_lobby_and_the_page_stays(client, guardian, child):
    one = prepared(guardian, child, soon())

    answer = client.post(reverse("enrollment:application_drop", args=[one.key]))

    assert answer.url == LOBBY
    assert client.get(LOBBY).context["lobby"].cards == []
    assert "Pieteikums atsaukts" in words(client.get(one.get_absolute_url()))


def test_what_is_decided_is_given_back_and_not_taken_back(client, guardian, child, clock):
    one = prepared(guardian, child, soon())
    clock.move_to(OPENS)
    press(client, one)

    page = client.post(reverse("enrollment:application_drop", args=[one.key]))

    assert page.status_code == 409
    assert Application.objects.get().state == Stage.DECIDED


# -- The same number of queries -------------------------------------------------------------------


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_the_lobby_asks_the_same_for_one_and_for_many(client, guardian, child, clock):
    course = make_course()
    siblings = [child, make_child(guardian, first_name="Roberts")]
    runs = [soon(course, days=day) for day in range(6)]
    sent = prepared(guardian, child, runs[0])
    prepared(guardian, child, runs[1], runs[2])
    clock.move_to(OPENS)
    press(client, sent)
    client.get(LOBBY)
    few = queries(client, LOBBY)
    for one in siblings:
        prepared(guardian, one, runs[3], runs[2])
        press(client, prepared(guardian, one, runs[4], runs[5]))

    assert queries(client, LOBBY) == few
    assert len(client.get(LOBBY).context["lobby"].cards) == 6


def test_home_tells_of_it_with_as_many_queries_for_one_as_for_many(client, guardian, child):
    course = make_course()
    prepared(guardian, child, soon(course))
    client.get("/my/")
    few = queries(client, "/my/")
    for day in (1, 2):
        prepared(guardian, child, soon(course, days=day), soon(course, days=3))

    page = client.get("/my/")

    assert queries(client, "/my/") == few
    assert "Pieteikšanās sāksies otrdien, 24.11.2026., plkst. 13:00" in words(page)
    assert len(page.context["home"].undecided) == 3
