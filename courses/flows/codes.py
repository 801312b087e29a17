"""The codes of groups, which people say on the phone: the letter of what is taught, and a number."""

import re

from courses.models import Course, CourseRun, Term, Topic

_BY_TOPIC = {
    Topic.ROBOTICS: "R",
    Topic.PROGRAMMING: "P",
    Topic.DESIGN: "D",
    Topic.MEDIA: "F",
    Topic.SCIENCE: "Z",
    Topic.ADULTS: "O",
}


class Codes:
    """The next number of each letter, never one that was used before. Reads all codes once."""

    def __init__(self):
        self._used = list(CourseRun.objects.values_list("code", flat=True))
        self._numbers: dict[str, int] = {}

    def next(self, letter: str) -> str:
        if letter not in self._numbers:
            used = [int(code[2:]) for code in self._used if re.fullmatch(rf"{re.escape(letter)}-\d+", code)]
            self._numbers[letter] = max(used, default=0)
        self._numbers[letter] += 1
        return f"{letter}-{self._numbers[letter]}"


def take_turns() -> None:
    """Until the transaction ends nobody else gives numbers: two would give the same. Locks all terms, which are few."""
    list(Term.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def letter_of(course: Course) -> str:
    """The letter of the course's newest group; of its topic, when it has had none."""
    codes = course.runs.order_by("-pk").values_list("code", flat=True)
    known = next((code[0] for code in codes if re.fullmatch(r"[A-Z]-\d+", code)), None)
    return known or _BY_TOPIC[course.topic]


def address_of(code: str, term: Term) -> str:
    """The last part of a group's address: the code and the term."""
    return f"{code}-{term.slug}".lower()[:50]
