"""A change of lessons: what is seen before it, who is told of it, and what undo takes back."""

from datetime import time, timedelta
from uuid import uuid4

import pytest

from accounts.models import Role
from accounts.outbox import delivery
from courses.flows import changes
from courses.models import LessonState, TimetableChange
from courses.refusals import TimetableReason, TimetableRefused
from enrollment.flows import bookings, timetable
from tests.enrollment.flows.timetable.changing import (
    carry_out,
    lessons_of,
    letters,
    make_coordinator,
    reason_against,
    seen,
    these,
    waiting,
)
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
    make_room,
    make_run,
    make_slot,
    make_user,
    try_lesson,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def by():
    return make_coordinator()


def first_of(run):
    return run.lessons.earliest("starts_at")


# -- Seen before ---------------------------------------------------------------------------------


def test_a_preview_counts_families_and_learners_and_letters():
    mother, father = make_guardian(), make_guardian()
    run, other = make_run(capacity=5), make_run(capacity=5)
    siblings = [make_child(mother, first_name=name) for name in ("Anna", "Bruno")]
    for child in siblings:
        child.guardianships.create(guardian=father, started_at=NOON)
    enroll(run, siblings[0], by=mother)
    enroll(run, siblings[1], by=mother)
    enroll(run)
    enroll(other)

    preview = seen(changes.Cancel(reason="slimība"), these(first_of(run)))

    assert (preview.touched.families, len(preview.touched.learners), preview.letters) == (2, 3, 3)
    assert [one.first_name for one in preview.touched.learners] == ["Anna", "Annija", "Bruno"]


def test_a_learner_on_trial_is_touched_by_the_lesson_that_is_tried_alone():
    program = make_program(trial_answer_hours=48)
    run = make_run(course=make_course(program=program))
    try_lesson(run)
    first, second, _third = run.lessons.order_by("starts_at")

    counts = [seen(changes.TurnRemote(), these(one)).touched.families for one in (first, second)]

    assert counts == [1, 0]


def test_new_clashes_of_learners_are_told_and_old_ones_are_not(by):
    run = make_run(lessons=1)
    child, again = make_child(), make_child()
    later = make_run(lessons=1, starts_at=run.starts_at + 2 * HOUR)
    for one in (child, again):
        enroll(run, one)
    enroll(later, child)

    there = seen(changes.Move(at=time(14)), lessons_of(run))
    before = seen(changes.Move(at=time(10)), lessons_of(run))

    assert [(one.learner, one.other.run) for one in there.clashes] == [(child, later)]
    assert before.clashes == []
    assert reason_against(changes.Move(at=time(14)), lessons_of(run), by=by) == TimetableReason.CLASHES
    carry_out(changes.Move(at=time(14)), lessons_of(run), by=by, clashes_seen=True)
    still = seen(changes.Move(at=time(13, 30)), lessons_of(run), now=NOON + SECOND)
    assert still.clashes == []


def test_travel_between_houses_is_a_clash_of_a_learner():
    run = make_run(lessons=1)
    child = make_child()
    enroll(run, child)
    enroll(
        make_run(lessons=1, starts_at=run.starts_at + 105 * timedelta(minutes=1), room=make_room(venue=run.room.venue)),
        child,
    )

    near, far = make_room(venue=run.room.venue), make_room()
    found = [len(seen(changes.Move(at=time(12, 10), room_id=room.pk), lessons_of(run)).clashes) for room in (near, far)]

    assert found == [0, 1]


def test_what_stands_against_a_change_comes_with_rooms_and_times_that_are_free():
    run, taken = make_run(lessons=1, capacity=10), make_run(lessons=1)
    venue = taken.room.venue
    big, small = make_room(venue=venue, capacity=12), make_room(venue=venue, capacity=9)
    teacher = make_user()
    first_of(run).instructors.add(teacher)

    preview = seen(changes.Move(room_id=taken.room_id), lessons_of(run))

    assert [(one.reason, one.other.run) for one in preview.conflicts] == [(TimetableReason.ROOM_TAKEN, taken)]
    assert big in preview.alternatives.rooms
    assert small not in preview.alternatives.rooms
    start = run.starts_at
    assert [when for when, _end in preview.alternatives.times][:2] == [
        start - 90 * timedelta(minutes=1),
        start + 90 * timedelta(minutes=1),
    ]


def test_a_preview_takes_as_many_queries_for_many_lessons_as_for_few(django_assert_num_queries):
    few, many = make_run(lessons=2, capacity=3), make_run(lessons=20, capacity=30)
    enroll(few)
    for _ in range(12):
        enroll(many)
    room = make_room()

    for run in (few, many):
        lessons = list(lessons_of(run))
        with django_assert_num_queries(9):
            seen(changes.Move(at=time(18), room_id=room.pk), lessons)


# -- Done and told -------------------------------------------------------------------------------


def test_one_letter_tells_a_family_of_all_its_children_and_lessons(by):
    mother = make_guardian()
    runs = [make_run(starts_at=NOON + 2 * WEEK + number * DAY, lessons=2) for number in range(2)]
    for run, name in zip(runs, ("Anna", "Bruno"), strict=True):
        enroll(run, make_child(mother, first_name=name), by=mother)
        enroll(run)

    carry_out(changes.TurnRemote(reason="Ēkā nav apkures"), lessons_of(*runs), by=by)

    assert len(letters()) == 3
    told = next(one for one in letters() if one.recipient == mother)
    assert told.send_after == NOON + 60 * SECOND
    assert [(group["names"], len(group["lessons"])) for group in told.facts["groups"]] == [("Anna", 2), ("Bruno", 2)]
    assert (told.facts["what"], told.facts["count"]) == ("remote", 4)


def test_a_party_of_guests_is_told_by_its_address(by):
    slot = make_slot()
    bookings.book(run=slot, seats_wanted=2, name="Līga", email="liga@example.lv", key=uuid4(), now=NOON, language="en")

    carry_out(changes.Cancel(reason="slimība"), lessons_of(slot), by=by)

    (letter,) = letters()
    assert (letter.address, letter.language) == ("liga@example.lv", "en")
    assert letter.facts["ticket_path"].startswith("/tickets/")


def test_neither_a_topic_nor_a_substitute_is_told_to_families(by):
    run = make_run()
    enroll(run)

    carry_out(changes.SetTopic(topic="Sensori"), lessons_of(run), by=by)
    carry_out(changes.Substitute(instead=make_user().pk), these(first_of(run)), by=by, now=NOON + SECOND)

    assert letters() == []


def test_who_teaches_is_told_but_not_whoever_changed_it(by):
    run = make_run(lessons=1)
    teacher = make_user(roles=[Role.INSTRUCTOR])
    first_of(run).instructors.set([teacher, by])

    carry_out(changes.Cancel(reason="slimība"), lessons_of(run), by=by)

    assert [one.recipient for one in letters("teaching_changed")] == [teacher]


def test_the_same_form_twice_is_one_change_and_one_letter(by):
    run = make_run(lessons=1)
    enroll(run)
    key = uuid4()

    order, lessons = changes.Cancel(reason="slimība"), lessons_of(run)
    fingerprint = seen(order, lessons).plan.fingerprint
    done = [timetable.change(order, lessons, key=key, fingerprint=fingerprint, by=by, now=NOON) for _ in range(2)]

    assert done[0] == done[1]
    assert len(letters()) == 1


def test_a_replacement_is_told_with_what_it_replaces(by):
    run = make_run(lessons=1)
    enroll(run)

    carry_out(changes.Cancel(reason="slimība", replaced_at=run.starts_at + 4 * DAY), lessons_of(run), by=by)

    (letter,) = letters()
    assert letter.facts["count"] == 1
    assert letter.facts["groups"][0]["lessons"][0]["replaced_at"] == (run.starts_at + 4 * DAY).isoformat()
    letter.refresh_from_db()
    text = delivery.compose(letter).body
    assert "Nodarbība nenotiks. Otrdien, 08.12.2026., plkst. 12:00, VIZIUM, Mācību klase 2." in text
    assert "Aizstās: sestdien, 12.12.2026., plkst. 12:00, VIZIUM, Mācību klase 2." in text


# -- Refused -------------------------------------------------------------------------------------


def test_the_second_of_two_is_told_that_the_lesson_was_changed_and_no_letter_leaves(by):
    run = make_run(lessons=1)
    enroll(run)
    order = changes.Move(at=time(15))
    fingerprint = seen(order, lessons_of(run)).plan.fingerprint
    for first in (changes.Move(at=time(17)), changes.Cancel(reason="slimība")):
        carry_out(first, lessons_of(run), by=by, now=NOON + SECOND)
        with pytest.raises(TimetableRefused) as refused:
            timetable.change(order, lessons_of(run), key=uuid4(), fingerprint=fingerprint, by=by, now=NOON + 2 * SECOND)
        assert refused.value.reason == TimetableReason.STALE

    assert TimetableChange.objects.count() == len(letters()) == 2


def test_the_desk_changes_one_group_and_only_coordinators_several():
    runs = [make_run(lessons=1), make_run(lessons=1, starts_at=NOON + 3 * WEEK)]
    desk, coordinator, teacher = (make_user(roles=[role]) for role in (Role.DESK, Role.COORDINATOR, Role.INSTRUCTOR))

    found = [
        reason_against(changes.Cancel(reason="x"), lessons_of(*several), by=who)
        for who, several in ((teacher, runs[:1]), (desk, runs), (desk, runs[:1]))
    ]
    one = runs[1].lessons.get()
    done = carry_out(changes.Cancel(reason="x"), these(one), by=coordinator)

    assert found == [TimetableReason.NOT_ALLOWED, TimetableReason.NOT_ALLOWED, None]
    with pytest.raises(TimetableRefused):
        timetable.undo(done, by=teacher, now=NOON)


def test_a_conflict_refuses_everything_and_tells_nobody(by):
    run, taken = make_run(lessons=2), make_run(lessons=1)
    enroll(run)

    assert reason_against(changes.Move(room_id=taken.room_id), lessons_of(run), by=by) == TimetableReason.ROOM_TAKEN
    assert letters() == []


# -- Undone --------------------------------------------------------------------------------------


def test_undo_puts_the_lesson_back_and_stops_every_letter(by):
    run = make_run(lessons=1)
    enroll(run)
    first_of(run).instructors.add(make_user())
    done = carry_out(changes.Cancel(reason="slimība"), lessons_of(run), by=by)
    assert len(waiting()) == len(waiting("teaching_changed")) == 1

    timetable.undo(done, by=by, now=NOON + 30 * SECOND)
    timetable.undo(done, by=by, now=NOON + 31 * SECOND)

    assert waiting() == waiting("teaching_changed") == []
    assert first_of(run).state == LessonState.SCHEDULED
    assert list(delivery.send_due(now=NOON + HOUR)) == [True]  # the place itself was confirmed by letter


def test_an_undone_change_may_be_made_again_and_is_told_then(by):
    run = make_run(lessons=1)
    enroll(run)
    timetable.undo(carry_out(changes.Cancel(reason="slimība"), lessons_of(run), by=by), by=by, now=NOON + SECOND)

    carry_out(changes.Cancel(reason="slimība"), lessons_of(run), by=by, now=NOON + 2 * SECOND)

    assert len(waiting()) == 1


# -- A whole house -------------------------------------------------------------------------------


def test_a_house_moves_to_another_one_room_by_room(by):
    here, there = make_room(capacity=20), make_room(capacity=12)
    big = make_room(venue=there.venue, capacity=30)
    runs = [
        make_run(room=room, capacity=size, lessons=2) for room, size in ((here, 18), (make_room(venue=here.venue), 10))
    ]
    for run in runs:
        enroll(run)

    order = timetable.MoveToHouse(venue_id=there.venue_id, days=1, reason="remonts")
    carry_out(order, lessons_of(*runs), by=by)

    assert [{one.room for one in run.lessons.all()} for run in runs] == [{big}, {there}]
    assert first_of(runs[0]).starts_at == runs[0].starts_at + DAY
    assert len(letters()) == 2


def test_a_house_that_is_too_small_is_told_as_a_conflict():
    run = make_run(capacity=18, lessons=1)
    there = make_room(capacity=12)

    preview = seen(timetable.MoveToHouse(venue_id=there.venue_id), lessons_of(run))

    assert [one.reason for one in preview.conflicts] == [TimetableReason.ROOM_SMALL]
