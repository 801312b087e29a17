"""What an action is, where actions are kept, and the words with which they say whom they can be done to."""

from collections.abc import Callable
from dataclasses import dataclass

from courses.models import RunState
from courses.refusals import TimetableRefused
from enrollment.refusals import EnrollmentRefused

SELDOM = [*[True] * 7, False]  # picked for "not this time", where doing it often would leave nothing to do


@dataclass(frozen=True)
class Action:
    name: str
    candidates: Callable  # (books, world) -> list of what it can be done to
    work: Callable  # (world, one of them, pick)
    changes_when_refused: bool  # what was due is done on the spot, and the answer is no
    often: int  # how many chances it has where others have one

    def __call__(self, world, books, pick) -> bool:
        """Do it to one of the candidates; False when there is none, or the answer was no."""
        if not (candidates := self.candidates(books, world)):
            return False
        try:
            self.work(world, pick(candidates), pick)
        except (EnrollmentRefused, TimetableRefused):
            return False
        return True


ACTIONS: dict[str, Action] = {}


def action(candidates, *, changes_when_refused=False, often=1):
    def register(work):
        ACTIONS[work.__name__] = Action(work.__name__, candidates, work, changes_when_refused, often)
        return work

    return register


# -- Whom, what: each gives (books, world) -> list -----------------------------------------------------


def enrollments_in(*states):
    return lambda books, world: books.in_states(*states)


def learners_in(*states):
    """Enrollments of learners; guests have other doors."""
    return lambda books, world: [one for one in books.in_states(*states) if one.learner_id]


def applications_in(*stages):
    return lambda books, world: [one for one in books.applications if one.state in stages]


def draws_in(*states):
    return lambda books, world: [draw for draw in books.draws if draw.state in states]


def groups(books, world):
    return [books.runs[run.pk] for run in world.groups if books.runs[run.pk].state == RunState.PUBLISHED]


def drawn_groups(books, world):
    return [books.runs[run.pk] for run in world.drawn if books.runs[run.pk].state == RunState.PUBLISHED]


def slots(books, world):
    return [books.runs[run.pk] for run in world.slots]


def all_runs(books, world):
    return [books.runs[run.pk] for run in world.runs if books.runs[run.pk].state == RunState.PUBLISHED]


def lessons(books, world):
    return [lesson for run in world.runs for lesson in books.lessons[run.pk]]


def who(world, enrollment, pick):
    """Somebody who may act for the learner; nobody in particular for guests, who have a link."""
    return pick(world.guardians[enrollment.learner_id]) if enrollment.learner_id else None
