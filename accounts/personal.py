"""The words in which every column of ours says whether it is about a person, and what follows from that (TRUST, 27).

Each app declares its models in its `privacy.py`; `enrollment.inventory` joins them, tests hold them to the models, and
docs/privacy.md is written from them. Export and erasure are to follow the rules named here, and know no columns of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from django.db.models import Model


class Rule(Enum):
    """A name that code can rely on, with its meaning for people."""

    def __init__(self, meaning):
        self.meaning = meaning

    def __str__(self):
        return self.name.lower().replace("_", " ")


class Category(Rule):
    IDENTITY = "who somebody is: names, and what a name is searched by"
    CONTACT = "how somebody is reached"
    AGE = "date of birth"
    SCHOOLING = "school, grade, the subject a teacher teaches"
    RESIDENCE = "whether the family lives in Ventspils, and that it was shown"
    FAMILY = "who acts for whom"
    PARTICIPATION = "applications, places, queues, answers and their history"
    CORRESPONDENCE = "letters, their text and what became of them"
    ACCOUNT = "signing in, language, roles, calendar links, forms not sent yet"
    STAFF = "what an employee did, and when"


class Ground(Rule):
    PUBLIC_TASK = "the municipality's task of interest education, GDPR 6(1)(e)"
    CONTRACT = "a booking or a paid course, at the person's request, GDPR 6(1)(b)"
    LEGAL_DUTY = "security of processing and accounting for public money, GDPR 6(1)(c) and 32"


class Kept(Rule):
    ACCOUNT = "while the account is used, and 24 months after the last sign-in or place"
    LEARNER = "as long as one of the learner's places is kept, and 24 months after the last guardian's account ended"
    PLACE = "5 years after the school year in which the place ended; then without the person, for statistics"
    LETTER = "12 months after it was sent or stopped"
    DRAFT = "30 days after it was saved, or until the form is sent"
    LINK = "12 months after it was revoked"
    ROLE = "5 years after the role ended"
    SESSION = "30 days after the last use, or until signing out"


class Export(Rule):
    AS_IT_IS = "the value itself"
    REFERENCE = "the name of the thing it points to, when that is the person's own or public"
    ROLE_ONLY = "“the centre” or “another guardian” instead of a person"
    OMITTED = "computed from other columns, or a secret; told about, not copied"


class Erase(Rule):
    EMPTY = "set to empty"
    REPLACE = "replaced by a neutral word in the same shape, since the column may not be empty"
    DELETE_ROW = "the whole row is deleted"
    DETACH = "the reference stays and leads to a person without any data"
    KEEP = "stays: without the person it tells of nobody"


class Mask(Rule):
    WHOLE = "shown whole to its readers"
    LAST_FOUR = "the last four digits on shared screens, whole when asked for; the asking is recorded"
    OWN_PAGE = "never in lists; on the page of the one person only"
    HIDDEN = "never shown"


class Reader(Rule):
    SELF = "the person themself, signed in"
    FAMILY = "the guardians of the learner"
    INSTRUCTOR = "who teaches the group, from 7 days before its first lesson to 14 days after its last"
    DESK = "front desk, coordinators and managers"
    ADMINISTRATOR = "coordinators, managers and operators, in the admin"
    LINK = "whoever holds the secret address"
    NOBODY = "the program alone"


@dataclass(frozen=True)
class Personal:
    """What is declared of a column about a person."""

    category: Category
    purpose: str  # a clause that completes "kept in order to …"
    ground: Ground
    kept: Kept
    export: Export
    erase: Erase
    mask: Mask
    readers: tuple[Reader, ...]
    names: bool = False  # whether pages may name the row by it: it is a part of `__str__`

    def __post_init__(self):
        if (self.mask is Mask.HIDDEN) != (self.readers == (Reader.NOBODY,)):
            raise ValueError("What nobody reads is hidden, and nothing else is.")


# {model: {column: what is declared, or None for a column that is about nobody}}
Declarations = Mapping[type[Model], Mapping[str, Personal | None]]


def impersonal(names: str) -> dict[str, None]:
    """Columns, separated by blanks, that tell nothing about a person beyond what their row's personal columns tell."""
    return dict.fromkeys(names.split())
