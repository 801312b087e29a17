"""What a date means for a person: age, school year, grade.

Ages are counted in calendar years, never in days (PRODUCT, Programs are data).
"""

from datetime import date

SCHOOL_YEAR_STARTS = (9, 1)  # month, day: grades roll over on 1 September
FIRST_GRADE, LAST_GRADE = 1, 12


def age_on(birth_date: date, day: date) -> int:
    """Full years lived on that day; somebody born on 29 February comes of age on 1 March in a common year."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (not had_birthday)


def school_year(day: date) -> int:
    """The year in which the school year of that day began: 2026 for both 01.09.2026. and 31.08.2027."""
    return day.year if (day.month, day.day) >= SCHOOL_YEAR_STARTS else day.year - 1


def grade_on(day: date, *, grade: int | None, as_of_school_year: int | None) -> int | None:
    """The grade on that day of a pupil whose grade is known for one school year.

    None when not a pupil: no grade was given, not yet in grade 1, or past grade 12.
    """
    if grade is None or as_of_school_year is None:
        return None
    then = grade + school_year(day) - as_of_school_year
    return then if FIRST_GRADE <= then <= LAST_GRADE else None
