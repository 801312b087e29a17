from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Role
from courses.flows import lessons
from courses.models import LessonState
from courses.refusals import TimetableReason, TimetableRefused
from tests.factories import DAY, HOUR, NOON, WEEK, make_lesson, make_room, make_run, make_user
from tests.races import race

# -- One lesson: cancelled ------------------------------------------------------------------------


def a_lesson(**fields):
    return make_run(**fields).lessons.order_by("starts_at").first()


@pytest.mark.django_db
def test_a_cancelled_lesson_stays_with_its_reason_and_a_new_version():
    lesson = a_lesson()

    lessons.cancel_lesson(lesson=lesson, by=None, reason="pasniedzēja slimība", now=NOON + DAY)

    lesson.refresh_from_db()
    assert (lesson.state, lesson.cancel_reason, lesson.sequence, lesson.changed_at, lesson.run.changed_at) == (
        LessonState.CANCELLED, "pasniedzēja slimība", 1, NOON + DAY, NOON + DAY,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_replacement_has_the_length_topic_and_instructors_of_what_it_replaces():
    lesson = a_lesson()
    lesson.instructors.add(teacher := make_user())
    other_room = make_room()

    lessons.cancel_lesson(
        lesson=lesson, by=None, reason="slimība", now=NOON, replacement=(lesson.starts_at + 4 * DAY, other_room)
    )

    instead = lesson.replacement
    assert (instead.starts_at, instead.ends_at, instead.room, instead.run, list(instead.instructors.all()), instead.sequence) == (
        lesson.starts_at + 4 * DAY, lesson.ends_at + 4 * DAY, other_room, lesson.run, [teacher], 0,
    )  # fmt: skip


@pytest.mark.django_db
def test_the_run_ends_with_a_replacement_after_its_last_lesson_and_keeps_the_day_ages_are_counted_on():
    run = make_run(lessons=1)
    lesson = run.lessons.get()

    lessons.cancel_lesson(
        lesson=lesson, by=None, reason="slimība", now=NOON, replacement=(lesson.starts_at + WEEK, None)
    )

    before = run.starts_on
    run.refresh_from_db()
    assert (run.starts_at, run.ends_at, run.starts_on) == (lesson.starts_at + WEEK, lesson.ends_at + WEEK, before)
    assert lesson.replacement.room == lesson.room


@pytest.mark.django_db
def test_a_run_all_of_whose_lessons_are_cancelled_keeps_its_span():
    run = make_run(lessons=1)

    lessons.cancel_lesson(lesson=run.lessons.get(), by=None, reason="slimība", now=NOON)

    ends_at = run.ends_at
    run.refresh_from_db()
    assert run.ends_at == ends_at


@pytest.mark.django_db
def test_cancelling_twice_is_cancelling_once():
    lesson = a_lesson()
    lessons.cancel_lesson(lesson=lesson, by=None, reason="slimība", now=NOON)

    lessons.cancel_lesson(lesson=lesson, by=None, reason="cits", now=NOON, replacement=(NOON + 20 * DAY, None))

    lesson.refresh_from_db()
    assert (lesson.cancel_reason, lesson.sequence, lesson.run.lessons.count()) == ("slimība", 1, 3)


@pytest.mark.django_db
def test_a_lesson_that_is_over_is_not_cancelled():
    lesson = a_lesson()

    with pytest.raises(TimetableRefused) as refused:
        lessons.cancel_lesson(lesson=lesson, by=None, reason="slimība", now=lesson.ends_at)

    assert refused.value.reason == TimetableReason.PAST


@pytest.mark.django_db
def test_a_refused_replacement_leaves_the_lesson_as_it_was():
    lesson = a_lesson()
    taken = a_lesson(starts_at=NOON + 30 * DAY)

    with pytest.raises(TimetableRefused) as refused:
        lessons.cancel_lesson(
            lesson=lesson, by=None, reason="slimība", now=NOON, replacement=(taken.starts_at, taken.room)
        )

    lesson.refresh_from_db()
    assert (refused.value.reason, refused.value.lesson, lesson.state, lesson.sequence) == (
        TimetableReason.ROOM_TAKEN, taken, LessonState.SCHEDULED, 0,
    )  # fmt: skip


# -- One lesson: moved ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_moved_lesson_is_the_same_row_with_a_new_version_and_says_what_changed():
    lesson = a_lesson(room=make_room(name_lv="Mācību klase 1"))
    other = make_room(venue=lesson.room.venue, name_lv="Laboratorija")

    moved = lessons.move_lesson(lesson=lesson, by=None, now=NOON + DAY, starts_at=lesson.starts_at + HOUR, room=other)

    assert (moved.pk, moved.starts_at, moved.ends_at, moved.room, moved.sequence, moved.changed_at) == (
        lesson.pk, lesson.starts_at + HOUR, lesson.ends_at + HOUR, other, 1, NOON + DAY,
    )  # fmt: skip
    assert moved.change_note == (
        "08.12.2026., 12:00 → 08.12.2026., 13:00; VIZIUM, Mācību klase 1 → VIZIUM, Laboratorija"
    )


@pytest.mark.django_db
def test_moving_a_lesson_to_where_it_is_changes_nothing():
    lesson = a_lesson()

    moved = lessons.move_lesson(lesson=lesson, by=None, now=NOON, starts_at=lesson.starts_at, room=lesson.room)

    assert (moved.sequence, moved.change_note) == (0, "")


@pytest.mark.django_db
def test_a_cancelled_lesson_is_not_moved():
    lesson = a_lesson(lessons=1)
    lessons.cancel_lesson(lesson=lesson, by=None, reason="slimība", now=NOON)

    with pytest.raises(TimetableRefused) as refused:
        lessons.move_lesson(lesson=lesson, by=None, now=NOON, starts_at=NOON + 30 * DAY)

    assert refused.value.reason == TimetableReason.CANCELLED


@pytest.mark.django_db
def test_a_room_smaller_than_the_group_is_refused():
    lesson = a_lesson(capacity=12)

    with pytest.raises(TimetableRefused) as refused:
        lessons.move_lesson(lesson=lesson, by=None, now=NOON, room=make_room(capacity=10))

    assert refused.value.reason == TimetableReason.ROOM_SMALL


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("minutes_after", "in_the_way"), [(0, True), (89, True), (90, False), (-89, True), (-90, False)]
)
def test_a_room_holds_one_lesson_at_a_time_and_the_next_may_follow_at_once(minutes_after, in_the_way):
    taken = a_lesson(lessons=1)
    lesson = a_lesson(lessons=1, starts_at=NOON + 40 * DAY)
    start = taken.starts_at + timedelta(minutes=minutes_after)

    assert reason_against_moving(lesson, starts_at=start, room=taken.room) == (
        TimetableReason.ROOM_TAKEN if in_the_way else None
    )


@pytest.mark.django_db
def test_a_cancelled_lesson_takes_no_room():
    taken = a_lesson(lessons=1)
    lessons.cancel_lesson(lesson=taken, by=None, reason="slimība", now=NOON)
    lesson = a_lesson(lessons=1, starts_at=NOON + 40 * DAY)

    assert reason_against_moving(lesson, starts_at=taken.starts_at, room=taken.room) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("same_venue", "minutes_after", "in_the_way"),
    [
        (True, 89, True),
        (True, 90, False),
        (False, 90, True),
        (False, 104, True),
        (False, 105, False),
        (False, -105, False),
    ],
)
def test_an_instructor_is_in_one_place_at_a_time_and_needs_time_between_venues(same_venue, minutes_after, in_the_way):
    teacher = make_user(roles=[Role.INSTRUCTOR])
    busy = a_lesson(lessons=1)
    lesson = a_lesson(lessons=1, starts_at=NOON + 40 * DAY)
    for one in (busy, lesson):
        one.instructors.add(teacher)
    room = make_room(venue=busy.room.venue if same_venue else None)
    start = busy.starts_at + timedelta(minutes=minutes_after)

    expected = TimetableReason.INSTRUCTOR_TAKEN if in_the_way else None
    assert reason_against_moving(lesson, starts_at=start, room=room) == expected


def reason_against_moving(lesson, **changes):
    try:
        lessons.move_lesson(lesson=lesson, by=None, now=NOON, **changes)
    except TimetableRefused as refused:
        return refused.reason
    return None


@pytest.mark.django_db(transaction=True)
def test_two_lessons_moved_at_once_do_not_get_the_same_room():
    room = make_room()
    lessons = [a_lesson(lessons=1) for _ in range(4)]
    start = datetime(2027, 1, 12, 14, 0, tzinfo=UTC)

    reasons = race(lessons, lambda lesson: reason_against_moving(lesson, starts_at=start, room=room))

    assert sorted(str(reason) for reason in reasons) == ["None", *["room_taken"] * 3]


@pytest.mark.django_db
def test_another_lesson_of_the_run_is_left_alone():
    run = make_run(lessons=2)
    first, second = run.lessons.order_by("starts_at")

    lessons.move_lesson(lesson=first, by=None, now=NOON, starts_at=first.starts_at + HOUR)

    second.refresh_from_db()
    assert (second.sequence, make_lesson(run, NOON + 50 * DAY).sequence) == (0, 0)
