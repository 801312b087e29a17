"""Somebody who knows how the figures are published, and tries every world that could lie behind what is shown."""

from collections.abc import Iterator, Sequence

from enrollment.fairness.suppression import FEW, HIDDEN, LEAST


def could_be(shown: Sequence, least: int, most: int) -> list[set[int]]:
    """For each number of a column: all values that it has in some world, whose total is within least and most.

    Walks through all worlds: sums reachable from the left and from the right of each number.
    """
    domains = [_domain(value, most) for value in shown]
    left = [{0}]
    for domain in domains:
        left.append({total + value for total in left[-1] for value in domain if total + value <= most})
    right = [{0}]
    for domain in reversed(domains):
        right.append({total + value for total in right[-1] for value in domain if total + value <= most})
    right.reverse()
    return [
        {
            value for value in domain
            if any(least <= before + value + after <= most for before in left[at] for after in right[at + 1])
        }
        for at, domain in enumerate(domains)
    ]  # fmt: skip


def _domain(value, most) -> Sequence[int]:
    if value is None:
        return range(most + 1)
    if value == FEW:
        return range(LEAST)
    return range(LEAST, most + 1) if value == HIDDEN else [value]


def told_apart(shown: Sequence, least: int, most: int) -> Iterator[int]:
    """The places of those FEW of which an attacker learns more than that they are few."""
    for at, (value, values) in enumerate(zip(shown, could_be(shown, least, most), strict=True)):
        if value == FEW and values != set(range(LEAST)):
            yield at


def totals(numbers: dict) -> Iterator[tuple[int, int]]:
    """(with a place, without): every pair that the published numbers of children leave possible, up to a bound."""
    shown = [numbers[name] for name in ("applied", "placed", "without")]
    known = [value for value in shown if isinstance(value, int)]
    bound = max([LEAST * 2, *known]) + LEAST
    for placed in _domain(shown[1], bound):
        for without in _domain(shown[2], bound):
            if placed + without in _domain(shown[0], 2 * bound):
                yield placed, without
