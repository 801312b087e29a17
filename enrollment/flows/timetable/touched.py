"""Whom a change of lessons touches: the people who attend them, and who is told."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from accounts.models import Learner, User
from courses.flows.changes import Edit
from enrollment import emails
from enrollment.models import Enrollment, EnrollmentState as State

Told = list[tuple[Enrollment, list[Edit]]]  # somebody's places, and the lessons of each that change


@dataclass(frozen=True)
class Touched:
    places: Told
    told: dict[tuple[User | None, str], Told]  # {(user, a guest's address): what concerns them}; a letter each

    @cached_property
    def learners(self) -> list[Learner]:
        """Each once, in the order of the alphabet."""
        found = {one.learner_id: one.learner for one, _edits in self.places if one.learner_id}
        return sorted(found.values(), key=lambda learner: (learner.sort_key, learner.pk))

    @cached_property
    def guests(self) -> list[Enrollment]:
        return [one for one, _edits in self.places if one.learner_id is None]

    @cached_property
    def families(self) -> int:
        """Children of the same parents are one family; a party of guests is one."""
        parents = defaultdict(set)
        for (user, _address), theirs in self.told.items():
            for one, _edits in theirs:
                parents[one.learner_id or f"guest {one.guest_email}"].add(user and user.pk)
        everybody = [one.learner_id or f"guest {one.guest_email}" for one, _edits in self.places]
        return len({frozenset(parents[who] - {None}) or who for who in everybody})

    @property
    def letters(self) -> int:
        return len(self.told)


def touched(edits: Iterable[Edit]) -> Touched:
    """Who attends the lessons now; three queries. Of somebody on trial only the lesson that is tried counts."""
    by_run = defaultdict(list)
    runs = {}
    for edit in edits:
        by_run[edit.run.pk].append(edit)
        runs[edit.run.pk] = edit.run
    places = {}
    attending = Enrollment.objects.attending().filter(run__in=runs).select_related("learner").order_by("pk")
    for one in attending:
        one.run = runs[one.run_id]
        if one.state == State.TRIAL:
            theirs = [
                edit for edit in by_run[one.run_id]
                if one.trial_lesson_id in (edit.lesson and edit.lesson.pk, edit.replaces and edit.replaces.pk)
            ]  # fmt: skip
        else:
            theirs = by_run[one.run_id]
        if theirs:
            places[one.pk] = (one, theirs)
    told = emails.families_of([one for one, _edits in places.values()])
    return Touched(
        places=list(places.values()),
        told={whom: [places[one.pk] for one in theirs] for whom, theirs in told.items()},
    )
