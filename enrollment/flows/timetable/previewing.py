"""What a change would do, before anybody does it. Reads, and writes nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from courses.flows import changes
from courses.models import ChangeKind, CourseRun, Lesson
from enrollment.flows.timetable.clashes import Clash, new_clashes
from enrollment.flows.timetable.houses import plan
from enrollment.flows.timetable.touched import Touched, touched

TOLD = frozenset({ChangeKind.MOVED, ChangeKind.CANCELLED, ChangeKind.REMOTE, ChangeKind.RESTORED})  # families are
FEW = 60  # lessons for which other rooms and times are looked for


@dataclass(frozen=True)
class Preview:
    plan: changes.Plan
    conflicts: list[changes.Conflict]
    touched: Touched
    clashes: list[Clash]  # of learners, new ones only
    alternatives: changes.Alternatives

    @property
    def tells_families(self) -> bool:
        return self.plan.order.kind in TOLD

    @property
    def letters(self) -> int:
        return self.touched.letters if self.tells_families else 0

    @property
    def runs(self) -> list[tuple[CourseRun, int, int]]:
        """(group, lessons of it, people in it) in the order of codes."""
        lessons = Counter(edit.run.pk for edit in self.plan.edits if edit.lesson)
        people = Counter(one.run_id for one, _edits in self.touched.places)
        runs = self.plan.runs
        return sorted(((runs[pk], lessons[pk], people[pk]) for pk in runs), key=lambda one: (one[0].code, one[0].pk))

    @property
    def lessons(self) -> int:
        return sum(edit.lesson is not None for edit in self.plan.edits)


def preview(order: changes.Order, lessons: Iterable[Lesson], *, now: datetime) -> Preview:
    """The plan, what stands against it, whom it touches. Queries do not grow with the lessons or the people.

    lessons: read with `for_change()`. Raises TimetableRefused when the order makes no sense for them.
    """
    found = plan(order, lessons, now=now)
    return look_at(found, now=now)


def look_at(found: changes.Plan, *, now: datetime) -> Preview:
    conflicts = changes.conflicts_of(found.edits)
    people = touched(found.edits)
    return Preview(
        plan=found, conflicts=conflicts, touched=people, clashes=new_clashes(found.edits, people),
        alternatives=changes.alternatives_of(found, now=now)
        if conflicts and len(found.edits) <= FEW
        else changes.Alternatives(),
    )  # fmt: skip


def fresh(lessons: Iterable[Lesson]) -> list[Lesson]:
    """The same lessons as they are now, with all that planning reads."""
    return list(Lesson.objects.filter(pk__in=[one.pk for one in lessons]).for_change())


def without_conflicts(order: changes.Order, lessons: Iterable[Lesson], *, now: datetime) -> list[Lesson]:
    """Those of the lessons against which nothing would stand: the others are left for people to settle one by one."""
    chosen = fresh(lessons)
    while chosen:
        found = plan(order, chosen, now=now)
        against = {
            edit.lesson.pk for one in changes.conflicts_of(found.edits) for edit in (one.edit, one.other_edit) if edit
        }
        if not against:
            break
        chosen = [one for one in chosen if one.pk not in against]
    return chosen
