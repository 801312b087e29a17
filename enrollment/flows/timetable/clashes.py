"""Lessons of one learner that would newly overlap. Staff are warned and may go on; families are never put into it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from accounts.models import Learner
from courses.flows.changes import Edit, Snapshot
from courses.models import CourseRun, Lesson, Room
from enrollment.flows.timetable.touched import Touched
from enrollment.models import PLACED, Enrollment, EnrollmentState as State
from enrollment.overlaps import Meeting, overlap


@dataclass(frozen=True)
class Clash:
    """The lesson of `edit` would overlap another one of the learner, which it does not now."""

    learner: Learner
    edit: Edit
    other: Meeting  # as it would be


@dataclass(frozen=True)
class _Lesson:
    """Before and after the plan; None where it does not take place."""

    before: Meeting | None
    after: Meeting | None
    edit: Edit | None = None


def new_clashes(edits: list[Edit], touched: Touched) -> list[Clash]:
    """In three queries, however many lessons and learners; in the order of time, then of names."""
    moving = [edit for edit in edits if edit.after.takes_place and not _stays(edit)]
    learners = {one.pk: one for one in touched.learners}
    if not moving or not learners:
        return []
    venues = dict(Room.objects.values_list("pk", "venue_id"))
    attended = defaultdict(list)  # {learner id: (run id, of a trial its lesson)}
    places = Enrollment.objects.filter(learner__in=learners, state__in=PLACED)
    for learner, run, state, trial in places.values_list("learner_id", "run_id", "state", "trial_lesson_id"):
        attended[learner].append((run, trial if state == State.TRIAL else None))
    lessons = _lessons(edits, moving, {run for several in attended.values() for run, _trial in several}, venues)
    own = {(one.learner_id, edit.run.pk) for one, theirs in touched.places for edit in theirs if one.learner_id}
    moved, found = {id(edit) for edit in moving}, []
    for pk, learner in learners.items():
        theirs = [
            lesson for run, trial in attended[pk] for lesson_id, lesson in lessons[run] if trial in (None, lesson_id)
        ]
        mine = [one for one in theirs if id(one.edit) in moved and (pk, one.edit.run.pk) in own]
        seen = set()
        for one in mine:
            seen.add(id(one))
            found += [
                Clash(learner, one.edit, other.after)
                for other in theirs
                if id(other) not in seen and _clash(one.after, other.after) and not _clash(one.before, other.before)
            ]
    return sorted(found, key=lambda clash: (clash.edit.after.starts_at, clash.learner.sort_key, clash.learner.pk))


def _stays(edit: Edit) -> bool:
    before, after = edit.before, edit.after
    if before is None or not before.takes_place:
        return False
    return (before.starts_at, before.ends_at) == (after.starts_at, after.ends_at) and after.room in (before.room, None)


def _lessons(edits, moving, runs, venues) -> dict[int, list[tuple[int | None, _Lesson]]]:
    """{run id: (lesson id, the lesson)} of all that could meet what moves."""
    found = defaultdict(list)
    for edit in edits:
        lesson = _Lesson(_meeting(edit.before, edit.run, venues), _meeting(edit.after, edit.run, venues), edit)
        found[edit.run.pk].append((edit.lesson and edit.lesson.pk, lesson))
    travel = timedelta(minutes=settings.TRAVEL_MINUTES_BETWEEN_VENUES)
    near = Lesson.objects.scheduled().filter(
        run__in=runs,
        starts_at__lt=max(edit.after.ends_at for edit in moving) + travel,
        ends_at__gt=min(edit.after.starts_at for edit in moving) - travel,
    )
    near = near.exclude(pk__in=[edit.lesson.pk for edit in edits if edit.lesson]).select_related("run__course")
    for one in near:
        meeting = Meeting(one.starts_at, one.ends_at, venues.get(one.room_id), one.run)
        found[one.run_id].append((one.pk, _Lesson(meeting, meeting)))
    return found


def _meeting(snapshot: Snapshot | None, run: CourseRun, venues) -> Meeting | None:
    if snapshot is None or not snapshot.takes_place:
        return None
    return Meeting(snapshot.starts_at, snapshot.ends_at, venues.get(snapshot.room), run)


def _clash(one: Meeting | None, other: Meeting | None) -> bool:
    return one is not None and other is not None and overlap(one, other)
