"""What could be foreseen is written before the group is locked; whoever was overtaken meanwhile gets what is so."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.outbox.models import Message
from courses.models import CourseRun, FirstServed, PriorityWindow
from enrollment.flows import enrollments
from enrollment.models import EnrollmentState as State, LedgerEntry, Submission
from enrollment.reconciliation import reconcile
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    NOON,
    WEEK,
    counters_of,
    enroll,
    make_child,
    make_children,
    make_guardian,
    make_run,
    make_term,
    states_of,
)

pytestmark = pytest.mark.django_db


def seen(run):
    """The run as a page read it."""
    return CourseRun.objects.for_display().get(pk=run.pk)


def test_the_last_seat_that_somebody_else_took_meanwhile_becomes_a_place_in_the_queue():
    run = make_run(capacity=1)
    as_seen = seen(run)
    enroll(run)

    overtaken = enroll(as_seen)

    assert (states_of(run), counters_of(run)) == ([State.CONFIRMED, State.WAITLISTED], (1, 0, 1))
    assert LedgerEntry.objects.filter(enrollment=overtaken).count() == 1
    assert Message.objects.filter(kind="enrollment.place_given").count() == 1
    assert Submission.objects.count() == 2
    assert reconcile().differences == []


def test_a_seat_that_became_free_meanwhile_is_given_and_not_waited_for():
    run = make_run(capacity=1)
    first = enroll(run)
    as_seen = seen(run)
    enrollments.withdraw(enrollment=first, by=None, now=NOON)
    enrollments.pass_on(enrollment=first, by=None, now=NOON)

    enroll(as_seen)

    assert (states_of(run), counters_of(run)) == ([State.WITHDRAWN, State.CONFIRMED], (1, 0, 0))


def test_the_letter_says_the_number_that_the_queue_has():
    run = make_run(capacity=1)
    for _ in range(3):
        enroll(seen(run))

    letters = Message.objects.filter(kind="enrollment.joined_waitlist").order_by("pk")

    assert [letter.facts["position"] for letter in letters] == [1, 2]


def test_siblings_who_could_be_seen_to_fit_are_numbered_one_after_the_other():
    guardian, run = make_guardian(), make_run(capacity=1)
    enroll(run)

    enroll(seen(run), *make_children(2, guardian), by=guardian)

    letters = Message.objects.filter(kind="enrollment.joined_waitlist").order_by("pk")
    assert [letter.facts["position"] for letter in letters] == [1, 2]


def test_a_group_that_was_cancelled_meanwhile_refuses():
    run = make_run()
    as_seen = seen(run)
    CourseRun.objects.filter(pk=run.pk).update(state="cancelled")

    with pytest.raises(EnrollmentRefused) as refused:
        enroll(as_seen)

    assert refused.value.refusal.reason == Reason.CANCELLED
    assert Submission.objects.count() == 0


@pytest.mark.parametrize("taken", [0, 1])
def test_between_the_lock_of_the_group_and_the_end_little_is_done(taken):
    run, guardian = make_run(capacity=1), make_guardian()
    for _ in range(taken):
        enroll(run)
    child, as_seen = make_child(guardian), seen(run)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        enrollments.enroll(run=as_seen, learners=[child], key=uuid4(), by=guardian, now=NOON)

    statements = [one["sql"].split()[0] for one in captured if "SAVEPOINT" not in one["sql"]]
    assert statements[statements.index("UPDATE") :] == ["UPDATE", "SELECT", *["INSERT"] * taken]


def test_where_some_are_served_first_nobody_is_put_before_somebody_who_already_waits():
    term = make_term()
    run = make_run(capacity=1, term=term)
    PriorityWindow.objects.create(
        program=run.course.program, term=term, who=FirstServed.SIBLING, opens_at=run.enrollment_opens_at - WEEK
    )
    enroll(run)
    guardian = make_guardian()
    brother, sister = make_children(2, guardian)
    earlier = make_run(course=run.course, starts_at=NOON - WEEK, term=term)
    enroll(earlier, brother)
    first = enroll(seen(run), sister)

    second = enroll(seen(run))

    assert first.priority == 2
    assert first.priority <= second.priority
    assert list(run.enrollments.waitlisted()) == [first, second]
