"""Whether groups suit the learners of whoever looks: the lines on cards and the next step they lead to."""

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from accounts.models import User
from courses.models import CourseRun, RunKind
from enrollment import eligibility
from enrollment.catalogue.cards import Card, FitLine, group_card, is_for_oneself, next_words, trainers_of
from enrollment.catalogue.listing import CLOSED, FULL, OPEN, SOON, Entry, Listing
from enrollment.family.members import Member, members
from enrollment.flows import waitlist
from enrollment.models import ATTENDING, Enrollment, EnrollmentState as State
from enrollment.refusals import Reason, Refusal


@dataclass(frozen=True)
class Standing:
    """How one learner stands with one run."""

    member: Member
    refusal: Refusal | None
    enrollment: Enrollment | None = None  # live or being given back
    position: int | None = None  # in the queue

    @property
    def fits(self) -> bool:
        return self.refusal is None

    @property
    def kind(self) -> str:
        """ok, wait, clash or no"""
        if self.enrollment and self.enrollment.state in (State.WAITLISTED, State.OFFERED):
            return "wait"
        if self.refusal is None or self.enrollment:
            return "ok"
        return "clash" if self.refusal.reason == Reason.CLASH else "no"

    @property
    def text(self) -> str:
        if self.enrollment and self.enrollment.state == State.OFFERED:
            return _("a place is offered")
        if self.position:
            return _("place in the queue: %(number)s") % {"number": self.position}
        return _("fits") if self.refusal is None else self.refusal.short


def people_of(user: User | AnonymousUser) -> list[Member]:
    """Children first, then the user's own learner; nobody for somebody not signed in."""
    return members(user) if user.is_authenticated else []


def standings(runs: Iterable[CourseRun], people: list[Member], *, now: datetime) -> dict[int, list[Standing]]:
    """{run id: how each person stands}, in a constant number of queries.

    A group that is not open yet is judged as if it were: its card says anyway when it opens.
    """
    runs = [run for run in runs if run.kind == RunKind.GROUP]
    if not runs or not people:
        return {}
    judged = [_opened(run, now) for run in runs]
    refusals = eligibility.fit(runs=judged, learners=[one.learner for one in people], now=now)
    not_ended = Enrollment.objects.filter(run__in=runs, learner__in=[one.pk for one in people], ended_at=None)
    enrollments = {(one.run_id, one.learner_id): one for one in not_ended.exclude(state=State.LEAVING)}
    positions = waitlist.positions([one for one in enrollments.values() if one.state == State.WAITLISTED])
    found = defaultdict(list)
    for run in runs:
        for member in for_course(people, run.course):
            enrollment = enrollments.get((run.pk, member.pk))
            position = positions.get(enrollment.pk) if enrollment else None
            found[run.pk].append(Standing(member, refusals[run.pk, member.pk], enrollment, position))
    return found


def _opened(run, now):
    if run.enrollment_opens_at <= now:
        return run
    opened = copy(run)
    opened.enrollment_opens_at = now
    return opened


def nearness_of(run: CourseRun, *, now: datetime) -> int:
    if run.is_open(now=now):
        return FULL if run.is_full else OPEN
    return SOON if run.enrollment_opens_at > now else CLOSED


def next_step(run: CourseRun, known: list[Standing], *, nearness: int) -> str:
    """The one next step in words for this family."""
    if not known or nearness in (SOON, CLOSED):
        return next_words(run.course, nearness)
    if any(one.fits for one in known):
        return next_words(run.course, nearness)
    states = {one.enrollment.state for one in known if one.enrollment}
    if State.OFFERED in states:
        return _("Answer the offer")
    if State.WAITLISTED in states:
        return _("See the queue")
    return _("See the place") if states & set(ATTENDING) else _("See what fits")


# -- The list of the catalogue for a family -------------------------------------------------------


def runs_of(entries: list[Entry]) -> dict[int, CourseRun]:
    """{run id: run} of the groups among the entries, ready for display."""
    ids = [entry.runs[0].pk for entry in entries if entry.is_group]
    return {run.pk: run for run in CourseRun.objects.for_display().filter(pk__in=ids)} if ids else {}


def suiting(known: list[Standing]) -> int:
    """How many of the people may apply, as a sort key: more come first."""
    return -sum(one.fits for one in known)


def order_by_fit(listing: Listing, known: dict[int, list[Standing]]) -> None:
    """First the groups that suit most of the people; what suits equally keeps its order."""
    listing.entries.sort(key=lambda entry: suiting(known.get(entry.runs[0].pk, [])) if entry.is_group else 0)


def cards(
    entries: list[Entry], runs: dict[int, CourseRun], known: dict[int, list[Standing]], *, now: datetime
) -> dict[int, Card]:
    """{run id: card with a fit line per person} of the groups among the entries."""
    if not known:
        return {}
    trainers = trainers_of([entry.runs[0].pk for entry in entries if entry.is_group])
    made = {}
    for entry in entries:
        if not entry.is_group or (run := runs.get(entry.runs[0].pk)) is None:
            continue
        nearness = nearness_of(run, now=now)
        lines = tuple(
            FitLine(one.member.first_name, one.member.learner.initials, one.member.color, one.kind, one.text)
            for one in known.get(run.pk, [])
        )
        step = next_step(run, known.get(run.pk, []), nearness=nearness)
        made[run.pk] = group_card(run, nearness=nearness, trainers=trainers.get(run.pk, ""), fits=lines, next_step=step)
    return made


def for_course(people: list[Member], course) -> list[Member]:
    """Whom a course could be for: children of a family, or the person who looks."""
    return [one for one in people if one.is_self == is_for_oneself(course)]
