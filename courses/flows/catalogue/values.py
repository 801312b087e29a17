"""What one value of a catalogue may be. Each kind reads a node, or notes what is wrong with it and gives None."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone

from courses.flows.catalogue.document import Errors, Node

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
# Where an entry comes from and what is to be said about it: allowed everywhere, and not read.
_PROVENANCE = re.compile(r"(\w+_)?source(_\d+)?|attested|note")

Kind = Callable[[Node, Errors], Any]


class Entry(dict):
    """The read values of a mapping, and the node that they came from."""

    node: Node


def record(fields: Mapping[str, Kind], *, required: str = "") -> Kind:
    """A mapping with these keys and no others; `required` names those that must be there."""

    def kind(node, errors):
        if not isinstance(node.value, dict):
            errors.add(node, "Expected a mapping of keys and values.")
            return None
        entry = Entry()
        entry.node = node
        for name, inner in node.value.items():
            if name in fields:
                entry[name] = fields[name](inner, errors)
            elif not _PROVENANCE.fullmatch(name):
                errors.add(node, f"Unknown key. Known here: {', '.join(sorted(fields))}.", key=name)
        for name in required.split():
            if name not in node.value:
                errors.add(node, f"The key {name} is missing.")
        return entry

    return kind


def list_of(inner: Kind, *, at_least: int = 0) -> Kind:
    def kind(node, errors):
        if not isinstance(node.value, list):
            errors.add(node, "Expected a list.")
            return []
        if len(node.value) < at_least:
            errors.add(node, "The list is empty.")
        return [value for item in node.value if (value := inner(item, errors)) is not None]

    return kind


def text(longest: int, *, pattern: str = "", such_as: str = "") -> Kind:
    def kind(node, errors):
        value = node.value
        if not isinstance(value, str):
            errors.add(node, "Expected text; put figures and dates in quotes.")
        elif not value.strip():
            errors.add(node, "The text is empty.")
        elif len(value) > longest:
            errors.add(node, f"Longer than {longest} characters.")
        elif not all(letter.isprintable() or letter == "\n" for letter in value):
            errors.add(node, "The text has characters that cannot be printed.")
        elif pattern and not re.fullmatch(pattern, value):
            errors.add(node, f"Expected {such_as}.")
        else:
            return value
        return None

    return kind


def whole(lowest: int, highest: int) -> Kind:
    def kind(node, errors):
        if isinstance(node.value, bool) or not isinstance(node.value, int):
            errors.add(node, "Expected a whole number.")
        elif not lowest <= node.value <= highest:
            errors.add(node, f"Expected a number from {lowest} to {highest}.")
        else:
            return node.value
        return None

    return kind


def choice(*values: str) -> Kind:
    def kind(node, errors):
        if isinstance(node.value, str) and node.value in values:
            return node.value
        errors.add(node, f"Expected one of: {', '.join(values)}.")
        return None

    return kind


def or_none(inner: Kind) -> Kind:
    return lambda node, errors: None if node.value is None else inner(node, errors)


def or_word(word: str, inner: Kind) -> Kind:
    """That very word, or a value of the inner kind."""
    return lambda node, errors: word if node.value == word else inner(node, errors)


slug = text(50, pattern=r"[-a-zA-Z0-9_]+", such_as="a word of letters a–z, digits, - and _")


def anything(node: Node, errors: Errors) -> Any:
    """Facts that are shown and nothing computes with: plain data, its texts as they are."""
    match node.value:
        case dict():
            return {
                name: anything(inner, errors) for name, inner in node.value.items() if not _PROVENANCE.fullmatch(name)
            }
        case list():
            return [anything(inner, errors) for inner in node.value]
        case str():
            return node.value if not node.value else text(2000)(node, errors)
        case date():
            return node.value.isoformat()
        case float() if node.value != node.value or node.value in (float("inf"), float("-inf")):
            errors.add(node, "Not a number that can be stored.")
        case _:
            return node.value
    return None


def money(node: Node, errors: Errors) -> Decimal | None:
    if not isinstance(node.value, str) or not re.fullmatch(r"-?\d{1,6}\.\d\d", node.value):
        errors.add(node, "Expected an amount in quotes with two decimals: '20.00'.")
    elif (amount := Decimal(node.value)) < 0:
        errors.add(node, "An amount is not negative.")
    else:
        return amount
    return None


def day(node: Node, errors: Errors) -> date | None:
    found = node.value
    if isinstance(found, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", found):
        try:
            found = date.fromisoformat(found)
        except ValueError:
            pass
    if type(found) is not date:  # a datetime is a date, too
        errors.add(node, "Expected a date: '2026-09-01'.")
        return None
    if not EARLIEST <= found <= LATEST:
        errors.add(node, f"Expected a date from {EARLIEST} to {LATEST}.")
        return None
    return found


def clock(node: Node, errors: Errors) -> time | None:
    if isinstance(node.value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", node.value):
        return time.fromisoformat(node.value)
    errors.add(node, "Expected a time in quotes: '16:30'.")
    return None


def moment(node: Node, errors: Errors) -> datetime | None:
    """A local date and time, as an aware moment."""
    if isinstance(node.value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", node.value):
        try:
            local = datetime.fromisoformat(node.value)
        except ValueError:
            pass
        else:
            if EARLIEST <= local.date() <= LATEST:
                return local.replace(tzinfo=timezone.get_default_timezone()).astimezone(UTC)
    errors.add(node, "Expected a local date and time in quotes: '2026-08-24T10:00'.")
    return None


def closed_days(node: Node, errors: Errors) -> tuple[int, tuple[int, int], tuple[int, int]] | None:
    """ "Mondays from 1 November to 31 March" as (weekday, (month, day), (month, day)), both ends included."""
    try:
        weekday, first, last = re.fullmatch(r"(\w+)days from (\d+ \w+) to (\d+ \w+)", node.value).groups()
        # 2000 has a 29 February.
        ends = [datetime.strptime(f"{end} 2000", "%d %B %Y").replace(tzinfo=UTC) for end in (first, last)]
        return (WEEKDAYS.index(weekday[:3].lower()), *((end.month, end.day) for end in ends))
    except (TypeError, AttributeError, ValueError):
        errors.add(node, "Expected words like “Mondays from 1 November to 31 March”.")
        return None
