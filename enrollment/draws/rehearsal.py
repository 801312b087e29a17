"""Who would get in if a draw were held on what was wished for in a term: the same rule, a seed to throw away, nothing written.

Where the term had applications with ranked wishes, these are taken; where places were given by time of receipt, what a
family got and waited for stands for its wishes (docs/decisions/0006-draw.md).
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid5

from accounts.models import Learner
from courses.models import CourseRun, Program, RunKind, RunState, Term
from enrollment import allocation, eligibility
from enrollment.flows.draws import names_of
from enrollment.models import (
    HOLDING,
    Applicant,
    Application,
    ApplicationState as Stage,
    Enrollment,
    EnrollmentState as State,
    Wish,
)  # fmt: skip
from enrollment.overlaps import overlapping

SEED_OCTETS = 8  # enough for what is thrown away, and short in an address
KEPT = (*HOLDING, State.MOVED)  # a child that kept so many places wanted so many


def new_seed() -> str:
    return secrets.token_hex(SEED_OCTETS)


@dataclass
class Wanting:
    """An application, or what a family sent at once: who, which groups in the order of their liking, how many places."""

    pseudonym: str
    learners: frozenset[int]
    received_at: datetime
    wishes: list[int]  # group ids
    waits_for: set[int]
    places: int
    is_ranked: bool = False  # by the family itself

    def add(self, later: "Wanting") -> None:
        """What the same children wanted later ranks after it."""
        self.wishes += [pk for pk in later.wishes if pk not in self.wishes]
        self.waits_for |= later.waits_for
        self.places += later.places
        self.is_ranked |= later.is_ranked


@dataclass(frozen=True)
class Turn:
    """A child in a group's list: which turn it would have, and which of its wishes the group is."""

    learner_id: int
    order: int
    rank: int


@dataclass
class GroupResult:
    run: CourseRun
    places: int
    first: int = 0  # children whose first wish it is
    wanted: int = 0  # children who wish for it at all
    placed: list[Turn] = field(default_factory=list)
    waiting: list[Turn] = field(default_factory=list)


@dataclass
class Rehearsal:
    program: Program
    term: Term
    seed: str
    groups: list[GroupResult]
    applications: int = 0
    ranked: int = 0  # of them, with wishes that the families ranked themselves
    children: int = 0
    with_place: int = 0
    with_first: int = 0
    left_out: int = 0  # what a child wanted besides going together with a sibling

    @property
    def without(self) -> int:
        return self.children - self.with_place


def rehearse(*, program: Program, term: Term, seed: str) -> Rehearsal:
    """A draw on all wishes for the weekly groups of a program in a term, into empty groups. Seven queries at most."""
    runs = _runs(program, term)
    found = Rehearsal(program, term, seed, [GroupResult(run, run.capacity) for run in runs.values()])
    wanting, found.left_out = _of_each_family([*_applied(runs), *_took(runs)], program)
    record = _draw(runs, wanting.values(), seed, program)
    _tell(found, record, wanting, names_of(runs.values()))
    return found


def _runs(program, term) -> dict[int, CourseRun]:
    """Its groups that took place, are to, or were published at least; what was cancelled gave no places."""
    groups = CourseRun.objects.filter(course__program=program, term=term, kind=RunKind.GROUP, state=RunState.PUBLISHED)
    ordered = groups.select_related("course__program").order_by("course__title_lv", "weekday", "start_time", "pk")
    return {run.pk: run for run in ordered}


# -- What was wished for -----------------------------------------------------------------------------


def _applied(runs) -> list[Wanting]:
    """Applications that were received, with their wishes among these groups."""
    taken = Application.objects.filter(state__in=(Stage.RECEIVED, Stage.DECIDED), wishes__run__in=runs).distinct()
    applications = {
        pk: Wanting(str(key), frozenset(), received_at, [], set(), wanted, is_ranked=True)
        for pk, key, received_at, wanted in taken.values_list("pk", "key", "received_at", "places_wanted")
    }
    wishes = Wish.objects.filter(application__in=taken, run__in=runs).order_by("application", "rank")
    for pk, run_id, joins in wishes.values_list("application", "run", "joins_waitlist"):
        applications[pk].wishes.append(run_id)
        if joins:
            applications[pk].waits_for.add(run_id)
    for pk, learner_id in Applicant.objects.filter(application__in=taken).values_list("application", "learner"):
        applications[pk].learners |= {learner_id}
    return list(applications.values())


def _took(runs) -> list[Wanting]:
    """Places and queues that no application led to: one of these per child and press, or per siblings who go together.

    A group that somebody changed to later is none of their wishes of that time.
    """
    entered = Enrollment.objects.filter(run__in=runs, submission__application=None, replaces=None)
    entered = entered.exclude(learner=None).order_by("received_at", "pk")
    columns = ("submission__key", "submission__is_together", "learner", "run", "received_at", "state")
    presses: dict[object, Wanting] = {}
    for key, together, learner_id, run_id, received_at, state in entered.values_list(*columns):
        pseudonym = str(key if together else uuid5(key, str(learner_id)))
        one = presses.setdefault(pseudonym, Wanting(pseudonym, frozenset(), received_at, [], set(), 0))
        is_new = run_id not in one.wishes
        one.learners |= {learner_id}
        one.waits_for.add(run_id)
        if is_new:
            one.wishes.append(run_id)
            one.places += state in KEPT
    return list(presses.values())


def _of_each_family(wanting: Iterable[Wanting], program) -> tuple[dict[str, Wanting], int]:
    """({pseudonym: with all that the same children wanted}, how many are left out).

    A child takes part once, as in a draw: by itself or with the siblings it was first sent with.
    """
    parties: dict[frozenset[int], Wanting] = {}
    party_of: dict[int, frozenset[int]] = {}
    left_out = 0
    for one in sorted(wanting, key=lambda one: (one.received_at, one.pseudonym)):
        if one.learners in parties:
            parties[one.learners].add(one)
        elif party_of.keys() & one.learners:
            left_out += 1
        else:
            parties[one.learners] = one
            party_of |= dict.fromkeys(one.learners, one.learners)
    limit = program.max_places_per_term
    for one in parties.values():
        most = len(one.wishes) if limit is None else min(limit, len(one.wishes))
        one.places = max(1, min(one.places, most))
    return {one.pseudonym: one for one in parties.values()}, left_out


# -- The draw ----------------------------------------------------------------------------------------


def _draw(runs, wanting, seed, program):
    """The record of a draw that nobody keeps."""
    names = names_of(runs.values())
    overlaps = {}
    if program.forbids_clash and runs:
        first = min(run.starts_at for run in runs.values())
        overlaps = overlapping(eligibility.meetings_of(runs, now=first))
    groups = [
        {
            "group": names[pk], "title": {}, "path": "", "free": run.capacity,
            "overlaps": sorted(names[other] for other in overlaps.get(pk, ())),
        }
        for pk, run in runs.items()
    ]  # fmt: skip
    applications = [
        {
            "pseudonym": one.pseudonym, "children": len(one.learners), "places": one.places,
            "wishes": [names[pk] for pk in one.wishes],
            "waits_for": [names[pk] for pk in one.wishes if pk in one.waits_for],
        }
        for one in wanting
    ]  # fmt: skip
    return allocation.make_record(
        draw="", seed=seed, moments=dict.fromkeys(allocation.MOMENTS, ""), limit=program.max_places_per_term,
        groups=groups, applications=applications,
    )  # fmt: skip


def _tell(found, record, wanting, names):
    by_name = {names[one.run.pk]: one for one in found.groups}
    for entry in record["applications"]:
        learners, wishes = sorted(wanting[entry["pseudonym"]].learners), entry["wishes"]
        found.applications += 1
        found.ranked += wanting[entry["pseudonym"]].is_ranked
        found.children += len(learners)
        found.with_place += len(learners) if entry["given"] else 0
        found.with_first += len(learners) if wishes[0] in entry["given"] else 0
        for rank, name in enumerate(wishes, start=1):
            group = by_name[name]
            group.wanted += len(learners)
            group.first += len(learners) if rank == 1 else 0
            turns = [Turn(pk, entry["order"], rank) for pk in learners]
            if name in entry["given"]:
                group.placed += turns
            elif name in entry["queued"]:
                group.waiting += turns


def names_in(group: GroupResult) -> dict[int, Learner]:
    """The children of one group's lists; one query."""
    return Learner.objects.in_bulk({one.learner_id for one in (*group.placed, *group.waiting)})
