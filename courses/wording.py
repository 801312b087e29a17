"""Whom a course is for and when a group meets, in the reader's language."""

from django.utils.translation import get_language, gettext as _

from accounts.formatting import time_range, weekday_plural


def ordinals(minimum: int, maximum: int | None) -> str:
    """Grades in figures: "3.–5." in Latvian, "3–5" in English."""
    dot = "." if get_language() == "lv" else ""
    return f"{minimum}{dot}" if maximum in (None, minimum) else f"{minimum}{dot}–{maximum}{dot}"


def years(minimum: int, maximum: int | None) -> str:
    """Ages in figures: "5–12", or "7+" without an upper end."""
    if maximum is None or maximum >= 99:
        return f"{minimum}+"
    return str(minimum) if minimum == maximum else f"{minimum}–{maximum}"


def audience_line(course) -> str:
    """ "3.–5. klasei", "vecums: 5–12", or nothing where everybody may come."""
    if course.grade_min is not None:
        return _("grades %(grades)s") % {"grades": ordinals(course.grade_min, course.grade_max)}
    if course.age_min is not None:
        return _("age: %(ages)s") % {"ages": years(course.age_min, course.age_max)}
    return course.get_audience_display() if course.audience != "everybody" else ""


def schedule_line(run) -> str:
    """ "otrdienās 15:30–17:00" for a weekly group, nothing for other runs."""
    if run.weekday is None or run.start_time is None:
        return ""
    return f"{weekday_plural(run.weekday)} {time_range(run.start_time, _end_of(run))}"


def _end_of(run):
    minutes = run.start_time.hour * 60 + run.start_time.minute + run.duration_minutes
    return run.start_time.replace(hour=minutes // 60 % 24, minute=minutes % 60)
