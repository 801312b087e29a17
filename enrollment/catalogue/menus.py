"""The filters of the catalogue as menus of links: every choice is an address, so it works without scripts."""

from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from accounts.ages import LAST_GRADE
from accounts.formatting import weekday_name
from courses.models import ProgramKind, Topic
from enrollment.catalogue.filters import PRESCHOOL, Filters
from enrollment.catalogue.listing import Listing
from enrollment.family.members import Member

_GROWN_UP = (ProgramKind.ADULTS, ProgramKind.TEACHERS)


@dataclass(frozen=True)
class Option:
    text: str
    url: str
    is_current: bool = False


@dataclass(frozen=True)
class Menu:
    label: str
    options: tuple[Option, ...]
    current: str = ""  # the chosen value in words
    clear_url: str = ""
    is_switch: bool = False  # changes from one value to another, rather than on and off


@dataclass(frozen=True)
class ChildChip:
    url: str
    name: str  # whose initials and colour it shows
    text: str  # the first name
    grade: str
    child: int
    on: bool


@dataclass(frozen=True)
class Panel:
    menus: tuple[Menu, ...]
    only_free: Option
    sort: Menu
    hidden: tuple[tuple[str, str], ...]  # what the search form sends along
    query: str
    clear_url: str  # empty when nothing is chosen
    more_url: str


def title(program: str) -> str:
    """The heading of the page."""
    titles = {
        ProgramKind.CHILDREN: _("Classes for children"), ProgramKind.TEACHERS: _("Training for teachers"),
        ProgramKind.ADULTS: _("Courses for adults"), ProgramKind.VIZIUM: _("VIZIUM workshops, shows and visits"),
        ProgramKind.CONTESTS: _("Contests for teams"), ProgramKind.PUBLIC_ZONE: _("Public zone"),
    }  # fmt: skip
    return titles.get(program) or _("Everything we offer")


def grade_word(grade: int) -> str:
    return _("preschool") if grade == PRESCHOOL else _("grade %(grade)s") % {"grade": grade}


def program_word(kind: str) -> str:
    words = {
        ProgramKind.CHILDREN: _("For children"), ProgramKind.TEACHERS: _("For teachers"),
        ProgramKind.ADULTS: _("For adults"),
    }  # fmt: skip
    return words.get(kind) or ProgramKind(kind).label


def panel(filters: Filters, *, programs, venues, topics, knows_fit: bool) -> Panel:
    """All menus for these filters; programs, venues and topics are what there is to choose from."""
    # Menus that would offer one choice only are left out, unless that choice is made.
    programs = [("", _("Everything we offer")), *((kind, program_word(kind)) for kind in programs)]
    menus = [replace(_menu(filters, "program", _("For whom"), programs), is_switch=True)]
    if filters.program not in _GROWN_UP:
        menus.append(
            _menu(filters, "grade", _("Grade"), [(n, grade_word(n)) for n in range(PRESCHOOL, LAST_GRADE + 1)])
        )
    menus += [
        _menu(filters, "weekday", _("Day"), [(day, weekday_name(day)) for day in range(7)]),
        _menu(filters, "venue", _("Place"), venues),
        _menu(filters, "topic", _("Topic"), [(topic, Topic(topic).label) for topic in topics]),
        _menu(filters, "price", _("Price"), [("free", _("free of charge")), ("paid", _("paid"))]),
    ]
    cleared = Filters(program=filters.program, learners=filters.learners, sort=filters.sort)
    return Panel(
        menus=tuple(menu for menu in menus if menu.current or len(menu.options) > 1),
        only_free=Option(_("With free places"), filters.address(free_only=not filters.free_only), filters.free_only),
        sort=_sort_menu(filters, knows_fit),
        hidden=tuple(pair for pair in filters.without("query").parameters()),
        query=filters.query,
        clear_url=cleared.address() if filters.active else "",
        more_url=filters.address(page=filters.page + 1),
    )


def _menu(filters, field, label, choices) -> Menu:
    now = getattr(filters, field)
    words = dict(choices)
    options = tuple(Option(text, filters.address(**{field: value}), value == now) for value, text in choices)
    clear = filters.without(field).address()
    is_set = now != getattr(Filters, field)
    return Menu(label, options, current=words.get(now, str(now)) if is_set else "", clear_url=clear)


def _sort_menu(filters, knows_fit):
    words = {"places": _("Free places first"), "day": _("By day and time"), "title": _("By the alphabet")}
    if knows_fit:
        words = {"fit": _("What fits first"), **words}
    current = filters.sort if filters.sort in words else next(iter(words))
    options = tuple(Option(text, filters.address(sort=sort), sort == current) for sort, text in words.items())
    return Menu(_("Order"), options, current=words[current])


# -- Whom the list is for ---------------------------------------------------------------------------


def chosen(people: list[Member], filters: Filters) -> list[Member]:
    """The people whose fit is shown: the chosen children, all while nobody chose, and the one who looks."""
    return [one for one in people if one.is_self or filters.learners is None or one.pk in filters.learners]


def child_chips(people: list[Member], filters: Filters, *, today: date) -> list[ChildChip]:
    if filters.program in _GROWN_UP:
        return []
    children = [one for one in people if not one.is_self]
    on = {one.pk for one in chosen(children, filters)}
    chips = []
    for one in children:
        others = tuple(pk for pk in (child.pk for child in children) if (pk in on) != (pk == one.pk))
        grade = one.learner.grade_on(today)
        word = grade_word(grade) if grade else ""
        chips.append(
            ChildChip(filters.address(learners=others), one.name, one.first_name, word, one.color, one.pk in on)
        )
    return chips


# -- Nothing matches --------------------------------------------------------------------------------


def dropped_sentence(found: Listing, asked: Filters) -> str:
    """What was left out so that there is something to show, and how much that is."""
    if not found.dropped:
        return ""
    if found.dropped == "all":
        return _("Nothing matches all filters. Everything is shown instead: %(count)s.") % {"count": len(found.entries)}
    value = getattr(asked, found.dropped)
    words = {
        "grade": lambda: grade_word(value), "weekday": lambda: weekday_name(value),
        "venue": lambda: dict(found.venues).get(value, value), "topic": lambda: Topic(value).label,
        "price": lambda: _("free of charge") if value == "free" else _("paid"),
        "free_only": lambda: _("With free places"), "query": lambda: value,
    }  # fmt: skip
    facts = {"filter": words[found.dropped](), "count": len(found.entries)}
    return _("Nothing matches all filters. Without “%(filter)s”: %(count)s.") % facts
