"""What is needed twice at once: a room, an instructor, a learner. Travel between houses counts (PRODUCT, Timetable).

Lessons that take place are guarded by the database; what is found here comes from drafts, from lessons that were
imported, from houses too far apart, and from learners whom staff placed in spite of it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import combinations

from django.conf import settings

from .loading import Person, Placed, Timetable


class Need(StrEnum):
    ROOM = "room"
    INSTRUCTOR = "instructor"
    LEARNER = "learner"


@dataclass(frozen=True)
class Clash:
    need: Need
    one: Placed
    other: Placed
    person: Person | None = None  # the instructor
    learners: int = 0  # how many

    def beside(self, placed: Placed) -> Placed:
        return self.other if placed is self.one else self.one


def clashes_of(timetable: Timetable) -> list[Clash]:
    """In the order of time; each pair once for each reason. Only as many pairs are compared as lie near each other."""
    going_on = [one for one in timetable.placed if one.takes_time]
    by_room, by_person = defaultdict(list), defaultdict(list)
    for one in going_on:
        if one.room:
            by_room[one.room.pk].append(one)
        for person in one.people:
            by_person[person].append(one)
    found = [
        Clash(Need.ROOM, one, other)
        for several in by_room.values()
        for one, other in _near(several)
        if one.ends_at > other.starts_at
    ]
    for person, several in by_person.items():
        found += (
            Clash(Need.INSTRUCTOR, one, other, person)
            for one, other in _near(several)
            if _meet(one, other)
        )  # fmt: skip
    found += _of_learners(timetable, going_on)
    return sorted(found, key=lambda clash: (clash.other.starts_at, clash.one.lesson.pk))


def _travel():
    return timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)


def _near(several):
    """Pairs of which the second begins before the first is over and its way made."""
    several = sorted(several, key=lambda one: (one.starts_at, one.lesson.pk))
    travel = _travel()
    for index, one in enumerate(several):
        for other in several[index + 1 :]:
            if other.starts_at >= one.ends_at + travel:
                break
            yield one, other


def _meet(one: Placed, other: Placed) -> bool:
    elsewhere = None not in (one.venue_id, other.venue_id) and one.venue_id != other.venue_id
    return other.starts_at < one.ends_at + (_travel() if elsewhere else timedelta())


def _of_learners(timetable, going_on):
    of_run = defaultdict(list)
    for one in going_on:
        of_run[one.run.pk].append(one)
    counted = defaultdict(int)
    for runs in timetable.doubles.values():
        for pair in combinations(sorted(runs), 2):
            counted[pair] += 1
    for (first, second), learners in counted.items():
        for one, other in _near([*of_run[first], *of_run[second]]):
            if one.run.pk != other.run.pk and _meet(one, other):
                yield Clash(Need.LEARNER, one, other, learners=learners)
