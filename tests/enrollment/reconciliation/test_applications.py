"""Applications against what they led to: what the flows did adds up, and each kind of hand in the database is named."""

import pytest

from courses.models import Lesson
from enrollment import reconciliation
from enrollment.flows import applications, enrollments
from enrollment.models import Applicant, Application, ApplicationState as Stage, Enrollment, Wish
from enrollment.reconciliation import Difference, reconcile
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    change_group,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    try_lesson,
)

pytestmark = pytest.mark.django_db


def found():
    return [(one.run, one.what, one.expected, one.found) for one in reconcile().differences]


@pytest.fixture
def decided():
    """The first wish was full and is waited for, the second became a place, the third is not needed."""
    family, course = make_guardian(), make_course()
    full, free, third = (
        make_run(course=course, capacity=1, starts_at=NOON + 2 * WEEK + days * DAY, lessons=1) for days in range(3)
    )
    enroll(full)
    prepared = applications.prepare(
        learners=[make_child(family)], runs=[full, free, third], by=family, now=NOON, places_wanted=1
    )
    return applications.send(application=prepared, by=family, now=NOON + HOUR)


def wish(application, rank):
    return application.wishes.get(rank=rank)


def test_what_was_decided_adds_up_also_after_the_place_was_given_back_taken_back_and_moved(decided):
    place = decided.submission.enrollments.get(state="confirmed")
    family = decided.prepared_by
    enrollments.withdraw(enrollment=place, by=family, now=NOON + 2 * HOUR)
    enroll(place.run, place.learner, by=family, now=NOON + 2 * HOUR)  # the same place, of a new submission
    place.refresh_from_db()
    enrollments.move(enrollment=place, to_run=wish(decided, 3).run, by=family, reason="Cits laiks", now=NOON + 3 * HOUR)

    assert (place.submission_id == decided.submission_id, found()) == (False, [])


def test_siblings_and_queues_add_up():
    family = make_guardian()
    run = make_run(capacity=1)
    enroll(run)
    together = applications.prepare(
        learners=[make_child(family), make_child(family, first_name="Roberts")], runs=[run], by=family, now=NOON
    )
    applications.send(application=together, by=family, now=NOON + HOUR)

    assert found() == []


def test_an_outcome_that_was_changed_by_hand_is_found(decided):
    one = wish(decided, 3)
    Wish.objects.filter(pk=one.pk).update(outcome="queue")

    (learner,) = decided.applicants.values_list("learner", flat=True)
    assert found() == [(one.run_id, f"application {decided.pk}: learner {learner}, outcome", "queue", "nothing")]


def test_a_place_where_the_wish_says_queue_is_found(decided):
    one = wish(decided, 2)
    Wish.objects.filter(pk=one.pk).update(outcome="queue")

    (learner,) = decided.applicants.values_list("learner", flat=True)
    assert found() == [(one.run_id, f"application {decided.pk}: learner {learner}, outcome", "queue", "confirmed")]


def test_more_places_than_wanted_are_found(decided):
    Wish.objects.filter(pk=wish(decided, 1).pk).update(outcome="place")

    assert (wish(decided, 1).run_id, f"application {decided.pk}: places given of those wanted", 1, 2) in found()


def test_a_wish_without_an_outcome_is_found(decided):
    Wish.objects.filter(pk=wish(decided, 3).pk).update(outcome="")

    assert found() == [(wish(decided, 1).run_id, f"application {decided.pk}: wishes without an outcome", [], [3])]


def test_an_outcome_before_the_decision_is_found():
    family, run = make_guardian(), make_run()
    prepared = applications.prepare(learners=[make_child(family)], runs=[run], by=family, now=NOON)
    prepared.wishes.update(outcome="place")

    what = f"application {prepared.pk}: outcomes of an application that is prepared"
    assert found() == [(run.pk, what, [], [1])]


def test_a_lost_submission_is_found_with_what_it_should_have_given(decided):
    Application.objects.filter(pk=decided.pk).update(submission=None)

    assert found()[0][1:] == (f"application {decided.pk}: submission", "one", "none")


def test_an_enrollment_of_no_wish_is_found(decided):
    stranger = enroll(make_run())
    Enrollment.objects.filter(pk=stranger.pk).update(submission=decided.submission)

    what = f"application {decided.pk}: enrollment {stranger.pk} of no wish that came true"
    assert found() == [(stranger.run_id, what, "none", "confirmed")]


def test_an_application_for_nobody_or_for_nothing_is_found(decided):
    Wish.objects.filter(application=decided).delete()
    Applicant.objects.filter(application=decided).delete()

    assert [what.partition(": ")[2] for _run, what, _expected, _seen in found()][:2] == ["applicants", "wishes"]


def test_all_applications_are_seen_however_many_are_read_at_once(monkeypatch):
    monkeypatch.setattr(reconciliation, "APPLICATIONS_AT_ONCE", 2)
    family = make_guardian()
    for _ in range(5):
        applications.prepare(learners=[make_child(family)], runs=[make_run()], by=family, now=NOON)
    last = Application.objects.order_by("pk").last()
    last.wishes.update(outcome="place")

    assert [what.partition(": ")[0] for _run, what, _expected, _seen in found()] == [f"application {last.pk}"]


def test_more_applications_take_no_more_queries(django_assert_num_queries, decided):
    family, run = make_guardian(), make_run(capacity=9)
    with django_assert_num_queries(25):
        reconcile()
    for name in ("Anna", "Jānis", "Pēteris"):
        prepared = applications.prepare(learners=[make_child(family, first_name=name)], runs=[run], by=family, now=NOON)
        applications.send(application=prepared, by=family, now=NOON + HOUR)
    assert Application.objects.filter(state=Stage.DECIDED).count() == 4
    with django_assert_num_queries(25):
        reconcile()


# -- Places that name another place, or a lesson ---------------------------------------------------


def test_a_trial_in_a_lesson_of_another_group_is_found():
    run = make_run(course=make_course(program=make_program(trial_answer_hours=24)))
    trial, other = try_lesson(run), make_run()
    assert found() == []
    Enrollment.objects.filter(pk=trial.pk).update(trial_lesson=Lesson.objects.filter(run=other).first())

    assert found() == [(run.pk, f"enrollment {trial.pk}: group of the trial lesson", run.pk, other.pk)]


@pytest.fixture
def waiting_to_change():
    """Waits in a full group with the old place kept."""
    course = make_course()
    old = enroll(make_run(course=course, lessons=1))
    full = make_run(course=course, capacity=1, lessons=1)
    enroll(full)
    return change_group(old, full)


def test_a_place_that_is_replaced_must_be_of_the_same_child_in_another_group(waiting_to_change):
    stranger = enroll(make_run())
    learner, old = waiting_to_change.learner_id, waiting_to_change.replaces_id
    assert found() == []

    Enrollment.objects.filter(pk=waiting_to_change.pk).update(replaces=stranger)
    of_another = found()
    Enrollment.objects.filter(pk=old).update(run=waiting_to_change.run, state="withdrawn", ended_at=NOON)
    Enrollment.objects.filter(pk=waiting_to_change.pk).update(replaces=old)

    name = f"enrollment {waiting_to_change.pk}: "
    assert of_another == [
        (waiting_to_change.run_id, f"{name}learner of the place it replaces", learner, stranger.learner_id)
    ]
    what = f"{name}group of the place it replaces"
    assert (waiting_to_change.run_id, what, "another group", waiting_to_change.run_id) in found()


def test_an_old_place_that_did_not_end_is_found():
    course = make_course()
    old = enroll(make_run(course=course, lessons=1))
    new = change_group(old, make_run(course=course, lessons=1))
    assert found() == []

    Enrollment.objects.filter(pk=old.pk).update(state="confirmed", ended_at=None)

    what = f"enrollment {new.pk}: place it replaces, enrollment {old.pk}"
    assert (new.run_id, what, "moved", "confirmed") in found()


def test_a_move_that_left_the_old_place_is_found():
    course, officer = make_course(), make_guardian()
    old = enroll(make_run(course=course, lessons=1))
    new = enrollments.move(
        enrollment=old, to_run=make_run(course=course, lessons=1), by=officer, reason="Cits laiks", now=NOON
    )
    assert found() == []

    Enrollment.objects.filter(pk=old.pk).update(state="confirmed", releases_at=None, releases_to="")

    what = f"enrollment {new.pk}: place it was moved from, enrollment {old.pk}"
    assert Difference(new.run_id, what, "moved", "confirmed") in reconcile().differences


def test_an_answer_that_nobody_wrote_down_is_found():
    one = enroll(make_run())
    Enrollment.objects.filter(pk=one.pk).update(reconfirm_by=NOON + DAY, reconfirmed_at=NOON)

    name = f"enrollment {one.pk}: "
    assert found() == [
        (one.run_id, f"{name}reconfirm_by without a row of the ledger", "asked", "nothing"),
        (one.run_id, f"{name}reconfirmed_at without a row of the ledger", "reconfirmed", "nothing"),
    ]
