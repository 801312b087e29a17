"""What somebody wants to see of the timetable: which days, in columns of what, and which of them."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum


class View(StrEnum):
    DAY = "day"
    WEEK = "week"


class By(StrEnum):
    ROOM = "room"
    INSTRUCTOR = "instructor"
    GROUP = "group"


@dataclass(frozen=True)
class Wanted:
    """Empty sets mean all that is in use; a house of which no room is named stands for all its rooms."""

    day: date
    view: View = View.DAY
    by: By = By.ROOM
    venues: frozenset[str] = frozenset()  # slugs
    rooms: frozenset[str] = frozenset()  # slugs
    people: frozenset[int] = frozenset()  # ids of instructors
    runs: frozenset[int] = frozenset()  # ids of groups
    text: str = ""  # folded; what a search for a group looks for
    shows_free: bool = True
    shows_people: bool = False
    until: date | None = None  # the last day of an export that is longer than a week

    @property
    def first(self) -> date:
        return self.day if self.view == View.DAY else self.day - timedelta(days=self.day.weekday())

    @property
    def last(self) -> date:
        if self.until:
            return self.until
        return self.day if self.view == View.DAY else self.first + timedelta(days=6)

    @property
    def step(self) -> timedelta:
        return timedelta(days=1 if self.view == View.DAY else 7)

    @property
    def before(self) -> date:
        return self.day - self.step

    @property
    def after(self) -> date:
        return self.day + self.step

    @property
    def chosen(self) -> frozenset:
        """What was picked of the things that stand in columns."""
        return {By.ROOM: self.rooms, By.INSTRUCTOR: self.people, By.GROUP: self.runs}[self.by]

    def of_day(self, day: date) -> "Wanted":
        return replace(self, day=day, view=View.DAY)
