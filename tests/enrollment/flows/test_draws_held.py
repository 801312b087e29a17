"""Holding a draw: what the record says is what is written, whole or not at all."""

from uuid import uuid4

import pytest

from courses.flows import seats
from courses.models import CourseRun, RuleKind, RunState
from enrollment import allocation
from enrollment.flows import applications, draws, enrollments, places, upkeep
from enrollment.flows.draws import holding
from enrollment.models import ApplicationState as Stage, DrawState, Enrollment, LedgerEntry, LedgerEvent, Submission
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused
from tests.enrollment.drawing import (
    CLOSES,
    DURING,
    HELD,
    announce,
    apply,
    by_number,
    drawn_group,
    drawn_groups,
    entry_of,
    hold,
    learners_of,
    make_draw_program,
    outcomes,
    prepare,
    queue,
    seated,
    send,
)  # fmt: skip
from tests.factories import (
    DAY,
    NOON,
    WEEK,
    codes_of,
    counters_of,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_rule,
    make_run,
)  # fmt: skip

pytestmark = pytest.mark.django_db


# -- What is written ---------------------------------------------------------------------------------


def test_places_and_queues_follow_the_numbers_and_not_the_receipt():
    (run,) = drawn_groups(2)
    draw = announce(run)
    sent = [apply(run, now=DURING + index * DAY / 100) for index in range(5)]

    draw = hold(draw)

    order = [learners_of(one)[0] for one in by_number(draw, *sent)]
    assert seated(run) == set(order[:2])
    assert queue(run) == order[2:]
    assert counters_of(run) == (2, 0, 3)
    assert allocation.verify(draw.record).is_good
    assert reconcile().differences == []


def test_each_application_is_decided_with_the_outcome_of_each_wish():
    first, second = drawn_groups(1, 1)
    draw = announce(first, second)
    sent = by_number(draw, *(apply(first, second) for _ in range(3)))

    hold(draw)

    for one in sent:
        one.refresh_from_db()
    assert [one.state for one in sent] == [Stage.DECIDED] * 3
    assert [outcomes(one) for one in sent] == [["place", "unneeded"], ["full", "place"], ["queue", "queue"]]
    assert [one.submission.key == one.key for one in sent] == [True] * 3
    assert {one.ended_at for one in sent} == {HELD}
    assert {one.submission.received_at for one in sent} == {DURING}


def test_the_ledger_says_that_it_was_drawn_and_in_which_order():
    (run,) = drawn_groups(1)
    draw = announce(run)
    first, second = by_number(draw, apply(run), apply(run))

    hold(draw)

    rows = LedgerEntry.objects.order_by("pk").values_list(
        "enrollment__learner", "event", "to_state", "seats", "reason", "by", "at"
    )
    assert list(rows) == [
        (learners_of(first)[0], LedgerEvent.DRAWN, "confirmed", 1, "1/2", None, HELD),
        (learners_of(second)[0], LedgerEvent.DRAWN, "waitlisted", 0, "2/2", None, HELD),
    ]


def test_siblings_who_go_together_are_one_entry_and_get_all_or_none():
    first, second = drawn_groups(1, 2)
    draw, guardian = announce(first, second), make_guardian()
    siblings = [make_child(guardian), make_child(guardian, first_name="Roberts")]
    together = apply(first, second, learners=siblings, by=guardian)

    draw = hold(draw)

    assert entry_of(draw, together)["children"] == 2
    assert (seated(first), seated(second)) == (set(), {one.pk for one in siblings})
    assert Submission.objects.get().is_together


def test_siblings_wait_together_and_count_as_two():
    (run,) = drawn_groups(1)
    draw, guardian = announce(run), make_guardian()
    siblings = [make_child(guardian), make_child(guardian, first_name="Roberts")]
    apply(run, learners=siblings, by=guardian)

    hold(draw)

    assert queue(run) == [one.pk for one in siblings]
    assert counters_of(run) == (0, 0, 2)
    assert upkeep.run_due(now=HELD)["promoted"] == 0  # passed over, as only one seat is free
    assert reconcile().differences == []


def test_two_places_come_in_a_second_round_and_never_above_the_limit():
    program = make_draw_program(max_places_per_term=2)
    runs = drawn_groups(2, 2, 2, program=program)
    draw, guardian = announce(*runs), make_guardian()
    child = make_child(guardian)
    elsewhere = make_run(course=make_course(program=program), starts_at=NOON + 5 * WEEK + 4 * DAY)
    wanting = apply(*runs, learners=[child], by=guardian, places_wanted=2)
    enroll(elsewhere, child, by=guardian)  # meanwhile one of the two places is used

    draw = hold(draw)

    assert entry_of(draw, wanting)["places"] == 1
    assert outcomes(wanting) == ["place", "unneeded", "unneeded"]


def test_what_overlaps_with_a_drawn_place_is_no_second_one():
    course = make_course(program=make_draw_program())
    one, same_time = drawn_group(course, code="A"), drawn_group(course, code="B")
    draw = announce(one, same_time)
    wanting = apply(one, same_time, places_wanted=2)

    draw = hold(draw)

    assert [group["overlaps"] for group in draw.record["groups"]] == [["B"], ["A"]]
    assert outcomes(wanting) == ["place", "clash"]


def test_a_wish_that_does_not_fit_any_more_is_left_out_and_its_reason_kept():
    first, second = drawn_groups(1, 1)
    draw = announce(first, second)
    sent = apply(first, second)
    make_rule(first.course, RuleKind.GRADE, minimum=7, maximum=9)
    CourseRun.objects.filter(pk=second.pk).update(state=RunState.CANCELLED)

    draw = hold(draw)

    sent.refresh_from_db()
    assert (sent.state, sent.submission, outcomes(sent)) == (Stage.DECIDED, None, ["grade", "cancelled"])
    assert entry_of(draw, sent) | {"number": "", "order": 1} == {
        "order": 1, "pseudonym": str(sent.key), "number": "", "children": 1, "places": 1, "wishes": [], "waits_for": [],
        "given": [], "queued": [],
    }  # fmt: skip


def test_what_was_dropped_or_only_prepared_takes_no_part():
    (run,) = drawn_groups(1)
    draw = announce(run)
    dropped, prepared, sent = apply(run), prepare(run), apply(run)
    applications.drop(application=dropped, by=dropped.prepared_by, now=DURING)

    draw = hold(draw)

    prepared.refresh_from_db()
    assert [one["pseudonym"] for one in draw.record["applications"]] == [str(sent.key)]
    assert prepared.state == Stage.PREPARED


def test_a_draw_without_applications_is_held():
    draw = hold(announce(*drawn_groups(1)))

    assert (draw.state, draw.record["applications"]) == (DrawState.HELD, [])
    assert allocation.verify(draw.record).is_good


def test_a_queue_that_staff_began_keeps_its_order_before_those_drawn():
    (run,) = drawn_groups(1)
    draw = announce(run)
    CourseRun.objects.filter(pk=run.pk).update(waitlist_length=1)
    earlier = Enrollment.objects.create(
        run=run, learner=make_child(), submission=Submission.objects.create(key=apply(run).key, received_at=NOON),
        state="waitlisted", received_at=NOON, changed_at=NOON, priority=3,
    )  # fmt: skip

    holding.hold(draw=draw, now=HELD)

    assert queue(run)[0] == earlier.learner_id
    assert counters_of(run) == (0, 0, 2)


def test_a_key_that_another_press_used_up_is_replaced():
    (run,) = drawn_groups(1)
    draw = announce(run)
    sent = apply(run)
    Submission.objects.create(key=sent.key, received_at=NOON)

    hold(draw)

    sent.refresh_from_db()
    assert (sent.state, sent.submission.key == sent.key, seated(run)) == (Stage.DECIDED, False, set(learners_of(sent)))


def test_whoever_gave_a_place_in_it_back_a_moment_ago_is_drawn_like_the_others():
    (run,) = drawn_groups(1)
    draw = announce(run)
    sent = apply(run)
    child = sent.learners.get()
    given = places_given_by_hand(run, child)
    enrollments.withdraw(enrollment=given, by=sent.prepared_by, now=HELD)

    hold(draw)

    assert seated(run) == {child.pk}
    assert counters_of(run) == (1, 0, 0)


def places_given_by_hand(run, child):
    assert seats.take(run)
    submission = Submission.objects.create(key=uuid4(), received_at=NOON)
    one = Enrollment(
        run=run, learner=child, submission=submission, state="confirmed", received_at=NOON, changed_at=NOON
    )
    return places.begin([one], by=None)[0]


# -- When --------------------------------------------------------------------------------------------


def test_nothing_is_held_before_the_window_is_over():
    draw = announce(*drawn_groups(1))

    assert draws.hold(draw=draw, now=CLOSES - DAY) is False
    assert draws.due(now=CLOSES - DAY) == []
    assert draws.due(now=CLOSES) == [draw]


def test_held_twice_it_is_held_once():
    (run,) = drawn_groups(1)
    draw = announce(run)
    apply(run)
    record = hold(draw).record

    assert draws.hold(draw=draw, now=HELD + DAY) is False
    draw.refresh_from_db()
    assert (draw.held_at, draw.record, LedgerEntry.objects.count()) == (HELD, record, 1)


def test_the_worker_holds_what_is_due():
    (run,) = drawn_groups(1)
    draw = announce(run)
    apply(run)

    assert upkeep.run_due(now=HELD)["drawn"] == 1
    assert upkeep.run_due(now=HELD)["drawn"] == 0
    draw.refresh_from_db()
    assert draw.state == DrawState.HELD


def test_after_the_draw_the_group_opens_by_itself_in_the_order_of_receipt():
    (run,) = drawn_groups(2)
    draw = announce(run)
    apply(run)
    hold(draw)

    late = enroll(run, now=CLOSES + 2 * DAY)

    assert late.state == "confirmed"
    with pytest.raises(EnrollmentRefused) as raised:
        enroll(run, now=HELD)
    assert codes_of(raised) == ["not_open_yet"]


def test_sent_late_is_refused_and_takes_no_part():
    (run,) = drawn_groups(1)
    draw = announce(run)
    late = prepare(run)

    with pytest.raises(EnrollmentRefused) as raised:
        send(late, now=CLOSES)

    assert codes_of(raised) == ["closed"]
    assert hold(draw).record["applications"] == []
