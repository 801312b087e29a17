"""Finding people and families: one box for names, phones, e-mails and groups (UX S30, S31, 7.2)."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.ages import school_year
from accounts.models import Guardianship, Learner, User
from accounts.names import fold, fold_query, phone_digits
from courses.models import CourseRun, RunKind
from enrollment.flows import waitlist
from enrollment.models import Enrollment
from enrollment.rosters import matches, phones_of
from enrollment.weekdays import weekday_typed

SHORTEST_TEXT, LONGEST_TEXT, SHORTEST_PHONE = 2, 100, 3  # characters; digits
LIMIT, LIMIT_GROUPS = 30, 10
SHORTEST_ANYWHERE = 4  # letters that are looked for inside words and e-mail addresses too
SHORTEST_WITH_A_SLIP, LONGEST_WITH_A_SLIP = 4, 20  # letters of a word in which one may be wrong

_PHONE = re.compile(r"[+\d][\d\s()-]*")
_OLD = re.compile(r"(?P<number>\d{1,2})(?P<grade>\.?(kl\w*|gr\w*|\.))?")


# -- What was typed ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """A search box's text, understood."""

    text: str
    words: list[str]  # folded; one word of digits when a phone was typed
    weekday: int | None = None  # with age or grade: a question for open groups
    age: int | None = None
    grade: int | None = None

    @classmethod
    def read(cls, text: str) -> "Question":
        text = " ".join(text.replace("\0", "").split())[:LONGEST_TEXT]
        if _PHONE.fullmatch(text):
            digits = phone_digits(re.sub(r"^(\+|00)\s*371", "", text))
            return cls(text, [digits] if len(digits) >= SHORTEST_PHONE else [])
        words = fold_query(text).split()
        asked = {}
        for word in words:
            number = _OLD.fullmatch(word)
            day = weekday_typed(word)
            if day is not None:
                asked["weekday"] = day
            elif number:
                asked["grade" if number["grade"] else "age"] = int(number["number"])
            elif not word.startswith(("kl", "gr", "gad", "yea", "g.")):
                asked = {}
                break
            elif word.startswith(("kl", "gr")) and "age" in asked:
                asked["grade"] = asked.pop("age")  # "5 klase"
        is_about_groups = "weekday" in asked
        return cls(text, words if len(text) >= SHORTEST_TEXT else [], **(asked if is_about_groups else {}))

    @property
    def is_about_groups(self) -> bool:
        return self.weekday is not None

    def __bool__(self):
        return bool(self.words)


# -- Search ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    text: str
    is_match: bool


@dataclass(frozen=True)
class Person:
    """A learner found by the own name, or by a guardian's name, phone or e-mail."""

    learner: Learner
    name: list[Piece]
    age: int | None
    grade: int | None
    phone: str
    enrollments: list[Enrollment]
    positions: dict[int, int]  # {enrollment id: number in its queue}
    guardian: list[Piece] = field(default_factory=list)  # by whom the learner was found


@dataclass(frozen=True)
class GroupFound:
    run: CourseRun
    title: list[Piece]


@dataclass(frozen=True)
class Found:
    question: Question
    people: list[Person] = field(default_factory=list)
    users: list[User] = field(default_factory=list)  # accounts without any learner yet
    groups: list[GroupFound] = field(default_factory=list)
    is_more: bool = False  # people beyond the limit

    @property
    def count(self) -> int:
        return len(self.people) + len(self.users) + len(self.groups)


def search(text: str, *, now: datetime) -> Found:
    """Everybody and everything that the text may mean, in a constant number of queries; at most LIMIT people."""
    question = Question.read(text)
    if not question:
        return Found(question)
    if question.is_about_groups:
        return Found(question, groups=[GroupFound(run, marked(_title(run), [])) for run in openings(question, now=now)])
    words = question.words
    learners = list(_ranked(_learners(words), words)[: LIMIT + 1])
    users = list(_without_learners(words).order_by("search_key", "pk")[:LIMIT_GROUPS])
    groups = _groups(words, now)
    if not (learners or users or groups):
        learners = list(_ranked(_learners_with_a_slip(words), words)[: LIMIT + 1])
    return Found(
        question,
        people=_people(learners[:LIMIT], words, now),
        users=users,
        groups=groups,
        is_more=len(learners) > LIMIT,
    )


def _learners(words) -> QuerySet[Learner]:
    """Learners whose own or whose guardians' names, e-mails or phones hold every one of the words."""
    return _holding([_anywhere(word) for word in words])


def _learners_with_a_slip(words):
    """The same with one wrong, missing or surplus letter in each longer word."""
    if not any(len(word) >= SHORTEST_WITH_A_SLIP for word in words):
        return Learner.objects.none()
    return _holding([("regex", _one_slip(word)) for word in words])


def _holding(conditions):
    found = Learner.objects.all()
    for lookup, value in conditions:
        by_guardian = Guardianship.objects.live().filter(**{f"guardian__search_key__{lookup}": value})
        found = found.filter(
            Q(**{f"search_key__{lookup}": value})
            | Q(**{f"user__search_key__{lookup}": value})
            | Q(pk__in=by_guardian.values("learner_id"))
        )
    return found


def _anywhere(word):
    """(lookup, value): a few letters begin a name, so that they do not hit every address; more may stand anywhere."""
    if word.isdecimal() or len(word) >= SHORTEST_ANYWHERE:
        return "contains", word
    return "regex", rf"(^| ){re.escape(word)}[^@ ]*( |$)"


def _one_slip(word):
    """A pattern of the folded word with one letter wrong, missing, doubled or swapped with the next."""
    if not SHORTEST_WITH_A_SLIP <= len(word) <= LONGEST_WITH_A_SLIP or word.isdecimal():
        return re.escape(word)
    patterns = []
    for index in range(len(word)):
        before, after = re.escape(word[:index]), re.escape(word[index + 1 :])
        patterns += [f"{before}.{after}", f"{before}.{re.escape(word[index:])}", f"{before}{after}"]
        if index + 1 < len(word):
            patterns.append(re.escape(f"{word[:index]}{word[index + 1]}{word[index]}{word[index + 2 :]}"))
    return "(" + "|".join(patterns) + ")"


def _ranked(learners, words):
    """First those whose first name begins with what was typed, then surnames, then the rest; each in name order."""
    rank = Case(
        When(search_key__startswith=words[0], then=Value(0)),
        When(search_key__contains=f" {words[0]}", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return learners.select_related("school", "user").order_by(rank, "sort_key", "pk")


def _without_learners(words):
    has_children = Guardianship.objects.live().values("guardian_id")
    users = User.objects.filter(learner=None, role_grants=None, is_active=True).exclude(pk__in=has_children)
    for lookup, value in map(_anywhere, words):
        users = users.filter(**{f"search_key__{lookup}": value})
    return users


def _people(learners, words, now):
    today = timezone.localtime(now).date()
    enrollments = defaultdict(list)
    live = list(Enrollment.objects.live().filter(learner__in=learners).select_related("run").order_by("run__code"))
    for one in live:
        enrollments[one.learner_id].append(one)
    positions = waitlist.positions(live)
    phones = phones_of(learners)
    guardians = defaultdict(list)
    for one in Guardianship.objects.live().filter(learner__in=learners).select_related("guardian").order_by("pk"):
        guardians[one.learner_id].append(one.guardian)
    return [
        Person(
            learner=one, name=marked(str(one), words), age=one.age_on(today), grade=one.grade_on(today),
            enrollments=enrollments[one.pk], positions=positions,
            **_found_by(one, guardians[one.pk], words, phones.get(one.pk, "")),
        )
        for one in learners
    ]  # fmt: skip


def _found_by(learner, guardians, words, phone):
    """The guardian to show: the one who matches what the learner's own name does not."""
    missing = [word for word in words if word not in learner.search_key]
    if not missing:
        return {"phone": phone}
    found = [user for user in guardians if all(word in user.search_key for word in missing)]
    return {"phone": found[0].phone, "guardian": marked(str(found[0]), words)} if found else {"phone": phone}


def _groups(words, now):
    runs = (
        CourseRun.objects.not_finished(now=now)
        .filter(kind=RunKind.GROUP)
        .for_display()
        .order_by("weekday", "start_time", "code")
    )
    return [GroupFound(run, marked(_title(run), words)) for run in runs if matches(run, words)][:LIMIT_GROUPS]


def _title(run):
    return f"{run.course.title}, {run.code}"


def openings(question: Question, *, now: datetime) -> list[CourseRun]:
    """Groups with places for somebody of that age or grade on that weekday."""
    runs = CourseRun.objects.filter(kind=RunKind.GROUP, weekday=question.weekday).open_for_enrollment(now=now)
    runs = runs.not_finished(now=now).with_free_seats().for_display().order_by("start_time", "code")
    return [run for run in runs if _suits(run, question, now)]


def _suits(run, question, now):
    course = run.course
    grades = {question.grade} if question.grade is not None else _grades_of(question.age, now)
    if course.grade_min is not None:
        return not grades or any(
            course.grade_min <= grade <= (course.grade_max or course.grade_min) for grade in grades
        )
    if course.age_min is not None and question.age is not None:
        return course.age_min <= question.age <= (course.age_max or 99)
    return True


def _grades_of(age, now):
    """The grades in which somebody of that age may be: school begins in the calendar year of the seventh birthday."""
    if age is None:
        return set()
    today = timezone.localtime(now).date()
    return {school_year(today) - (today.year - age - earlier) - 6 for earlier in (0, 1)}


def marked(text: str, words: list[str]) -> list[Piece]:
    """The text in its true spelling, cut where a folded word matches: "Pēteris", ["pe"] -> "Pē" marked, "teris"."""
    folded, origin = "", []  # origin: for each folded letter, the index of its letter in the text
    for index, letter in enumerate(text):
        plain = fold(letter) or (" " if letter.isspace() else "")
        folded += plain
        origin += [index] * len(plain)
    is_match = [False] * len(text)
    for word in words:
        at = folded.find(word)
        if at >= 0:
            for index in range(origin[at], origin[at + len(word) - 1] + 1):
                is_match[index] = True
    pieces = []
    for letter, match in zip(text, is_match, strict=True):
        if pieces and pieces[-1].is_match == match:
            pieces[-1] = Piece(pieces[-1].text + letter, match)
        else:
            pieces.append(Piece(letter, match))
    return pieces
