"""Who may apply before the others: pupils of the program and their brothers and sisters (PRODUCT, Programs are data)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from accounts.models import Guardianship, Learner
from accounts.statements import Statement
from courses.models import CourseRun, FirstServed, PriorityWindow
from enrollment.models import Enrollment, EnrollmentState

RANK = {FirstServed.CURRENT: 1, FirstServed.SIBLING: 2}
ALL_OTHERS = 3


def earlier(
    *, runs: Iterable[CourseRun], learners: Iterable[Learner], now: datetime
) -> dict[tuple[int, int], datetime]:
    """{(run id, learner id): when it opens for them}, for the pairs for whom that is earlier than for all.

    Only runs that are not open to all yet are looked at, so that an opening morning asks nothing here. A run that
    opens later than its term does has an opening of its own, the same for all.
    """
    soon = [run for run in runs if now < run.enrollment_opens_at and run.term_id]
    ids = [learner.pk for learner in learners if learner.pk]
    if not soon or not ids:
        return {}
    windows = _windows(soon)
    if not windows:
        return {}
    belongs = _belonging({program for program, _term in windows}, ids, now)
    found = {}
    for run in soon:
        program = run.course.program_id
        for window in windows.get((program, run.term_id), ()):
            if run.enrollment_opens_at > (window.term.enrollment_opens_at or run.enrollment_opens_at):
                continue
            for pk in ids:
                opens_at = min(window.opens_at, found.get((run.pk, pk), run.enrollment_opens_at))
                if pk in belongs[program, window.who] and opens_at < run.enrollment_opens_at:
                    found[run.pk, pk] = opens_at
    return found


def serves_some_first(*, run: CourseRun) -> bool:
    """Whether the run's program and term have earlier openings at all."""
    return run.term_id is not None and bool(_windows_of(run.term_id, run.course.program_id))


def priority_classes(*, run: CourseRun, learners: Iterable[Learner], now: datetime) -> dict[int, FirstServed]:
    """{learner id: why they are served first}, for a run of a program and term that has earlier openings at all."""
    windows = _windows([run]).get((run.course.program_id, run.term_id), ())
    ids = [learner.pk for learner in learners]
    if not windows:
        return {}
    belongs = _belonging({run.course.program_id}, ids, now)
    by_rank = sorted((window.who for window in windows), key=RANK.get, reverse=True)  # the best comes last and stays
    return {pk: FirstServed(who) for who in by_rank for pk in ids if pk in belongs[run.course.program_id, who]}


_windows_of = Statement(lambda term_id, program_id: PriorityWindow.objects.filter(term=term_id, program=program_id))


def _windows(runs) -> dict[tuple[int, int], list[PriorityWindow]]:
    """{(program id, term id): windows}."""
    wanted = PriorityWindow.objects.filter(
        program__in={run.course.program_id for run in runs}, term__in={run.term_id for run in runs}
    ).select_related("term")
    found = defaultdict(list)
    for window in wanted:
        found[window.program_id, window.term_id].append(window)
    return found


def _belonging(programs, learner_ids, now) -> dict[tuple[int, str], set[int]]:
    """{(program id, for whom): learner ids}."""
    siblings = _siblings(learner_ids)
    everybody = {*learner_ids, *siblings}
    since = now - timedelta(days=settings.CURRENT_PUPIL_DAYS)
    attended = Enrollment.objects.filter(
        learner__in=everybody, state=EnrollmentState.CONFIRMED, run__starts_at__lte=now, run__ends_at__gt=since,
        run__course__program__in=programs,
    )  # fmt: skip
    belongs = defaultdict(set)
    for program, pk in attended.values_list("run__course__program", "learner").distinct():
        if pk in learner_ids:
            belongs[program, FirstServed.CURRENT].add(pk)
        belongs[program, FirstServed.SIBLING] |= siblings.get(pk, set())
    return belongs


def _siblings(learner_ids) -> dict[int, set[int]]:
    """{a child of the same guardian: those of the given children whose brother or sister it is}."""
    theirs = Guardianship.objects.live().filter(learner__in=learner_ids)
    by_guardian = defaultdict(set)
    for guardian, pk in theirs.values_list("guardian", "learner"):
        by_guardian[guardian].add(pk)
    found = defaultdict(set)
    others = Guardianship.objects.live().filter(Q(guardian__in=by_guardian))
    for guardian, pk in others.values_list("guardian", "learner"):
        found[pk] |= by_guardian[guardian] - {pk}
    return found
