"""When two lessons overlap, travel between venues included: for one learner, and for all pairs of a draw's groups."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from courses.models import CourseRun

NO_TIME = timedelta()


@dataclass(frozen=True)
class Meeting:
    """One lesson as far as overlapping goes."""

    starts_at: datetime
    ends_at: datetime
    venue_id: int | None
    run: CourseRun


def first_overlap(new: list[Meeting], taken: list[Meeting]) -> Meeting | None:
    """The first of the taken meetings that overlaps a new one, travel between venues included.

    Both lists are ordered by start. Linear but for the search of the first candidate.
    """
    if not taken:
        return None
    travel = _travel()
    starts = [meeting.starts_at for meeting in taken]
    longest = max(meeting.ends_at - meeting.starts_at for meeting in taken)
    for meeting in new:
        index = bisect_left(starts, meeting.starts_at - longest - travel)
        while index < len(taken) and taken[index].starts_at < meeting.ends_at + travel:
            if _overlap(meeting, taken[index], travel):
                return taken[index]
            index += 1
    return None


def overlapping(meetings: dict[int, list[Meeting]]) -> dict[int, set[int]]:
    """{run id: ids of the runs whose lessons overlap its own}, for {run id: lessons}, in one pass over all lessons."""
    travel = _travel()
    found = defaultdict(set)
    going_on: list[tuple[int, Meeting]] = []
    lessons = ((pk, meeting) for pk, several in meetings.items() for meeting in several)
    for pk, meeting in sorted(lessons, key=lambda pair: pair[1].starts_at):
        going_on = [pair for pair in going_on if pair[1].ends_at + travel > meeting.starts_at]
        for other_pk, other in going_on:
            if other_pk != pk and other_pk not in found[pk] and _overlap(meeting, other, travel):
                found[pk].add(other_pk)
                found[other_pk].add(pk)
        going_on.append((pk, meeting))
    return found


def _travel():
    return timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)


def overlap(one: Meeting, other: Meeting) -> bool:
    return _overlap(one, other, _travel())


def _overlap(one, other, travel):
    elsewhere = None not in (one.venue_id, other.venue_id) and one.venue_id != other.venue_id
    gap = travel if elsewhere else NO_TIME
    return other.starts_at < one.ends_at + gap and one.starts_at < other.ends_at + gap
