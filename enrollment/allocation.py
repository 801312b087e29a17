"""The rule of a draw, and the proof that a published record keeps it. Nothing but Python's own library is used.

    number = HMAC-SHA256(key = seed, message = pseudonym), both as the text that is published, in hexadecimal
    order: the lowest number first
    round 1: each in that order gets the best of its wishes that is free for all its children
    round 2, 3 …: the same for whoever wants another place, if its lessons overlap nothing that was given before
    then, in that order, whoever has fewer places than wanted joins the queues of its other wishes

What goes in and what comes out stand in one plain JSON document, the record (docs/operations.md), so that anybody can
do it again: `manage.py verify_draw FILE`, or with other tools.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import pairwise
from operator import itemgetter

VERSION = 1  # of the record's form
MOST_OCTETS = 64 * 1024 * 1024  # of a file that is looked at: fifty times a draw of a whole city
MOST_LISTED = 100  # differences that are told one by one
MOST_OF_ONE = 100  # children, places, or wishes of one application

MOMENTS = ("announced_at", "opens_at", "closes_at", "held_at")
_HEX = re.compile(r"[0-9a-f]{64}")
_TEXT_OF_A_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,300}")
_PSEUDONYM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# -- The rule --------------------------------------------------------------------------------------


def commitment(seed: str) -> str:
    """What is published before the window: the seed can not be chosen afterwards."""
    return hashlib.sha256(seed.encode()).hexdigest()


def number(seed: str, pseudonym: str) -> str:
    return hmac.digest(seed.encode(), pseudonym.encode(), "sha256").hex()


def allocate(groups: list[dict], applications: list[dict]) -> list[tuple[list[str], list[str]]]:
    """(groups given, queues joined) for each application; they come in the order of their numbers.

    groups: {"group", "free", "overlaps": [names]}; applications: {"children", "places", "wishes", "waits_for"}.
    """
    free = {one["group"]: one["free"] for one in groups}
    overlaps = {one["group"]: frozenset(one["overlaps"]) for one in groups}
    given: list[list[str]] = [[] for _ in applications]
    served = list(zip(applications, given, strict=True))
    while served:  # a round; who gets nothing in it gets nothing later, as places only become fewer
        again = []
        for one, has in served:
            children = one["children"]
            for group in one["wishes"]:
                if free[group] >= children and group not in has and overlaps[group].isdisjoint(has):
                    free[group] -= children
                    has.append(group)
                    if len(has) < one["places"]:
                        again.append((one, has))
                    break
        served = again
    return [(has, _queues(one, has, overlaps)) for one, has in zip(applications, given, strict=True)]


def _queues(one, has, overlaps):
    if len(has) >= one["places"]:
        return []
    waits_for = set(one["waits_for"])
    return [
        group for group in one["wishes"]
        if group in waits_for and group not in has and overlaps[group].isdisjoint(has)
    ]  # fmt: skip


# -- The record ------------------------------------------------------------------------------------


def make_record(
    *, draw: str, seed: str, moments: dict[str, str], limit: int | None, groups: list[dict], applications: list[dict]
) -> dict:
    """The document that is published: what went in, in the order of the numbers, with what came out.

    groups: {"group", "title": {language: text}, "path", "free", "overlaps"}. moments: ISO times by MOMENTS.
    applications: {"pseudonym", "children", "places", "wishes", "waits_for"} in any order, groups by their names.
    """
    if len({one["pseudonym"] for one in applications}) < len(applications):
        raise ValueError("a pseudonym comes twice")
    numbered = sorted(((number(seed, one["pseudonym"]), one) for one in applications), key=itemgetter(0))
    entries = [
        {
            "order": order, "pseudonym": one["pseudonym"], "number": drawn, "children": one["children"],
            "places": one["places"], "wishes": one["wishes"], "waits_for": one["waits_for"],
        }
        for order, (drawn, one) in enumerate(numbered, start=1)
    ]  # fmt: skip
    for entry, (given, queued) in zip(entries, allocate(groups, entries), strict=True):
        entry |= {"given": given, "queued": queued}
    totals = _totals(groups, entries)
    content = {
        "version": VERSION, "draw": draw, **{name: moments[name] for name in MOMENTS},
        "seed_sha256": commitment(seed), "seed": seed, "limit": limit,
        "groups": [
            {name: one[name] for name in ("group", "title", "path", "free", "overlaps")} | totals[one["group"]]
            for one in groups
        ],
        "applications": entries,
    }  # fmt: skip
    return content | {"sha256": fingerprint(content)}


def _totals(groups, entries) -> dict[str, dict[str, int]]:
    """{group: {"given": places, "waiting": children in its queue}}."""
    totals = {one["group"]: {"given": 0, "waiting": 0} for one in groups}
    for one in entries:
        for group in one["given"]:
            totals[group]["given"] += one["children"]
        for group in one["queued"]:
            totals[group]["waiting"] += one["children"]
    return totals


def fingerprint(record: dict) -> str:
    """SHA-256 of all that the record says, whatever the order of its keys, its spaces and its line ends."""
    content = {name: value for name, value in record.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def as_text(record: dict) -> str:
    """The record as it is published: a group or an application on each line, keys in the order of this module."""
    members = [f"{json.dumps(name)}: {_lines(record[name])}" for name in _RECORD]
    return "{\n" + ",\n".join(members) + "\n}\n"


def _lines(value):
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    lines = [
        json.dumps({name: one[name] for name in (_GROUP if "group" in one else _APPLICATION)}, ensure_ascii=False)
        for one in value
    ]
    return "[\n" + ",\n".join(lines) + "\n]"


# -- Verification ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    where: str  # "seed", a pseudonym, a group, a path into the document
    what: str
    expected: object = None
    found: object = None


@dataclass
class Verdict:
    seed_ok: bool = False
    order_ok: bool = False
    result_ok: bool = False
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return self.seed_ok and self.order_ok and self.result_ok and not self.differences

    def as_json(self) -> dict:
        shown = [asdict(one) for one in self.differences[:MOST_LISTED]]
        if more := len(self.differences) - len(shown):
            shown.append({"where": "record", "what": "further differences", "expected": 0, "found": more})
        return {
            "seed_ok": self.seed_ok, "order_ok": self.order_ok, "result_ok": self.result_ok, "differences": shown
        }  # fmt: skip


class Malformed(Exception):
    """The file holds no JSON document at all; says why."""


def read(octets: bytes) -> object:
    """The document in a file. Raises Malformed with a reason that can be read."""
    if len(octets) > MOST_OCTETS:
        raise Malformed(f"larger than {MOST_OCTETS} octets")
    try:
        return json.loads(octets.decode(), object_pairs_hook=_without_repeats, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise Malformed("not a text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg}, line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError as error:  # a number with thousands of digits, or one of the two below
        raise Malformed(f"not JSON: {str(error)[:100]}") from None


def _without_repeats(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice in one object")
    return found


def _no_number(text):
    raise ValueError(f"{text} is no number")


def verify(document: object) -> Verdict:
    """Whether the seed is the one that was promised, the order follows from it, and the result from both.

    The result is recomputed in the order that the record states, so that each of the three is judged by itself.
    """
    if faults := list(_faults(document)):
        return Verdict(differences=faults)
    seed, order = list(_seed_differences(document)), list(_order_differences(document))
    result = list(_contradictions(document)) or list(_result_differences(document))
    result += _check("record", "sha256", fingerprint(document), document["sha256"])
    return Verdict(not seed, not order, not result, [*seed, *order, *result])


def _check(where, what, expected, found) -> list[Difference]:
    return [] if expected == found else [Difference(where, what, expected, found)]


def _seed_differences(record):
    yield from _check("seed", "seed_sha256", commitment(record["seed"]), record["seed_sha256"])


def _order_differences(record):
    entries, seen = record["applications"], set()
    for at, one in enumerate(entries, start=1):
        pseudonym = one["pseudonym"]
        yield from _check(pseudonym, "number", number(record["seed"], pseudonym), one["number"])
        yield from _check(pseudonym, "order", at, one["order"])
        if pseudonym in seen:
            yield Difference(pseudonym, "pseudonym", "once", "more than once")
        seen.add(pseudonym)
    for before, after in pairwise(entries):
        if before["number"] >= after["number"]:
            yield Difference(after["pseudonym"], "number", f"above {before['number']}", after["number"])


def _contradictions(record):
    """What can not be so, whatever the numbers are."""
    moments = [datetime.fromisoformat(record[name]) for name in MOMENTS]
    for (name, before), (later, after) in pairwise(zip(MOMENTS, moments, strict=True)):
        if before > after:
            yield Difference(later, "moment", f"not before {name}", record[later])
    overlaps = {one["group"]: set(one["overlaps"]) for one in record["groups"]}
    if len(overlaps) < len(record["groups"]):
        yield Difference("groups", "group", "each once", "one more than once")
    for group, others in overlaps.items():
        for other in sorted(others):
            if other == group or group not in overlaps.get(other, ()):
                yield Difference(group, "overlaps", "groups that name this one in turn", other)
    for one in record["applications"]:
        pseudonym, wishes = one["pseudonym"], set(one["wishes"])
        if unknown := sorted(wishes - overlaps.keys()):
            yield Difference(pseudonym, "wishes", "groups of this draw", unknown)
        if len(wishes) < len(one["wishes"]):
            yield Difference(pseudonym, "wishes", "each group once", one["wishes"])
        if not wishes.issuperset(one["waits_for"]) or len(set(one["waits_for"])) < len(one["waits_for"]):
            yield Difference(pseudonym, "waits_for", "some of its wishes, each once", one["waits_for"])
        if record["limit"] is not None and one["places"] > max(1, record["limit"]):
            yield Difference(pseudonym, "places", f"at most {record['limit']}", one["places"])


def _result_differences(record):
    groups, entries = record["groups"], record["applications"]
    computed = []
    for one, (given, queued) in zip(entries, allocate(groups, entries), strict=True):
        yield from _check(one["pseudonym"], "given", given, one["given"])
        yield from _check(one["pseudonym"], "queued", queued, one["queued"])
        computed.append({"children": one["children"], "given": given, "queued": queued})
    totals = _totals(groups, computed)
    for one in groups:
        for name, total in totals[one["group"]].items():
            yield from _check(one["group"], name, total, one[name])


# -- The form of a record --------------------------------------------------------------------------


def _is_text(value):
    return isinstance(value, str) and _TEXT_OF_A_LINE.fullmatch(value) is not None


def _is_whole(least, most):
    return lambda value: type(value) is int and least <= value <= most  # True is no number


def _is_moment(value):
    try:
        return isinstance(value, str) and len(value) <= 40 and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _are_names(most):
    return lambda value: isinstance(value, list) and len(value) <= most and all(map(_is_text, value))


def _is_title(value):
    return isinstance(value, dict) and 0 < len(value) <= 20 and all(map(_is_text, (*value, *value.values())))


def _matches(pattern):
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


_Form = dict[str, tuple[Callable[[object], bool], str]]
_NAMES = (_are_names(10_000), "a list of names of groups")
_WISHES = (_are_names(MOST_OF_ONE), f"a list of names of groups, up to {MOST_OF_ONE}")
_LIST = (lambda value: isinstance(value, list), "a list")
_SHA256 = (_matches(_HEX), "64 digits, 0-9 and a-f")
_COUNT = (_is_whole(0, 1_000_000), "a whole number from 0")
_OF_ONE = (_is_whole(1, MOST_OF_ONE), f"a whole number from 1 to {MOST_OF_ONE}")
_TEXT = (_is_text, "a text of up to 300 characters")

_RECORD: _Form = {
    "version": (lambda value: type(value) is int and value == VERSION, f"{VERSION}"),
    "draw": _TEXT,
    **dict.fromkeys(MOMENTS, (_is_moment, "a moment such as 2026-09-01T10:00:00+00:00")),
    "seed_sha256": _SHA256,
    "seed": _SHA256,
    "limit": (lambda value: value is None or _is_whole(0, 10_000)(value), "a whole number from 0, or null"),
    "groups": _LIST,
    "applications": _LIST,
    "sha256": _SHA256,
}
_GROUP: _Form = {
    "group": _TEXT, "title": (_is_title, "texts by language"), "path": _TEXT, "free": _COUNT, "overlaps": _NAMES,
    "given": _COUNT, "waiting": _COUNT,
}  # fmt: skip
_APPLICATION: _Form = {
    "order": _COUNT, "pseudonym": (_matches(_PSEUDONYM), "a UUID in small letters"), "number": _SHA256,
    "children": _OF_ONE, "places": _OF_ONE, "wishes": _WISHES, "waits_for": _WISHES, "given": _WISHES, "queued": _WISHES,
}  # fmt: skip


def _faults(document) -> Iterable[Difference]:
    """What is missing, too much, or of another kind; nothing else is looked at then."""
    top = list(_faults_of(document, _RECORD, "record"))
    yield from top
    if top:
        return
    for name, form in (("groups", _GROUP), ("applications", _APPLICATION)):
        for at, one in enumerate(document[name]):
            yield from _faults_of(one, form, f"{name}[{at}]")


def _faults_of(value, form, where):
    if not isinstance(value, dict):
        yield Difference(where, "form", "an object", type(value).__name__)
        return
    for name in form.keys() - value.keys():
        yield Difference(where, name, form[name][1], "nothing")
    for name in sorted(value.keys() - form.keys()):
        yield Difference(where, name[:100], "nothing", "a field that no record has")
    for name, (is_right, words) in form.items():
        if name in value and not is_right(value[name]):
            yield Difference(where, name, words, _shown(value[name]))


def _shown(value):
    return value if isinstance(value, int | str) and len(str(value)) <= 100 else type(value).__name__
