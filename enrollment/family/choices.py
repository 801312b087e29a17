"""What a family chooses from: who could go to a group, whether it fits, and which other times would."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.formatting import local
from accounts.models import Learner, User
from courses.models import Audience, CourseRun, RunKind
from enrollment import eligibility
from enrollment.family import wording
from enrollment.family.members import Member, members, oneself
from enrollment.models import PENDING, Applicant, Application, Enrollment
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

ALTERNATIVES = 3
GROUPS_TO_CHANGE_TO = 12

CHILDREN = frozenset({Audience.PUPILS, Audience.PRESCHOOL})
ONESELF = frozenset({Audience.ADULTS, Audience.TEACHERS})

IN_THE_PROFILE = frozenset({Reason.GRADE, Reason.AGE, Reason.PROFILE, Reason.VENTSPILS})


@dataclass(frozen=True)
class Candidate:
    """Somebody who could be enrolled, and why not."""

    member: Member
    refusal: Refusal | None
    run: CourseRun

    @property
    def pk(self):
        return self.member.pk

    @property
    def fits(self):
        return self.refusal is None

    @property
    def grade_words(self):
        grade = self.member.learner.grade_on(self.run.starts_on)
        return _("grade %(grade)s") % {"grade": grade} if grade else ""

    @property
    def is_clash(self):
        return self.refusal is not None and self.refusal.reason == Reason.CLASH

    @property
    def prepared(self) -> Application | None:
        """The application that names this group first and waits already."""
        known = self.refusal is not None and self.refusal.reason == Reason.PREPARED
        return self.refusal.facts["application"] if known else None

    @property
    def profile_may_help(self):
        return self.refusal is not None and self.refusal.reason in IN_THE_PROFILE


@dataclass(frozen=True)
class Choice:
    """One group, and everybody of the family who may be meant."""

    run: CourseRun
    candidates: list[Candidate]
    closed: Refusal | None  # why nobody at all can apply
    prepares: bool = False  # applications can only be prepared yet, or are collected for a draw

    @property
    def fitting(self):
        return [one for one in self.candidates if one.fits]

    @property
    def is_done(self) -> bool:
        """Whether everybody who could go is in it already."""
        reasons = {one.refusal.reason for one in self.candidates if one.refusal}
        return not self.fitting and bool(reasons) and reasons <= {Reason.ALREADY, Reason.PREPARED}

    @property
    def looking(self) -> list[Member]:
        """For whom another group is worth showing: those who fit here, or else those who are refused."""
        refused = [one.member for one in self.candidates if one.refusal and one.refusal.reason != Reason.ALREADY]
        return [one.member for one in self.fitting] or refused

    @property
    def of_oneself(self) -> bool:
        return self.run.course.audience in ONESELF

    @property
    def of_children(self) -> bool:
        return not self.of_oneself

    def pick(self, ids: Iterable[str]) -> list[Candidate]:
        """Those among the candidates; what is not theirs, or no number, is ignored."""
        wanted = set(ids)
        return [one for one in self.candidates if str(one.pk) in wanted]


def who_may_go(*, run: CourseRun, user: User, now: datetime) -> list[Member]:
    """Those of the user's family for whom such a course is, and for whom this login decides; one query."""
    family, today = members(user), local(now).date()
    kind = run.course.audience
    who = [one for one in family if not one.is_self] if kind not in ONESELF else []
    if kind not in CHILDREN:
        who.append(oneself(user, family))
    return [one for one in who if one.may_decide(today=today)]


def choice(*, run: CourseRun, user: User, now: datetime) -> Choice:
    """Who of the user's family the run is for, with fit; a constant number of queries.

    For some of them it may be open earlier. While it is open for none of them, fit is what it would be at the opening.
    """
    who = who_may_go(run=run, user=user, now=now)
    learners = [one.learner for one in who]
    closed = eligibility.why_closed(run=run, now=now, learners=learners)
    prepares = closed is not None and _opens_later(closed, now)
    if not who:
        return Choice(run, [], closed, prepares)
    facts = eligibility.Facts.load(runs=[run], learners=learners, now=now)
    if not prepares:
        candidates = [Candidate(one, facts.why_not(run, one.learner, now), run) for one in who]
        return Choice(run, candidates, closed)
    waiting = prepared(run, learners)
    candidates = [Candidate(one, waiting.get(one.pk) or facts.why_unfit(run, one.learner, now), run) for one in who]
    return Choice(run, candidates, closed, prepares=True)


def _opens_later(closed, now):
    if closed.reason == Reason.DRAW:
        return now < closed.facts["draw"].closes_at
    return closed.reason == Reason.NOT_OPEN_YET


def prepared(run: CourseRun, learners: list[Learner]) -> dict[int, Refusal]:
    """{learner id: that an application for this group first is prepared already}"""
    pending = Application.objects.filter(state__in=PENDING, wishes__run=run, wishes__rank=1)
    applicants = Applicant.objects.filter(application__in=pending, learner__in=learners).select_related("application")
    return {one.learner_id: Refusal(Reason.PREPARED, facts={"application": one.application}) for one in applicants}


# -- Other times -------------------------------------------------------------------------------


@dataclass(frozen=True)
class OtherTime:
    """Another group of the same course with free places."""

    run: CourseRun

    @property
    def title(self):
        return f"{self.run.code}, {wording.schedule(self.run)}"

    @property
    def places(self):
        return _("Free places: %(free)s") % {"free": self.run.seats_free}


def other_times(run: CourseRun, members: list[Member], *, now: datetime, at_least: int = 1) -> list[OtherTime]:
    """Groups of the same course where all of these fit and find a place now, in at most a few queries."""
    others = (
        CourseRun.objects.public().open_for_enrollment(now=now).not_finished(now=now).with_free_seats()
        .filter(course=run.course_id, kind=RunKind.GROUP).exclude(pk=run.pk).for_display().order_by("starts_at", "pk")
    )  # fmt: skip
    others = [other for other in others if other.seats_free >= at_least]
    fit = eligibility.fit(runs=others, learners=[member.learner for member in members], now=now)
    suitable = [other for other in others if not any(fit.get((other.pk, member.pk)) for member in members)]
    return [OtherTime(other) for other in suitable[:ALTERNATIVES]]


@dataclass(frozen=True)
class OtherGroup:
    """A group that a place could be changed for."""

    run: CourseRun
    is_same_course: bool

    @property
    def title(self):
        return f"{self.run.course.title}, {self.run.code}"

    @property
    def note(self):
        when = wording.schedule(self.run)
        where = f" · {self.run.room.venue.short_name}" if self.run.room else ""
        if self.run.seats_free:
            places = _("Free places: %(free)s") % {"free": self.run.seats_free}
        else:
            places = _("No places left. In the queue: %(number)s.") % {"number": self.run.waitlist_length}
        return f"{when}{where} · {places}"


def groups_to_change_to(enrollment: Enrollment, *, now: datetime) -> list[OtherGroup]:
    """Groups of the program where the learner fits without this place: the same course first, those with places first.

    Weekly ones for a weekly one; a camp is nothing to change it for.
    """
    runs = (
        CourseRun.objects.public().open_for_enrollment(now=now).not_finished(now=now).for_display()
        .filter(kind=RunKind.GROUP, course__program=enrollment.run.course.program_id).exclude(pk=enrollment.run_id)
        .filter(weekday__isnull=enrollment.run.weekday is None)
    )  # fmt: skip
    runs = list(runs.order_by("weekday", "start_time", "starts_at", "pk"))
    fit = eligibility.fit(runs=runs, learners=[enrollment.learner], now=now, leaving=enrollment)
    fitting = [run for run in runs if fit[run.pk, enrollment.learner_id] is None]
    course = enrollment.run.course_id
    fitting.sort(key=lambda run: (run.course_id != course, run.is_full))
    return [OtherGroup(run, run.course_id == course) for run in fitting[:GROUPS_TO_CHANGE_TO]]


def suitable_courses(
    members: list[Member], *, instead_of: CourseRun, now: datetime, limit: int = ALTERNATIVES
) -> list[CourseRun]:
    """Groups of other courses with free places in which one of these children fits."""
    runs = list(
        CourseRun.objects.public()
        .open_for_enrollment(now=now)
        .not_finished(now=now)
        .with_free_seats()
        .filter(kind=RunKind.GROUP, course__audience__in=CHILDREN)
        .exclude(course=instead_of.course_id)
        .for_display()
        .order_by("starts_at", "pk")[:60]
    )
    fit = eligibility.fit(runs=runs, learners=[member.learner for member in members], now=now)
    found = {}
    for run in runs:
        if run.course_id not in found and any(fit[run.pk, member.pk] is None for member in members):
            found[run.course_id] = run
    return list(found.values())[:limit]


# -- After a refusal ---------------------------------------------------------------------------


def receipt_of(refused: EnrollmentRefused, *, run: CourseRun, learner_ids: Iterable[int], user: User) -> str:
    """Where the receipt is, when all of them were enrolled by an earlier press; "" when it is a real refusal.

    So Back, a second tab and a form sent twice end on the page where the first one did.
    """
    learner_ids = set(learner_ids)
    if {refusal.reason for refusal in refused.refusals} != {Reason.ALREADY} or len(refused.refusals) != len(
        learner_ids
    ):
        return ""
    known = list(
        Enrollment.objects.visible_to(user)
        .filter(run=run, learner__in=learner_ids, ended_at=None)
        .select_related("submission")
    )
    submissions = {one.submission for one in known}
    if len(submissions) == 1 and known[0].submission.submitted_by_id == user.pk:
        return known[0].submission.get_absolute_url()
    return known[0].get_absolute_url() if len(known) == 1 else ""


def number_if_joined_now(run: CourseRun) -> int:
    """The number in the queue of somebody who would join now."""
    return Enrollment.objects.filter(run=run).waitlisted().count() + 1
