from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from enrollment.deadlines import half_time, offer_deadline
from tests.factories import DAY, HOUR

RIGA = ZoneInfo("Europe/Riga")


def riga(*parts):
    return datetime(*parts, tzinfo=RIGA)


def deadline(now, *, next_lesson_at=None, offer_hours=48, last_moment=None):
    found = offer_deadline(
        now=now.astimezone(UTC),
        offer_hours=offer_hours,
        last_moment=last_moment or now + 300 * DAY,
        next_lesson_at=next_lesson_at,
    )
    return found and found.astimezone(RIGA)


@pytest.mark.parametrize(
    ("days_left", "hours"),
    [(30, 48), (8, 48), (4, 24), (2, 12)],
)
def test_the_time_to_answer_shrinks_as_the_lesson_comes_near(days_left, hours):
    now = riga(2026, 11, 24, 9, 0)

    found = deadline(now, next_lesson_at=now + days_left * DAY)

    # 12 hours from nine in the morning end at 21:00, when families sleep: the next morning then.
    assert found == (now + hours * HOUR if hours != 12 else riga(2026, 11, 25, 8, 0))


def test_an_offer_lasts_two_hours_at_least():
    now = riga(2026, 11, 24, 12, 0)

    assert deadline(now, next_lesson_at=now + 3 * HOUR) == riga(2026, 11, 24, 14, 0)


@pytest.mark.parametrize("hour", [19, 20, 21, 22, 23])
def test_no_offer_expires_at_night(hour):
    now = riga(2026, 11, 24, hour, 30)

    assert deadline(now, offer_hours=2) == riga(2026, 11, 25, 8, 0)


def test_an_offer_made_after_midnight_ends_in_the_morning_of_the_same_day():
    assert deadline(riga(2026, 11, 24, 3, 0), offer_hours=2) == riga(2026, 11, 24, 8, 0)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # 48 elapsed hours over the night when clocks go back end an hour earlier by the wall clock…
        (riga(2026, 10, 24, 12, 0), riga(2026, 10, 26, 11, 0)),
        # … and an hour later when they go forward.
        (riga(2027, 3, 27, 12, 0), riga(2027, 3, 29, 13, 0)),
    ],
)
def test_hours_are_elapsed_hours_over_a_clock_change(now, expected):
    assert deadline(now) == expected


def test_the_morning_after_a_clock_change_is_at_eight_by_the_wall_clock():
    assert deadline(riga(2026, 10, 24, 20, 30), offer_hours=2) == riga(2026, 10, 25, 8, 0)


def test_an_offer_never_outlives_the_last_useful_moment():
    now = riga(2026, 11, 24, 9, 0)

    assert deadline(now, last_moment=now + 5 * HOUR) == riga(2026, 11, 24, 14, 0)


def test_no_offer_is_made_when_two_hours_are_not_left():
    now = riga(2026, 11, 24, 9, 0)

    assert deadline(now, last_moment=now + HOUR) is None


def test_the_reminder_comes_at_half_time_but_not_at_night():
    now = riga(2026, 11, 24, 9, 0)

    assert half_time(now=now, deadline=now + 48 * HOUR).astimezone(RIGA) == riga(2026, 11, 25, 9, 0)
    assert half_time(now=now, deadline=now + 26 * HOUR).astimezone(RIGA) == riga(2026, 11, 25, 8, 0)
