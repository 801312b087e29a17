"""A year copied: the same groups again, as drafts; again, and only what is missing."""

from datetime import UTC, date, datetime, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import RoleGrant
from courses.flows.season import copying
from courses.models import CourseRun, CourseStatus, LessonState, RunState
from courses.refusals import TimetableReason, TimetableRefused
from tests.courses.flows.season.drafting import AUTUMN, MON, days_of, make_draft, make_instructor
from tests.factories import NOON, make_course, make_room, make_run, make_term, make_user
from tests.races import race

LAST_YEAR = {"starts_on": date(2026, 9, 1), "ends_on": date(2026, 12, 22)}


@pytest.fixture
def source():
    return make_term(**LAST_YEAR, enrollment_opens_at=datetime(2026, 8, 24, 7, tzinfo=UTC))


@pytest.fixture
def target():
    return make_term(**AUTUMN, enrollment_opens_at=datetime(2027, 8, 23, 7, tzinfo=UTC))


def last_years(term, *, lessons_planned=3, **fields):
    """A group of the term on Tuesdays at 16:00, as it was published."""
    defaults = {
        "starts_on": date(2026, 9, 1), "start_time": time(16), "enrollment_opens_at": term.enrollment_opens_at,
        "enrollment_closes_at": datetime(2026, 9, 11, 15, tzinfo=UTC), "starts_at": datetime(2026, 9, 1, 13, tzinfo=UTC),
        "lessons": 0,
    }  # fmt: skip
    return make_run(term=term, course=make_course(lessons_planned=lessons_planned), **defaults | fields)


def copy(source, target, *runs, by=None):
    by = by or make_user()
    return copying.copy(source=source, target=target, run_ids=[run.pk for run in runs], by=by, now=NOON)


@pytest.mark.django_db
def test_a_group_comes_again_on_its_weekday_at_its_time_with_its_numbers(source, target):
    stays, left = make_instructor(), make_instructor()
    run = last_years(source, capacity=9, minimum_size=4, decision_on=date(2026, 8, 25))
    run.instructors.set([stays, left])
    RoleGrant.objects.filter(user=left).update(ended_at=NOON)

    (made,) = copy(source, target, run).made

    made.refresh_from_db()
    assert days_of(made) == ["07.09. 16:00", "14.09. 16:00", "21.09. 16:00"]
    assert (made.state, made.copied_from, made.room, made.capacity, made.minimum_size) == (
        RunState.DRAFT, run, run.room, 9, 4
    )  # fmt: skip
    assert (made.code[0], made.code != run.code, made.slug) == ("R", True, f"{made.code}-{target.slug}".lower())
    assert made.decision_on == date(2027, 8, 24)
    assert made.enrollment_opens_at == target.enrollment_opens_at
    assert f"{made.enrollment_closes_at:%d.%m.%Y %H:%M}" == "10.09.2027 15:00"
    assert [(one.state, *one.instructors.all()) for one in made.lessons.all()] == [(LessonState.PLANNED, stays)] * 3


@pytest.mark.django_db
def test_copying_again_adds_only_what_is_missing(source, target):
    first, second = last_years(source), last_years(source)
    copy(source, target, first)

    again = copy(source, target, first, second)

    assert (again.known, [run.copied_from for run in again.made]) == (1, [second])
    assert CourseRun.objects.filter(term=target).count() == 2
    assert [(line.run, line.is_wanted) for line in copying.lines(source, target)] == [(first, False), (second, False)]


@pytest.mark.django_db
def test_a_group_that_began_later_begins_as_many_weeks_later(source, target):
    run = last_years(source, starts_on=date(2026, 10, 13))

    (made,) = copy(source, target, run).made

    assert days_of(made)[0] == "12.10. 16:00"


@pytest.mark.django_db
def test_what_cannot_be_copied_is_named_and_the_rest_is(source):
    short = make_term(starts_on=date(2027, 9, 1), ends_on=date(2027, 9, 6))
    tuesdays = last_years(source)
    mondays = last_years(source, weekday=MON, starts_on=date(2026, 9, 7))

    copied = copy(source, short, tuesdays, mondays)

    assert [run.copied_from for run in copied.made] == [mondays]
    assert [(run, refused.reason) for run, refused in copied.impossible] == [(tuesdays, TimetableReason.NO_LESSONS)]


@pytest.mark.django_db
def test_what_is_cancelled_or_not_offered_is_not_ticked_and_drafts_and_slots_are_no_lines(source, target):
    plain = last_years(source)
    cancelled = last_years(source, state=RunState.CANCELLED)
    historic = last_years(source)
    historic.course.status = CourseStatus.HISTORIC
    historic.course.save()
    make_draft(term=source, starts_on=date(2026, 9, 1))
    make_run(term=source, weekday=None, start_time=None)

    found = {line.run: line.is_wanted for line in copying.lines(source, target)}

    assert found == {plain: True, cancelled: False, historic: False}


@pytest.mark.django_db
def test_groups_of_another_term_are_not_copied_and_a_term_not_into_itself(source, target):
    foreign = last_years(target, starts_on=date(2027, 9, 7), enrollment_closes_at=datetime(2027, 9, 10, 15, tzinfo=UTC))

    assert copy(source, target, foreign).made == []
    with pytest.raises(TimetableRefused) as refused:
        copy(source, source, foreign)
    assert refused.value.reason == TimetableReason.SAME_TERM


@pytest.mark.django_db
def test_many_groups_take_as_many_queries_as_few(source, target):
    teacher, room, by = make_instructor(), make_room(), make_user()
    runs = [last_years(source, room=room) for _ in range(6)]
    for run in runs:
        run.instructors.set([teacher])
    counts = []

    for some in (runs[:1], runs[1:]):
        with CaptureQueriesContext(connection) as queries:
            copy(source, target, *some, by=by)
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_who_copy_at_once_add_each_group_once_under_codes_of_their_own():
    source, target = make_term(**LAST_YEAR, enrollment_opens_at=NOON), make_term(**AUTUMN)
    runs = [last_years(source, enrollment_closes_at=datetime(2027, 9, 11, 15, tzinfo=UTC)) for _ in range(3)]
    by = make_user()

    outcomes = race(2, lambda _: copy(source, target, *runs, by=by))

    assert sorted((len(one.made), one.known) for one in outcomes) == [(0, 3), (3, 0)]
    copies = CourseRun.objects.filter(term=target)
    assert copies.count() == len(set(copies.values_list("code", flat=True))) == 3
