"""What goes into a draw: its groups with their free places, and the wishes that fit at that moment."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Learner
from courses.models import CourseRun, RunState
from enrollment import eligibility
from enrollment.flows.draws import locking
from enrollment.models import Application, ApplicationState as Stage, Draw, Wish
from enrollment.overlaps import overlapping

AT_ONCE = 2500  # applications that are judged together


@dataclass
class Wanted:
    """A wish, as far as a draw goes. An outcome that is set already says why it does not fit."""

    pk: int
    run: CourseRun
    joins_waitlist: bool
    outcome: str = ""


@dataclass
class Party:
    """An application with its learners and its wishes, best first."""

    application: Application
    learners: list[Learner]
    wishes: list[Wanted] = field(default_factory=list)
    places: int = 1  # for each of the learners, never more than the program allows besides what they have

    @property
    def pseudonym(self) -> str:
        return str(self.application.key)

    def entry(self, names: dict[int, str]) -> dict:
        """What the record says about it before the draw."""
        fitting = [wish for wish in self.wishes if not wish.outcome]
        return {
            "pseudonym": self.pseudonym, "children": len(self.learners), "places": self.places,
            "wishes": [names[wish.run.pk] for wish in fitting],
            "waits_for": [names[wish.run.pk] for wish in fitting if wish.joins_waitlist],
        }  # fmt: skip


def parties(draw: Draw, learners: dict[int, Learner], runs: dict[int, CourseRun], *, now: datetime) -> list[Party]:
    """Everybody who takes part, with what fits now; a constant number of queries for every AT_ONCE of them."""
    wishes = defaultdict(list)
    received = Wish.objects.filter(application__draw=draw, application__state=Stage.RECEIVED).order_by("rank")
    for pk, application_id, run_id, joins in received.values_list("pk", "application", "run", "joins_waitlist"):
        wishes[application_id].append(Wanted(pk, runs[run_id], joins))
    found = [Party(one, theirs, wishes[one.pk]) for one, theirs in locking.parties_of(draw, learners).items()]
    for start in range(0, len(found), AT_ONCE):
        _judge(found[start : start + AT_ONCE], runs, now)
    return found


def _judge(some, runs, now):
    """Note the wishes that do not fit all of a party's learners, and how many places it can have."""
    learners = {one.pk: one for party in some for one in party.learners}
    facts = eligibility.Facts.load(runs=runs.values(), learners=learners.values(), now=now)
    for party in some:
        for wish in party.wishes:
            refusals = (facts.why_unfit(wish.run, one, now) for one in party.learners)
            if refusal := next(filter(None, refusals), None):
                wish.outcome = refusal.code
        party.places = party.application.places_wanted
        if party.wishes:
            left = [facts.places_left(party.wishes[0].run, one) for one in party.learners]
            party.places = max(1, min([party.places, *(one for one in left if one is not None)]))


def names_of(runs: Iterable[CourseRun]) -> dict[int, str]:
    """{run id: what it is called in the record}: its code, with more where two groups have the same."""
    runs = list(runs)
    often = Counter(run.code for run in runs)
    return {run.pk: run.code if often[run.code] == 1 else f"{run.code} ({run.course.slug}/{run.slug})" for run in runs}


def groups(runs: dict[int, CourseRun], names: dict[int, str], *, now: datetime) -> Iterator[dict]:
    """What the record says about each group before the draw, by name; one query."""
    together = {pk: run for pk, run in runs.items() if run.course.program.forbids_clash}
    overlaps = overlapping(eligibility.meetings_of(together, now=now)) if together else {}
    for pk in sorted(runs, key=lambda pk: (len(names[pk]), names[pk])):
        run = runs[pk]
        is_given = run.state == RunState.PUBLISHED and run.ends_at > now
        yield {
            "group": names[pk], "title": {"lv": run.course.title_lv, "en": run.course.title_en},
            "path": run.get_absolute_url(), "free": run.seats_free if is_given else 0,
            "overlaps": sorted(names[other] for other in overlaps.get(pk, ())),
        }  # fmt: skip
