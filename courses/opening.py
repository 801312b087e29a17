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


def week_of(venue: Venue) -> dict[int, tuple[time, time]]:
    """{weekday: (opens, closes)} of the days on which it opens; 0 is Monday."""
    week = {}
    for row in venue.opening_hours:
        if "opens" in row:
            for name in row.get("days", ()):
                week.setdefault(
                    WEEKDAYS.index(name), (time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"]))
                )
    return week


def closed_periods(venue: Venue) -> list[tuple[tuple[int, ...], str, str]]:
    """(weekdays, first month and day, last month and day): each year, "11-01" to "03-31"."""
    return [
        (tuple(WEEKDAYS.index(name) for name in row.get("days", ())), row["closed_from"], row["closed_until"])
        for row in venue.opening_hours
        if "closed_from" in row
    ]


def rows_of(week: dict[int, tuple[time, time]], closed: list[tuple[tuple[int, ...], str, str]]) -> list[dict]:
    """The same as the rows that a venue keeps: days with equal hours together."""
    together: dict[tuple[time, time], list[str]] = {}
    for weekday in sorted(week):
        together.setdefault(week[weekday], []).append(WEEKDAYS[weekday])
    opening = [
        {"days": days, "opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}
        for (opens, closes), days in together.items()
    ]
    return opening + [
        {"days": [WEEKDAYS[day] for day in days], "closed_from": first, "closed_until": last}
        for days, first, last in closed
    ]


def _is_within(month_day: str, first: str, last: str) -> bool:
    """Both ends included; a season may reach over New Year."""
    return first <= month_day <= last if first <= last else month_day >= first or month_day <= last
