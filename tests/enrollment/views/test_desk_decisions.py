"""The desk decides about a group, cancels it, and gives places at the door."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from accounts.models import Role
from courses.models import RunState
from enrollment import links
from enrollment.flows import bookings
from enrollment.models import EnrollmentState as State
from tests.enrollment.views.desk import client_of, make_desk
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_slot,
    make_user,
    states_of,
    try_lesson,
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


@pytest.fixture
def undecided():
    run = make_run(capacity=6, minimum_size=3, decision_on=NOON.date() + 3 * DAY)
    enroll(run)
    return run


def words(response):
    return " ".join(response.content.decode().split())


# -- Deciding ------------------------------------------------------------------------------------


def test_the_desk_sees_groups_that_are_too_small_and_who_may_decides(desk, coordinator, undecided):
    make_run(minimum_size=1, decision_on=NOON.date() + 3 * DAY)  # without anybody: one is missing
    met = make_run(minimum_size=1, decision_on=NOON.date() + 3 * DAY)
    enroll(met)

    home = desk.get("/desk/")

    deciding = home.context["today"].deciding
    assert [(one.run.code, one.missing) for one in deciding] == sorted(
        [(undecided.code, 2), (deciding[-1].run.code, 1)]
    )
    assert met not in [one.run for one in deciding]
    address = f"/desk/groups/{undecided.pk}/decision/"
    pages = [words(client.get(f"/desk/groups/{undecided.pk}/")) for client in (desk, coordinator)]
    assert ["Lēmums: 27.11.2026. · apstiprināti: 1 no 3" in page for page in pages] == [True, True]
    assert [address in page for page in pages] == [False, True]
    assert desk.get(address).status_code == 403


def test_the_minimum_is_lowered_with_a_reason(coordinator, undecided):
    address = f"/desk/groups/{undecided.pk}/decision/"
    sent = {"decision_on": "2026-11-28", "minimum_size": 1, "change": "1"}

    without = coordinator.post(address, sent)
    done = coordinator.post(address, {**sent, "reason": "Skola piesaka vēl divus"})

    undecided.refresh_from_db()
    assert (without.status_code, done.status_code) == (422, 302)
    assert (undecided.minimum_size, str(undecided.decision_on)) == (1, "2026-11-28")
    assert "Skola piesaka vēl divus" in words(coordinator.get(f"/desk/groups/{undecided.pk}/history/"))


@pytest.mark.parametrize(("day", "status"), [("2020-01-01", 409), ("x", 422), ("2027-01-01", 409)])
def test_an_impossible_day_is_refused_kindly(coordinator, undecided, day, status):
    answer = coordinator.post(
        f"/desk/groups/{undecided.pk}/decision/", {"decision_on": day, "minimum_size": 1, "reason": "x", "change": "1"}
    )

    assert answer.status_code == status


def test_it_takes_place_at_once(coordinator, undecided):
    sent = {"decision_on": "2026-11-27", "minimum_size": 3, "reason": "Notiek arī ar mazāk", "runs": "1"}

    answers = [coordinator.post(f"/desk/groups/{undecided.pk}/decision/", sent).status_code for _ in range(2)]

    undecided.refresh_from_db()
    assert (answers, undecided.decided_at) == ([302, 409], NOON)


# -- Cancelling ----------------------------------------------------------------------------------


def test_what_would_end_is_said_and_a_reason_asked(coordinator, undecided):
    address = f"/desk/groups/{undecided.pk}/cancel/"

    page, without = coordinator.get(address), coordinator.post(address, {"reason": ""})

    assert (page.context["affected"].families, page.context["affected"].lessons) == (1, 3)
    assert "Atcelt grupu un paziņot: 1" in words(page)
    assert (without.status_code, states_of(undecided)) == (422, [State.CONFIRMED])


def test_cancelling_ends_everything_and_shows_why(coordinator, undecided):
    for _ in range(2):
        coordinator.post(f"/desk/groups/{undecided.pk}/cancel/", {"reason": "Pasniedzēja slimība"})

    undecided.refresh_from_db()
    assert (undecided.state, states_of(undecided)) == (RunState.CANCELLED, [State.CANCELLED])
    assert "Pasniedzēja slimība" in words(coordinator.get(f"/desk/groups/{undecided.pk}/"))


def test_a_personal_code_in_the_reason_is_refused(coordinator, undecided):
    answer = coordinator.post(f"/desk/groups/{undecided.pk}/cancel/", {"reason": "010203-12345"})

    assert answer.status_code == 422


# -- At the door ---------------------------------------------------------------------------------


@pytest.fixture
def slot(clock):
    """A workshop for four that is about to begin: two parties of two have places, two wait."""
    slot = make_slot(capacity=4, course=make_course(program=make_program(has_standby=True)))
    for name in ("Anna", "Berta", "Cilda", "Dace"):
        bookings.book(run=slot, seats_wanted=2, name=name, email=f"{name.lower()}@example.lv", key=uuid4(), now=NOON)
    clock.move_to(slot.starts_at)
    return slot


def test_an_empty_place_is_given_in_the_order_of_the_queue(desk, slot):
    _anna, berta, cilda, dace = slot.enrollments.order_by("pk")

    desk.post(f"/desk/enrollments/{berta.pk}/no-show/")
    out_of_turn = desk.post(f"/desk/enrollments/{dace.pk}/door/", {"reason": ""})
    given = desk.post(f"/desk/enrollments/{cilda.pk}/door/")

    assert (out_of_turn.status_code, given.status_code) == (409, 302)
    assert "Cilda" in words(out_of_turn)
    assert states_of(slot) == [State.CONFIRMED, State.EXPIRED, State.CONFIRMED, State.WAITLISTED]


def test_past_others_with_a_written_reason_that_is_kept_when_refused(desk, slot):
    _anna, berta, _cilda, dace = slot.enrollments.order_by("pk")
    desk.post(f"/desk/enrollments/{berta.pk}/no-show/")

    refused = desk.post(f"/desk/enrollments/{dace.pk}/door/", {"reason": "kods 010203-12345"})
    given = desk.post(f"/desk/enrollments/{dace.pk}/door/", {"reason": "Cilda nav ieradusies"})

    assert (refused.status_code, given.status_code) == (422, 302)
    assert 'value="kods 010203-12345"' in words(refused)
    assert dace.ledger.latest("number").reason == "Cilda nav ieradusies"


def test_a_wrong_press_is_taken_back(desk, slot):
    anna = slot.enrollments.earliest("pk")
    desk.post(f"/desk/enrollments/{anna.pk}/no-show/")
    assert "Tomēr ieradās" in words(desk.get(f"/desk/groups/{slot.pk}/door/"))

    desk.post(f"/desk/enrollments/{anna.pk}/no-show/undo/")

    assert states_of(slot)[0] == State.CONFIRMED


def test_before_the_day_the_page_says_when(desk, clock, slot):
    anna, *_others = slot.enrollments.order_by("pk")
    clock.move_to(slot.starts_at - DAY)

    page = words(desk.get(f"/desk/groups/{slot.pk}/door/"))

    assert "Šobrīd nav iespējams" in page
    assert "Ir klāt" not in page
    assert desk.post(f"/desk/enrollments/{anna.pk}/no-show/").status_code == 409


def test_the_tab_is_there_only_where_places_are_given_at_the_door(desk, slot):
    pages = [words(desk.get(f"/desk/groups/{run.pk}/")) for run in (slot, make_run())]

    assert ["/door/" in page for page in pages] == [True, False]


def test_who_waits_is_told_honestly_what_to_do_on_the_day(client, clock, slot):
    cilda = slot.enrollments.order_by("pk")[2]
    clock.move_to(slot.starts_at - 4 * HOUR)
    before = words(client.get(links.ticket_path(cilda)))
    clock.move_to(slot.starts_at + timedelta(minutes=5))

    at_the_door = words(client.get(links.ticket_path(cilda)))

    assert "Piedāvājumu vairs nebūs." not in before
    assert "piešķir uz vietas rindas secībā. Vieta nav apsolīta." in at_the_door


# -- On the roster -------------------------------------------------------------------------------


def test_a_trial_stands_on_the_roster_and_on_the_class_list(desk, clock):
    teacher = make_user(roles=[Role.INSTRUCTOR])
    run = make_run(course=make_course(program=make_program(trial_answer_hours=48)), starts_at=NOON + DAY)
    run.instructors.add(teacher)
    trial = try_lesson(run, make_child(make_guardian(), first_name="Paula"))

    roster = words(desk.get(f"/desk/groups/{run.pk}/?who={trial.pk}"))
    class_list = words(client_of(teacher).get(f"/teach/groups/{run.pk}/"))

    assert "Izmēģina līdz 27.11." in roster
    assert "izmēģina 25.11. nodarbību" in class_list
