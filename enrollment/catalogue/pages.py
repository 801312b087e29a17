"""The page of a course and the page of a group: what they show, and the one next step."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, pgettext

from accounts.drawings import Block
from accounts.formatting import date_day, date_short, date_until, local, time as clock
from accounts.models import User
from courses.models import Course, CourseRun, Lesson, RunKind, RunState
from enrollment import eligibility, links
from enrollment.catalogue.cards import is_for_oneself, meeting_line, place_line, trainers_of
from enrollment.catalogue.fits import Standing, nearness_of, standings
from enrollment.catalogue.listing import FULL, OPEN, SOON
from enrollment.family.choices import prepared
from enrollment.family.members import Member
from enrollment.flows import trials
from enrollment.models import HOLDING, Enrollment, EnrollmentState as State, WaitlistOffer
from enrollment.refusals import Reason

SIMILAR = 3
SLOTS_ON_PAGE = 12


# -- Course ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GroupRow:
    run: CourseRun
    when: str
    where: str
    trainer: str
    nearness: int
    is_cancelled: bool

    @property
    def opens_at(self) -> datetime | None:
        return self.run.enrollment_opens_at if self.nearness == SOON and not self.is_cancelled else None


@dataclass(frozen=True)
class CoursePage:
    course: Course
    groups: list[GroupRow]
    slot_days: list[tuple[date, list[CourseRun]]]
    more_slots: int
    is_arranged: bool  # by phone or e-mail: nothing can be booked here


def course_page(course: Course, *, now: datetime) -> CoursePage:
    """Groups and slots that are still to come; three queries."""
    runs = CourseRun.objects.public().not_finished(now=now).filter(course=course).for_display()
    runs = list(runs.order_by("weekday", "start_time", "starts_at", "pk"))
    groups = [run for run in runs if run.kind == RunKind.GROUP]
    slots = sorted(
        (run for run in runs if run.kind == RunKind.SLOT and run.starts_at > now), key=lambda run: run.starts_at
    )
    trainers = trainers_of([run.pk for run in groups])
    days = defaultdict(list)
    for run in slots[:SLOTS_ON_PAGE]:
        days[timezone.localdate(run.starts_at)].append(run)
    return CoursePage(
        course=course,
        groups=[group_row(run, trainers.get(run.pk, ""), now=now) for run in groups],
        slot_days=list(days.items()),
        more_slots=max(0, len(slots) - SLOTS_ON_PAGE),
        is_arranged=not runs,
    )


def group_row(run: CourseRun, trainer: str, *, now: datetime) -> GroupRow:
    return GroupRow(
        run, meeting_line(run), place_line(run), trainer, nearness_of(run, now=now), run.state == RunState.CANCELLED
    )


# -- Group ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MemberFit:
    """How the group suits one learner, with the day drawn and another group where it does not."""

    standing: Standing
    title: str
    detail: str
    grade: int | None
    blocks: list[Block] = field(default_factory=list)
    instead: CourseRun | None = None


@dataclass(frozen=True)
class Action:
    """The one next step."""

    text: str
    url: str
    note: str = ""
    is_primary: bool = True
    other: tuple[str, str] | None = None  # (text, address) of a second, quieter step


@dataclass(frozen=True)
class RunPage:
    run: CourseRun
    state: str  # open full soon closed cancelled past
    first: Lesson | None
    next: Lesson | None
    last: Lesson | None
    lessons: list[Lesson]  # of a run with few dates, all of them
    skipped: list[date]  # weeks without a lesson
    cancelled: list[Lesson]  # to come, with their replacement
    moved: list[Lesson]  # to come, with what they were before
    trainer: str
    people: list[MemberFit]
    similar: list[GroupRow]
    action: Action
    can_try: bool  # one lesson, before deciding


FEW_LESSONS = 8


def run_page(run: CourseRun, people: list[Member], *, user: User, now: datetime) -> RunPage:
    """Everything about one group, in a constant number of queries."""
    lessons = list(run.lessons.select_related("room__venue", "replacement__room").order_by("starts_at", "pk"))
    held = [lesson for lesson in lessons if not lesson.is_cancelled]
    upcoming = next((lesson for lesson in held if lesson.ends_at > now), None)
    others = _others(run, now)
    known = standings([run, *others] if people else [], people, now=now)
    mine = known.get(run.pk, [])
    state = state_of(run, now=now)
    trainers = trainers_of([run.pk, *(other.pk for other in others)])
    return RunPage(
        run=run, state=state, first=held[0] if held else None, next=upcoming, last=held[-1] if held else None,
        lessons=held if run.weekday is None and 1 < len(held) <= FEW_LESSONS else [], skipped=_skipped(run, held),
        cancelled=[lesson for lesson in lessons if lesson.is_cancelled and lesson.ends_at > now],
        moved=[lesson for lesson in held if lesson.change_note and lesson.ends_at > now][:FEW_LESSONS],
        trainer=trainers.get(run.pk, ""), people=_people(run, mine, known, others, upcoming, now),
        similar=[group_row(other, trainers.get(other.pk, ""), now=now) for other in others[:SIMILAR]],
        action=_action(run, state, mine, user=user, now=now),
        can_try=state == "open" and bool(trials.lessons_to_try(run, now=now)),
    )  # fmt: skip


def state_of(run: CourseRun, *, now: datetime) -> str:
    if run.state == RunState.CANCELLED:
        return "cancelled"
    if run.ends_at <= now:
        return "past"
    nearness = nearness_of(run, now=now)
    return {OPEN: "open", FULL: "full", SOON: "soon"}.get(nearness, "closed")


def _others(run, now):
    """Other groups of the program that can still be joined: the same course first, then the topic, then free places."""
    runs = CourseRun.objects.public().open_for_enrollment(now=now).not_finished(now=now).for_display()
    runs = runs.filter(kind=RunKind.GROUP, course__program=run.course.program_id).exclude(pk=run.pk)
    return sorted(
        runs,
        key=lambda other: (
            other.course_id != run.course_id, other.course.topic != run.course.topic, other.is_full,
            other.weekday if other.weekday is not None else 7, other.starts_at, other.pk,
        ),
    )  # fmt: skip


def _skipped(run, held):
    """The days of the weekly rule between the first and the last lesson on which there is none, the next ones first."""
    if run.weekday is None or len(held) < 2:
        return []
    days = {timezone.localdate(lesson.starts_at) for lesson in held}
    day, last = min(days), max(days)
    day += timedelta(days=(run.weekday - day.weekday()) % 7)
    skipped = []
    while day < last:
        week = {day + timedelta(days=offset - day.weekday()) for offset in range(7)}
        if not week & days:
            skipped.append(day)
        day += timedelta(days=7)
    return skipped


# -- Whether it suits ------------------------------------------------------------------------------


def _people(run, mine, known, others, upcoming, now):
    if not mine:
        return []
    blocks = _blocks(run, mine, upcoming, now)
    found = []
    for standing in mine:
        instead = None
        if standing.kind in ("no", "clash"):
            fitting = (
                other for other in others if any(one.member == standing.member and one.fits for one in known[other.pk])
            )
            instead = next(fitting, None)
        title, detail = _words(standing)
        grade = standing.member.learner.grade_on(run.starts_on)
        found.append(MemberFit(standing, title, detail, grade, blocks.get(standing.member.pk, []), instead))
    return found


def _words(standing):
    """(pill, sentence) about one learner and this group."""
    enrollment = standing.enrollment
    if enrollment:
        words = {
            State.CONFIRMED: (_("Has a place"), _("The place is confirmed. There is nothing else to do.")),
            State.TRIAL: (_("Trial lesson"), _("A place is kept until it is decided.")),
            State.OFFERED: (_("Place offered"), _("A place is held. Answer the offer in time.")),
        }
        number = _("Place in the queue: %(number)s") % {"number": standing.position or ""}
        return words.get(enrollment.state, (number, _("We will write when it is your turn. The number only improves.")))
    if standing.refusal is None:
        return _("Fits"), _("The requirements are met and the time is free.")
    refusal = standing.refusal
    pill = _("Overlaps") if refusal.reason == Reason.CLASH else _("Does not fit")
    return pill, str(refusal)


def _blocks(run, mine, upcoming, now):
    """{learner id: the day of the group, drawn with what the learner has on it}, in two queries."""
    if upcoming is None:
        return {}
    days = {}
    for one in mine:
        at = one.refusal.facts["at"] if one.kind == "clash" else upcoming.starts_at
        days[one.member.pk] = timezone.localdate(at)
    held = defaultdict(list)
    states = (*HOLDING, State.WAITLISTED)
    for enrollment in Enrollment.objects.filter(learner__in=list(days), state__in=states).exclude(state=State.LEAVING):
        held[enrollment.run_id].append(enrollment)
    on_days = Q()
    for day in set(days.values()):
        midnight = timezone.make_aware(datetime.combine(day, datetime.min.time()))
        on_days |= Q(starts_at__gte=midnight, starts_at__lt=midnight + timedelta(days=1))
    lessons = (
        Lesson.objects.scheduled().filter(on_days, run__in=[run.pk, *held]).select_related("run").order_by("starts_at")
    )
    blocks = defaultdict(list)
    for lesson in lessons:
        day = timezone.localdate(lesson.starts_at)
        for one in mine:
            if days[one.member.pk] != day:
                continue
            own = [each for each in held[lesson.run_id] if each.learner_id == one.member.pk]
            if own or lesson.run_id == run.pk:
                kind = ("queue" if own[0].state == State.WAITLISTED else "held") if own else "new"
                blocks[one.member.pk].append(
                    Block(
                        local(lesson.starts_at).time(),
                        local(lesson.ends_at).time(),
                        lesson.run.code,
                        kind,
                        one.member.color,
                    )
                )
    return blocks


# -- The next step --------------------------------------------------------------------------------


def _action(run, state, mine, *, user, now):
    course = run.course
    catalogue = f"{reverse('courses:catalogue')}?for={course.program.kind}"
    with_places = f"{catalogue}&topic={course.topic}&free=1"
    if state == "cancelled":
        return Action(_("See other groups"), with_places, _("The centre has cancelled this group."))
    if state == "past":
        return Action(_("See what is on now"), catalogue, _("All lessons of this group are over."))
    waiting = _of_the_family(mine, user)
    draw = eligibility.draws_of([run]).get(run.pk)
    if draw and now < draw.closes_at:
        return waiting or _to_prepare(run, mine, draw.opens_at, draw=draw, now=now)
    if state == "soon":
        return waiting or _to_prepare(run, mine, run.enrollment_opens_at, now=now)
    if state == "closed":
        note = _("Applications closed on %(day)s.") % {"day": date_short(run.enrollment_closes_at)}
        return waiting or Action(_("See groups open now"), with_places, note, is_primary=False)
    apply = Action(*_apply(run, state))
    if not mine:
        return apply
    if any(one.fits for one in mine):
        other = (waiting.text, waiting.url) if waiting else None
        return Action(apply.text, apply.url, apply.note, other=other)
    if waiting:
        return waiting
    children = "".join(f"&child={one.member.pk}" for one in mine if not one.member.is_self)
    note = (
        _("This group does not suit anybody in the family.")
        if not mine[0].member.is_self
        else str(mine[0].refusal.title)
    )
    return Action(_("See what fits"), f"{catalogue}{children}&sort=fit", note)


def _to_prepare(run, mine, opens_at, *, now, draw=None):
    """Nothing can be had yet, but everything prepared; or an application be sent to the draw."""
    if draw and opens_at <= now:
        until = {"day": date_until(draw.closes_at), "time": clock(draw.closes_at)}
        note = _("Places are given by a draw. Apply until %(day)s at %(time)s.") % until
    else:
        note = _("Applications open on %(day)s at %(time)s.") % {"day": date_day(opens_at), "time": clock(opens_at)}
    people = [one.member for one in mine if one.member.pk]
    if people and prepared(run, [one.learner for one in people]):
        return Action(_("See what is prepared"), reverse("enrollment:applications"), note)
    words = _("Apply to the draw") if draw and opens_at <= now else _("Prepare an application")
    return Action(words, reverse("enrollment:enroll", args=[run.pk]), note)


def _apply(run, state):
    """(text, address, note) of applying."""
    url = reverse("enrollment:enroll", args=[run.pk])
    if state == "full":
        note = _("Waiting: %(count)s. The number in the queue only improves.") % {"count": run.waitlist_length}
        return _("Join the queue"), url, note
    note = _("Free places: %(free)s of %(capacity)s") % {"free": run.seats_free, "capacity": run.capacity}
    return (pgettext("oneself", "Apply") if is_for_oneself(run.course) else _("Apply for a child")), url, note


def _of_the_family(mine, user):
    """What somebody of the family already has here: an offer to answer, a place, or a number in the queue."""
    enrollments = [one.enrollment for one in mine if one.enrollment]
    offered = [one for one in enrollments if one.state == State.OFFERED]
    if offered and (offer := WaitlistOffer.objects.open().filter(enrollment=offered[0]).first()):
        return Action(_("Answer the offer"), links.offer_path(offer, user), _("A place is held for you."))
    if not enrollments:
        return None
    waits = enrollments[0].state == State.WAITLISTED
    return Action(
        _("See the application"), enrollments[0].get_absolute_url(), _("In the queue") if waits else _("Has a place")
    )
