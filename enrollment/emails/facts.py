"""What letters say of places, groups and draws: plain values of that moment, texts in every language of the site."""

from collections.abc import Callable

from django.conf import settings
from django.utils import translation

from courses.models import CourseRun
from enrollment.models import Draw, Enrollment


def event_key(enrollment: Enrollment) -> str:
    """Names the change that a letter tells of; stopping by this prefix stops its letters."""
    return f"enrollment-{enrollment.pk}-{enrollment.version}-"


def facts_of(enrollment: Enrollment, group: dict | None = None) -> dict:
    """First name and course, never a surname, code, phone or health (TRUST, Mail)."""
    return {
        "enrollment_id": enrollment.pk,
        "name": enrollment.learner.first_name if enrollment.learner_id else "",
    } | (group or group_facts(enrollment.run))


def group_facts(run: CourseRun) -> dict:
    return {
        "title": title_of(run),
        "code": run.code,
        "run_path": run.get_absolute_url(),
        "weekday": run.weekday,
        "start_time": run.start_time.strftime("%H:%M") if run.start_time else "",
        "starts_at": run.starts_at.isoformat(),
        "room": in_both_languages(run.room, "name") if run.room else "",
        "venue": run.room.venue.short_name if run.room else "",
        "address": run.room.venue.address if run.room else "",
    }


def old_place(old: Enrollment) -> dict:
    return {"old_code": old.run.code, "old_title": title_of(old.run)}


def draw_facts(draw: Draw) -> dict:
    return {"draw": in_both_languages(draw, "name"), "draw_path": draw.get_absolute_url()}


def title_of(run: CourseRun) -> dict[str, str]:
    return in_both_languages(run.course, "title")


def in_each_language(words: Callable[[], str]) -> dict[str, str]:
    """What a function says, in every language of the site: for words that do not stand in a template."""
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said[language] = str(words())
    return said


def in_both_languages(thing, name: str) -> dict[str, str]:
    """The columns `name_lv` and `name_en` of a thing."""
    return {language: getattr(thing, f"{name}_{language}") for language in ("lv", "en")}
