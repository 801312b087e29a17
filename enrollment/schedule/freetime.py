"""When a room or a person has nothing to do: gaps within the hours of a house, in minutes of the local day."""

from collections.abc import Iterable
from datetime import date, time

from courses.models import Venue
from courses.opening import hours_on

USUAL_HOURS = time(9), time(20)  # of a house that keeps none
SHORTEST = 30  # minutes that are worth showing

Span = tuple[int, int]  # minutes of the day, the end not included


def minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60) if minute < 24 * 60 else time(23, 59)


def clocks(span: Span) -> tuple[time, time]:
    return clock(span[0]), clock(span[1])


def open_hours(venue: Venue, day: date) -> Span | None:
    """When lessons can be there; None when the house is closed, or is no house (online, at a school)."""
    if not venue.opening_hours:
        return (minutes(USUAL_HOURS[0]), minutes(USUAL_HOURS[1])) if venue.address and day.weekday() < 6 else None
    hours = hours_on(venue, day)
    return hours and (minutes(hours[0]), minutes(hours[1]))


def gaps(within: Span, taken: Iterable[Span], *, shortest: int = SHORTEST) -> list[Span]:
    """What is left of a span, without pieces that are too short."""
    found, here = [], within[0]
    for first, last in sorted(taken):
        if min(first, within[1]) - here >= shortest:
            found.append((here, min(first, within[1])))
        here = max(here, last)
    if within[1] - here >= shortest:
        found.append((here, within[1]))
    return found


def common(one: Iterable[Span], other: Iterable[Span], *, shortest: int = SHORTEST) -> list[Span]:
    """What two lists of spans share."""
    other = list(other)
    shared = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted((first, last) for first, last in shared if last - first >= shortest)
