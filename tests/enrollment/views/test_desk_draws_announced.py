"""Draws announced at the desk, and changed before applications begin; what is refused stands beside its field."""

import pytest
import time_machine
from django.utils import timezone

from accounts import staff_log
from accounts.models import Role
from courses.models import RunState
from enrollment.models import Draw
from tests.enrollment.drawing import (
    CLOSES,
    OPENS,
    announce,
    drawn_group,
    make_draw_program,
)  # fmt: skip
from tests.enrollment.views.desk import client_of, make_desk
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    make_course,
    make_program,
    make_term,
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


def local(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def filled_in(*runs, **fields):
    return {
        "name_lv": "Robotikas izloze", "name_en": "Robotics draw", "opens_at": local(OPENS), "closes_at": local(CLOSES),
        "runs": [run.pk for run in runs],
    } | fields  # fmt: skip


def address_of(run):
    return f"/desk/draws/new/?program={run.course.program_id}&term={run.term_id or ''}"


def errors(response):
    """{field: its first error} of the form that the page shows again."""
    return {name: several[0] for name, several in response.context["form"].errors.items()}


# -- Announcing --------------------------------------------------------------------------------------


def test_a_coordinator_announces_a_draw_of_chosen_groups(coordinator):
    term, program = make_term(), make_draw_program()
    first, second = (drawn_group(make_course(program=program), term=term) for _ in range(2))

    offered = set(coordinator.get(address_of(first)).context["form"].fields["runs"].queryset)
    answer = coordinator.post(address_of(first), filled_in(first))

    draw = Draw.objects.get()
    assert offered == {first, second}
    assert (answer.status_code, answer["Location"]) == (302, page_of(draw))
    assert (draw.program, draw.term, list(draw.runs.all())) == (program, term, [first])
    assert (draw.opens_at, draw.closes_at, draw.announced_at) == (OPENS, CLOSES, NOON)
    assert draw.seed not in coordinator.get(page_of(draw)).content.decode()


def test_pressed_twice_it_is_announced_once(coordinator):
    run = drawn_group()

    answers = [coordinator.post(address_of(run), filled_in(run)) for _ in range(2)]

    draw = Draw.objects.get()
    assert [answer["Location"] for answer in answers] == [page_of(draw)] * 2
    assert staff_log.rows_about(draw).count() == 1


@pytest.mark.parametrize(
    ("change", "beside", "status"),
    [
        ({"opens_at": local(NOON - HOUR)}, "opens_at", 409),
        ({"closes_at": local(OPENS - HOUR)}, "closes_at", 409),
        ({"closes_at": local(CLOSES + 2 * DAY)}, "closes_at", 409),
        ({"closes_at": ""}, "closes_at", 422),
        ({"opens_at": "rīt"}, "opens_at", 422),
        ({"runs": []}, "runs", 422),
        ({"runs": ["0"]}, "runs", 422),
        ({"name_en": ""}, "name_en", 422),
        ({"name_lv": "x" * 161}, "name_lv", 422),
    ],
    ids=["past", "backwards", "after they open", "no end", "no time", "no group", "no such group", "no name", "long"],
)
def test_what_is_refused_stands_beside_its_field_and_nothing_is_announced(coordinator, change, beside, status):
    run = drawn_group()

    answer = coordinator.post(address_of(run), filled_in(run) | change)

    assert (answer.status_code, list(errors(answer))) == (status, [beside])
    assert not Draw.objects.exists()


def test_a_group_that_was_taken_meanwhile_is_named(coordinator):
    program = make_draw_program()
    fine, taken = drawn_group(make_course(program=program)), drawn_group(make_course(program=program), code="R-99")
    announce(taken)

    answer = coordinator.post(address_of(fine), filled_in(fine, taken))

    assert answer.status_code == 409
    assert "R-99" in errors(answer)["runs"]


def test_only_programs_that_draw_and_groups_that_can_be_drawn_are_offered(coordinator):
    program = make_draw_program()
    fine = drawn_group(make_course(program=program))
    for fields in ({"seats_taken": 1}, {"waitlist_length": 1}, {"state": RunState.DRAFT}, {"starts_at": NOON - DAY}):
        drawn_group(make_course(program=program), **fields)
    announce(drawn_group(make_course(program=program)))
    by_receipt = make_program()

    choice = coordinator.get("/desk/draws/new/").context["choice"]
    form = coordinator.get(address_of(fine)).context["form"]

    assert list(choice.fields["program"].queryset) == [program]
    assert list(form.fields["runs"].queryset) == [fine]
    assert coordinator.get(f"/desk/draws/new/?program={by_receipt.pk}&term=").status_code == 422


# -- Changing ----------------------------------------------------------------------------------------


def test_before_it_begins_it_is_changed(coordinator):
    program = make_draw_program()
    first, second = (drawn_group(make_course(program=program)) for _ in range(2))
    draw = announce(first)

    shown = coordinator.get(page_of(draw, "change/")).context["form"]
    answer = coordinator.post(
        page_of(draw, "change/"), filled_in(second, name_lv="Cita", closes_at=local(CLOSES - HOUR))
    )

    draw.refresh_from_db()
    assert set(shown.fields["runs"].queryset) == {first, second}
    assert (answer.status_code, draw.name_lv, draw.closes_at, list(draw.runs.all())) == (
        302, "Cita", CLOSES - HOUR, [second],
    )  # fmt: skip


def test_a_change_is_refused_beside_its_field(coordinator):
    draw = announce(drawn_group())

    answer = coordinator.post(page_of(draw, "change/"), filled_in(*draw.runs.all(), closes_at=local(CLOSES + 2 * DAY)))

    assert (answer.status_code, list(errors(answer))) == (409, ["closes_at"])


def test_once_applications_began_there_is_nothing_to_change(coordinator, clock):
    draw = announce(drawn_group())
    clock.move_to(OPENS)

    for send in (coordinator.get, coordinator.post):
        answer = send(page_of(draw, "change/"))
        assert answer.status_code == 409
        assert answer.context["notice"]
    assert not answer.context["page"].may_change
