import re

from accounts.drawings import day_strip


def hours_of(svg):
    return [int(hour) for hour in re.findall(r">(\d+)</text>", svg)]


def test_a_short_day_names_every_hour():
    assert hours_of(day_strip([], first_hour=10, last_hour=14)) == [10, 11, 12, 13, 14]


def test_a_long_day_names_so_many_hours_that_they_do_not_touch():
    assert hours_of(day_strip([], first_hour=10, last_hour=20)) == [10, 12, 14, 16, 18, 20]
    assert hours_of(day_strip([], first_hour=8, last_hour=21)) == [8, 11, 14, 17, 21]
