"""What a board is made of: pages, exports and tests read these, `board` puts them together."""

from dataclasses import dataclass, field
from datetime import date, time

from accounts.formatting import day_month, weekday_name
from courses.models import Room, RunKind

from .clashes import Clash, Need
from .loading import Placed, Timetable
from .wanted import By, View, Wanted

STEP = 5  # minutes of a row (static/css/week-steps.css)


@dataclass
class Block:
    """A lesson in its column."""

    placed: Placed
    clashes: list[Clash] = field(default_factory=list)
    needs_instructor: bool = False
    needs_room: bool = False
    first_hour: int = 0
    lane: int = 1
    lanes: int = 1
    url: str = ""  # where a page leads to; "" nowhere

    @property
    def lesson(self):
        return self.placed.lesson

    @property
    def run(self):
        return self.placed.run

    @property
    def kind(self):
        return self.placed.kind

    @property
    def top(self) -> int:
        return max(0, (self.placed.first_minute - self.first_hour * 60) // STEP)

    @property
    def rows(self) -> int:
        return max(4, -(-(self.placed.last_minute - self.placed.first_minute) // STEP))

    @property
    def size(self) -> str:
        """How many lines there is room for."""
        return "tiny" if self.rows < 8 else "small" if self.rows < 11 else "middle" if self.rows < 16 else "tall"

    @property
    def code(self) -> str:
        """Of a group; that of a timed slot says no more than its hour."""
        return self.run.code if self.run.kind == RunKind.GROUP else ""

    @property
    def starts(self) -> str:
        minute = self.placed.first_minute
        return f"{minute // 60:02}:{minute % 60:02}"

    @property
    def seats(self) -> str:
        return f"{self.run.seats_taken}/{self.run.capacity}"

    @property
    def title(self) -> str:
        return self.run.course.title

    @property
    def topic(self) -> str:
        return self.run.course.topic

    @property
    def is_plain(self) -> bool:
        """Takes place as planned: nothing is to be said but what it is. Nearly all are so."""
        return self.kind == "held" and not (self.is_clash or self.needs_instructor or self.needs_room)

    @property
    def is_clash(self) -> bool:
        return any(clash.need != Need.LEARNER for clash in self.clashes)

    @property
    def clashes_elsewhere(self) -> bool:
        """Needed twice, and what is in the way does not stand beside it."""
        return self.is_clash and self.lanes == 1


@dataclass(frozen=True)
class Stretch:
    """A part of a column that is not a lesson: free time, or what is needed twice."""

    top: int
    rows: int
    hours: tuple[time, time]


@dataclass
class Cell:
    """One thing on one day."""

    day: date
    closed: str = ""  # the name of the holiday or break
    blocks: list[Block] = field(default_factory=list)
    free: list[Stretch] = field(default_factory=list)
    overlaps: list[Stretch] = field(default_factory=list)
    is_today: bool = False

    @property
    def lanes(self) -> int:
        return min(3, max((block.lanes for block in self.blocks), default=1))


@dataclass
class Column:
    """A room, an instructor or a group, with its cell of each day."""

    key: str
    title: str
    note: str = ""
    cells: list[Cell] = field(default_factory=list)
    room: Room | None = None
    needs_somebody: bool = False  # a column of what has no room or no instructor

    @property
    def count(self) -> int:
        return sum(1 for cell in self.cells for block in cell.blocks if block.placed.takes_time)


@dataclass
class House:
    title: str
    columns: list[Column]
    slug: str = ""


@dataclass(frozen=True)
class Strip:
    """One column of a grid of hours: of a day a room, of a week a day."""

    title: str
    note: str
    cell: Cell
    column: Column

    @property
    def tracks(self) -> int:
        """How wide it is drawn: where lessons overlap it takes one and a half columns, or two."""
        return self.cell.lanes + 1 if self.cell.lanes > 1 else 2


@dataclass(frozen=True)
class Panel:
    """Strips under one heading; a sheet of paper of its own."""

    title: str
    strips: list[Strip]

    @property
    def tracks(self) -> int:
        return sum(strip.tracks for strip in self.strips)


@dataclass(frozen=True)
class Choice:
    """A box of the filters."""

    value: str
    title: str
    count: int
    checked: bool
    house: str = ""


@dataclass
class Board:
    wanted: Wanted
    timetable: Timetable
    houses: list[House]
    asked: list[Block]  # all that the filters let through, also in columns that are not shown
    hours: list[time]
    clashes: list[Clash]
    without_instructor: list[Block]
    without_room: list[Block]
    drafts: list[Block]
    venue_choices: list[Choice]
    choices: list[Choice]
    today: date
    left_out: int = 0  # columns past MOST_COLUMNS

    @property
    def days(self) -> list[date]:
        """Sunday only when something is on."""
        sunday = self.wanted.last
        days = self.timetable.days
        used = any(cell.blocks for column in self.columns for cell in column.cells if cell.day == sunday)
        return days if len(days) < 7 or used else days[:6]

    @property
    def columns(self) -> list[Column]:
        return [column for house in self.houses for column in house.columns]

    @property
    def only(self) -> Column | None:
        """The single thing of a week, whose days then stand in columns."""
        return self.columns[0] if self.wanted.view == View.WEEK and len(self.columns) == 1 else None

    @property
    def shape(self) -> str:
        """day: things × hours; week: days × hours of one thing; matrix: things × days."""
        return "day" if self.wanted.view == View.DAY else "week" if self.only else "matrix"

    @property
    def panels(self) -> list[Panel]:
        """The grid of hours of a day, or of the week of one thing."""
        if self.only:
            days = set(self.days)
            cells = [cell for cell in self.only.cells if cell.day in days]
            house = self.houses[0].title if self.only.room else ""
            title = ", ".join(part for part in (house, self.only.title) if part)
            return [Panel(title, [Strip(weekday_name(cell.day.weekday()), day_month(cell.day), cell, self.only) for cell in cells])]  # fmt: skip
        return [
            Panel(house.title, [Strip(column.title, column.note, column.cells[0], column) for column in house.columns])
            for house in self.houses
        ]

    @property
    def blocks(self) -> list[Block]:
        """Everything shown, in the order of time."""
        found = {(id(block.placed)): block for column in self.columns for cell in column.cells for block in cell.blocks}
        return sorted(
            found.values(), key=lambda block: (block.placed.starts_at, block.lesson.pk, block.placed.is_ghost)
        )

    @property
    def all_blocks(self) -> list[Block]:
        """As often as they are drawn."""
        return [block for column in self.columns for cell in column.cells for block in cell.blocks]

    def agenda(self, day: date) -> list[Block]:
        """One day as a list."""
        return [block for block in self.blocks if block.placed.day == day]

    @property
    def colors(self) -> dict[date, list[str]]:
        """{day: topics of its lessons}, at most four: the dots of the tabs."""
        found = {day: [] for day in self.days}
        for block in self.blocks:
            topics = found.get(block.placed.day)
            if topics is not None and block.placed.takes_time and block.run.course.topic not in topics:
                topics.append(block.run.course.topic)
        return {day: topics[:4] for day, topics in found.items()}

    @property
    def is_terse(self) -> bool:
        """Whether a lesson of a room is told in its hour, code, title and seats alone."""
        return self.wanted.by == By.ROOM and not self.wanted.shows_people

    @property
    def closed(self) -> list[tuple[date, str]]:
        return sorted(self.timetable.closed.items())

    @property
    def needed_twice(self) -> list[Clash]:
        return [clash for clash in self.clashes if clash.need != Need.LEARNER]

    @property
    def of_learners(self) -> list[Clash]:
        return [clash for clash in self.clashes if clash.need == Need.LEARNER]

    def find(self, pk: int) -> Block | None:
        return next((block for block in self.asked if block.lesson.pk == pk and not block.placed.is_ghost), None)
