"""Only drafts are built; who comes second to one is told."""

from courses.flows import seats
from courses.flows.season.versions import insist_on_version
from courses.models import CourseRun, RunState
from courses.refusals import TimetableReason, TimetableRefused


def lock_draft(pk: int, seen: str | None = None) -> CourseRun:
    """Lock the run and read it again. Raises TimetableRefused: NO_DRAFT, STALE when it is not what was seen."""
    run = seats.lock(pk).get(pk)
    if run is None or run.state != RunState.DRAFT or run.term_id is None:
        raise TimetableRefused(TimetableReason.NO_DRAFT)
    insist_on_version(run, seen)
    return run
