"""Small calendars drawn on the server as SVG: the week of a family, the day of a child.

One grammar of lines everywhere (UX, Rulings 1): held = solid, queue = dotted, new = dashed,
cancelled = struck through, an overlap is hatched. Widths are percentages, so that a drawing
fills its card while its letters keep their size. Nothing here needs a style attribute.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import combinations, count

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from accounts.formatting import time_range, weekday_initial, weekday_name

HOUR_HEIGHT = 22  # px of the mini week
LANE_HEIGHT = 20  # px of the day strip
MOST_HOURS_NAMED = 6
_AXIS = 11.0  # per cent of the width, left of Monday
_numbers = count(1)  # ids of hatch patterns, unique on a page


@dataclass(frozen=True)
class Block:
    """One lesson in a drawing; `child` is a colour 1-4, `weekday` 0 for Monday."""

    start: dt.time
    end: dt.time
    label: str
    kind: str = "held"  # held | queue | new | cancelled
    child: int = 4
    weekday: int = 0

    @property
    def first(self) -> int:
        return self.start.hour * 60 + self.start.minute

    @property
    def last(self) -> int:
        return self.end.hour * 60 + self.end.minute


def _blocks(items) -> list[Block]:
    return [item if isinstance(item, Block) else Block(**item) for item in items]


def _lanes(blocks: list[Block]) -> dict[int, tuple[int, int]]:
    """{index: (lane, lanes)} of the blocks of one day, side by side where they overlap."""
    lanes: dict[int, tuple[int, int]] = {}
    cluster: list[int] = []
    ends: list[int] = []

    def close():
        for index in cluster:
            lanes[index] = (lanes[index][0], len(ends))

    for index in sorted(range(len(blocks)), key=lambda i: (blocks[i].first, blocks[i].last)):
        block = blocks[index]
        if ends and block.first >= max(ends):
            close()
            cluster, ends = [], []
        lane = next((lane for lane, end in enumerate(ends) if end <= block.first), len(ends))
        if lane == len(ends):
            ends.append(block.last)
        else:
            ends[lane] = block.last
        lanes[index] = (lane, 0)
        cluster.append(index)
    close()
    return lanes


def overlaps(blocks: list[Block]) -> list[tuple[int, int]]:
    """Spans in minutes in which two blocks of one day meet; cancelled ones never do."""
    live = [block for block in blocks if block.kind != "cancelled"]
    spans = ((max(a.first, b.first), min(a.last, b.last)) for a, b in combinations(live, 2))
    return sorted(span for span in spans if span[0] < span[1])


def _hatch(identifier: str) -> str:
    return (
        f'<defs><pattern id="{identifier}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect class="hatch-line" width="1.5" height="6"/></pattern></defs>'
    )


def _words(blocks: list[Block], *, with_day: bool) -> str:
    kinds = {"queue": gettext("in the queue"), "new": gettext("new"), "cancelled": gettext("cancelled")}
    parts = []
    for block in sorted(blocks, key=lambda b: (b.weekday, b.first)):
        day = f"{weekday_name(block.weekday)} " if with_day else ""
        kind = f" ({kinds[block.kind]})" if block.kind in kinds else ""
        parts.append(f"{day}{time_range(block.start, block.end)}: {' '.join(block.label.split())}{kind}")
    return "; ".join(parts)


def _label(block: Block, x: float, y: float, *, hatched: bool) -> str:
    """The words of a block, centred on x % and y px, on a patch of its own tint when hatched."""
    lines = block.label.split("\n")
    top = y - 7 * (len(lines) - 1)
    patch = ""
    if hatched:
        width = 7 * max(map(len, lines)) + 8
        patch = f'<rect class="patch" x="{-width / 2:g}" y="{top - 8:g}" width="{width}" height="{14 * len(lines) + 2}" rx="3"/>'
    words = "".join(
        f'<text y="{top + 14 * number:g}" dy=".36em">{escape(line)}</text>' for number, line in enumerate(lines)
    )
    return f'<svg x="{x:.2f}%" overflow="visible">{patch}{words}</svg>'


def mini_week(items, *, days: int = 6, highlight: int | None = None, label: str = "") -> SafeString:
    """A week from Monday, cut to the hours in use; `highlight` tints one weekday."""
    blocks = _blocks(items)
    days = max([days, *(block.weekday + 1 for block in blocks)])
    first = min((block.first // 60 for block in blocks), default=9)
    last = max((-(-block.last // 60) for block in blocks), default=17)
    first, last = max(0, first - 1 if (first % 2 == 0) else first), min(24, last)
    first -= 1 - first % 2  # odd hours carry the words, as lessons mostly begin then
    last = max(last, first + 5)
    top, width = 28, (100 - _AXIS) / days
    height = top + (last - first) * HOUR_HEIGHT + 4
    number = next(_numbers)
    out = [
        f'<svg class="mini-week" width="100%" height="{height}" role="img" '
        f'aria-label="{escape(": ".join(filter(None, [label or gettext("Week"), _words(blocks, with_day=True)])))}">',
        _hatch(f"hatch-{number}"),
    ]
    if highlight is not None:
        out.append(
            f'<rect class="day-on" x="{_AXIS + highlight * width:.2f}%" y="{top}" width="{width:.2f}%" height="{height - top}"/>'
        )
    for day in range(days):
        on = ' class="on"' if day == highlight else ""
        out.append(f'<text{on} x="{_AXIS + (day + 0.5) * width:.2f}%" y="14">{weekday_initial(day)}</text>')
    for day in range(days + 1):
        x = min(_AXIS + day * width, 99.9)
        out.append(f'<line class="rule" x1="{x:.2f}%" x2="{x:.2f}%" y1="{top}" y2="{height}"/>')
    for hour in range(first, last + 1, 2):
        y = top + (hour - first) * HOUR_HEIGHT
        out.append(f'<line class="rule" x1="{_AXIS}%" x2="100%" y1="{y}" y2="{y}"/>')
        out.append(f'<text class="hour" x="{_AXIS - 3:.2f}%" y="{y}" dy=".36em">{hour}</text>')
    for day in range(days):
        todays = [block for block in blocks if block.weekday == day]
        lanes, clashes = _lanes(todays), overlaps(todays)
        spot = []
        for index, block in enumerate(todays):
            lane, of = lanes[index]
            x = _AXIS + day * width + 0.9 + lane * (width - 1.4) / of
            w = (width - 1.4) / of - 0.4
            y, h = top + (block.first - first * 60) * HOUR_HEIGHT / 60, (block.last - block.first) * HOUR_HEIGHT / 60
            out.append(_figure(block, x, y, w, h))
            hatched = any(block.first < end and start < block.last for start, end in clashes)
            spot.append(
                f'<g class="block {block.kind} child-{block.child}">{_label(block, x + w / 2, y + h / 2, hatched=hatched)}</g>'
            )
        for start, end in clashes:
            y, h = top + (start - first * 60) * HOUR_HEIGHT / 60, (end - start) * HOUR_HEIGHT / 60
            out.append(
                f'<rect x="{_AXIS + day * width + 0.6:.2f}%" y="{y:.1f}" width="{width - 1:.2f}%" height="{h:.1f}" '
                f'fill="url(#hatch-{number})"/>'
            )
        out.extend(spot)
    out.append("</svg>")
    return mark_safe("".join(out))  # noqa: S308  numbers of our own; every label is escaped


def _figure(block: Block, x: float, y: float, width: float, height: float) -> str:
    edge = ""
    if block.kind in ("held", "cancelled"):
        edge = f'<rect class="edge" x="{x:.2f}%" y="{y:.1f}" width="4" height="{height:.1f}" rx="2"/>'
    return (
        f'<g class="block {block.kind} child-{block.child}">'
        f'<rect class="body" x="{x:.2f}%" y="{y:.1f}" width="{width:.2f}%" height="{height:.1f}" rx="4"/>{edge}</g>'
    )


def day_strip(items, *, first_hour: int | None = None, last_hour: int | None = None, label: str = "") -> SafeString:
    """One day as a strip of hours, lanes below each other, the overlap hatched."""
    blocks = _blocks(items)
    first = first_hour if first_hour is not None else min((block.first // 60 for block in blocks), default=9) - 1
    last = last_hour if last_hour is not None else max((-(-block.last // 60) for block in blocks), default=17) + 1
    first, last = max(0, first), min(24, max(last, first + 2))
    lanes, clashes = _lanes(blocks), overlaps(blocks)
    rows = max((of for _lane, of in lanes.values()), default=1)
    band = rows * LANE_HEIGHT + 8
    number, step = next(_numbers), -(-(last - first) // MOST_HOURS_NAMED)

    def at(minutes: float) -> float:
        return (minutes - first * 60) / ((last - first) * 60) * 100

    out = [
        f'<svg class="day-strip" width="100%" height="{band + 22}" role="img" '
        f'aria-label="{escape(": ".join(filter(None, [label or gettext("Day"), _words(blocks, with_day=False)])))}">',
        _hatch(f"strip-{number}"),
        f'<rect class="ground" width="100%" height="{band}" rx="6"/>',
    ]
    for hour in range(first, last + 1):
        x = at(hour * 60)
        if first < hour < last:
            out.append(f'<line class="rule" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{band}"/>')
        anchor = ' class="start"' if hour == first else ' class="end"' if hour == last else ""
        # On a phone a long day has room for every second or third hour.
        if hour == last or ((hour - first) % step == 0 and last - hour >= step):
            out.append(f'<text{anchor} x="{x:.2f}%" y="{band + 15}">{hour}</text>')
    for index, block in enumerate(blocks):
        lane, _of = lanes[index]
        x, w = at(block.first), at(block.last) - at(block.first)
        out.append(_figure(block, x, 4 + lane * LANE_HEIGHT + 1, w, LANE_HEIGHT - 2))
    for start, end in clashes:
        out.append(
            f'<rect x="{at(start):.2f}%" y="3" width="{at(end) - at(start):.2f}%" height="{band - 6}" fill="url(#strip-{number})"/>'
        )
    for index, block in enumerate(blocks):
        lane, _of = lanes[index]
        x, y = at((block.first + block.last) / 2), 4 + lane * LANE_HEIGHT + LANE_HEIGHT / 2
        out.append(
            f'<g class="block {block.kind} child-{block.child}">{_label(block, x, y, hatched=bool(clashes))}</g>'
        )
    out.append("</svg>")
    return mark_safe("".join(out))  # noqa: S308  numbers of our own; every label is escaped
