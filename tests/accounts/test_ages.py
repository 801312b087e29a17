from datetime import date

import pytest

from accounts.ages import age_on, grade_on, school_year


@pytest.mark.parametrize(
    ("birth_date", "day", "age"),
    [
        (date(2016, 3, 27), date(2026, 3, 26), 9),
        (date(2016, 3, 27), date(2026, 3, 27), 10),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),  # of age on 1 March in a common year
        (date(2008, 2, 29), date(2028, 2, 29), 20),
    ],
)
def test_ages_are_counted_in_calendar_years(birth_date, day, age):
    assert age_on(birth_date, day) == age


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 8, 31), 2025), (date(2026, 9, 1), 2026), (date(2027, 1, 1), 2026)]
)
def test_a_school_year_begins_on_1_september(day, year):
    assert school_year(day) == year


@pytest.mark.parametrize(
    ("day", "grade"),
    [(date(2026, 8, 31), 4), (date(2026, 9, 1), 5), (date(2034, 5, 31), 12), (date(2034, 9, 1), None)],
)
def test_a_grade_rolls_over_on_1_september_and_ends_after_grade_12(day, grade):
    assert grade_on(day, grade=4, as_of_school_year=2025) == grade


def test_a_child_without_a_grade_has_none():
    assert grade_on(date(2026, 9, 1), grade=None, as_of_school_year=None) is None
