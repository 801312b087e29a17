"""Whether a learner may have a place in a run: the one source of "why not" for pages, API and flows.

`Facts` are loaded once for any number of runs and learners, in a constant number of queries;
`Facts.why_not` is pure and decides on them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from accounts.models import Learner, Residency, TeacherProfile
from accounts.statements import Statement
from courses.models import (
    Allocation,
    CourseRun,
    EligibilityRule,
    Lesson,
    LessonState,
    RuleKind,
    RunKind,
    RunState,
    VentspilsEvidence,
)
from enrollment import openings
from enrollment.models import HOLDING, PLACED, Draw, DrawState, Enrollment, EnrollmentState
from enrollment.overlaps import Meeting, first_overlap
from enrollment.refusals import Reason, Refusal

PREREQUISITE_MET = (EnrollmentState.CONFIRMED,)


def why_not(*, run: CourseRun, learner: Learner, now: datetime) -> Refusal | None:
    """Why this learner may not apply for this run now; None when they may. A full run is no reason: it has a queue."""
    return fit(runs=[run], learners=[learner], now=now)[run.pk, learner.pk]


def fit(
    *, runs: Iterable[CourseRun], learners: Iterable[Learner], now: datetime, leaving: Enrollment | None = None
) -> dict[tuple[int, int], Refusal | None]:
    """{(run id, learner id): why not} for all pairs. Runs need `course` and `course.program` loaded.

    leaving: an enrollment that a move would end, and which therefore stands in nobody's way.
    """
    runs, learners = list(runs), list(learners)
    if not runs or not learners:
        return {}
    facts = Facts.load(runs=runs, learners=learners, now=now, leaving=leaving)
    return {(run.pk, learner.pk): facts.why_not(run, learner, now) for run in runs for learner in learners}


def why_not_accept(*, enrollment: Enrollment, now: datetime) -> Refusal | None:
    """Why an offered place can no longer be accepted: a limit or a clash that arose while waiting.

    The place that it replaces, if there is one, would end and stands in nobody's way.
    """
    return next(iter(in_the_way(enrollment=enrollment, now=now)), None)


def in_the_way(*, enrollment: Enrollment, now: datetime) -> list[Refusal]:
    """The same with every reason: who overrides one overrides them all, and all are written down."""
    facts = Facts.load(runs=[enrollment.run], learners=[enrollment.learner], now=now, leaving=enrollment)
    return _in_the_way(enrollment, facts)


def why_not_accept_each(*, enrollments: list[Enrollment], now: datetime) -> dict[int, Refusal | None]:
    """{enrollment id: why its offer can not be accepted now}, for any number of them in a constant number of queries."""
    if not enrollments:
        return {}
    facts = Facts.load(runs=[one.run for one in enrollments], learners=[one.learner for one in enrollments], now=now)
    return {one.pk: next(iter(_in_the_way(one, facts)), None) for one in enrollments}


def _in_the_way(offered, facts):
    mine = [one for one in facts.enrollments.get(offered.learner_id, []) if one.pk != offered.replaces_id]
    found = (_over_limit(offered.run, offered.learner, mine), _clash(offered.run, offered.learner, mine, facts))
    return [refusal for refusal in found if refusal]


# What a decision reads of what a learner has; naming it keeps the query of the hottest path narrow.
_OF_AN_ENROLLMENT = (
    "learner_id", "state", "received_at", "replaces_id", "run__code", "run__term_id", "run__course__program_id",
    "run__course__title_lv", "run__course__title_en",
)  # fmt: skip


_not_ended = Statement(
    lambda learner_ids: (
        Enrollment.objects.filter(learner__in=learner_ids, ended_at=None)
        .select_related("run__course")
        .only(*_OF_AN_ENROLLMENT)
    )
)
_rules_of = Statement(
    lambda course_ids, program_ids: EligibilityRule.objects.filter(
        Q(course__in=course_ids) | Q(program__in=program_ids)
    ).order_by("pk")
)


@dataclass
class Facts:
    """All that decisions about some runs and learners need, loaded in a constant number of queries."""

    rules: dict[int, list[EligibilityRule]]  # {course id: rules that hold for it}
    enrollments: dict[int, list[Enrollment]]  # {learner id: not ended, with run, course and program}
    meetings: dict[int, list[Meeting]]  # {run id: lessons still to come, by start}
    teachers: dict[int, TeacherProfile]  # {user id: profile with school}
    completed: set[tuple[int, int]] = field(default_factory=set)  # {(learner id, course id)}
    earlier: dict[tuple[int, int], datetime] = field(default_factory=dict)  # {(run id, learner id): opens for them}
    draws: dict[int, Draw] = field(default_factory=dict)  # {run id: the draw that will give its places}

    @classmethod
    def load(cls, *, runs, learners, now, leaving=None, with_meetings=False):
        """with_meetings: also when nobody has anything yet, because `assume` will be used."""
        rules = _rules(runs)
        kinds = {rule.kind for course_rules in rules.values() for rule in course_rules}
        enrollments = defaultdict(list)
        for enrollment in _not_ended([learner.pk for learner in learners]):
            if leaving is None or enrollment.pk != leaving.pk:
                enrollments[enrollment.learner_id].append(enrollment)
        involved = {run.pk: run for run in runs}
        if any(run.course.program.forbids_clash for run in runs):
            involved |= {
                one.run_id: one.run for several in enrollments.values() for one in several if one.state in HOLDING
            }
        return cls(
            rules=rules, enrollments=enrollments, meetings=meetings_of(involved, now=now) if enrollments or with_meetings else {},
            teachers=_teachers(learners) if RuleKind.TEACHER in kinds else {},
            completed=_completed(rules, learners, now) if RuleKind.PREREQUISITE in kinds else set(),
            earlier=openings.earlier(runs=runs, learners=learners, now=now), draws=draws_of(runs),
        )  # fmt: skip

    def why_not(self, run, learner, now) -> Refusal | None:
        """The first reason, in the order in which a family can do least about it."""
        mine = self.enrollments.get(learner.pk, [])
        return (
            _already(run, learner, mine)
            or _drawn(run, learner, self)
            or _closed(run, learner, now, self.earlier.get((run.pk, learner.pk)))
            or self._unfit(run, learner, mine)
        )

    def every_refusal(self, run, learner, now) -> list[Refusal]:
        """All the reasons at once, for those who override them."""
        mine = self.enrollments.get(learner.pk, [])
        closed = _closed(run, learner, now, self.earlier.get((run.pk, learner.pk)))
        found = (
            _already(run, learner, mine), _drawn(run, learner, self), closed, *_unmet(run, learner, self),
            _over_limit(run, learner, mine), _clash(run, learner, mine, self),
        )  # fmt: skip
        return [refusal for refusal in found if refusal]

    def why_unfit(self, run, learner, now) -> Refusal | None:
        """The same whatever the time of applying: for an application that is prepared, or waits for a draw."""
        mine = self.enrollments.get(learner.pk, [])
        return _already(run, learner, mine) or _over(run, learner, now) or self._unfit(run, learner, mine)

    def _unfit(self, run, learner, mine):
        return _ineligible(run, learner, self) or _over_limit(run, learner, mine) or _clash(run, learner, mine, self)

    def opens_at(self, run, learner) -> datetime:
        """When this learner may apply for the run: with the others, or earlier."""
        return self.earlier.get((run.pk, learner.pk), run.enrollment_opens_at)

    def places_left(self, run, learner) -> int | None:
        """How many more places of its program and term the learner may have; None means without a limit."""
        limit = run.course.program.max_places_per_term
        return None if limit is None else max(0, limit - len(_used(run, self.enrollments.get(learner.pk, []))))

    def assume(self, enrollment: Enrollment) -> None:
        """Decide from now on as if the learner had this as well: one of several wishes has come true."""
        self.enrollments[enrollment.learner_id].append(enrollment)

    def is_leaving(self, run, learner) -> bool:
        """Whether the learner has just given a place in this run back, and could still undo that."""
        mine = self.enrollments.get(learner.pk, [])
        return any(one.run_id == run.pk and one.state == EnrollmentState.LEAVING for one in mine)


def _rules(runs) -> dict[int, list[EligibilityRule]]:
    """{course id: rules}, a course's own rule in place of its program's rule of the same kind."""
    courses = {run.course_id: run.course for run in runs}
    by_course, by_program = defaultdict(dict), defaultdict(dict)
    for rule in _rules_of(sorted(courses), sorted({course.program_id for course in courses.values()})):
        scope = by_course[rule.course_id] if rule.course_id else by_program[rule.program_id]
        scope[rule.kind] = rule
    return {pk: list((by_program[course.program_id] | by_course[pk]).values()) for pk, course in courses.items()}


def meetings_of(runs: dict[int, CourseRun], *, now: datetime) -> dict[int, list[Meeting]]:
    """{run id: lessons still to come, by start}."""
    lessons = Lesson.objects.filter(run__in=runs, ends_at__gt=now, state=LessonState.SCHEDULED).order_by("starts_at")
    meetings = defaultdict(list)
    for run_id, starts_at, ends_at, venue_id in lessons.values_list("run_id", "starts_at", "ends_at", "room__venue_id"):
        meetings[run_id].append(Meeting(starts_at, ends_at, venue_id, runs[run_id]))
    return meetings


def _teachers(learners):
    users = [learner.user_id for learner in learners if learner.user_id]
    return {
        profile.user_id: profile for profile in TeacherProfile.objects.filter(user__in=users).select_related("school")
    }


def _completed(rules, learners, now):
    courses = {rule.prerequisite_id for several in rules.values() for rule in several if rule.prerequisite_id}
    done = Enrollment.objects.filter(
        learner__in=learners, state__in=PREREQUISITE_MET, run__course__in=courses, run__ends_at__lte=now
    )
    return set(done.values_list("learner_id", "run__course_id"))


# -- The decision ------------------------------------------------------------------------------


def _already(run, learner, mine):
    for enrollment in mine:
        if enrollment.run_id == run.pk and enrollment.state != EnrollmentState.LEAVING:
            has_place = enrollment.state != EnrollmentState.WAITLISTED
            return Refusal(Reason.ALREADY, learner, {"at": enrollment.received_at, "has_place": has_place})
    return None


def why_closed(*, run: CourseRun, now: datetime, learners: Iterable[Learner] = ()) -> Refusal | None:
    """Why nobody at all may apply now; None when somebody may. For some of the learners it may open earlier."""
    if draw := draws_of([run]).get(run.pk):
        return _by_draw(draw)
    earlier = openings.earlier(runs=[run], learners=list(learners), now=now)
    return _closed(run, None, now, min(earlier.values(), default=None))


def draws_of(runs):
    """{run id: its draw}, for those whose places are still to be drawn."""
    by_lot = [run.pk for run in runs if run.course.program.allocation == Allocation.DRAW]
    if not by_lot:
        return {}
    draws = Draw.objects.filter(state=DrawState.ANNOUNCED, runs__in=by_lot).prefetch_related("runs")
    return {run.pk: draw for draw in draws.distinct() for run in draw.runs.all()}


def _drawn(run, learner, facts):
    draw = facts.draws.get(run.pk)
    return _by_draw(draw, learner) if draw else None


def _by_draw(draw, learner=None):
    return Refusal(Reason.DRAW, learner, {"at": draw.opens_at, "until": draw.closes_at, "draw": draw})


def _over(run, learner, now):
    if run.kind != RunKind.GROUP:
        return Refusal(Reason.NOT_BOOKABLE, learner)
    if run.state == RunState.CANCELLED:
        return Refusal(Reason.CANCELLED, learner)
    return Refusal(Reason.FINISHED, learner) if run.ends_at <= now else None


def _closed(run, learner, now, earlier=None):
    if refusal := _over(run, learner, now):
        return refusal
    opens_at = earlier or run.enrollment_opens_at
    if run.state != RunState.PUBLISHED or now < opens_at:
        return Refusal(Reason.NOT_OPEN_YET, learner, {"at": opens_at})
    if now >= run.enrollment_closes_at:
        return Refusal(Reason.CLOSED, learner, {"at": run.enrollment_closes_at})
    return None


def _ineligible(run, learner, facts):
    return next(_unmet(run, learner, facts), None)


def _unmet(run, learner, facts):
    for rule in facts.rules.get(run.course_id, ()):
        if refusal := _RULES[rule.kind](rule, run, learner, facts):
            yield refusal


def _grade(rule, run, learner, facts):
    grade = learner.grade_on(rule.counted_on or run.starts_on)
    if grade is not None and rule.minimum <= grade <= rule.maximum:
        return None
    return Refusal(Reason.GRADE, learner, {"minimum": rule.minimum, "maximum": rule.maximum, "grade": grade})


def _age(rule, run, learner, facts):
    if learner.birth_date is None:
        # An adult's own account is not asked for a date of birth: they are of age by using it.
        return None if learner.user_id and rule.minimum <= 18 else Refusal(Reason.PROFILE, learner)
    age = learner.age_on(rule.counted_on or run.starts_on)
    if rule.minimum <= age <= rule.maximum:
        return None
    return Refusal(Reason.AGE, learner, {"minimum": rule.minimum, "maximum": rule.maximum, "age": age})


def _ventspils(rule, run, learner, facts):
    by_school = learner.school is not None and learner.school.is_in_ventspils
    by_residence = learner.residency == Residency.VENTSPILS
    belongs = {
        VentspilsEvidence.SCHOOL: by_school,
        VentspilsEvidence.RESIDENCE: by_residence,
        VentspilsEvidence.EITHER: by_school or by_residence,
    }
    return None if belongs[rule.evidence] else Refusal(Reason.VENTSPILS, learner)


def _teacher(rule, run, learner, facts):
    profile = facts.teachers.get(learner.user_id)
    return None if profile and profile.school.is_in_ventspils else Refusal(Reason.TEACHER, learner)


def _prerequisite(rule, run, learner, facts):
    if (learner.pk, rule.prerequisite_id) in facts.completed:
        return None
    return Refusal(Reason.PREREQUISITE, learner, {"course": rule.prerequisite.title})


_RULES = {
    RuleKind.GRADE: _grade,
    RuleKind.AGE: _age,
    RuleKind.VENTSPILS: _ventspils,
    RuleKind.TEACHER: _teacher,
    RuleKind.PREREQUISITE: _prerequisite,
}


def _over_limit(run, learner, mine):
    """Places of one program in one term; a place in a queue is not one (docs/decisions/0003-rules.md)."""
    limit = run.course.program.max_places_per_term
    if limit is None:
        return None
    used = _used(run, mine)
    if len(used) < limit:
        return None
    codes = ", ".join(sorted(one.run.code for one in used))
    return Refusal(Reason.LIMIT, learner, {"used": len(used), "limit": limit, "codes": codes})


def _used(run, mine) -> list[Enrollment]:
    held = {one.pk for one in mine if one.state in PLACED}
    return [
        one for one in mine
        if one.state in PLACED
        and one.run_id != run.pk and one.run.term_id == run.term_id
        and one.run.course.program_id == run.course.program_id
        and one.replaces_id not in held  # an offer instead of a place is not one more
    ]  # fmt: skip


def _clash(run, learner, mine, facts):
    if not run.course.program.forbids_clash:
        return None
    taken = [
        meeting for one in mine
        if one.state in PLACED and one.run_id != run.pk
        for meeting in facts.meetings.get(one.run_id, ())
    ]  # fmt: skip
    found = first_overlap(facts.meetings.get(run.pk, []), sorted(taken, key=lambda meeting: meeting.starts_at))
    if found is None:
        return None
    return Refusal(Reason.CLASH, learner, {"run": found.run, "at": found.starts_at, "ends_at": found.ends_at})
