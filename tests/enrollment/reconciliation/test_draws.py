"""Draws against their record and their rows: what was drawn adds up, and each kind of hand in the database is named."""

from datetime import timedelta

import pytest
from django.db import connection

from courses.flows import seats
from enrollment import allocation, causes
from enrollment.flows import places
from enrollment.models import (
    Applicant,
    Application,
    ApplicationState as Stage,
    Draw,
    DrawState,
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
    Submission,
    Wish,
)
from enrollment.reconciliation import reconcile
from tests.enrollment import drawing
from tests.factories import DAY, HOUR, NOON, counters_of, enroll, make_child, make_guardian, make_run

pytestmark = pytest.mark.django_db

SEED = "5eed" * 16
HELD = NOON + DAY + timedelta(minutes=1)


@pytest.fixture
def draw():
    """Three families want one group with one place: one has it, two wait. Written by the rule, not by the flow."""
    run = make_run(capacity=1)
    draw = Draw.objects.create(
        slug="robotika", name_lv="Robotika", name_en="Robotics", program=run.course.program, seed=SEED,
        seed_sha256=allocation.commitment(SEED), announced_at=NOON - DAY, opens_at=NOON, closes_at=NOON + DAY,
    )  # fmt: skip
    draw.runs.add(run)
    for _ in range(3):
        family = make_guardian()
        one = Application.objects.create(
            state=Stage.RECEIVED, draw=draw, prepared_by=family, prepared_at=NOON, received_at=NOON + HOUR
        )
        Applicant.objects.create(application=one, learner=make_child(family), draw=draw)
        Wish.objects.create(application=one, run=run, rank=1)
    hold(draw, run)
    return draw


def hold(draw, run):
    moments = {
        "announced_at": draw.announced_at,
        "opens_at": draw.opens_at,
        "closes_at": draw.closes_at,
        "held_at": HELD,
    }
    record = allocation.make_record(
        draw=draw.slug, seed=draw.seed, limit=None, moments={name: at.isoformat() for name, at in moments.items()},
        groups=[{"group": run.code, "title": {"lv": "Robotika"}, "path": run.get_absolute_url(), "free": 1, "overlaps": []}],
        applications=[
            {"pseudonym": str(one.key), "children": 1, "places": 1, "wishes": [run.code], "waits_for": [run.code]}
            for one in draw.applications.all()
        ],
    )  # fmt: skip
    for entry in record["applications"]:
        one = draw.applications.get(key=entry["pseudonym"])
        is_given = bool(entry["given"])
        submission = Submission.objects.create(key=one.key, submitted_by=one.prepared_by, received_at=one.received_at)
        assert seats.take(run) if is_given else seats.join_waitlist(run)
        enrollment = Enrollment(
            run=run, learner=one.learners.get(), submission=submission, received_at=HELD, changed_at=HELD,
            state=State.CONFIRMED if is_given else State.WAITLISTED,
        )  # fmt: skip
        reason = causes.drawn(order=entry["order"], all=len(record["applications"]))
        places.begin([enrollment], by=None, reason=reason, event=LedgerEvent.DRAWN)
        one.wishes.update(outcome="place" if is_given else "queue")
        Application.objects.filter(pk=one.pk).update(state=Stage.DECIDED, ended_at=HELD, submission=submission)
    Draw.objects.filter(pk=draw.pk).update(state=DrawState.HELD, held_at=HELD, record=record)
    draw.refresh_from_db()


def found():
    return [(one.what.removeprefix("draw robotika: "), one.expected, one.found) for one in reconcile().differences]


def in_order(draw):
    """Applications of the draw in the order of their numbers."""
    return [draw.applications.get(key=entry["pseudonym"]) for entry in draw.record["applications"]]


def rewrite(draw, change):
    change(draw.record)
    Draw.objects.filter(pk=draw.pk).update(record=draw.record)


def learner(application):
    return application.applicants.get().learner_id


def test_what_was_drawn_adds_up(draw):
    enroll(draw.runs.get(), now=HELD + HOUR)  # whoever comes later is not of the draw

    assert (counters_of(draw.runs.get()), found()) == ((1, 0, 3), [])


def test_what_the_flow_drew_adds_up_with_siblings_two_places_and_several_queues():
    first, second, third = drawing.drawn_groups(2, 1, 1)
    announced, family = drawing.announce(first, second, third), make_guardian()
    siblings = [make_child(family), make_child(family, first_name="Roberts")]
    drawing.apply(first, second, learners=siblings, by=family)
    for _ in range(4):
        drawing.apply(first, second, third, places_wanted=2)
    drawing.apply(third, waits_for=[])
    drawing.hold(announced)

    assert (LedgerEntry.objects.filter(event=LedgerEvent.DRAWN).exists(), found()) == (True, [])


def test_a_seed_that_was_changed_is_found(draw):
    Draw.objects.filter(pk=draw.pk).update(seed="0" * 64)

    assert found() == [
        ("seed_sha256", allocation.commitment("0" * 64), allocation.commitment(SEED)),
        ("record, seed", "0" * 64, SEED),
    ]


def test_a_record_that_does_not_verify_is_found(draw):
    def swap(record):
        first, second = record["applications"][:2]
        first["given"], second["given"] = second["given"], first["given"]
        first["queued"], second["queued"] = second["queued"], first["queued"]

    first, second, _third = in_order(draw)
    rewrite(draw, swap)

    told = found()

    assert (f"record, {first.key}, given", [draw.runs.get().code], []) in told
    swapped = {
        (f"learner {learner(first)}", State.WAITLISTED, State.CONFIRMED),
        (f"learner {learner(second)}", State.CONFIRMED, State.WAITLISTED),
    }
    assert {row for row in told if row[0].startswith("learner") and "order" not in row[0]} == swapped


def test_a_record_of_another_form_is_found_and_nothing_else_fails(draw):
    rewrite(draw, lambda record: record.update(applications=[{"pseudonym": "x"}], groups=[{}]))

    assert {what.partition(",")[0] for what, _expected, _found in found()} == {"record"}


def test_an_application_that_is_not_in_the_record_is_found(draw):
    family = make_guardian()
    late = Application.objects.create(
        state=Stage.DECIDED, draw=draw, prepared_by=family, prepared_at=NOON, received_at=NOON, ended_at=HELD
    )
    Applicant.objects.create(application=late, learner=make_child(family), draw=draw)
    Wish.objects.create(application=late, run=draw.runs.get(), rank=1, outcome="full")

    assert found() == [(f"application {late.key}", "in the record", "not in it")]


def test_an_application_that_was_taken_away_is_found(draw):
    last = in_order(draw)[-1]
    Application.objects.filter(pk=last.pk).update(draw=None)
    last.applicants.update(draw=None)

    assert (f"application {last.key}", "received", "nothing") in found()


def test_an_application_that_was_left_undecided_is_found(draw):
    last = in_order(draw)[-1]
    Application.objects.filter(pk=last.pk).update(state=Stage.RECEIVED, ended_at=None, submission=None)

    assert (f"application {last.pk}: state after the draw", Stage.DECIDED, Stage.RECEIVED) in found()


def test_an_applicant_who_counts_in_no_draw_is_found(draw):
    one = in_order(draw)[0]
    one.applicants.update(draw=None)

    what = f"application {one.pk}: draw in which its applicants count"
    assert found() == [(what, [str(draw.pk)], ["None"])]


def test_a_queue_in_another_order_is_found(draw):
    _first, second, third = in_order(draw)
    Enrollment.objects.filter(submission=third.submission).update(received_at=HELD - HOUR)

    assert found() == [("order of its queue", [2, 3], [3, 2])]
    assert second.submission_id != third.submission_id


def test_a_number_in_the_ledger_that_is_not_the_drawn_one_is_found(draw):
    first = in_order(draw)[0]
    unlock_ledger()
    LedgerEntry.objects.filter(enrollment__submission=first.submission).update(reason="3/3")

    assert found() == [(f"learner {learner(first)}, order in the ledger", 1, 3)]


def test_a_place_of_a_draw_that_was_never_held_is_found():
    one = enroll(make_run())
    unlock_ledger()
    LedgerEntry.objects.filter(enrollment=one).update(event=LedgerEvent.DRAWN)

    assert found() == [(f"enrollment {one.pk}: draw that gave it", "a draw held at that moment", "none")]


def unlock_ledger():
    """Take the guard of the ledger away, as only the database's owner can; the test is rolled back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE enrollment_ledgerentry DISABLE TRIGGER USER")
        else:
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'enrollment_ledgerentry'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')


def test_more_rows_take_no_more_queries(draw, django_assert_max_num_queries):
    with django_assert_max_num_queries(32):
        reconcile()
