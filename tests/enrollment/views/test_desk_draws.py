"""Draws at the desk: seen by all staff; cancelled and held by those who build the season, once."""

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts import staff_log
from accounts.models import Role
from accounts.outbox import heartbeats
from accounts.outbox.models import Message
from courses.models import CourseRun, RunState
from enrollment.flows import draws, upkeep
from enrollment.models import Application, ApplicationState as Stage, Draw, DrawState, LedgerEntry
from enrollment.reconciliation import reconcile
from tests.enrollment.drawing import (
    CLOSES,
    DURING,
    HELD,
    announce,
    apply,
    drawn_group,
    drawn_groups,
    hold,
    learners_of,
    make_draw_program,
    outcomes,
    seated,
)  # fmt: skip
from tests.enrollment.views.desk import client_of, make_desk, words
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    make_children,
    make_course,
    make_guardian,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk():
    return client_of(make_desk())


@pytest.fixture
def coordinator():
    return client_of(make_user(roles=[Role.COORDINATOR]))


def page_of(draw, part=""):
    return f"/desk/draws/{draw.pk}/{part}"


# -- The list ----------------------------------------------------------------------------------------


def test_what_needs_somebody_stands_first_with_how_many_applied(desk, clock):
    program = make_draw_program()
    runs = [drawn_group(make_course(program=program)) for _ in range(4)]
    held, collecting, cancelled = (announce(run, name_lv=name) for run, name in zip(runs, "ABC", strict=False))
    apply(runs[0]), apply(runs[1]), apply(runs[1])
    draws.cancel(draw=cancelled, by=make_user(), reason="", now=DURING)
    Draw.objects.filter(pk=collecting.pk).update(closes_at=CLOSES + DAY)
    hold(held)
    announce(runs[3], name_lv="D", opens_at=CLOSES + HOUR, closes_at=CLOSES + 2 * HOUR)
    clock.move_to(HELD)

    stages = desk.get("/desk/draws/").context["stages"]

    assert [(stage, row.draw.name_lv, row.applications, row.children) for stage, rows in stages for row in rows] == [
        ("collecting", "B", 2, 2), ("soon", "D", 0, 0), ("held", "A", 1, 1), ("cancelled", "C", 0, 0),
    ]  # fmt: skip


def test_a_draw_that_nobody_held_in_time_is_said_to_be_late(desk, clock):
    draw = announce(drawn_group())
    clock.move_to(CLOSES + timedelta(minutes=1))
    addresses = ("/desk/draws/", page_of(draw), "/desk/")
    soon_after = [desk.get(address).context for address in addresses]
    clock.move_to(CLOSES + HOUR)

    later = [desk.get(address).context for address in addresses]

    for (shown, one, home), is_late in ((soon_after, False), (later, True)):
        ((stage, (row,)),) = shown["stages"]
        assert (stage, row.is_overdue, one["page"].is_overdue, one["page"].is_due) == ("closed", is_late, is_late, True)
        assert home["today"].late_draws == [draw] * is_late


def test_a_late_draw_says_when_the_worker_was_last_alive(desk, clock):
    draw = announce(drawn_group())
    heartbeats.beat(heartbeats.WORKER, now=DURING)
    clock.move_to(CLOSES + HOUR)

    assert desk.get(page_of(draw)).context["page"].worker_seen == DURING


def test_lists_and_pages_ask_the_same_number_of_questions_however_much_there_is(coordinator):
    def count(address):
        coordinator.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert coordinator.get(address).status_code == 200
        return len(queries)

    first = announce(*drawn_groups(1, 1))
    addresses = ("/desk/draws/", page_of(first), page_of(first, "cancel/"))
    few = [count(address) for address in addresses]
    for _ in range(3):
        draw = announce(*drawn_groups(1, 1))
        apply(*draw.runs.all()), apply(*draw.runs.all())
    for _ in range(4):
        apply(*first.runs.all())

    assert [count(address) for address in addresses] == few


# -- One draw ----------------------------------------------------------------------------------------


def test_a_group_shows_how_much_it_is_wished_for_in_children(desk, clock):
    first, second = drawn_groups(2, 1)
    draw, guardian = announce(first, second), make_guardian()
    apply(first, second, learners=make_children(2, guardian), by=guardian)
    apply(second)
    clock.move_to(DURING)

    page = desk.get(page_of(draw)).context["page"]

    assert (page.applications, page.children, page.places) == (2, 3, 3)
    assert [(one.first, one.wanted, one.per_place) for one in page.groups] == [(2, 2, 1.0), (1, 3, 1.0)]


def test_afterwards_it_shows_the_results_and_that_they_can_be_recomputed(desk, clock):
    first, second = drawn_groups(1, 1)
    draw = announce(first, second)
    for _ in range(3):
        apply(first, second)
    clock.move_to(HELD)
    hold(draw)

    answer = desk.get(page_of(draw))

    page = answer.context["page"]
    assert [(one.places, one.given, one.waiting) for one in page.groups] == [(1, 1, 2), (1, 1, 2)] or [
        one.given for one in page.groups
    ] == [1, 1]
    assert page.published.verdict.is_good
    assert draw.get_absolute_url() in answer.content.decode()


# -- Cancelling --------------------------------------------------------------------------------------


def test_a_draw_is_cancelled_with_a_reason_once(coordinator, clock):
    run = drawn_group()
    draw, sent = announce(run), apply(run)
    clock.move_to(DURING)

    without = coordinator.post(page_of(draw, "cancel/"), {"reason": ""})
    answers = [coordinator.post(page_of(draw, "cancel/"), {"reason": "telpas remonts"}) for _ in range(2)]

    draw.refresh_from_db(), sent.refresh_from_db()
    assert (without.status_code, list(without.context["form"].errors)) == (422, ["reason"])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert (draw.state, sent.state) == (DrawState.CANCELLED, Stage.DROPPED)
    assert [row.change_message for row in staff_log.rows_about(draw)] == ["cancelled: telpas remonts", "announced"]


def test_a_held_draw_is_not_cancelled(coordinator, clock):
    draw = announce(drawn_group())
    hold(draw)
    clock.move_to(HELD)

    answer = coordinator.post(page_of(draw, "cancel/"), {"reason": "telpas remonts"})

    draw.refresh_from_db()
    assert (answer.status_code, draw.state) == (409, DrawState.HELD)


# -- Holding -----------------------------------------------------------------------------------------


def test_pressed_twice_it_is_held_once(coordinator, clock):
    (run,) = drawn_groups(1)
    draw = announce(run)
    apply(run), apply(run)
    clock.move_to(CLOSES + HOUR)

    answers = [coordinator.post(page_of(draw, "hold/")) for _ in range(2)]

    draw.refresh_from_db()
    assert [answer["Location"] for answer in answers] == [page_of(draw)] * 2
    assert (draw.state, len(seated(run)), LedgerEntry.objects.count()) == (DrawState.HELD, 1, 2)
    assert [row.change_message for row in staff_log.rows_about(draw)] == ["held", "announced"]
    assert reconcile().differences == []


def test_pressed_after_the_worker_it_changes_nothing(coordinator, clock):
    (run,) = drawn_groups(1)
    draw = announce(run)
    apply(run)
    clock.move_to(CLOSES)
    assert upkeep.run_due(now=CLOSES)["drawn"] == 1
    draw.refresh_from_db()

    answer = coordinator.post(page_of(draw, "hold/"))

    again = Draw.objects.get()
    assert answer["Location"] == page_of(draw)
    assert (again.record, again.held_at) == (draw.record, CLOSES)


def test_a_group_cancelled_within_an_announced_draw_has_no_places_and_its_families_are_told(coordinator, clock):
    kept, off = drawn_groups(1, 1)
    draw = announce(kept, off)
    both, only = apply(kept, off), apply(off)
    CourseRun.objects.filter(pk=off.pk).update(state=RunState.CANCELLED)
    clock.move_to(CLOSES + HOUR)

    before = coordinator.get(page_of(draw))
    coordinator.post(page_of(draw, "hold/"))
    after = coordinator.get(page_of(draw))

    assert [group.places for group in before.context["page"].groups] == [1, 0]
    assert [(group.places, group.given) for group in after.context["page"].groups] == [(1, 1), (0, 0)]
    assert "Atcelta" in words(after)
    assert (outcomes(both)[1], outcomes(only)) == ("cancelled", ["cancelled"])
    told = dict(Message.objects.exclude(learner=None).values_list("learner", "kind"))
    (got_a_place,), (got_nothing,) = learners_of(both), learners_of(only)
    assert told == {got_a_place: "enrollment.place_given", got_nothing: "enrollment.draw_outcome"}
    assert reconcile().differences == []


@pytest.mark.parametrize("moment", [NOON, DURING], ids=["not begun", "collecting"])
def test_before_its_time_nothing_is_drawn(coordinator, clock, moment):
    (run,) = drawn_groups(1)
    draw = announce(run)
    apply(run)
    clock.move_to(moment)

    answer = coordinator.post(page_of(draw, "hold/"))

    draw.refresh_from_db()
    assert (answer.status_code, draw.state) == (409, DrawState.ANNOUNCED)
    assert answer.context["notice"] in words(answer)
    assert Application.objects.get().state == Stage.RECEIVED


def test_a_cancelled_draw_is_not_held(coordinator, clock):
    draw = announce(drawn_group())
    draws.cancel(draw=draw, by=make_user(), reason="", now=NOON)
    clock.move_to(HELD)

    assert coordinator.post(page_of(draw, "hold/")).status_code == 409


def test_looking_holds_nothing(coordinator, clock):
    draw = announce(drawn_group())
    clock.move_to(HELD)

    assert coordinator.get(page_of(draw, "hold/")).status_code == 405
    draw.refresh_from_db()
    assert draw.state == DrawState.ANNOUNCED


def test_while_somebody_else_writes_there_it_asks_to_try_again(coordinator, clock, monkeypatch):
    draw = announce(drawn_group())
    clock.move_to(HELD)

    def busy(**_):
        raise OperationalError("database is locked")

    monkeypatch.setattr("enrollment.views.desk.draws.flows.hold", busy)
    answer = coordinator.post(page_of(draw, "hold/"))

    assert answer.status_code == 503
    assert answer.context["notice"] in words(answer)


def test_the_desk_sees_no_buttons_that_it_may_not_press(desk, coordinator, clock):
    draw = announce(drawn_group())
    clock.move_to(CLOSES + HOUR)

    for part in ("hold/", "cancel/"):
        assert page_of(draw, part) in coordinator.get(page_of(draw)).content.decode()
        assert page_of(draw, part) not in desk.get(page_of(draw)).content.decode()
    assert "/desk/draws/new/" not in desk.get("/desk/draws/").content.decode()
    assert 'href="/desk/draws/"' in desk.get("/desk/").content.decode()
