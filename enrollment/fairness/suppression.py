"""Small numbers are not published, and can not be computed from what is (TRUST, Children).

A column of a table divides a total that is published. A number below LEAST is told as "fewer than 5"; where the others
and the total would tell more than that, further numbers are left out until they do not.
"""

from collections.abc import Sequence

LEAST = 5  # the smallest number that is published
FEW, HIDDEN = "few", "hidden"  # below LEAST; or not, and left out so that the few can not be computed

Shown = int | str  # a number, FEW, or HIDDEN


def one(number: int) -> Shown:
    """A number that nothing else that is published adds up to."""
    return number if number >= LEAST else FEW


def column(numbers: Sequence[int], *, least: int | None = None, most: int | None = None) -> list[Shown] | None:
    """What may be shown of numbers whose total is known; None when nothing of it may.

    least, most: what is known of the total, when it is not known itself; then the numbers may count somebody twice.
    Whoever knows the total and all that is shown learns of a FEW nothing but that: each of 0 to 4 stays possible.
    """
    total = sum(numbers)
    least, most = total if least is None else least, total if most is None else most
    shown: list[Shown] = [one(number) for number in numbers]
    if _keeps_secret(shown, least, most):
        return shown
    for at in _to_hide(numbers):
        shown[at] = HIDDEN
    return shown if _keeps_secret(shown, least, most) else None


def _to_hide(numbers) -> list[int]:
    """The places of what is left out besides: the smallest that is large enough by itself, otherwise the smallest few.

    Large enough for any FEW, so that the choice says nothing about the one that there is.
    """
    by_size = sorted((number, at) for at, number in enumerate(numbers) if number >= LEAST)
    alone = [at for number, at in by_size if number - LEAST >= LEAST - 1]
    if alone:
        return alone[:1]
    chosen, room = [], 0
    for number, at in by_size:
        if room < LEAST - 1:
            chosen.append(at)
            room += number - LEAST
    return chosen


def _keeps_secret(shown, least, most) -> bool:
    """Whether each FEW could be any number from 0 to LEAST - 1, by all that is shown."""
    few, hidden = shown.count(FEW), shown.count(HIDDEN)
    if not few:
        return True
    visible = sum(value for value in shown if isinstance(value, int))
    rest_least, rest_most = least - visible, most - visible  # what the FEW and the HIDDEN ones are together
    could_be_nothing = hidden > 0 or rest_least <= (few - 1) * (LEAST - 1)
    could_be_most = rest_most - hidden * LEAST >= LEAST - 1
    return could_be_nothing and could_be_most
