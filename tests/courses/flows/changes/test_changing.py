"""Orders over one lesson and over many: what becomes of them, what stands against it, and back again."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.flows import changes
from courses.models import Lesson, LessonChange, LessonState, TimetableChange
from courses.refusals import TimetableReason, TimetableRefused
from tests.factories import DAY, HOUR, NOON, WEEK, make_lesson, make_room, make_run, make_term, make_user
from tests.races import race

SECOND = timedelta(seconds=1)


def planned(order, lessons=None, *, run=None, now=NOON):
    lessons = Lesson.objects.filter(run=run) if run else lessons
    return changes.plan(order, Lesson.objects.filter(pk__in=[one.pk for one in lessons]).for_change(), now=now)


def carry_out(order, lessons=None, *, run=None, key=None, now=NOON) -> TimetableChange:
    return changes.apply(planned(order, lessons, run=run, now=now), key=key or uuid4(), by=None, now=now)


def reason_against(order, *lessons, now=NOON):
    try:
        carry_out(order, lessons, now=now)
    except TimetableRefused as refused:
        return refused.reason
    return None


def when(lesson):
    return timezone.localtime(lesson.starts_at).strftime("%a %d.%m.%Y %H:%M")


# -- Orders ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_series_moves_to_another_day_and_hour_and_stays_there_over_the_change_of_clocks():
    run = make_run(starts_at=datetime(2027, 3, 23, 14, 0, tzinfo=UTC), lessons=2)

    carry_out(changes.Move(days=1, at=time(17)), run=run)

    assert [when(one) for one in run.lessons.order_by("starts_at")] == ["Wed 24.03.2027 17:00", "Wed 31.03.2027 17:00"]
    assert {one.sequence for one in run.lessons.all()} == {1}


@pytest.mark.django_db
def test_lessons_may_change_places_with_each_other():
    run = make_run(lessons=3)

    carry_out(changes.Move(days=7), run=run)

    assert [one.starts_at for one in run.lessons.order_by("pk")] == [run.starts_at + week * WEEK for week in (1, 2, 3)]


@pytest.mark.django_db
def test_a_substitute_teaches_instead_and_the_calendar_entry_keeps_its_version():
    lesson = make_run(lessons=1).lessons.get()
    absent, other, substitute = make_user(), make_user(), make_user()
    lesson.instructors.set([absent, other])

    carry_out(changes.Substitute(instead=substitute.pk, absent=absent.pk), [lesson])

    lesson.refresh_from_db()
    assert (set(lesson.instructors.all()), lesson.sequence) == ({other, substitute}, 0)


@pytest.mark.django_db
def test_a_lesson_held_online_frees_its_room():
    lesson, other = make_run(lessons=1).lessons.get(), make_run(lessons=1).lessons.get()

    carry_out(changes.TurnRemote(reason="Ēkā nav apkures"), [lesson])

    assert reason_against(changes.Move(room_id=lesson.room_id), other) is None
    lesson.refresh_from_db()
    assert (lesson.is_remote, lesson.room, lesson.sequence) == (True, None, 1)


@pytest.mark.django_db
def test_a_cancelled_lesson_takes_place_after_all_if_its_room_is_still_free():
    lesson, other = make_run(lessons=1).lessons.get(), make_run(lessons=1).lessons.get()
    carry_out(changes.Cancel(reason="slimība"), [lesson])
    carry_out(changes.Move(room_id=lesson.room_id), [other])

    assert reason_against(changes.Restore(), lesson) == TimetableReason.ROOM_TAKEN
    carry_out(changes.Cancel(reason="slimība"), [other])
    carry_out(changes.Restore(), [lesson])

    lesson.refresh_from_db()
    assert (lesson.state, lesson.cancel_reason, lesson.sequence) == (LessonState.SCHEDULED, "", 2)


@pytest.mark.django_db
def test_the_topic_of_a_past_lesson_may_be_written_and_is_no_new_version():
    lesson = make_run(lessons=1).lessons.get()

    carry_out(changes.SetTopic(topic="Sensori"), [lesson], now=lesson.ends_at + DAY)

    lesson.refresh_from_db()
    assert (lesson.topic, lesson.sequence) == ("Sensori", 0)


# -- Refused -----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (changes.Move(), TimetableReason.NOTHING),
        (changes.Move(minutes=0), TimetableReason.ENDS_FIRST),
        (changes.Move(days=-60), TimetableReason.INTO_THE_PAST),
        (changes.Move(days=300), TimetableReason.OUTSIDE_TERM),
        (changes.Restore(), TimetableReason.NOT_CANCELLED),
        (changes.SetTopic(topic=""), TimetableReason.NOTHING),
    ],
)
def test_what_makes_no_sense_is_refused(order, reason):
    lesson = make_run(lessons=1, term=make_term()).lessons.get()

    assert reason_against(order, lesson) == reason


@pytest.mark.django_db
def test_an_hour_that_the_clock_leaves_out_is_refused_and_of_one_that_comes_twice_the_first_is_meant():
    spring = make_run(lessons=1, starts_at=datetime(2027, 3, 28, 8, 0, tzinfo=UTC)).lessons.get()
    autumn = make_run(lessons=1, starts_at=datetime(2027, 10, 31, 8, 0, tzinfo=UTC)).lessons.get()

    assert reason_against(changes.Move(at=time(3, 30)), spring) == TimetableReason.NO_SUCH_TIME
    carry_out(changes.Move(at=time(3, 30)), [autumn])

    autumn.refresh_from_db()
    assert autumn.starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_the_second_of_two_editors_is_told_and_nothing_of_the_first_is_lost():
    lesson = make_run(lessons=1).lessons.get()
    seen_by_the_second = planned(changes.Move(at=time(18)), [lesson])
    carry_out(changes.Move(at=time(17)), [lesson], now=NOON + SECOND)

    with pytest.raises(TimetableRefused) as refused:
        changes.apply(seen_by_the_second, key=uuid4(), by=None, now=NOON + 2 * SECOND)

    assert (refused.value.reason, refused.value.lesson) == (TimetableReason.STALE, lesson)
    lesson.refresh_from_db()
    assert when(lesson).endswith("17:00")


@pytest.mark.django_db
def test_one_lesson_of_many_in_the_way_refuses_all_and_names_each():
    run, taken = make_run(lessons=3), make_run(lessons=1)
    room = taken.room

    with pytest.raises(TimetableRefused) as refused:
        carry_out(changes.Move(room_id=room.pk), run=run)

    assert [(one.reason, one.other, one.edit.lesson) for one in refused.value.conflicts] == [
        (TimetableReason.ROOM_TAKEN, taken.lessons.get(), run.lessons.earliest("starts_at"))
    ]
    assert {one.room for one in run.lessons.all()} == {run.room}


@pytest.mark.django_db
def test_two_of_the_same_operation_in_one_room_stand_against_each_other():
    one, other = make_run(lessons=1).lessons.get(), make_run(lessons=1).lessons.get()

    found = changes.conflicts_of(planned(changes.Move(room_id=make_room().pk), [one, other]).edits)

    assert [(each.reason, each.edit.lesson, each.other_run) for each in found] == [
        (TimetableReason.ROOM_TAKEN, one, other.run)
    ]


@pytest.mark.django_db
def test_conflicts_of_hundreds_are_found_in_few_queries(django_assert_num_queries):
    run, _other = make_run(lessons=40), make_run(lessons=40)
    found = planned(changes.Move(room_id=make_room().pk), run=run)

    with django_assert_num_queries(2):  # rooms, what is there already
        assert changes.conflicts_of(found.edits) == []


# -- Once, and back ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_same_form_sent_twice_is_one_change():
    lesson, key = make_run(lessons=1).lessons.get(), uuid4()
    found = planned(changes.Move(at=time(17)), [lesson])

    first, again = (changes.apply(found, key=key, by=None, now=NOON) for _ in range(2))

    lesson.refresh_from_db()
    assert (first, lesson.sequence, LessonChange.objects.count()) == (again, 1, 1)


@pytest.mark.django_db
def test_undone_everything_is_as_before_but_for_the_version():
    run = make_run(lessons=2)
    first, _second = run.lessons.order_by("starts_at")
    first.instructors.add(teacher := make_user())
    before = changes.Snapshot.of(first)
    change = carry_out(changes.Move(days=1, room_id=make_room().pk), run=run)

    changes.undo(change, by=None, now=NOON + 59 * SECOND)
    changes.undo(change, by=None, now=NOON + 59 * SECOND)

    first.refresh_from_db()
    assert (changes.Snapshot.of(first), first.sequence, list(first.instructors.all())) == (before, 2, [teacher])
    change.refresh_from_db()
    assert change.undone_at == NOON + 59 * SECOND


@pytest.mark.django_db
def test_undone_a_replacement_is_gone_and_what_it_replaced_takes_place():
    run = make_run(lessons=1)
    lesson = run.lessons.get()
    change = carry_out(changes.Cancel(reason="slimība", replaced_at=lesson.starts_at + HOUR), [lesson])
    assert run.lessons.scheduled().get().replaces == lesson

    changes.undo(change, by=None, now=NOON + SECOND)

    assert list(run.lessons.scheduled()) == list(run.lessons.all()) == [lesson]


@pytest.mark.django_db
def test_what_is_over_or_changed_again_since_is_not_undone():
    lesson = make_run(lessons=1).lessons.get()
    first = carry_out(changes.Move(at=time(17)), [lesson])
    second = carry_out(changes.Move(at=time(18)), [lesson], now=NOON + SECOND)

    refusals = []
    for change, now in ((first, NOON + 2 * SECOND), (second, NOON + 61 * SECOND)):
        with pytest.raises(TimetableRefused) as refused:
            changes.undo(change, by=None, now=now)
        refusals.append(refused.value.reason)

    assert refusals == [TimetableReason.STALE, TimetableReason.TOO_LATE]


# -- Nobody in two places ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_database_itself_refuses_a_room_and_an_instructor_twice():
    run = make_run(lessons=1)
    lesson, teacher = run.lessons.get(), make_user()
    lesson.instructors.add(teacher)
    elsewhere = make_lesson(run, lesson.starts_at, room=None)

    with pytest.raises(IntegrityError, match="lesson_has_the_room_alone"), transaction.atomic():
        make_lesson(run, lesson.starts_at + HOUR)
    with pytest.raises(IntegrityError, match="lesson_has_the_room_alone"), transaction.atomic():
        Lesson.objects.filter(pk=elsewhere.pk).update(room=lesson.room)
    with pytest.raises(IntegrityError, match="lesson_has_its_instructor_alone"), transaction.atomic():
        elsewhere.instructors.add(teacher)
    make_lesson(run, lesson.ends_at)
    make_lesson(run, lesson.starts_at, state=LessonState.CANCELLED)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["room", "instructor"])
def test_of_those_who_change_at_once_one_gets_the_room_or_the_instructor(what):
    lessons = [make_run(lessons=1).lessons.get() for _ in range(4)]
    order = changes.Move(room_id=make_room().pk) if what == "room" else changes.Substitute(instead=make_user().pk)

    reasons = race(lessons, lambda lesson: reason_against(order, lesson))

    assert sorted(str(reason) for reason in reasons) == ["None", *[f"{what}_taken"] * 3]


@pytest.mark.django_db(transaction=True)
def test_without_looking_first_the_database_still_gives_the_room_once(monkeypatch):
    monkeypatch.setattr("courses.flows.changes.applying.conflicts_of", lambda *_, **__: [])
    lessons = [make_run(lessons=1).lessons.get() for _ in range(4)]
    order = changes.Move(room_id=make_room().pk)

    reasons = race(lessons, lambda lesson: reason_against(order, lesson))

    assert sorted(str(reason) for reason in reasons) == ["None", *["room_taken"] * 3]


def test_a_snapshot_survives_its_column():
    one = changes.Snapshot(NOON, NOON + HOUR, 3, (1, 2), topic="Sensori", change_note=str(date(2026, 1, 1)))

    assert changes.Snapshot.read(one.facts()) == one
