"""When a venue is open to visitors, from the rows that staff keep about it."""

from datetime import date, time

from courses.models import Venue

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hours_on(venue: Venue, day: date) -> tuple[time, time] | None:
    """(opens, closes) in local time on that day; None when it is closed or its hours are not known."""
    name, month_day = WEEKDAYS[day.weekday()], f"{day:%m-%d}"
    rows = [row for row in venue.opening_hours if name in row.get("days", ())]
    if any(_is_within(month_day, row["closed_from"], row["closed_until"]) for row in rows if "closed_from" in row):
        return None
    for row in rows:
        if "opens" in row:
            return time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"])
    return None


def _is_within(month_day: str, first: str, last: str) -> bool:
    """Both ends included; a season may reach over New Year."""
    return first <= month_day <= last if first <= last else month_day >= first or month_day <= last
