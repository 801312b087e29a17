"""Two draws of the weekend workshops: one was held, with its record, and one collects applications.

Nobody of the people whom one can sign in as is in the second: that is to be tried.
"""

import random
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Learner
from courses.flows import timetable
from courses.models import (
    Allocation,
    Course,
    CourseKind,
    CourseRun,
    EligibilityRule,
    Lesson,
    Program,
    ProgramKind,
    Room,
    RuleKind,
    Topic,
    VentspilsEvidence,
)
from courses.models.course import Audience
from enrollment import eligibility
from enrollment.demo.crowd import Crowd
from enrollment.demo.stage import DAY, Stage
from enrollment.flows import applications, draws
from enrollment.models import Draw

PROGRAM = "weekend"
GRADES = (3, 6)
HELD_APPLY, COLLECTED_APPLY = 22, 9  # families
SATURDAY, SUNDAY = 5, 6
ROOM_USES = ("class", "workshop")
# Days from today: announced, applications from, applications until.
HELD, COLLECTING = (-17, -14, -4), (-9, -3, 7)


def groups(stage: Stage) -> tuple[list[CourseRun], list[CourseRun]]:
    """The groups of the two draws, before anybody applies: they open by themselves a day after their draw."""
    program = Program.objects.create(
        slug=PROGRAM, kind=ProgramKind.CHILDREN, allocation=Allocation.DRAW, max_places_per_term=2,
        name_lv="Nedēļas nogales darbnīcas", name_en="Weekend workshops",
        summary_lv="Vietas šajās darbnīcās tiek izlozētas.", summary_en="Places in these workshops are drawn by lot.",
    )  # fmt: skip
    EligibilityRule.objects.create(program=program, kind=RuleKind.VENTSPILS, evidence=VentspilsEvidence.EITHER)
    battles = _course(
        program, "robotu-cinas", Topic.ROBOTICS, "Robotu cīņas", "Robot battles",
        "Būvējam robotus, kas izstumj pretinieku no apļa.", "Pupils build robots that push each other out of the ring.",
    )  # fmt: skip
    studio = _course(
        program, "spelu-studija", Topic.PROGRAMMING, "Spēļu studija", "Game studio",
        "Izdomājam, uzzīmējam un ieprogrammējam savu spēli.", "Pupils invent, draw and program a game of their own.",
    )  # fmt: skip
    held = [_group(stage, battles, HELD, *when) for when in ((SUNDAY, 10), (SUNDAY, 12), (SUNDAY, 14))]
    collecting = [_group(stage, studio, COLLECTING, *when) for when in ((SATURDAY, 16), (SUNDAY, 16))]
    return held, collecting


def _course(program, slug, topic, title_lv, title_en, summary_lv, summary_en):
    course = Course.objects.create(
        slug=slug, program=program, kind=CourseKind.PROJECT, topic=topic, audience=Audience.PUPILS, title_lv=title_lv,
        title_en=title_en, summary_lv=summary_lv, summary_en=summary_en, grade_min=GRADES[0], grade_max=GRADES[1],
        duration_minutes=90, lessons_planned=8,
    )  # fmt: skip
    EligibilityRule.objects.create(course=course, kind=RuleKind.GRADE, minimum=GRADES[0], maximum=GRADES[1])
    return course


def _group(stage, course, days, weekday, hour):
    closes = _moment(stage, days[2], 18)
    run = stage.make_group(
        course.slug, starts_on=stage.today + 14 * DAY, capacity=6, minimum_size=4, weekday=weekday, start_time=time(hour),
        enrollment_opens_at=closes + DAY,
    )  # fmt: skip
    timetable.generate_lessons(run=run, now=stage.now)
    room = _free_room(run)
    CourseRun.objects.filter(pk=run.pk).update(room=room)
    run.lessons.update(room=room)
    run.refresh_from_db()
    return run


def _free_room(run) -> Room | None:
    """One that is free at all of its lessons."""
    same_time = run.lessons.filter(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"))
    taken = Lesson.objects.scheduled().filter(Exists(same_time)).exclude(room=None).values("room")
    rooms = Room.objects.filter(capacity__gte=run.capacity, use__in=ROOM_USES).exclude(pk__in=taken)
    return rooms.order_by("pk").first()


def _moment(stage: Stage, days: int, hour: int) -> datetime:
    """The full hour, local time, so many days from today."""
    return timezone.make_aware(datetime.combine(stage.today + days * DAY, time(hour)))


def draw_both(stage: Stage, crowd: Crowd, held: list[CourseRun], collecting: list[CourseRun]) -> None:
    """Families apply for both; the first was held four days ago, and Emīls took part in it."""
    dice = random.Random(6)  # noqa: S311  of its own, so that nothing else changes by it
    other = stage.user("parent_other")
    emils = Learner.objects.visible_to(other).get(first_name="Emīls")
    first = _announce(stage, held, HELD, "Robotu cīņu vietu izloze", "Draw of places in robot battles")
    children = _fitting(crowd, dice, held, now=first.opens_at, count=HELD_APPLY)
    _apply(stage, first, held, [*children, emils], crowd.guardians | {emils.pk: other}, dice)
    draws.hold(draw=first, now=first.closes_at + timedelta(seconds=dice.randint(2, 9)))
    second = _announce(
        stage, collecting, COLLECTING, "Spēļu studijas vietu izloze", "Draw of places in the game studio"
    )
    children = _fitting(crowd, dice, collecting, now=second.opens_at, count=COLLECTED_APPLY)
    _apply(stage, second, collecting, children, crowd.guardians, dice)


def _fitting(crowd, dice, runs, *, now, count) -> list[Learner]:
    """Children whose grade and other groups leave them free for one of these at least."""
    of_grade = [child for child in crowd.children if child.grade and GRADES[0] <= child.grade <= GRADES[1]]
    some = dice.sample(of_grade, 2 * count)
    return [child for child, free in _free(runs, some, now).items() if free][:count]


def _free(runs, learners, now) -> dict[Learner, list[CourseRun]]:
    facts = eligibility.Facts.load(runs=runs, learners=learners, now=now)
    return {one: [run for run in runs if facts.why_unfit(run, one, now) is None] for one in learners}


def _announce(stage, runs, days, name_lv, name_en) -> Draw:
    announced, opens, closes = (_moment(stage, count, hour) for count, hour in zip(days, (12, 10, 18), strict=True))
    return draws.announce(
        program=runs[0].course.program, term=stage.term, runs=runs, name_lv=name_lv, name_en=name_en, opens_at=opens,
        closes_at=closes, by=stage.user("coordinator"), now=announced,
    )  # fmt: skip


def _apply(stage, draw, runs, learners, guardians, dice):
    """Each at a moment of its own, with wishes in an order of its own."""
    ends = min(draw.closes_at, stage.now)
    for learner, free in _free(runs, learners, draw.opens_at).items():
        if not free:
            continue
        at = draw.opens_at + dice.random() * (ends - draw.opens_at)
        by = guardians[learner.pk]
        prepared = applications.prepare(
            learners=[learner], runs=dice.sample(free, dice.randint(1, len(free))), by=by, now=at, key=stage.key(),
            places_wanted=dice.choice((1, 1, 1, 2)),
        )  # fmt: skip
        applications.send(application=prepared, by=by, now=at)
