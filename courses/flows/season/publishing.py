"""Drafts become groups that families see: their lessons take place, their rooms and instructors are taken."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from accounts import staff_log
from accounts.models import User
from courses.flows import seats
from courses.flows.changes.applying import guarded, lock_people_and_rooms
from courses.flows.changes.conflicts import Conflict, conflicts_of
from courses.flows.season.checking import as_published
from courses.flows.season.drafts import teaching_ids
from courses.models import CourseRun, Lesson, LessonState, RunState
from courses.refusals import TimetableReason, TimetableRefused

AT_ONCE = 20  # groups between two words of progress


@dataclass
class Published:
    done: list[CourseRun] = field(default_factory=list)
    left: list[CourseRun] = field(default_factory=list)  # drafts that something stands against
    conflicts: list[Conflict] = field(default_factory=list)
    already: int = 0  # were no drafts any more
    to_come: int = 0  # nothing stands against them, and `at_most` left them for the next call


class PublishRefused(TimetableRefused):
    """One of the groups cannot be; nothing was published. Either `conflicts` says why, or `run` and the reason do."""

    def __init__(self, reason, *, run=None, conflicts=()):
        super().__init__(reason, conflicts=conflicts)
        self.run = run


@transaction.atomic
def publish(
    *,
    run_ids: Iterable[int],
    leave_clashes: bool = False,
    at_most: int | None = None,
    by: User | None,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Published:
    """Publish these drafts, all or none; with `leave_clashes` all against which nothing stands, the others stay drafts.

    Locks the runs, then instructors and rooms, each by id; behind that the database's guards decide. What is published
    already counts as done. `at_most` so many in this call, after the same look at all of them: whoever asks again with the
    same drafts goes on where the last call ended. Raises PublishRefused: ROOM_TAKEN, INSTRUCTOR_TAKEN, ROOM_SMALL with all conflicts, NO_LESSONS
    and NO_INSTRUCTOR with the run. progress: told how many of how many are done.
    """
    locked = seats.lock(*run_ids)
    drafts = [run for run in locked.values() if run.state == RunState.DRAFT]
    result = Published(already=len(locked) - len(drafts))
    edits = as_published(drafts)
    lock_people_and_rooms([edit.after for edit in edits])
    impossible = _impossible(drafts, edits)
    result.conflicts = conflicts_of(edits)
    if not leave_clashes:
        if result.conflicts:
            raise PublishRefused(result.conflicts[0].reason, conflicts=result.conflicts)
        for run, reason in impossible.items():
            raise PublishRefused(reason, run=locked[run])
    standing = {one.edit.run.pk for one in result.conflicts} | set(impossible)
    standing |= {one.other_edit.run.pk for one in result.conflicts if one.other_edit}
    result.left = [run for run in drafts if run.pk in standing]
    free = [run for run in drafts if run.pk not in standing]
    result.done = free[:at_most]
    result.to_come = len(free) - len(result.done)
    for first in range(0, len(result.done), AT_ONCE):
        _publish(result.done[first : first + AT_ONCE], now)
        progress(min(first + AT_ONCE, len(result.done)), len(result.done))
    _log(result.done, by, now)
    return result


def _impossible(drafts, edits) -> dict[int, TimetableReason]:
    """{run id: reason} of weekly groups without lessons, and of groups whose instructor has left."""
    with_lessons = set(Lesson.objects.filter(run__in=drafts).order_by().values_list("run", flat=True).distinct())
    found = {
        run.pk: TimetableReason.NO_LESSONS for run in drafts if run.weekday is not None and run.pk not in with_lessons
    }
    gone = {person for edit in edits for person in edit.after.instructors} - teaching_ids()
    return found | {
        edit.run.pk: TimetableReason.NO_INSTRUCTOR for edit in edits if gone.intersection(edit.after.instructors)
    }


def _publish(runs, now):
    planned = Lesson.objects.filter(run__in=runs, state=LessonState.PLANNED)
    with guarded():
        planned.update(state=LessonState.SCHEDULED, changed_at=now)
    spans = Lesson.objects.scheduled().filter(run__in=runs).order_by().values("run")
    spans = {one["run"]: one for one in spans.annotate(first=Min("starts_at"), last=Max("ends_at"))}
    for run in runs:
        run.state, run.changed_at = RunState.PUBLISHED, now
        if run.pk in spans:
            run.starts_at, run.ends_at = spans[run.pk]["first"], spans[run.pk]["last"]
            run.starts_on = timezone.localdate(run.starts_at)
    CourseRun.objects.bulk_update(runs, ["state", "starts_on", "starts_at", "ends_at", "changed_at"])


def _log(runs, by, now):
    """One row per term: what was published together."""
    by_term = {}
    for run in runs:
        by_term.setdefault(run.term_id, []).append(run)
    for together in by_term.values():
        if by is not None and together[0].term is not None:
            names = ", ".join(run.code for run in together)
            staff_log.write(by=by, about=together[0].term, what=f"published: {names}"[:2000], now=now)
