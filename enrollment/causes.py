"""Reasons that the code itself writes into the ledger: a code with its facts, put into words when somebody reads it.

    "passed_over?free=1&needed=2"        the same sentence in every reader's language
    "Mother asked for another day"       what a person wrote stands as it is

The ledger never changes, so that older forms of a reason are read for ever.
"""

import re
from urllib.parse import parse_qsl, urlencode

from django.utils.translation import gettext as _, gettext_lazy

from courses.models import FirstServed

PASSED_OVER, CHANGED, DRAWN, TOO_FEW = "passed_over", "changed", "drawn", "too_few"

_WORDS = {
    PASSED_OVER: gettext_lazy("Places free: %(free)s, needed together: %(needed)s"),
    CHANGED: gettext_lazy("Change of the group: %(old)s → %(new)s"),
    DRAWN: gettext_lazy("Place in the order of the draw: %(order)s of %(all)s"),
    TOO_FEW: gettext_lazy("too few people applied"),
    FirstServed.CURRENT.value: gettext_lazy("Served first: current pupils"),
    FirstServed.SIBLING.value: gettext_lazy("Served first: brothers and sisters of current pupils"),
}
_FACTS = {PASSED_OVER: {"free", "needed"}, CHANGED: {"old", "new"}}
_SHORT = {
    DRAWN: re.compile(r"(?P<order>\d+)/(?P<all>\d+)"),
    PASSED_OVER: re.compile(r"free: (?P<free>\d+), needed: (?P<needed>\d+)"),  # as it was written once
}


def passed_over(*, free: int, needed: int) -> str:
    """A party that stays together needs more places than there are."""
    return _code(PASSED_OVER, free=free, needed=needed)


def changed(old: str, new: str) -> str:
    """The family changed one group, by its code, for another."""
    return _code(CHANGED, old=old, new=new)


def drawn(*, order: int, all: int) -> str:
    """The number of an application among all of a draw; 1 was served first."""
    return f"{order}/{all}"


def _code(name, **facts):
    return f"{name}?{urlencode(facts)}"


def read(reason: str) -> tuple[str, dict[str, str]] | None:
    """(code, facts) of a reason that the code wrote; None for what a person wrote."""
    for name, form in _SHORT.items():
        if found := form.fullmatch(reason):
            return name, found.groupdict()
    name, _mark, query = reason.partition("?")
    facts = dict(parse_qsl(query))
    known = name in _WORDS and name != DRAWN and facts.keys() == _FACTS.get(name, set())
    return (name, facts) if known else None


def words(reason: str) -> str:
    """A reason of the ledger as its reader should see it, without a full stop."""
    found = read(reason)
    return reason if found is None else _WORDS[found[0]] % found[1]


def who_is_served(priority: int) -> str:
    """The class in which somebody waits, in words; nothing where a program serves nobody first."""
    names = {1: _("current pupils"), 2: _("brothers and sisters of current pupils"), 3: _("everybody else")}
    return names.get(priority, "")
