"""When families press on an opening morning: many at the very moment, the others ever more slowly."""

from math import exp, log

SHARE_AT_ONCE = 0.2
STEEPNESS = 3.0  # after all of the time, twenty times as few a second as at its start


def peak(count: int, *, seconds: float, at_once: int | None = None) -> list[float]:
    """Seconds after the opening, ascending: `at_once` of them at 0, the others within `seconds` and ever less often."""
    if seconds <= 0:
        return [0.0] * count
    first = min(count, round(count * SHARE_AT_ONCE) if at_once is None else at_once)
    later = count - first
    spread = [-log(1 - (index + 0.5) / later * (1 - exp(-STEEPNESS))) / STEEPNESS for index in range(later)]
    return [0.0] * first + [share * seconds for share in spread]
