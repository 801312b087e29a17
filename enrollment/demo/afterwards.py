"""What comes after a place was given: a child tries a lesson, and teachers are asked whether they still come."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Learner
from courses.models import CourseRun, Lesson, Program
from enrollment import eligibility
from enrollment.deadlines import is_night
from enrollment.demo import stories
from enrollment.demo.stage import DAY, HOUR, MINUTE, WEEK, Stage
from enrollment.flows import reconfirmations, trials

GRADE = 5  # of Emīls
TRIED_WITHIN = 36 * HOUR  # so that there is still time to decide
ASKED = "ped-robotika"
EVENING = 20  # local hour


def group_to_try(stage: Stage, *, apart_from: Iterable[int]) -> CourseRun | None:
    """A group that fits Emīls, with a lesson that is over and still time to decide; none after days without lessons.

    `apart_from`: the ids of groups that are full, or have another part to play.
    """
    own = stage.group(*stories.CLASHING)
    courses = {"run__course__program__slug": "children", "run__course__grade_min__lte": GRADE}
    in_the_way = own.lessons.scheduled().filter(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"))
    clashing = Lesson.objects.scheduled().filter(Exists(in_the_way)).values("run")  # his own among them
    lessons = Lesson.objects.scheduled().filter(
        **courses, run__course__grade_max__gte=GRADE, run__in=stage.groups().exclude(pk__in=apart_from).exclude(pk__in=clashing),
        ends_at__lt=stage.now - 10 * MINUTE, ends_at__gt=stage.now - TRIED_WITHIN,
    )  # fmt: skip
    lesson = lessons.select_related("run").order_by("-ends_at", "pk").first()
    return lesson.run if lesson else None


def trial(stage: Stage, group: CourseRun | None) -> None:
    """Emīls has tried a lesson of that group and his family decides now; without one, the next lesson of another is agreed."""
    parent = stage.user("parent_other")
    emils = Learner.objects.visible_to(parent).get(first_name="Emīls")
    runs = [group] if group else [run for run in stage.groups() if run.course.program.slug == "children"]
    runs = list(CourseRun.objects.for_display().with_free_seats().filter(pk__in=[run.pk for run in runs]))
    agreed_at = stage.now - WEEK
    fit = eligibility.fit(runs=runs, learners=[emils], now=agreed_at)
    fitting = {run.pk: run for run in runs if fit[run.pk, emils.pk] is None}
    lessons = Lesson.objects.scheduled().filter(run__in=fitting, starts_at__gt=agreed_at).order_by("starts_at", "pk")
    over = lessons.filter(ends_at__lt=stage.now).last()
    lesson = over if group else lessons.filter(starts_at__gt=stage.now).first()
    if lesson is None:
        return
    tried = trials.begin_trial(
        run=fitting[lesson.run_id], learner=emils, lesson=lesson, key=stage.key(), by=parent, now=agreed_at
    )
    if group:
        trials.ask(enrollment=tried, now=lesson.ends_at + MINUTE)


def still_coming(stage: Stage) -> None:
    """Who has a place in the teachers' robotics is asked; the teacher whom one can be has not answered yet."""
    run, asked_at = stage.group(ASKED), _by_day(stage.now - 3 * HOUR)
    days = -((asked_at - run.starts_at) // DAY)  # rounded up
    Program.objects.filter(slug="teachers").update(reconfirm_days=days)
    for place in reconfirmations.to_ask(now=asked_at):
        reconfirmations.ask(enrollment=place, now=asked_at)


def _by_day(moment: datetime) -> datetime:
    """The moment itself, or the evening before when families sleep."""
    if not is_night(moment):
        return moment
    evening = timezone.localtime(moment).replace(hour=EVENING, minute=0, second=0, microsecond=0)
    return evening if evening <= moment else evening - timedelta(days=1)
