"""Trying one lesson: a place until the family has decided, once per course, only where a seat is free."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.models import Role
from accounts.outbox.models import Message
from courses.models import LessonState
from enrollment.flows import aftercare, enrollments, trials
from enrollment.flows.places import NotTheirs
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEvent, WaitlistOffer
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    codes_of,
    counters_of,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_user,
    states_of,
    try_lesson,
)

pytestmark = pytest.mark.django_db

LESSON = NOON + 2 * WEEK  # the first of a run made by the factory, 90 minutes long
LESSON_ENDS = LESSON + timedelta(minutes=90)
DECIDE_BY = LESSON_ENDS + 48 * HOUR


def make_trial_course(**fields):
    return make_course(program=make_program(trial_answer_hours=48, **fields))


def make_trial_run(**fields):
    return make_run(course=fields.pop("course", None) or make_trial_course(), **fields)


def kinds_of_letters():
    return list(Message.objects.order_by("pk").values_list("kind", flat=True))


def events_of(enrollment):
    return list(enrollment.ledger.order_by("number").values_list("event", "to_state", "seats"))


# -- Beginning -----------------------------------------------------------------------------------


def test_a_trial_holds_a_seat_and_names_its_lesson_and_its_end():
    run = make_trial_run(capacity=1)

    trial = try_lesson(run)

    assert (trial.state, trial.trial_lesson.starts_at, trial.trial_ends_at) == (State.TRIAL, LESSON, DECIDE_BY)
    assert counters_of(run) == (1, 0, 0)
    assert kinds_of_letters() == ["enrollment.trial_agreed"]
    assert reconcile().differences == []


def test_no_time_to_decide_ends_at_night():
    run = make_run(course=make_course(program=make_program(trial_answer_hours=10)))

    trial = try_lesson(run)  # the lesson ends at 13:30 in Riga, ten hours later it is night

    assert trial.trial_ends_at == datetime(2026, 12, 9, 6, 0, tzinfo=UTC)


def test_only_where_a_seat_is_free_and_nobody_waits():
    full, queued = make_trial_run(capacity=1), make_trial_run(capacity=1)
    enroll(full)
    seated, _waiting = enroll(queued), enroll(queued)

    for run in (full, queued):
        with pytest.raises(EnrollmentRefused) as refused:
            try_lesson(run)
        assert codes_of(refused) == [Reason.FULL]

    assert Enrollment.objects.filter(state=State.TRIAL).count() == 0
    assert seated.pk


def test_once_per_learner_and_course():
    course, child = make_trial_course(), make_child()
    first, second = make_trial_run(course=course), make_trial_run(course=course, starts_at=LESSON + DAY)
    try_lesson(first, child)

    with pytest.raises(EnrollmentRefused) as refused:
        try_lesson(second, child)

    assert codes_of(refused) == [Reason.TRIED]


def test_once_also_when_the_first_one_ended_after_its_lesson():
    course, child = make_trial_course(), make_child()
    first, second = make_trial_run(course=course), make_trial_run(course=course, starts_at=LESSON + DAY)
    trials.expire(enrollment=try_lesson(first, child), now=DECIDE_BY)

    with pytest.raises(EnrollmentRefused) as refused:
        try_lesson(second, child, now=DECIDE_BY, lesson=second.lessons.order_by("starts_at")[1])

    assert codes_of(refused) == [Reason.TRIED]


def test_one_given_back_before_its_lesson_does_not_count():
    course, child = make_trial_course(), make_child()
    first, second = make_trial_run(course=course), make_trial_run(course=course, starts_at=LESSON + DAY)
    trial = try_lesson(first, child)
    enrollments.withdraw(enrollment=trial, by=None, now=NOON, hold_seconds=0)
    enrollments.pass_on(enrollment=trial, by=None, now=NOON)

    assert try_lesson(second, child).state == State.TRIAL


def test_another_course_can_be_tried_as_well():
    child = make_child()
    try_lesson(make_trial_run(), child)

    assert try_lesson(make_trial_run(starts_at=LESSON + DAY), child).state == State.TRIAL


def test_only_where_the_program_has_trial_lessons():
    with pytest.raises(EnrollmentRefused) as refused:
        try_lesson(make_run())

    assert codes_of(refused) == [Reason.NO_TRIAL]


def test_a_lesson_of_another_group_a_cancelled_or_a_past_one_cannot_be_tried():
    run, other = make_trial_run(), make_trial_run()
    cancelled = run.lessons.order_by("starts_at").first()
    run.lessons.filter(pk=cancelled.pk).update(state=LessonState.CANCELLED)
    started = make_trial_run(starts_at=NOON - HOUR)

    for group, lesson in ((run, other.lessons.first()), (run, cancelled), (started, started.lessons.earliest("pk"))):
        with pytest.raises(EnrollmentRefused) as refused:
            try_lesson(group, lesson=lesson)
        assert codes_of(refused) == [Reason.NO_TRIAL]


def test_a_trial_counts_for_limit_and_clash():
    program = make_program(trial_answer_hours=48, max_places_per_term=1)
    child = make_child()
    try_lesson(make_run(course=make_course(program=program)), child)

    with pytest.raises(EnrollmentRefused) as at_the_limit:
        enroll(make_run(course=make_course(program=program), starts_at=LESSON + DAY), child)
    with pytest.raises(EnrollmentRefused) as at_the_same_time:
        enroll(make_run(), child)

    assert (codes_of(at_the_limit), codes_of(at_the_same_time)) == ([Reason.LIMIT], [Reason.CLASH])


def test_the_same_press_again_is_one_trial():
    run, child, key = make_trial_run(), make_child(), uuid4()

    first, second = try_lesson(run, child, key=key), try_lesson(run, child, key=key)

    assert (first.pk, counters_of(run)) == (second.pk, (1, 0, 0))


def test_somebody_elses_child_cannot_be_sent():
    with pytest.raises(NotTheirs):
        try_lesson(make_trial_run(), make_child(), by=make_guardian())


def test_what_was_given_back_a_moment_ago_is_taken_back_instead():
    run, child = make_trial_run(), make_child()
    enrollments.withdraw(enrollment=try_lesson(run, child), by=None, now=NOON)

    with pytest.raises(EnrollmentRefused) as refused:
        try_lesson(run, child)

    assert codes_of(refused) == [Reason.ALREADY]


# -- Deciding ------------------------------------------------------------------------------------


def test_kept_it_is_a_place_like_any_other():
    run = make_trial_run()
    trial = try_lesson(run)

    kept = trials.keep(enrollment=trial, by=trial.entered_by, now=LESSON_ENDS)
    again = trials.keep(enrollment=trial, by=trial.entered_by, now=LESSON_ENDS)

    assert (kept.state, kept.trial_ends_at, again.state) == (State.CONFIRMED, None, State.CONFIRMED)
    assert events_of(trial) == [(LedgerEvent.RECEIVED, State.TRIAL, 1), (LedgerEvent.KEPT, State.CONFIRMED, 0)]
    assert kinds_of_letters() == ["enrollment.trial_agreed", "enrollment.place_given"]
    assert reconcile().differences == []


def test_given_back_the_seat_is_held_for_undo_and_then_offered():
    run = make_trial_run(capacity=1)
    trial, _waiting = try_lesson(run), enroll(run)

    left = enrollments.withdraw(enrollment=trial, by=None, now=LESSON_ENDS)
    enrollments.pass_on(enrollment=trial, by=None, now=LESSON_ENDS)

    assert (left.state, states_of(run)) == (State.LEAVING, [State.WITHDRAWN, State.OFFERED])


def test_undo_brings_the_trial_back_with_its_end_counted_anew():
    run = make_trial_run()
    trial = try_lesson(run)
    enrollments.withdraw(enrollment=trial, by=None, now=NOON)

    back = enrollments.undo_withdrawal(enrollment=trial, by=None, now=NOON)

    assert (back.state, back.trial_ends_at) == (State.TRIAL, DECIDE_BY)
    trial.refresh_from_db()
    assert (trial.state, trial.trial_ends_at) == (State.TRIAL, DECIDE_BY)


def test_undo_is_too_late_when_the_time_to_decide_is_over():
    run = make_trial_run()
    trial = try_lesson(run)
    just_before = DECIDE_BY - timedelta(minutes=1)
    enrollments.withdraw(enrollment=trial, by=None, now=just_before)

    with pytest.raises(EnrollmentRefused) as refused:
        enrollments.undo_withdrawal(enrollment=trial, by=None, now=DECIDE_BY)

    assert codes_of(refused) == [Reason.TOO_LATE]


def test_without_a_word_the_seat_goes_to_the_queue():
    run = make_trial_run(capacity=1)
    trial, waiting = try_lesson(run), enroll(run)

    early = trials.expire(enrollment=trial, now=DECIDE_BY - timedelta(seconds=1))
    due = trials.expire(enrollment=trial, now=DECIDE_BY)
    again = trials.expire(enrollment=trial, now=DECIDE_BY)

    assert (early, due, again) == (False, True, False)
    assert states_of(run) == [State.EXPIRED, State.OFFERED]
    assert WaitlistOffer.objects.get().enrollment == waiting
    assert Message.objects.filter(kind="enrollment.trial_ended").count() == 1
    assert reconcile().differences == []


def test_an_answer_after_the_time_ends_it_on_the_spot():
    run = make_trial_run(capacity=1)
    trial, _waiting = try_lesson(run), enroll(run)

    for _ in range(2):
        with pytest.raises(EnrollmentRefused) as refused:
            trials.keep(enrollment=trial, by=trial.entered_by, now=DECIDE_BY)
        assert codes_of(refused) == [Reason.TOO_LATE_TO_ANSWER]

    assert states_of(run) == [State.EXPIRED, State.OFFERED]


def test_a_pupils_own_login_does_not_decide():
    run, child = make_trial_run(), make_child()
    trial = try_lesson(run, child)
    pupil = make_user()
    type(child).objects.filter(pk=child.pk).update(user=pupil)

    with pytest.raises(NotTheirs):
        trials.keep(enrollment=trial, by=pupil, now=LESSON_ENDS)


def test_staff_cancel_a_trial_like_a_place_and_undo_it():
    run = make_trial_run()
    trial = try_lesson(run)
    desk = make_user(roles=[Role.DESK])

    enrollments.cancel(enrollment=trial, by=desk, reason="kļūda", now=NOON)
    back = enrollments.undo_withdrawal(enrollment=trial, by=desk, now=NOON)

    assert (back.state, back.trial_ends_at) == (State.TRIAL, DECIDE_BY)


# -- The worker ----------------------------------------------------------------------------------


def test_the_family_is_asked_once_after_the_lesson():
    trial = try_lesson(make_trial_run())

    before = aftercare.run_due(now=LESSON_ENDS - timedelta(seconds=1))
    after = [aftercare.run_due(now=LESSON_ENDS + second * timedelta(seconds=1))["asked"] for second in range(3)]

    assert (before["asked"], after) == (0, [1, 0, 0])
    (letter,) = Message.objects.filter(kind="enrollment.trial_question")
    assert letter.recipient == trial.entered_by
    assert letter.facts["decide_by_at"] == DECIDE_BY.isoformat()


def test_the_worker_ends_what_nobody_decided():
    run = make_trial_run()
    try_lesson(run)

    assert [aftercare.run_due(now=DECIDE_BY)["ended"] for _ in range(2)] == [1, 0]
    assert states_of(run) == [State.EXPIRED]


def test_a_cancelled_lesson_makes_it_the_next_one():
    run = make_trial_run()
    trial = try_lesson(run)
    run.lessons.filter(pk=trial.trial_lesson_id).update(state=LessonState.CANCELLED)

    asked = [aftercare.run_due(now=NOON + HOUR)["asked"] for _ in range(2)]

    trial.refresh_from_db()
    assert asked == [1, 0]
    assert (trial.trial_lesson.starts_at, trial.trial_ends_at) == (LESSON + WEEK, DECIDE_BY + WEEK)
    assert kinds_of_letters() == ["enrollment.trial_agreed"] * 2


def test_a_moved_lesson_moves_the_end():
    run = make_trial_run()
    trial = try_lesson(run)
    run.lessons.filter(pk=trial.trial_lesson_id).update(starts_at=LESSON + DAY, ends_at=LESSON_ENDS + DAY)

    ended = [aftercare.run_due(now=now)["ended"] for now in (DECIDE_BY, DECIDE_BY + DAY)]

    assert ended == [0, 1]


def test_what_can_be_tried_are_the_next_lessons():
    run = make_trial_run(lessons=5)

    assert [one.starts_at for one in trials.lessons_to_try(run, now=LESSON)] == [LESSON + n * WEEK for n in (1, 2, 3)]
    assert trials.lessons_to_try(make_run(), now=NOON) == []
