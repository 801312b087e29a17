"""Which groups a family may wish for beside the first one: other times of the course, then similar groups."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Learner
from courses.models import CourseRun, RunKind
from enrollment import eligibility
from enrollment.family import wording
from enrollment.models import Draw
from enrollment.refusals import Refusal

MOST_SHOWN = 24
CONSIDERED = 200


@dataclass(frozen=True)
class Wishes:
    """A first wish, when it can be sent, and what may stand beside it."""

    run: CourseRun
    draw: Draw | None
    opens_at: datetime
    refusals: list[Refusal]  # why the first wish will not do
    same_course: list[CourseRun] = field(default_factory=list)
    similar: list[CourseRun] = field(default_factory=list)

    @property
    def runs(self) -> dict[int, CourseRun]:
        """{id: run} of all that can be wished for."""
        return {run.pk: run for run in (self.run, *self.same_course, *self.similar)}

    @property
    def choices(self):
        """The others as a list to choose from, by kind."""
        kinds = ((_("Other times of this course"), self.same_course), (_("Similar groups"), self.similar))
        return [(title, [(run.pk, self._words(run)) for run in runs]) for title, runs in kinds if runs]

    def _words(self, run):
        what = f"{run.code}, {wording.schedule(run)}"
        return what if run.course_id == self.run.course_id else f"{run.course.title}, {what}"

    def is_open(self, *, now: datetime) -> bool:
        return now >= self.opens_at

    @property
    def most_places(self) -> int:
        """How many places one child can want."""
        limit = self.run.course.program.max_places_per_term
        return min(len(self.runs), limit if limit is not None else len(self.runs))


def wishes(*, run: CourseRun, learners: list[Learner], now: datetime) -> Wishes:
    """What these learners may wish for together, in a constant number of queries.

    Only groups that can be sent no later than the first one, so that none of them delays it; for a draw its own.
    """
    others = (
        CourseRun.objects.public().published().not_finished(now=now).for_display()
        .filter(kind=RunKind.GROUP, course__program=run.course.program_id, enrollment_closes_at__gt=now)
        .exclude(pk=run.pk).order_by("weekday", "start_time", "starts_at", "pk")
    )  # fmt: skip
    others = list(others[:CONSIDERED])
    facts = eligibility.Facts.load(runs=[run, *others], learners=learners, now=now)
    draw = facts.draws.get(run.pk)
    opens_at = draw.opens_at if draw else max(facts.opens_at(run, one) for one in learners)
    refusals = [refusal for one in learners if (refusal := facts.why_unfit(run, one, now))]
    fitting = [
        other for other in others
        if facts.draws.get(other.pk) == draw
        and all(facts.why_unfit(other, one, now) is None for one in learners)
        and (draw or all(facts.opens_at(other, one) <= max(opens_at, now) for one in learners))
    ]  # fmt: skip
    similar = sorted(
        (other for other in fitting if other.course_id != run.course_id),
        key=lambda other: (other.course.topic != run.course.topic, other.is_full),
    )
    return Wishes(
        run, draw, opens_at, refusals, [other for other in fitting if other.course_id == run.course_id][:MOST_SHOWN],
        similar[:MOST_SHOWN],
    )  # fmt: skip
