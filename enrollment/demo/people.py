"""The people of the demonstration. Every name is invented, every address ends in `.example`, which nobody owns."""

import hmac
import random
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.ages import school_year
from accounts.models import Role, User
from enrollment.models import FeedKind, FeedLink
from enrollment.models.feed import token_hash

DOMAIN = "demo.example"


@dataclass(frozen=True)
class DemoPerson:
    """Somebody to sign in as. `role` is what they are to the platform; `feed` the kind of their calendar."""

    key: str
    role: str
    first_name: str
    last_name: str
    phone: str
    about: Promise  # what one can try as this person
    feed: FeedKind | None = None
    grants: tuple[Role, ...] = ()
    home: str = "enrollment:family_home"  # where signing in leads

    @property
    def email(self) -> str:
        return f"{self.key.replace('_', '-')}@{DOMAIN}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def feed_token(self) -> str:
        """The same at every start, so that a calendar program stays subscribed; unguessable without the key."""
        digest = hmac.digest(settings.SECRET_KEY.encode(), f"demo-feed-{self.key}".encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def sign_in_path(self) -> str:
        return reverse("demo_sign_in", args=[self.key])

    def user(self) -> User | None:
        return User.objects.filter(email=self.email).first()

    def feed_url(self, user: User) -> str | None:
        """The address of their calendar, while its link stands."""
        if not FeedLink.objects.live().filter(user=user, token_sha256=token_hash(self.feed_token)).exists():
            return None
        return site_address(reverse("enrollment:feed", args=[self.feed_token]))


def site_address(path: str) -> str:
    return settings.SITE_ADDRESS + path


PEOPLE = (
    DemoPerson(
        "parent", "guardian", "Līga", "Bērziņa", "29123456",
        _("Annija is in grade 4, Roberts in grade 3. An offer waits, and a lesson was cancelled."), FeedKind.FAMILY,
    ),
    DemoPerson("parent_second", "guardian", "Andris", "Bērziņš", "29123457", _("The other parent of the same children."), FeedKind.FAMILY),
    DemoPerson(
        "parent_other", "guardian", "Inese", "Kalniņa", "26200311",
        _("Another family. Marta goes to a school in another municipality."), FeedKind.FAMILY,
    ),
    DemoPerson("new_parent", "guardian", "Elīna", "Ozola", "28411902", _("Has not told of any child yet.")),
    DemoPerson("adult", "learner", "Žanete", "Riekstiņa", "29777120", _("Learns in the evenings."), FeedKind.FAMILY),
    DemoPerson("teacher", "teacher", "Ģirts", "Ābols", "26514408", _("Teaches mathematics at a Ventspils school."), FeedKind.FAMILY),
    DemoPerson(
        "instructor", "instructor", "Ņina", "Krastiņa", "29330015", _("Her lesson takes place now."), FeedKind.INSTRUCTOR,
        (Role.INSTRUCTOR,), "enrollment:teaching_home",
    ),
    DemoPerson(
        "instructor_other", "instructor", "Mārtiņš", "Vītols", "29330016", _("Teaches other groups."), FeedKind.INSTRUCTOR,
        (Role.INSTRUCTOR,), "enrollment:teaching_home",
    ),
    DemoPerson("desk", "desk", "Ilze", "Liepa", "29330017", _("Answers the phone."), None, (Role.DESK,), "enrollment:desk_home"),
    DemoPerson(
        "coordinator", "coordinator", "Sandra", "Balode", "29330018", _("Builds the season."), None, (Role.COORDINATOR,),
        "enrollment:desk_home",
    ),
    DemoPerson("manager", "manager", "Jānis", "Kalējs", "29330019", _("Sees everything."), None, (Role.MANAGER,), "enrollment:desk_home"),
)  # fmt: skip
BY_KEY = {person.key: person for person in PEOPLE}

OTHER_INSTRUCTORS = (
    ("Kristīne", "Šmite"),
    ("Raivis", "Grīnbergs"),
    ("Dace", "Jēkabsone"),
    ("Guntis", "Ķauķis"),
    ("Aija", "Čunčiņa"),
    ("Normunds", "Ūdris"),
)

# Children with these names are always there: letters that only Latvian has, in first place and inside.
NAMED_CHILDREN = (
    ("Pēteris", "Ozoliņš"),
    ("Ņina", "Šteina"),
    ("Ģirts", "Ķēniņš"),
    ("Žanete", "Čakste"),
    ("Ļuba", "Žagare"),
)

# Surnames as (of a man, of a woman): Latvian names have both forms.
_SURNAMES = (
    ("Kalniņš", "Kalniņa"), ("Jansons", "Jansone"), ("Ozoliņš", "Ozoliņa"), ("Krūmiņš", "Krūmiņa"), ("Zariņš", "Zariņa"),
    ("Liepiņš", "Liepiņa"), ("Pētersons", "Pētersone"), ("Vītoliņš", "Vītoliņa"), ("Kļaviņš", "Kļaviņa"),
    ("Kārkliņš", "Kārkliņa"), ("Šteins", "Šteina"), ("Ķēniņš", "Ķēniņa"), ("Čakste", "Čakste"), ("Žagars", "Žagare"),
    ("Eglītis", "Eglīte"), ("Balodis", "Balode"), ("Ābele", "Ābele"), ("Šulcs", "Šulca"), ("Rozītis", "Rozīte"),
    ("Lācis", "Lāce"), ("Vilks", "Vilka"), ("Gailis", "Gaile"), ("Dzenis", "Dzene"), ("Strazdiņš", "Strazdiņa"),
    ("Cīrulis", "Cīrule"), ("Bērziņš", "Bērziņa"), ("Siliņš", "Siliņa"), ("Priede", "Priede"), ("Auziņš", "Auziņa"),
    ("Ērglis", "Ērgle"), ("Īvāns", "Īvāne"), ("Ūdris", "Ūdre"), ("Puķītis", "Puķīte"), ("Ņikiforovs", "Ņikiforova"),
    ("Ģēģeris", "Ģēģere"), ("Ļeonovs", "Ļeonova"), ("Šķēle", "Šķēle"), ("Žukovskis", "Žukovska"), ("Grāvītis", "Grāvīte"),
    ("Mežulis", "Mežule"),
)  # fmt: skip
_GIRLS = (
    "Annija", "Elza", "Marta", "Paula", "Emīlija", "Sofija", "Alise", "Katrīna", "Estere", "Ieva", "Līva", "Dārta", "Ņina",
    "Žanete", "Ļuba", "Grēta", "Šarlote", "Odrija", "Rēzija", "Evelīna", "Tīna", "Luīze", "Amēlija", "Ģertrūde", "Ērika",
)  # fmt: skip
_BOYS = (
    "Roberts", "Gustavs", "Jēkabs", "Kārlis", "Markuss", "Ralfs", "Rihards", "Emīls", "Pēteris", "Ģirts", "Haralds", "Oskars",
    "Teodors", "Adrians", "Jānis", "Ādams", "Reinis", "Edvards", "Ņikita", "Toms", "Ēriks", "Bruno", "Matīss", "Ilvars", "Žanis",
)  # fmt: skip
_WOMEN = (
    "Inga", "Sanita", "Kristīne", "Baiba", "Ilona", "Agnese", "Zane", "Dace", "Evita", "Laura", "Guna", "Iveta", "Žaneta",
    "Ļubova", "Ņina", "Santa", "Vija", "Ligita", "Ērika", "Āra",
)  # fmt: skip
_MEN = (
    "Mārtiņš", "Edgars", "Kaspars", "Aigars", "Gatis", "Ģirts", "Uldis", "Māris", "Artūrs", "Intars", "Raimonds", "Viesturs",
    "Arvīds", "Ēvalds", "Ojārs", "Šimons", "Valdis", "Ziedonis", "Juris", "Normunds",
)  # fmt: skip


@dataclass(frozen=True)
class Adult:
    first_name: str
    last_name: str
    email: str
    phone: str


@dataclass(frozen=True)
class Household:
    """A family without a child yet: children are named as the groups need them."""

    parents: tuple[Adult, ...]
    surnames: tuple[str, str]

    def child_name(self, dice: random.Random) -> tuple[str, str]:
        girl = dice.random() < 0.45
        return dice.choice(_GIRLS if girl else _BOYS), self.surnames[girl]


def household(dice: random.Random, number: int, *, last_name: str = "") -> Household:
    """The family of that number, one in four with both parents on the platform; no e-mail or phone comes twice."""
    surnames = next((pair for pair in _SURNAMES if last_name in pair), None) or dice.choice(_SURNAMES)
    mother = _parent(dice.choice(_WOMEN), surnames[1], number)
    father = _parent(dice.choice(_MEN), surnames[0], number + 5000)
    first, second = (mother, father) if dice.random() < 0.8 else (father, mother)
    return Household((first, second) if dice.random() < 0.25 else (first,), surnames)


def adult(dice: random.Random, number: int) -> Adult:
    """A grown-up who learns, teaches or visits."""
    woman = dice.random() < 0.6
    return _parent(dice.choice(_WOMEN if woman else _MEN), dice.choice(_SURNAMES)[woman], number + 9000)


def _parent(first_name, last_name, number):
    # Spread over the numbers of mobile phones; both factors are prime, so none comes twice.
    return Adult(first_name, last_name, f"persona-{number}@{DOMAIN}", str(20_000_000 + number * 7919 % 9_999_991))


def birth_date_of_grade(dice: random.Random, grade: int, *, today: date) -> date:
    """Of a child who is in that grade today; 0 is the year before grade 1."""
    return born_in_grade(grade, dice.randint(1, 12), dice.randint(1, 28), today=today)


def born_in_grade(grade: int, month: int, day: int, *, today: date) -> date:
    """On that day of the year in which those now in the grade were born: they turn seven in the year of grade 1."""
    return date(school_year(today) - 6 - grade, month, day)
