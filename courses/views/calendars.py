"""Public calendars: all courses, one program, one course, one group, and one lesson as a file."""

from django.conf import settings
from django.utils import timezone, translation

from accounts.audiences import Audience, audience
from courses import feeds
from courses.calendars import CENTRE_COLOR, TOPIC_COLORS, calendar, public_event, run_title, window_at
from courses.models import Course, CourseRun, Lesson, Program, PublicFeed
from courses.timetables import lessons_in, sign_of

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


@audience(Audience.PUBLIC)
@feeds.feed
def catalogue_calendar(request):
    return _answer(request, CourseRun.objects.public(), lambda: ("Ventspils Digitālais centrs", CENTRE_COLOR))


@audience(Audience.PUBLIC)
@feeds.feed
def program_calendar(request, program):
    programs = Program.objects.filter(slug=program)
    runs = CourseRun.objects.public().filter(course__program__slug=program)
    return _answer(request, runs, lambda: (programs.get().name, CENTRE_COLOR), programs)


@audience(Audience.PUBLIC)
@feeds.feed
def course_calendar(request, course):
    courses = Course.objects.listed().filter(slug=course)
    runs = CourseRun.objects.public().filter(course__slug=course)
    return _answer(request, runs, lambda: _of_course(courses.get()), courses)


@audience(Audience.PUBLIC)
@feeds.feed
def run_calendar(request, course, run):
    runs = CourseRun.objects.public().filter(course__slug=course, slug=run)
    return _answer(request, runs, lambda: _of_run(runs.select_related("course").get()), runs)


@audience(Audience.PUBLIC)
@feeds.feed
def lesson_calendar(request, course, run, pk):
    """One lesson to keep, without the name of a calendar: what a calendar program adds to one that is there."""
    runs = CourseRun.objects.public().filter(course__slug=course, slug=run)
    lesson = (
        Lesson.objects.published()
        .filter(run__in=runs, pk=pk)
        .select_related("run__course__program", "room__venue")
        .first()
    )
    if lesson is None:
        return feeds.not_found()
    with translation.override(_language(request)):
        octets = calendar(events=[public_event(lesson)], language=_language(request))
    changed_at = max(lesson.changed_at, lesson.run.changed_at)
    memory = feeds.Memory(etag=feeds.entity_tag(octets), octets_changed_at=changed_at)
    response = feeds.unchanged(request, memory, feeds.PUBLIC) or feeds.full(request, octets, memory, feeds.PUBLIC)
    if response.status_code == 200:
        response.headers["Content-Disposition"] = f'attachment; filename="lesson-{lesson.pk}.ics"'
    return response


def _language(request) -> str:
    """The feed's own, part of its address; what the fetcher's program speaks does not matter."""
    asked = request.GET.get("lang")
    return asked if asked in LANGUAGES else settings.LANGUAGE_CODE


def _of_course(course):
    return course.title, TOPIC_COLORS.get(course.topic, CENTRE_COLOR)


def _of_run(run):
    return run_title(run), TOPIC_COLORS.get(run.course.topic, CENTRE_COLOR)


def _answer(request, runs, name_and_color, shown=None):
    """`shown` is what must exist for the address to exist: a listed course can be without groups."""
    now, language = timezone.now(), _language(request)
    window = window_at(now)
    sign = sign_of(runs, window=window, now=now)
    if not sign.runs and shown is not None and not shown.exists():
        return feeds.not_found()
    row = PublicFeed.objects.filter(path=request.path, language=language)
    known = feeds.Memory(*row.values_list("fingerprint", "etag", "octets_changed_at").first() or ())

    def render():
        with translation.override(language):
            name, color = name_and_color()
            lessons = lessons_in(Lesson.objects.filter(run__in=runs), window=window)
            return calendar(
                events=map(public_event, lessons), language=language, name=name, color=color,
                refresh_hours=settings.FEED_REFRESH_HOURS_PUBLIC,
            )  # fmt: skip

    def remember(memory):
        values = {"fingerprint": memory.fingerprint, "etag": memory.etag, "octets_changed_at": memory.octets_changed_at}
        PublicFeed.objects.update_or_create(path=request.path, language=language, defaults=values)

    response = feeds.answer(
        request,
        known=known,
        fingerprint=sign.fingerprint,
        render=render,
        remember=remember,
        headers=feeds.PUBLIC,
        now=now,
    )
    response.headers["Content-Language"] = language
    return response
