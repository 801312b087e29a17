"""The dates of a draft, by its rule and beside it."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, strategies as st

from courses.flows import timetable
from courses.flows.season import dates
from courses.flows.season.versions import version_of
from courses.models import Break, Course, CourseRun, LessonState
from courses.refusals import TimetableReason, TimetableRefused
from tests.courses.flows.season.drafting import AUTUMN, SUN, days_of, make_draft
from tests.factories import NOON, make_course, make_term, make_user

DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


class _Breaks:
    """Stands for the breaks of a term that is in no database."""

    def __init__(self, breaks):
        self._breaks = breaks

    def all(self):
        return self._breaks


class _Term:
    def __init__(self, starts_on, ends_on, breaks):
        self.starts_on, self.ends_on, self.classes_start_on, self.breaks = starts_on, ends_on, None, _Breaks(breaks)


@st.composite
def seasons(draw):
    """A term with breaks, and the rule of a group in it, neither in a database."""
    first = draw(DAYS)
    length = draw(st.integers(14, 320))
    spans = draw(
        st.lists(st.tuples(st.integers(0, length), st.integers(0, 14), st.sampled_from([None, 1, 5])), max_size=5)
    )
    breaks = [
        Break(name_lv="Brīvlaiks", name_en="Break", starts_on=day, ends_on=day + timedelta(days=more), grade=grade)
        for start, more, grade in spans
        for day in [first + timedelta(days=start)]
    ]
    term = _Term(first, first + timedelta(days=length), breaks)
    low, high = draw(st.sampled_from([(1, 1), (1, 3), (5, 5), (None, None)]))
    rule = {
        "weekday": draw(st.integers(0, 6)), "duration_minutes": draw(st.integers(20, 180)),
        "start_time": draw(st.times(time(7), time(20)).map(lambda at: at.replace(second=0, microsecond=0))),
        "starts_on": first + timedelta(days=draw(st.integers(0, length))),
    }  # fmt: skip
    course = Course(grade_min=low, grade_max=high, lessons_planned=draw(st.integers(1, 45)))
    run = CourseRun(course=course, **rule)
    run._state.fields_cache["term"] = term
    return term, run


def times_or_none(run, off):
    try:
        return dates.rule_times(run, off)
    except TimetableRefused as refused:
        if refused.reason != TimetableReason.NO_LESSONS:
            raise
        return []


@given(seasons())
def test_lessons_lie_on_the_weekday_at_the_local_time_on_no_day_off_and_are_as_many_as_fit(season):
    term, run = season
    off = dates.DaysOff(term)
    named = off.of(run.course)

    times = times_or_none(run, off)

    local = [timezone.localtime(start) for start, _ in times]
    assert {(one.weekday(), one.time()) for one in local} <= {(run.weekday, run.start_time)}
    assert {end - start for start, end in times} <= {timedelta(minutes=run.duration_minutes)}
    possible = [
        day
        for day in timetable.days_between(run.starts_on, term.ends_on)
        if day.weekday() == run.weekday and day not in named
    ]
    assert [one.date() for one in local] == possible[: run.course.lessons_planned]
    alone = run.course.grade_min if run.course.grade_min == run.course.grade_max else None
    for one in term.breaks.all():
        if one.grade in (None, alone):
            assert not any(one.starts_on <= moment.date() <= one.ends_on for moment in local)
    assert not {moment.date() for moment in local} & timetable.state_holidays(term.starts_on, term.ends_on)


@given(seasons())
def test_every_such_weekday_is_either_a_lesson_or_named_as_skipped(season):
    term, run = season
    off = dates.DaysOff(term)
    last = term.ends_on

    skipped = [day for day, _ in dates.skipped(run, off, last=last)]

    run.course.lessons_planned = 1000
    held = [timezone.localdate(start) for start, _ in times_or_none(run, off)]
    first = term.starts_on if dates.begins_with_term(run, off) else run.starts_on
    assert sorted(skipped + held) == [
        day for day in timetable.days_between(first, last) if day.weekday() == run.weekday
    ]


@pytest.mark.django_db
def test_holidays_and_breaks_are_skipped_by_name_and_a_grade_s_own_break_for_that_grade_alone():
    term = make_term(
        **AUTUMN, breaks=[(date(2027, 10, 18), date(2027, 10, 22)), (date(2027, 11, 1), date(2027, 11, 5), 1)]
    )
    draft = make_draft(term=term, weekday=3, course=make_course(lessons_planned=30, grade_min=1, grade_max=1))
    others = make_draft(term=term, weekday=3, course=make_course(lessons_planned=30, grade_min=1, grade_max=2))
    off = dates.DaysOff(term)

    skipped = [dates.skipped(run, off, last=term.ends_on) for run in (draft, others)]

    brīvlaiks, proclaimed = (date(2027, 10, 21), "Brīvlaiks"), "Latvijas Republikas Proklamēšanas diena"
    assert skipped == [
        [brīvlaiks, (date(2027, 11, 4), "Brīvlaiks"), (date(2027, 11, 18), proclaimed)],
        [brīvlaiks, (date(2027, 11, 18), proclaimed)],
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "reason", "day"),
    [
        ({"starts_on": date(2027, 8, 31)}, TimetableReason.FIRST_DAY, None),
        ({"starts_on": date(2028, 1, 1)}, TimetableReason.FIRST_DAY, None),
        ({"starts_on": date(2027, 12, 22)}, TimetableReason.NO_LESSONS, None),
        ({"decision_on": date(2027, 9, 8)}, TimetableReason.DECISION_LATE, None),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused(given, reason, day):
    with pytest.raises(TimetableRefused) as refused:
        make_draft(**given)

    assert (refused.value.reason, refused.value.day) == (reason, day)


@pytest.mark.django_db
def test_an_hour_that_the_clock_leaves_out_is_refused_with_its_day_and_of_one_that_comes_twice_the_first_is_meant():
    term = make_term(starts_on=date(2028, 3, 1), ends_on=date(2028, 11, 30))

    with pytest.raises(TimetableRefused) as refused:
        make_draft(term=term, weekday=SUN, start_time=time(3, 30))
    autumn = make_draft(term=term, weekday=SUN, start_time=time(3, 30), starts_on=date(2028, 10, 29))

    assert (refused.value.reason, refused.value.day) == (TimetableReason.NO_SUCH_TIME, date(2028, 3, 26))
    first = autumn.lessons.earliest("starts_at").starts_at
    assert f"{first:%d.%m. %H:%M}" == "29.10. 00:30"


# -- Odd dates ---------------------------------------------------------------------------------------


@pytest.fixture
def builder():
    return make_user()


@pytest.mark.django_db
def test_dates_are_added_dropped_and_moved_one_by_one_and_known_as_odd(builder):
    draft = make_draft(course=make_course(lessons_planned=3))
    first, second, _third = draft.lessons.order_by("starts_at")

    dates.add_date(run=draft, day=date(2027, 10, 2), at=time(10), by=builder, now=NOON)
    dates.drop_date(run=draft, lesson_id=first.pk, by=builder, now=NOON)
    dates.move_date(run=draft, lesson_id=second.pk, day=date(2027, 9, 15), at=time(17), by=builder, now=NOON)

    draft.refresh_from_db()
    odd = dates.odd_dates(
        draft, draft.lessons.prefetch_related("instructors").order_by("starts_at"), dates.DaysOff(draft.term)
    )
    assert days_of(draft) == ["15.09. 17:00", "21.09. 16:00", "02.10. 10:00"]
    assert [timezone.localtime(one.starts_at).day for one in odd.added] == [15, 2]
    assert [timezone.localtime(one).day for one in odd.missing] == [7, 14]
    assert {one.state for one in draft.lessons.all()} == {LessonState.PLANNED}
    assert draft.starts_at == draft.lessons.earliest("starts_at").starts_at


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "at", "reason"),
    [
        (date(2027, 8, 31), time(16), TimetableReason.OUTSIDE_TERM),
        (date(2027, 9, 7), time(17), TimetableReason.SAME_TIME_TWICE),
    ],
)
def test_an_odd_date_that_makes_no_sense_is_refused(builder, day, at, reason):
    draft = make_draft()

    with pytest.raises(TimetableRefused) as refused:
        dates.add_date(run=draft, day=day, at=at, by=builder, now=NOON)

    assert refused.value.reason == reason


@pytest.mark.django_db
def test_the_last_date_stays_and_the_second_of_two_editors_is_told(builder):
    draft = make_draft(course=make_course(lessons_planned=1))
    (only,) = draft.lessons.all()
    seen = version_of(CourseRun.objects.get(pk=draft.pk))
    dates.add_date(
        run=draft, day=date(2027, 10, 2), at=time(10), seen=seen, by=builder, now=NOON + timedelta(seconds=1)
    )

    with pytest.raises(TimetableRefused) as stale:
        dates.drop_date(run=draft, lesson_id=only.pk, seen=seen, by=builder, now=NOON)
    dates.drop_date(run=draft, lesson_id=only.pk, by=builder, now=NOON)
    with pytest.raises(TimetableRefused) as last:
        dates.drop_date(run=draft, lesson_id=draft.lessons.get().pk, by=builder, now=NOON)

    assert (stale.value.reason, last.value.reason) == (TimetableReason.STALE, TimetableReason.LAST_DATE)
    assert days_of(draft) == ["02.10. 10:00"]
