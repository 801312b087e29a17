"""What a family is told about its own place: why it became one, and not a word about anybody else."""

from datetime import timedelta

import pytest
from django.utils import translation

from accounts.models import Role
from accounts.outbox import delivery
from courses.models import FirstServed, PriorityWindow
from enrollment.family.history import history
from enrollment.family.wording import event_title
from enrollment.flows import capacity, enrollments
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry, LedgerEvent
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_run,
    make_term,
    make_user,
)

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def told(enrollment):
    """(title, text) of each row, the oldest first, as the family reads it."""
    one = Enrollment.objects.for_display().get(pk=enrollment.pk)
    return [(change.title, change.text) for change in reversed(history(one, user=one.submission.submitted_by))]


def leave(enrollment, *, now):
    enrollments.withdraw(enrollment=enrollment, by=None, now=now, hold_seconds=0)
    enrollments.pass_on(enrollment=enrollment, by=None, now=now)


def test_a_free_place_says_how_many_were_free():
    run = make_run(capacity=12)
    enroll(run)

    assert told(enroll(run, now=NOON + SECOND)) == [
        ("Application received.", "The place is confirmed. Places free then: 11 of 12.")
    ]


def test_an_offer_says_what_the_number_was_and_when_the_letter_left():
    run = make_run(capacity=1)
    seated, waiting = enroll(run), enroll(run, now=NOON + SECOND)
    leave(seated, now=NOON + HOUR)
    list(delivery.send_due(now=NOON + HOUR + MINUTE))

    assert told(waiting) == [
        ("Application received.",
         "A place in the queue. Number in the queue then: 1. E-mail sent: 24.11.2026, 13:01:00."),
        ("A freed place was offered.",
         "A place became free; the number in the queue was 1. E-mail sent: 24.11.2026, 13:01:00."),
    ]  # fmt: skip


def test_who_was_passed_over_reads_why_and_who_came_after_them_reads_nothing_about_them():
    run, family = make_run(capacity=1), make_guardian()
    seated = enroll(run)
    twins = enroll(run, *(make_child(family, first_name=name) for name in ("Asnate", "Beāte")), now=NOON, together=True)
    alone = enroll(run, now=NOON + 2 * SECOND)
    leave(seated, now=NOON + HOUR)

    assert told(twins)[-1][1] == "Places free: 1, needed together: 2. The number in the queue stays."
    assert told(alone)[-1][1] == "A place became free; it was the turn of this application."
    assert [text for _title, text in told(alone) if "Asnate" in text or "Beāte" in text] == []


def test_siblings_who_go_together_read_that_there_were_places_for_all():
    run, family = make_run(capacity=1), make_guardian()
    enroll(run)
    twins = enroll(run, *(make_child(family, first_name=name) for name in ("Asnate", "Beāte")), now=NOON, together=True)
    officer = make_user(roles=[Role.DESK])
    capacity.change_capacity(run=run, capacity=3, by=officer, reason="Lielāka telpa", now=NOON + HOUR)

    assert told(twins)[-1] == ("A freed place was offered.", "There were places for all who go together.")


def test_the_class_and_a_rule_that_was_overridden_are_told_and_the_reason_of_staff_is_not():
    term, course = make_term(), make_course()
    child = make_child()
    enroll(make_run(course=course, starts_at=NOON + DAY), child)
    run = make_run(course=course, term=term, capacity=1, starts_at=NOON + 20 * DAY)
    PriorityWindow.objects.create(program=course.program, term=term, who=FirstServed.CURRENT, opens_at=NOON - 9 * DAY)
    enroll(run)
    waiting = enroll(run, child, now=NOON + 10 * DAY)
    early = enroll(
        make_run(enrollment_opens_at=NOON + WEEK), by=make_user(roles=[Role.DESK]), override_reason="Zvanīja vecmāmiņa"
    )

    assert told(waiting)[0][1] == (
        "A place in the queue. Number in the queue then: 1. Class in the queue: current pupils."
    )
    assert told(early) == [
        ("Application received.",
         "The place is confirmed. Places free then: 2 of 2. The centre gave it past a rule: Not open yet."),
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["lv", "en"])
def test_every_event_has_words_of_its_own(language):
    with translation.override(language):
        titles = [event_title(LedgerEntry(event=event, to_state=State.CONFIRMED)) for event in LedgerEvent]

    assert len(set(titles)) == len(LedgerEvent)
    assert [title for title in titles if not title[:1].isupper()] == []


def test_a_longer_history_takes_no_more_queries(django_assert_max_num_queries):
    run = make_run(capacity=1)
    seated, waiting = enroll(run), enroll(run, now=NOON + SECOND)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            enrollment=seated, run=run, number=number, event=LedgerEvent.ASKED, from_state="confirmed", to_state="confirmed",
            seats=0, at=NOON,
        )
        for number in range(2, 1002)
    )  # fmt: skip
    Enrollment.objects.filter(pk=seated.pk).update(version=1001)
    leave(Enrollment.objects.get(pk=seated.pk), now=NOON + HOUR)

    with django_assert_max_num_queries(7):
        assert len(told(waiting)) == 2
