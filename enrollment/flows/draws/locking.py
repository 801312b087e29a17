"""Everybody in a draw, locked in the order that all flows keep: learners by id, then the draw."""

from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from accounts.models import Learner
from enrollment.flows import places
from enrollment.models import Applicant, Application, ApplicationState as Stage, Draw

ATTEMPTS = 10
AT_ONCE = 5000  # ids in one statement: PostgreSQL takes 65 535 parameters

Outcome = TypeVar("Outcome")


class SomebodyNew(Exception):
    """An application was received between looking who takes part and locking the draw."""


def again_when_somebody_is_new(work: Callable[[], Outcome]) -> Outcome:
    """What the work gives, a whole transaction; begun again when somebody came while it waited for its locks."""
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except SomebodyNew:
            continue
    return work()


def lock(draw: Draw) -> tuple[Draw, dict[int, Learner]]:
    """Lock all learners who take part, and then the draw: while it is locked nobody joins or leaves it.

    The learners are found before they are locked, so that they can be locked first. Raises SomebodyNew.
    """
    ids = sorted(_learner_ids(draw))
    learners = {
        one.pk: one
        for start in range(0, len(ids), AT_ONCE)
        for one in places.lock_learners(ids[start : start + AT_ONCE])
    }
    locked = Draw.objects.select_for_update(of=("self",), no_key=True).select_related("program", "term").get(pk=draw.pk)
    if not learners.keys() >= _learner_ids(draw):
        raise SomebodyNew
    return locked, learners


def _learner_ids(draw):
    received = Applicant.objects.filter(application__draw=draw, application__state=Stage.RECEIVED)
    return set(received.values_list("learner_id", flat=True))


def parties_of(draw: Draw, learners: dict[int, Learner]) -> dict[Application, list[Learner]]:
    """{received application: its learners by id}; two queries. `learners`: {id: locked}."""
    received = Application.objects.filter(draw=draw, state=Stage.RECEIVED)
    by_application = defaultdict(list)
    named = Applicant.objects.filter(application__draw=draw, application__state=Stage.RECEIVED).order_by("learner")
    for application_id, learner_id in named.values_list("application_id", "learner_id"):
        by_application[application_id].append(learners[learner_id])
    return {one: by_application[one.pk] for one in received.order_by("pk")}
