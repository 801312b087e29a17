from datetime import UTC, date, time, timedelta

import pytest
from django.utils import timezone

from accounts.models import Role
from courses.flows import timetable
from courses.refusals import TimetableReason, TimetableRefused
from tests.factories import DAY, HOUR, NOON, make_course, make_run, make_term, make_user

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
SEPTEMBER = {"starts_on": date(2026, 9, 1), "starts_at": NOON, "ends_at": NOON + HOUR}


def local(moment):
    return timezone.localtime(moment).strftime("%d.%m.%Y %H:%M")


def weekly(*, weekday=TUE, start=time(16), lessons=30, term=None, grades=(4, 6), **fields):
    """A weekly run without lessons yet."""
    course = make_course(lessons_planned=lessons, grade_min=grades[0], grade_max=grades[1])
    fields = SEPTEMBER | {"weekday": weekday, "start_time": start, "term": term or make_term()} | fields
    return make_run(course=course, lessons=0, **fields)


# -- Dates, pure ----------------------------------------------------------------------------------


def test_weekly_dates_begin_with_the_first_such_weekday():
    dates = timetable.weekly_dates(weekday=THU, first=date(2026, 9, 1), last=date(2026, 9, 30), count=99)

    assert dates == [date(2026, 9, 3), date(2026, 9, 10), date(2026, 9, 17), date(2026, 9, 24)]


def test_weekly_dates_include_both_ends():
    dates = timetable.weekly_dates(weekday=TUE, first=date(2026, 9, 1), last=date(2026, 9, 8), count=99)

    assert dates == [date(2026, 9, 1), date(2026, 9, 8)]


def test_weekly_dates_stop_when_there_are_enough_and_do_not_count_days_off():
    off = {date(2026, 9, 8)}

    dates = timetable.weekly_dates(weekday=TUE, first=date(2026, 9, 1), last=date(2027, 5, 31), count=3, off=off)

    assert dates == [date(2026, 9, 1), date(2026, 9, 15), date(2026, 9, 22)]


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 9, 2), date(2026, 9, 7)), (date(2026, 9, 2), date(2026, 8, 1))]
)
def test_there_may_be_no_such_day_at_all(first, last):
    assert timetable.weekly_dates(weekday=TUE, first=first, last=last, count=5) == []


def test_a_leap_day_is_a_day_like_any_other():
    dates = timetable.weekly_dates(weekday=TUE, first=date(2028, 2, 20), last=date(2028, 3, 10), count=9)

    assert dates == [date(2028, 2, 22), date(2028, 2, 29), date(2028, 3, 7)]


@pytest.mark.parametrize(
    ("days", "in_utc"),
    [
        ([date(2026, 10, 20), date(2026, 10, 27)], [13, 14]),  # summer time ends on 25.10.2026.
        ([date(2027, 3, 23), date(2027, 3, 30)], [14, 13]),  # and begins on 28.03.2027.
    ],
)
def test_a_lesson_keeps_its_wall_time_when_the_clocks_change(days, in_utc):
    times = timetable.lesson_times([(day, time(16)) for day in days], minutes=90)

    assert [start.hour for start, _ in times] == in_utc
    assert [local(start) for start, _ in times] == [f"{day:%d.%m.%Y} 16:00" for day in days]
    assert [local(end) for _, end in times] == [f"{day:%d.%m.%Y} 17:30" for day in days]


@pytest.mark.parametrize("night", [date(2026, 10, 25), date(2027, 3, 28)])
def test_a_lesson_in_the_night_of_the_change_lasts_as_long_as_planned(night):
    ((start, end),) = timetable.lesson_times([(night, time(2, 30))], minutes=90)

    assert end - start == timedelta(minutes=90)
    assert start.tzinfo is UTC


# -- Holidays and breaks -------------------------------------------------------------------------


def test_state_holidays_move_to_monday_and_include_days_moved_by_the_government():
    found = timetable.state_holidays(date(2025, 11, 1), date(2026, 5, 5))

    assert sorted(day for day in found if day.weekday() < 5) == [
        date(2025, 11, 17),  # moved, so that the days before 18 November join the weekend
        date(2025, 11, 18),
        date(2025, 12, 24),
        date(2025, 12, 25),
        date(2025, 12, 26),
        date(2025, 12, 31),
        date(2026, 1, 1),
        date(2026, 1, 2),  # moved
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 4),
    ]


@pytest.mark.parametrize(("year", "monday"), [(2028, 20), (2029, 19)])  # 18 November is a Saturday, then a Sunday
def test_a_national_holiday_on_a_weekend_gives_the_monday_off(year, monday):
    found = timetable.state_holidays(date(year, 11, 1), date(year, 11, 30))

    assert found == {date(year, 11, 18), date(year, 11, monday)}


@pytest.mark.django_db
def test_days_off_are_holidays_and_breaks_with_both_ends():
    term = make_term(
        starts_on=date(2026, 10, 1), ends_on=date(2026, 11, 30), breaks=[(date(2026, 10, 19), date(2026, 10, 21))]
    )

    assert sorted(timetable.days_off(term=term)) == [
        *(date(2026, 10, day) for day in (19, 20, 21)),
        date(2026, 11, 18),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("grades", "dates"), [((1, 1), ["02.02", "16.02"]), ((1, 3), ["02.02", "09.02"]), ((2, 2), ["02.02", "09.02"])]
)
def test_a_break_of_one_grade_concerns_groups_of_exactly_that_grade(grades, dates):
    term = make_term(
        starts_on=date(2027, 2, 1), ends_on=date(2027, 2, 28), breaks=[(date(2027, 2, 8), date(2027, 2, 12), 1)]
    )
    run = weekly(term=term, lessons=2, grades=grades, starts_on=date(2027, 2, 1))

    lessons = timetable.generate_lessons(run=run, now=NOON)

    assert [local(lesson.starts_at)[:5] for lesson in lessons] == dates


# -- Lessons of a run -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_weekly_run_meets_as_often_as_planned_around_breaks_and_holidays():
    term = make_term(breaks=[(date(2026, 10, 19), date(2026, 10, 23)), (date(2026, 12, 21), date(2027, 1, 1))])
    run = weekly(weekday=WED, start=time(16), lessons=16, term=term)

    lessons = timetable.generate_lessons(run=run, now=NOON)

    assert [local(lesson.starts_at) for lesson in lessons] == [
        f"{day} 16:00"
        for day in (
            *("02.09.2026", "09.09.2026", "16.09.2026", "23.09.2026", "30.09.2026", "07.10.2026", "14.10.2026"),
            *("28.10.2026", "04.11.2026", "11.11.2026", "25.11.2026", "02.12.2026", "09.12.2026", "16.12.2026"),
            *("06.01.2027", "13.01.2027"),
        )
    ]


@pytest.mark.django_db
def test_the_run_takes_its_span_from_its_lessons():
    run = weekly(weekday=TUE, start=time(15, 30), lessons=2, term=make_term(classes_start_on=date(2026, 9, 14)))

    timetable.generate_lessons(run=run, now=NOON + DAY)

    run.refresh_from_db()
    assert (run.starts_on, local(run.starts_at), local(run.ends_at), run.changed_at) == (
        date(2026, 9, 15), "15.09.2026 15:30", "22.09.2026 17:00", NOON + DAY,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_group_that_begins_later_than_its_term_has_no_earlier_lessons():
    run = weekly(lessons=2, starts_on=date(2027, 1, 5))

    lessons = timetable.generate_lessons(run=run, now=NOON)

    assert [local(lesson.starts_at)[:10] for lesson in lessons] == ["05.01.2027", "12.01.2027"]


@pytest.mark.django_db
def test_lessons_end_with_the_term_even_when_more_were_planned():
    run = weekly(lessons=30, term=make_term(ends_on=date(2026, 9, 20)))

    lessons = timetable.generate_lessons(run=run, now=NOON)

    assert [local(lesson.starts_at)[:5] for lesson in lessons] == ["01.09", "08.09", "15.09"]


@pytest.mark.django_db
def test_lessons_have_the_room_and_the_instructors_of_the_run():
    run = weekly(lessons=2)
    run.instructors.set(teachers := [make_user(roles=[Role.INSTRUCTOR]), make_user(roles=[Role.INSTRUCTOR])])

    timetable.generate_lessons(run=run, now=NOON)

    assert [(lesson.room, list(lesson.instructors.order_by("pk"))) for lesson in run.lessons.all()] == [
        (run.room, teachers)
    ] * 2


@pytest.mark.django_db
def test_generating_again_changes_nothing():
    run = weekly(lessons=2)
    first = timetable.generate_lessons(run=run, now=NOON)

    again = timetable.generate_lessons(run=run, now=NOON + DAY)

    assert again == first
    assert run.lessons.count() == 2


@pytest.mark.django_db
def test_a_term_without_a_day_for_the_run_is_refused():
    run = weekly(weekday=SUN, term=make_term(starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 2)))

    with pytest.raises(TimetableRefused) as refused:
        timetable.generate_lessons(run=run, now=NOON)

    assert refused.value.reason == TimetableReason.NO_LESSONS


@pytest.mark.django_db
def test_generating_takes_the_same_number_of_queries_however_many_lessons(django_assert_num_queries):
    short, long = weekly(lessons=2), weekly(lessons=30)
    for run in (short, long):
        run.instructors.add(make_user())
    with django_assert_num_queries(8):
        timetable.generate_lessons(run=short, now=NOON)
    with django_assert_num_queries(8):
        timetable.generate_lessons(run=long, now=NOON)


@pytest.mark.django_db
def test_dated_lessons_are_those_given():
    run = weekly(term=None, weekday=None, start_time=None, duration_minutes=160)

    lessons = timetable.dated_lessons(
        run=run, days=[(date(2026, 10, 24), time(10)), (date(2026, 10, 26), time(17, 30))], now=NOON
    )

    assert [(local(lesson.starts_at), local(lesson.ends_at)[11:]) for lesson in lessons] == [
        ("24.10.2026 10:00", "12:40"),
        ("26.10.2026 17:30", "20:10"),
    ]
    run.refresh_from_db()
    assert (run.starts_on, local(run.ends_at)) == (date(2026, 10, 24), "26.10.2026 20:10")
