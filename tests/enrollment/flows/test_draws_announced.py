"""Announcing, changing and cancelling a draw."""

import hashlib
from datetime import timedelta

import pytest

from accounts import staff_log
from accounts.models import Role
from accounts.outbox.models import Message
from courses.models import Allocation, FirstServed, PriorityWindow, RunState
from enrollment.flows import applications, draws
from enrollment.models import Applicant, ApplicationState as Stage, Draw, DrawState
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused
from tests.enrollment.drawing import (
    CLOSES,
    DURING,
    HELD,
    OPENS,
    announce,
    apply,
    drawn_group,
    hold,
    make_draw_program,
    prepare,
    send,
)  # fmt: skip
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    codes_of,
    enroll,
    make_course,
    make_guardian,
    make_program,
    make_slot,
    make_term,
    make_user,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def refused(*runs, **fields):
    """(code, codes of the groups in the way) of an announcement that is refused; nothing is left of it."""
    with pytest.raises(EnrollmentRefused) as raised:
        announce(*runs, **fields)
    assert Draw.objects.exclude(name_en="other").count() == 0
    return raised.value.refusal.code, raised.value.refusal.facts.get("codes")


# -- Announcing --------------------------------------------------------------------------------------


def test_a_draw_is_announced_with_the_hash_of_a_seed_that_nobody_is_shown():
    run, coordinator = drawn_group(), make_user(roles=[Role.COORDINATOR])

    draw = announce(run, by=coordinator)

    assert (draw.state, draw.announced_at, list(draw.runs.all())) == (DrawState.ANNOUNCED, NOON, [run])
    assert len(draw.seed) == 64
    assert draw.seed_sha256 == hashlib.sha256(draw.seed.encode()).hexdigest()
    assert [(row.user, row.change_message) for row in staff_log.rows_about(draw)] == [(coordinator, "announced")]


def test_every_draw_has_a_seed_and_an_address_of_its_own():
    program = make_draw_program()
    first, second = (announce(drawn_group(make_course(program=program))) for _ in range(2))

    assert first.seed != second.seed
    assert (first.slug, second.slug) == (program.slug, f"{program.slug}-2")


@pytest.mark.parametrize(
    "change",
    [
        {"capacity": 2, "seats_taken": 1},
        {"waitlist_length": 1},
        {"state": RunState.DRAFT},
        {"state": RunState.CANCELLED},
    ],
    ids=lambda change: next(iter(change)) + str(next(reversed(change.values()))),
)
def test_only_published_groups_that_nobody_has_a_place_in_are_drawn(change):
    program = make_draw_program()
    fine = drawn_group(make_course(program=program))
    bad = drawn_group(make_course(program=program), code="R-99", **change)

    assert refused(fine, bad) == ("draw_groups", "R-99")


def test_groups_belong_to_the_program_and_to_the_term():
    program, term = make_draw_program(), make_term()
    fine = drawn_group(make_course(program=program), term=term)
    elsewhere = drawn_group(code="R-98", term=term)
    another_term = drawn_group(make_course(program=program), code="R-99")

    assert refused(fine, elsewhere, program=program, term=term) == ("draw_groups", "R-98")
    assert refused(fine, another_term, program=program, term=term) == ("draw_groups", "R-99")


def test_the_program_gives_its_places_by_a_draw_and_slots_are_not_drawn():
    by_receipt = drawn_group(make_course(program=make_program(allocation=Allocation.RECEIPT)), code="R-98")
    slot = make_slot(course=make_course(program=make_draw_program()), starts_at=NOON + 4 * WEEK, code="R-99")

    assert refused(by_receipt) == ("draw_groups", "R-98")
    assert refused(slot)[0] == "draw_groups"


def test_a_group_is_in_one_draw_at_a_time_and_a_draw_has_groups():
    run = drawn_group(code="R-99")
    other = announce(run, name_en="other")

    assert refused(run) == ("draw_groups", "R-99")
    with pytest.raises(EnrollmentRefused):
        draws.announce(
            program=run.course.program, term=None, runs=[], name_lv="", name_en="", opens_at=OPENS, closes_at=CLOSES,
            by=make_user(), now=NOON,
        )  # fmt: skip
    draws.cancel(draw=other, by=make_user(), reason="", now=NOON)
    assert announce(run).runs.get() == run


@pytest.mark.parametrize(
    ("opens_at", "closes_at"),
    [(NOON - HOUR, CLOSES), (OPENS, OPENS), (CLOSES, OPENS), (OPENS, CLOSES + 2 * DAY)],
    ids=["in the past", "no time", "backwards", "after the groups open"],
)
def test_the_window_lies_ahead_and_before_the_groups_open_by_themselves(opens_at, closes_at):
    assert refused(drawn_group(), opens_at=opens_at, closes_at=closes_at)[0] == "draw_window"


def test_the_window_ends_before_the_earlier_opening_of_the_program_too():
    program, term = make_draw_program(), make_term()
    run = drawn_group(make_course(program=program), term=term)
    PriorityWindow.objects.create(program=program, term=term, who=FirstServed.CURRENT, opens_at=CLOSES - HOUR)

    assert refused(run)[0] == "draw_window"


def test_while_it_is_announced_nobody_applies_otherwise():
    run = drawn_group()
    announce(run)

    with pytest.raises(EnrollmentRefused) as raised:
        enroll(run, now=CLOSES + 2 * DAY)
    assert codes_of(raised) == ["draw"]


def test_what_was_prepared_for_these_groups_alone_takes_part():
    course = make_course(program=make_draw_program())
    drawn, also_drawn, not_drawn = (drawn_group(course, days=index) for index in range(3))
    alone, mixed = prepare(drawn, also_drawn, now=NOON - HOUR), prepare(drawn, not_drawn, now=NOON - HOUR)

    draw = announce(drawn, also_drawn)

    alone.refresh_from_db(), mixed.refresh_from_db()
    assert (alone.draw, mixed.draw) == (draw, None)
    assert send(alone).state == Stage.RECEIVED


# -- Changing ----------------------------------------------------------------------------------------


def changed(draw, *runs, now=NOON + HOUR, **fields):
    defaults = {
        "runs": runs or draw.runs.all(), "name_lv": draw.name_lv, "name_en": draw.name_en, "opens_at": draw.opens_at,
        "closes_at": draw.closes_at,
    }  # fmt: skip
    return draws.change(draw=draw, by=make_user(), now=now, **defaults | fields)


def test_before_applications_begin_it_can_be_changed_and_the_seed_stays():
    program = make_draw_program()
    first, second = (drawn_group(make_course(program=program)) for _ in range(2))
    draw = announce(first)

    after = changed(draw, second, name_lv="Cita", closes_at=CLOSES - HOUR)

    after.refresh_from_db()
    assert (after.name_lv, after.closes_at, list(after.runs.all())) == ("Cita", CLOSES - HOUR, [second])
    assert (after.seed, after.announced_at) == (draw.seed, draw.announced_at)


def test_what_was_prepared_follows_the_groups():
    program = make_draw_program()
    first, second = (drawn_group(make_course(program=program)) for _ in range(2))
    draw = announce(first)
    one, other = prepare(first, now=NOON), prepare(second, now=NOON)

    changed(draw, second)

    one.refresh_from_db(), other.refresh_from_db()
    assert (one.draw, other.draw) == (None, draw)


def test_once_applications_began_nothing_is_changed():
    draw = announce(drawn_group())

    with pytest.raises(EnrollmentRefused) as raised:
        changed(draw, now=OPENS)
    assert codes_of(raised) == ["draw_begun"]


def test_a_change_is_checked_like_an_announcement():
    draw = announce(drawn_group())

    for fields in ({"closes_at": CLOSES + 2 * DAY}, {"opens_at": NOON}, {"runs": [drawn_group()]}):
        with pytest.raises(EnrollmentRefused):
            changed(draw, **fields)
    draw.refresh_from_db()
    assert (draw.opens_at, draw.closes_at, draw.runs.count()) == (OPENS, CLOSES, 1)


# -- Cancelling --------------------------------------------------------------------------------------


def test_cancelling_drops_what_was_received_and_tells_why():
    run = drawn_group()
    draw, coordinator = announce(run), make_user(roles=[Role.COORDINATOR])
    sent, prepared = apply(run), prepare(run)
    Message.objects.all().delete()

    draws.cancel(draw=draw, by=coordinator, reason="telpas remonts", now=DURING)

    for one in (draw, sent, prepared):
        one.refresh_from_db()
    assert (draw.state, draw.record, draw.held_at) == (DrawState.CANCELLED, None, None)
    assert (sent.state, sent.ended_at, Applicant.objects.exclude(draw=None).count()) == (Stage.DROPPED, DURING, 0)
    assert (prepared.state, prepared.draw) == (Stage.PREPARED, None)
    letter = Message.objects.get()
    assert (letter.kind, letter.learner, letter.facts["reason"]) == (
        "enrollment.draw_cancelled", sent.learners.get(), "telpas remonts",
    )  # fmt: skip
    assert staff_log.rows_about(draw)[0].change_message == "cancelled: telpas remonts"
    assert reconcile().differences == []


def test_cancelled_twice_it_is_cancelled_once():
    draw = announce(drawn_group())

    for _ in range(2):
        draws.cancel(draw=draw, by=make_user(), reason="", now=DURING)

    assert staff_log.rows_about(draw).count() == 2  # announced, cancelled


def test_afterwards_its_groups_open_by_themselves_and_the_children_can_apply():
    run, guardian = drawn_group(capacity=1), make_guardian()
    draw = announce(run)
    sent = apply(run, by=guardian)
    draws.cancel(draw=draw, by=make_user(), reason="", now=DURING)
    child, opened = sent.learners.get(), CLOSES + DAY + timedelta(minutes=1)

    (again,) = applications.prepare_each(learners=[child], runs=[run], by=guardian, now=DURING)

    assert applications.send(application=again, by=guardian, now=opened).state == Stage.DECIDED
    assert child.enrollments.get().state == "confirmed"


def test_a_held_draw_is_not_cancelled_and_a_cancelled_one_not_held():
    held, cancelled = announce(drawn_group()), announce(drawn_group())
    hold(held)
    draws.cancel(draw=cancelled, by=make_user(), reason="", now=DURING)

    with pytest.raises(EnrollmentRefused) as raised:
        draws.cancel(draw=held, by=make_user(), reason="", now=HELD)
    assert codes_of(raised) == ["draw_begun"]
    assert draws.hold(draw=cancelled, now=HELD) is False
    assert draws.due(now=HELD) == []
