"""What somebody looks for in the catalogue, as the address bar says it. What makes no sense is ignored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from accounts.ages import LAST_GRADE
from courses.models import ProgramKind, Topic

PRESCHOOL = 0  # stands for "not yet at school" among the grades
SORTS = ("places", "fit", "day", "title")
LONGEST_QUERY = 80  # characters
LARGEST_PAGE = 200

# The order in which a narrow search is widened, and in which filters stand on the page: (field, parameter).
PARAMETERS = {
    "program": "for", "grade": "grade", "weekday": "day", "venue": "place", "topic": "topic", "price": "price",
    "free_only": "free", "query": "q",
}  # fmt: skip
DROPPABLE = tuple(field for field in PARAMETERS if field != "program")


@dataclass(frozen=True)
class Filters:
    program: str = ""  # a ProgramKind
    grade: int | None = None  # PRESCHOOL, 1 … 12
    weekday: int | None = None  # 0 is Monday
    venue: str = ""  # slug
    topic: str = ""  # a Topic
    price: str = ""  # "free" | "paid"
    free_only: bool = False  # only where a newcomer gets a place
    query: str = ""
    learners: tuple[int, ...] | None = None  # chosen learners; None: nobody chose, so all of them
    sort: str = ""  # one of SORTS; empty: the order that suits
    page: int = 1

    @classmethod
    def read(cls, params: Mapping) -> "Filters":
        """From the query of the address: a QueryDict."""
        learners = tuple(_whole(text, 0, 10**9) for text in params.getlist("child")) if "child" in params else None
        return cls(
            program=_one_of(ProgramKind.values, params.get("for")),
            grade=_whole(params.get("grade"), PRESCHOOL, LAST_GRADE),
            weekday=_whole(params.get("day"), 0, 6),
            venue=_plain(params.get("place"))[:50],
            topic=_one_of(Topic.values, params.get("topic")),
            price=_one_of(("free", "paid"), params.get("price")),
            free_only=params.get("free") == "1",
            query=_plain(params.get("q"))[:LONGEST_QUERY],
            learners=learners and tuple(pk for pk in learners if pk is not None),
            sort=_one_of(SORTS, params.get("sort")),
            page=_whole(params.get("page"), 1, LARGEST_PAGE) or 1,
        )

    def parameters(self) -> Iterator[tuple[str, str]]:
        """What an address needs to say the same, in a fixed order."""
        for field, name in PARAMETERS.items():
            value = getattr(self, field)
            if value is True:
                yield name, "1"
            elif value not in ("", None, False) or value is PRESCHOOL:
                yield name, str(value)
        for pk in self.learners if self.learners is not None else ():
            yield "child", str(pk)
        if self.learners == ():
            yield "child", "0"  # nobody is a choice too
        if self.sort:
            yield "sort", self.sort
        if self.page > 1:
            yield "page", str(self.page)

    def address(self, **changes) -> str:
        """The query of the address with these changes, always from the first page unless they say otherwise."""
        return "?" + urlencode(list(replace(self, **{"page": 1, **changes}).parameters()))

    def without(self, field: str) -> "Filters":
        return replace(self, page=1, **{field: getattr(Filters, field)})

    @property
    def active(self) -> list[str]:
        """The fields that narrow the list, the program apart: it is what the page is about."""
        return [field for field in DROPPABLE if getattr(self, field) != getattr(Filters, field)]


def _plain(text) -> str:
    """Printable characters with single spaces."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text or "").split())


def _one_of(allowed, text) -> str:
    return text if text in allowed else ""


def _whole(text, lowest: int, highest: int) -> int | None:
    if not text or len(text) > 10 or not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if lowest <= number <= highest else None
