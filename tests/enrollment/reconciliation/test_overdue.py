"""What was due and nobody did is named, an hour later and not before."""

from datetime import timedelta

import pytest

from enrollment.flows import aftercare, applications, enrollments, upkeep
from enrollment.models import Application, ApplicationState as Stage, Draw, WaitlistOffer
from enrollment.reconciliation import reconcile
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    try_lesson,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def overdue(due):
    """What is named an hour after it was due; nothing is named a little earlier, or without a clock."""
    assert (reconcile(now=due + 59 * MINUTE).differences, reconcile().differences) == ([], [])
    return [(one.run, one.what, one.expected, one.found) for one in reconcile(now=due + HOUR).differences]


def test_an_offer_that_nobody_ended():
    run = make_run(capacity=1)
    seated, waiting = enroll(run), enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON, hold_seconds=0)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    offer = WaitlistOffer.objects.get()

    what = f"enrollment {waiting.pk}: end of offer {offer.pk} overdue"
    assert overdue(offer.expires_at) == [(run.pk, what, f"done by {offer.expires_at.isoformat()}", "open")]
    upkeep.run_due(now=offer.expires_at)
    assert reconcile(now=offer.expires_at + DAY).differences == []


def test_a_hold_that_nobody_ended():
    one = enroll(make_run())
    enrollments.withdraw(enrollment=one, by=None, now=NOON, hold_seconds=600)
    due = NOON + 10 * MINUTE

    what = f"enrollment {one.pk}: end of the hold overdue"
    assert overdue(due) == [(one.run_id, what, f"done by {due.isoformat()}", "leaving")]


def test_a_trial_that_nobody_ended():
    trial = try_lesson(make_run(course=make_course(program=make_program(trial_answer_hours=24))))

    what = f"enrollment {trial.pk}: end of the trial overdue"
    assert [row[:2] for row in overdue(trial.trial_ends_at)] == [(trial.run_id, what)]


def test_a_question_whose_time_is_over():
    program = make_program(reconfirm_days=5)
    one = enroll(make_run(course=make_course(program=program), starts_at=NOON + 2 * WEEK))
    aftercare.run_due(now=NOON + 2 * WEEK - 4 * DAY)
    one.refresh_from_db()

    what = f"enrollment {one.pk}: answer whether they still come overdue"
    assert [row[:2] for row in overdue(one.reconfirm_by)] == [(one.run_id, what)]


def test_an_application_that_nobody_decided():
    family, run = make_guardian(), make_run()
    one = applications.prepare(learners=[make_child(family)], runs=[run], by=family, now=NOON)
    Application.objects.filter(pk=one.pk).update(state=Stage.RECEIVED, received_at=NOON)

    what = f"application {one.pk}: decision overdue"
    assert overdue(NOON) == [(run.pk, what, f"done by {NOON.isoformat()}", "received")]


def test_a_draw_that_nobody_held():
    run = make_run()
    draw = Draw.objects.create(
        slug="robotika", name_lv="Robotika", name_en="Robotics", program=run.course.program, seed="a" * 64,
        seed_sha256="d0e1d4a7fc36cec8d2e44d9e8e4a3b9b", announced_at=NOON, opens_at=NOON, closes_at=NOON + DAY,
    )  # fmt: skip
    draw.runs.add(run)

    (hash_of_another, late) = reconcile(now=NOON + DAY + HOUR).differences

    assert (hash_of_another.what, late.what) == ("draw robotika: seed_sha256", "draw robotika: holding it overdue")


def test_a_group_that_nobody_decided():
    run = make_run(decision_on=(NOON + DAY).date(), minimum_size=1)

    differences = reconcile(now=NOON + 3 * DAY).differences

    assert [(one.run, one.what, one.expected) for one in differences] == [
        (run.pk, "decision whether the group takes place overdue", "done by 2026-11-25")
    ]
