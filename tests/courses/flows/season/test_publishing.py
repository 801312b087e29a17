"""What is to be known about drafts, and publishing them: all or none, or all against which nothing stands."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import RoleGrant
from courses.flows.season import checking, dates, publishing
from courses.models import CourseRun, Lesson, LessonState, RunState, Venue
from courses.refusals import TimetableReason, TimetableRefused
from tests.courses.flows.season.drafting import AUTUMN, FRI, make_draft, make_instructor
from tests.factories import NOON, make_course, make_room, make_run, make_term, make_user
from tests.races import race

ROOM, PERSON = TimetableReason.ROOM_TAKEN, TimetableReason.INSTRUCTOR_TAKEN


@pytest.fixture
def term():
    return make_term(**AUTUMN)


def checked(term, *runs):
    found = CourseRun.objects.filter(pk__in=[run.pk for run in runs])
    found = found.select_related("course", "room__venue").prefetch_related("instructors")
    return [checking.check(term, found)[run.pk] for run in runs]


def publish(*runs, leave_clashes=False, **options):
    return publishing.publish(
        run_ids=[run.pk for run in runs], leave_clashes=leave_clashes, by=make_user(), now=NOON, **options
    )


def states(*runs):
    found = []
    for run in runs:
        run.refresh_from_db()
        found.append((run.state, *sorted(set(run.lessons.values_list("state", flat=True)))))
    return found


PUBLISHED, DRAFT = (RunState.PUBLISHED, LessonState.SCHEDULED), (RunState.DRAFT, LessonState.PLANNED)


# -- Looked at ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_clashes_are_named_on_both_drafts_with_their_dates_and_with_what_is_published(term):
    room, teacher, course = make_room(), make_instructor(), make_course(lessons_planned=2)
    one = make_draft(term=term, course=course, room=room, instructors=(teacher.pk,))
    two = make_draft(term=term, course=course, room=room, start_time=time(17))
    published = make_run(term=term, starts_at=one.starts_at, lessons=1)
    published.lessons.get().instructors.add(teacher)

    found = checked(term, one, two)

    def clashes(check):
        return [
            (clash.reason, clash.other, [timezone.localtime(day).day for day in clash.starts], clash.instructor)
            for clash in check.clashes
        ]

    assert clashes(found[0]) == [(ROOM, two, [7, 14], None), (PERSON, published, [7], teacher)]
    assert clashes(found[1]) == [(ROOM, one, [7, 14], None)]
    assert [clash.is_with_a_draft for clash in found[0].clashes] == [True, False]


@pytest.mark.django_db
def test_between_venues_an_instructor_needs_a_quarter_of_an_hour(term):
    teacher, course = make_instructor(), make_course(lessons_planned=1)
    first = make_draft(term=term, course=course, instructors=(teacher.pk,))
    other_house = make_draft(term=term, course=course, instructors=(teacher.pk,), start_time=time(17, 40))
    same_house = make_draft(
        term=term,
        course=course,
        room=make_room(venue=first.room.venue),
        instructors=(teacher.pk,),
        start_time=time(14, 30),
    )

    found = checked(term, first, other_house, same_house)

    assert [[clash.other for clash in check.clashes] for check in found] == [[other_house], [first], []]


@pytest.mark.django_db
def test_small_rooms_closed_houses_and_missing_people_are_named_and_only_what_must_refuses(term):
    venue = Venue.objects.create(
        slug="v", name_lv="V", name_en="V", short_name="V",
        opening_hours=[{"days": ["fri"], "opens": "10:00", "closes": "17:00"}],
    )  # fmt: skip
    teacher = make_instructor()
    late = make_draft(term=term, room=make_room(venue=venue), weekday=FRI, course=make_course(lessons_planned=3))
    early = make_draft(
        term=term, room=make_room(venue=venue), weekday=FRI, start_time=time(10), instructors=(teacher.pk,)
    )
    small = make_draft(term=term, room=make_room(capacity=11))
    RoleGrant.objects.update(ended_at=NOON)
    nowhere = make_draft(term=term, room=None)

    found = checked(term, late, early, small, nowhere)

    assert [len(one.when_closed) for one in found] == [3, 0, 0, 0]
    assert [one.is_room_small for one in found] == [False, False, True, False]
    assert [one.gone for one in found] == [[], [teacher], [], []]
    assert [one.has_no_room for one in found] == [False, False, False, True]
    assert [one.refuses for one in found] == [False, True, True, False]


@pytest.mark.django_db
def test_skipped_days_and_odd_dates_are_named():
    term = make_term(**AUTUMN, breaks=[(date(2027, 9, 6), date(2027, 9, 10))])
    draft = make_draft(term=term, course=make_course(lessons_planned=2))
    dates.add_date(run=draft, day=date(2027, 10, 2), at=time(10), by=make_user(), now=NOON)

    (found,) = checked(term, draft)

    assert (found.lessons, found.skipped, len(found.odd.added)) == (3, [(date(2027, 9, 7), "Brīvlaiks")], 1)


@pytest.mark.django_db
def test_rooms_that_are_free_whenever_the_draft_meets(term):
    course, small, free, planned, taken = (
        make_course(lessons_planned=2),
        *(make_room(capacity=size) for size in (3, 20, 20, 20)),
    )
    draft = make_draft(term=term, course=course)
    make_draft(term=term, course=course, room=planned)
    make_run(room=taken, starts_at=draft.starts_at + timedelta(weeks=1), lessons=1)

    assert set(checking.free_rooms(draft)) == {free, draft.room}
    assert small.capacity < draft.capacity


@pytest.mark.django_db
def test_many_drafts_are_looked_at_in_as_many_queries_as_few(term):
    room, teacher, course = make_room(), make_instructor(), make_course(lessons_planned=5)
    runs = [make_draft(term=term, course=course, room=room, instructors=(teacher.pk,)) for _ in range(6)]
    counts = []

    for some in (runs[:2], runs):
        with CaptureQueriesContext(connection) as queries:
            checked_once = checking.check(
                term,
                CourseRun.objects.filter(pk__in=[run.pk for run in some])
                .select_related("course", "room__venue")
                .prefetch_related("instructors"),
            )
        counts.append(len(queries))

    assert len(checked_once) == 6
    assert counts[0] == counts[1]


# -- Published ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_drafts_become_groups_whose_lessons_take_place_and_a_second_press_changes_nothing(term):
    one, two = make_draft(term=term), make_draft(term=term)
    told = []

    first = publish(one, two, progress=lambda done, of: told.append((done, of)))
    again = publish(one, two)

    assert (first.done, again.done, again.already, told) == ([one, two], [], 2, [(2, 2)])
    assert states(one, two) == [PUBLISHED, PUBLISHED]
    assert (one.changed_at, one.starts_on) == (NOON, date(2027, 9, 7))


@pytest.mark.django_db
def test_part_by_part_all_are_looked_at_and_each_is_published_once(term):
    drafts = [make_draft(term=term) for _number in range(3)]

    parts = [publish(*drafts, at_most=2) for _part in range(3)]

    assert [(len(one.done), one.already, one.to_come) for one in parts] == [(2, 0, 1), (1, 2, 0), (0, 3, 0)]
    assert states(*drafts) == [PUBLISHED] * 3


@pytest.mark.django_db
def test_a_clash_refuses_all_by_name_and_date_or_is_left_out(term):
    room = make_room()
    one, two, three = make_draft(term=term, room=room), make_draft(term=term, room=room), make_draft(term=term)

    with pytest.raises(publishing.PublishRefused) as refused:
        publish(one, two, three)
    first = refused.value.conflicts[0]
    assert (first.reason, first.edit.run, first.other_run) == (ROOM, one, two)
    assert states(one, two, three) == [DRAFT, DRAFT, DRAFT]

    result = publish(one, two, three, leave_clashes=True)
    assert (result.done, result.left) == ([three], [one, two])
    assert states(one, two, three) == [DRAFT, DRAFT, PUBLISHED]
    assert publish(one).done == [one]


@pytest.mark.django_db
def test_a_group_without_lessons_or_whose_instructor_has_left_is_refused_by_name(term):
    empty, orphan = make_draft(term=term), make_draft(term=term, instructors=(make_instructor().pk,))
    empty.lessons.all().delete()
    RoleGrant.objects.update(ended_at=NOON)

    found = []
    for run in (empty, orphan):
        with pytest.raises(publishing.PublishRefused) as refused:
            publish(run)
        found.append((refused.value.run, refused.value.reason))

    assert found == [(empty, TimetableReason.NO_LESSONS), (orphan, TimetableReason.NO_INSTRUCTOR)]
    assert publish(empty, orphan, leave_clashes=True).left == [empty, orphan]


@pytest.mark.django_db
def test_a_draft_takes_nobody_s_room_until_it_is_published(term):
    draft = make_draft(term=term)
    taken = make_run(room=draft.room, starts_at=draft.starts_at, lessons=1)

    with pytest.raises(TimetableRefused) as refused:
        publish(draft)

    assert (refused.value.reason, refused.value.conflicts[0].other.run) == (ROOM, taken)


# -- At once -----------------------------------------------------------------------------------------


def _clashing():
    term, room, teacher = make_term(**AUTUMN), make_room(), make_instructor()
    course = make_course(lessons_planned=4)
    return (
        make_draft(term=term, course=course, room=room, instructors=(teacher.pk,)),
        make_draft(term=term, course=course, room=room, instructors=(teacher.pk,)),
    )


def _reason(outcome):
    return outcome.reason if isinstance(outcome, TimetableRefused) else "published"


def _race(drafts):
    by = make_user()

    def press(index):
        return publishing.publish(run_ids=[drafts[index].pk], by=by, now=NOON)

    return race(2, press)


@pytest.mark.django_db(transaction=True)
def test_of_two_coordinators_who_publish_clashing_drafts_at_once_one_is_told_with_what():
    drafts = _clashing()

    outcomes = _race(drafts)

    assert sorted(map(_reason, outcomes)) == ["published", ROOM]
    (told,) = [one for one in outcomes if isinstance(one, TimetableRefused)]
    assert (len(told.conflicts), told.conflicts[0].other_run in drafts) == (8, True)
    assert sorted(states(*drafts)) == [DRAFT, PUBLISHED]


@pytest.mark.django_db(transaction=True)
def test_without_the_look_the_database_itself_lets_only_one_of_them_through(monkeypatch):
    monkeypatch.setattr(publishing, "conflicts_of", lambda edits: [])
    monkeypatch.setattr(publishing, "lock_people_and_rooms", lambda snapshots: None)
    drafts = _clashing()

    outcomes = _race(drafts)

    assert sorted(map(_reason, outcomes)) in (["published", ROOM], [PERSON, "published"])
    assert sorted(states(*drafts)) == [DRAFT, PUBLISHED]
    assert Lesson.objects.scheduled().count() == 4
