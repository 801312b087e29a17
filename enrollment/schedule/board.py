"""The board: houses with columns of a day, one thing over the days of a week, or many things over many days.

build(Wanted(...), now=now) reads and arranges; templates and exports show the same Board.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, time

from django.utils.translation import gettext as _

from accounts.formatting import local
from accounts.names import sort_key
from enrollment.weekdays import search_text

from .clashes import clashes_of
from .freetime import clock, gaps, open_hours
from .loading import Timetable, load
from .shapes import STEP, Block, Board, Cell, Choice, Column, House, Stretch
from .wanted import By, View, Wanted

USUAL_HOURS = 10, 18  # shown at least
MOST_COLUMNS = 60
ONLINE, NO_ROOM, NOBODY = "online", "no-room", "nobody"  # keys of columns for what has no room or no instructor


def build(wanted: Wanted, *, now: datetime, drafts: bool = True) -> Board:
    """Read the days and arrange them; the number of queries does not depend on how much there is."""
    timetable = load(
        first=wanted.first, last=wanted.last, now=now, drafts=drafts, with_staff=wanted.by == By.INSTRUCTOR,
        with_runs=wanted.runs,
    )  # fmt: skip
    return arrange(wanted, timetable, now=now)


def arrange(wanted: Wanted, timetable: Timetable, *, now: datetime) -> Board:
    clashes = clashes_of(timetable)
    of_lesson = defaultdict(list)
    for clash in clashes:
        for placed in (clash.one, clash.other):
            of_lesson[id(placed)].append(clash)
    blocks = [
        Block(
            placed, of_lesson[id(placed)], placed.needs_instructor(now=now), placed.needs_room(now=now)
        )
        for placed in timetable.placed
    ]  # fmt: skip
    asked = [block for block in blocks if _is_asked_for(block, wanted)]
    columns, choices = _BUILDERS[wanted.by](asked, wanted, timetable)
    houses = [House(title, several, slug) for (title, slug), several in columns.items() if several]
    left_out = _cut(houses)
    shown = [block for house in houses for column in house.columns for cell in column.cells for block in cell.blocks]
    first, last = _hours(shown)
    today = local(now).date()
    for house in houses:
        for column in house.columns:
            for cell in column.cells:
                cell.is_today = cell.day == today
                _finish(cell, column, wanted, first, last)
    drafts = {block.run.pk: block for block in reversed(asked) if block.kind == "draft"}
    return Board(
        wanted, timetable, houses, asked, [time(hour) for hour in range(first, last)], clashes,
        [block for block in asked if block.needs_instructor], [block for block in asked if block.needs_room],
        list(drafts.values())[::-1], _venues(blocks, wanted, timetable), choices, today, left_out,
    )  # fmt: skip


def _is_asked_for(block: Block, wanted: Wanted) -> bool:
    room = block.placed.room
    if wanted.venues and (room is None or room.venue.slug not in wanted.venues):
        return room is None and not block.lesson.is_remote  # what needs a room is everybody's matter
    if not wanted.text:
        return True
    text = search_text(block.run)
    return all(word in text for word in wanted.text.split())


# -- Columns --------------------------------------------------------------------------------------


def _cells(blocks: list[Block], timetable: Timetable) -> list[Cell]:
    by_day = defaultdict(list)
    for block in blocks:
        by_day[block.placed.day].append(replace(block))  # it may stand in two columns, in different lanes
    return [Cell(day, timetable.closed.get(day, ""), by_day[day]) for day in timetable.days]


def _count(blocks) -> int:
    return sum(1 for block in blocks if block.placed.takes_time)


def _rooms(blocks, wanted, timetable):
    by_room = defaultdict(list)
    for block in blocks:
        room = block.placed.room
        by_room[room.slug if room else ONLINE if block.lesson.is_remote else NO_ROOM].append(block)
    named = {room.venue.slug for room in timetable.rooms if room.slug in wanted.rooms}
    columns, choices = defaultdict(list), []
    for room in timetable.rooms:
        venue = room.venue
        if wanted.venues and venue.slug not in wanted.venues:
            continue
        found = by_room[room.slug]
        if named:
            checked = room.slug in wanted.rooms or (venue.slug not in named and bool(wanted.venues) and bool(found))
        else:
            checked = bool(found)
        choices.append(Choice(room.slug, room.name, _count(found), checked, venue.short_name))
        if checked:
            note = _("seats: %(number)s") % {"number": room.capacity}
            columns[venue.short_name, venue.slug].append(
                Column(room.slug, room.name, note, _cells(found, timetable), room)
            )
    missing, remote = by_room[NO_ROOM], by_room[ONLINE]
    if _count(missing) and not (wanted.view == View.WEEK and len(wanted.rooms) == 1):
        columns[_("No room"), NO_ROOM].append(
            Column(NO_ROOM, _("No room yet"), "", _cells(missing, timetable), needs_somebody=True)
        )
    if remote and not wanted.rooms:
        columns[_("Online"), ONLINE].append(Column(ONLINE, _("Online"), "", _cells(remote, timetable)))
    return columns, choices


def _instructors(blocks, wanted, timetable):
    by_person = defaultdict(list)
    for block in blocks:
        for person in block.placed.people or [None]:
            by_person[person].append(block)
    nobody = [block for block in by_person.pop(None, []) if block.needs_instructor]
    people = sorted({*by_person, *timetable.staff}, key=lambda person: (sort_key(person.name), person.pk))
    columns = defaultdict(list)
    for person in people:
        if person.pk in wanted.people if wanted.people else by_person[person]:
            columns[_("Instructors"), ""].append(
                Column(str(person.pk), person.name, "", _cells(by_person[person], timetable))
            )
    if nobody and not wanted.people:
        columns[_("Nobody"), NOBODY].append(
            Column(NOBODY, _("Instructor wanted"), "", _cells(nobody, timetable), needs_somebody=True)
        )
    choices = [
        Choice(
            str(one.pk), one.name, _count(by_person[one]),
            one.pk in wanted.people if wanted.people else bool(by_person[one]),
        )
        for one in people
    ]  # fmt: skip
    return columns, choices


def _groups(blocks, wanted, timetable):
    by_run = defaultdict(list)
    for block in blocks:
        by_run[block.run].append(block)
    runs = {*by_run, *(run for run in timetable.runs if run.pk in wanted.runs)}
    runs = sorted(runs, key=lambda run: (sort_key(run.course.title), run.code))
    columns = defaultdict(list)
    for run in runs:
        if not wanted.runs or run.pk in wanted.runs:
            columns[_("Groups"), ""].append(
                Column(str(run.pk), run.code, run.course.title, _cells(by_run[run], timetable))
            )
    choices = [
        Choice(str(run.pk), f"{run.code} {run.course.title}", _count(by_run[run]), not wanted.runs or run.pk in wanted.runs)
        for run in runs
    ]  # fmt: skip
    return columns, choices


_BUILDERS = {By.ROOM: _rooms, By.INSTRUCTOR: _instructors, By.GROUP: _groups}


def _venues(blocks, wanted, timetable) -> list[Choice]:
    counts, names = defaultdict(int), {}
    for room in timetable.rooms:
        names[room.venue.slug] = room.venue.short_name
    for block in blocks:
        if block.placed.room and block.placed.takes_time:
            counts[block.placed.room.venue.slug] += 1
    return [
        Choice(slug, name, counts[slug], slug in wanted.venues if wanted.venues else bool(counts[slug]))
        for slug, name in names.items()
    ]


def _cut(houses: list[House]) -> int:
    room, left_out = MOST_COLUMNS, 0
    for house in houses:
        left_out += max(0, len(house.columns) - room)
        house.columns = house.columns[:room]
        room -= len(house.columns)
    houses[:] = [house for house in houses if house.columns]
    return left_out


# -- Within a cell ---------------------------------------------------------------------------------


def _hours(blocks) -> tuple[int, int]:
    """The first hour shown and the one after the last."""
    first = min((block.placed.first_minute // 60 for block in blocks), default=USUAL_HOURS[0])
    last = max((-(-block.placed.last_minute // 60) for block in blocks), default=USUAL_HOURS[1])
    return min(first, USUAL_HOURS[0]), min(24, max(last, USUAL_HOURS[1]))


def _finish(cell: Cell, column: Column, wanted: Wanted, first: int, last: int):
    """Lanes, hatches and free times."""
    cell.blocks.sort(key=lambda block: (block.placed.first_minute, block.placed.is_ghost, block.lesson.pk))
    _lanes(cell.blocks)
    for block in cell.blocks:
        block.first_hour = first
    busy = [block for block in cell.blocks if block.placed.takes_time]
    for index, one in enumerate(busy):
        for other in busy[index + 1 :]:
            span = other.placed.first_minute, min(one.placed.last_minute, other.placed.last_minute)
            if span[0] < span[1]:
                cell.overlaps.append(_stretch(span, first))
    if not wanted.shows_free or cell.closed or column.room is None:
        return
    hours = open_hours(column.room.venue, cell.day)
    if hours is None:
        return
    within = max(hours[0], first * 60), min(hours[1], last * 60)
    taken = [(block.placed.first_minute, block.placed.last_minute) for block in busy]
    ghosts = [(block.placed.first_minute, block.placed.last_minute) for block in cell.blocks if block not in busy]
    for span in gaps(within, taken):
        if not any(one < span[1] and span[0] < other for one, other in ghosts):  # the words would stand upon it
            cell.free.append(_stretch(span, first))


def _stretch(span, first_hour) -> Stretch:
    top = (span[0] - first_hour * 60) // STEP
    return Stretch(top, max(2, (span[1] - span[0]) // STEP), (clock(span[0]), clock(span[1])))


def _lanes(blocks: list[Block]):
    """Those that overlap stand beside each other; the lanes of a cluster are as many as it needs."""
    ends, cluster = [], []
    for block in blocks:
        if ends and block.placed.first_minute >= max(ends):
            _close(cluster, len(ends))
            ends, cluster = [], []
        lane = next((index for index, end in enumerate(ends) if end <= block.placed.first_minute), len(ends))
        ends[lane : lane + 1] = [block.placed.last_minute]
        block.lane = min(3, lane + 1)
        cluster.append(block)
    _close(cluster, len(ends))


def _close(cluster, lanes):
    for block in cluster:
        block.lanes = min(3, lanes)
