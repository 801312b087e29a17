from datetime import timedelta

import pytest

from accounts.outbox.models import Message
from courses.models import LessonState
from enrollment.desk.today import today
from enrollment.flows import enrollments
from enrollment.models import WaitlistOffer
from tests.factories import DAY, HOUR, NOON, enroll, make_lesson, make_room, make_run

pytestmark = pytest.mark.django_db


def test_lessons_stand_by_room_from_midnight_to_midnight_in_riga():
    small, large = make_room(name_lv="Mazā"), make_room(name_lv="Lielā")
    run = make_run(room=small, lessons=0)
    first = make_lesson(run, NOON.replace(hour=6))
    late = make_lesson(run, NOON + 9 * HOUR, state=LessonState.CANCELLED)
    other = make_lesson(run, NOON, room=large)
    for elsewhere in (NOON - 13 * HOUR, NOON + 12 * HOUR):  # yesterday 23:00, tomorrow 00:00
        make_lesson(run, elsewhere)
    make_lesson(make_run(state="draft", lessons=0), NOON)

    found = today(now=NOON)

    assert {place.name: place.lessons for place in found.rooms} == {str(small): [first, late], str(large): [other]}
    assert found.lesson_count == 3


def test_lessons_held_online_stand_apart_from_those_without_a_room():
    run = make_run(lessons=0)
    without, online = (make_lesson(run, NOON, room=None, is_remote=is_remote) for is_remote in (False, True))

    assert {place.name: place.lessons for place in today(now=NOON).rooms} == {"": [without], "Tiešsaistē": [online]}


def test_offers_holds_and_openings_are_shown_by_their_time():
    run = make_run(capacity=1)
    seated, _waiting = enroll(run), enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    held = today(now=NOON).holds
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    soon = make_run(enrollment_opens_at=NOON + 3 * DAY)
    make_run(enrollment_opens_at=NOON + 15 * DAY)

    found = today(now=NOON)

    assert held == [seated]
    assert found.holds == []
    assert found.offers == [WaitlistOffer.objects.get()]
    assert found.opening == [soon]


def test_only_letters_that_failed_are_trouble():
    enrollment = enroll(make_run())
    message = Message.objects.get()
    assert today(now=NOON).troubles == []

    Message.objects.filter(pk=message.pk).update(last_error="SMTPRecipientsRefused", stopped_at=NOON)

    assert [(one.message, one.enrollment) for one in today(now=NOON).troubles] == [(message, enrollment)]


def test_a_quiet_and_a_busy_day_take_the_same_queries(django_assert_max_num_queries):
    for _ in range(3):
        run = make_run(capacity=1, starts_at=NOON + timedelta(hours=1))
        enroll(run)

    with django_assert_max_num_queries(9):
        today(now=NOON)
