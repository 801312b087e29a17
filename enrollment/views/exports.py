"""The timetable as files: what the board shows, an instructor's own, a family's week."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from courses.calendars import Window
from enrollment.calendars import family_calendar
from enrollment.family import weeks
from enrollment.family.members import members
from enrollment.forms.schedule import read_day, read_wanted
from enrollment.schedule.board import build
from enrollment.schedule.exports.events import board_calendar
from enrollment.schedule.exports.paper import board_pdf, family_pdf, title_of
from enrollment.schedule.exports.rows import rows_of
from enrollment.schedule.exports.sheet import sheet
from enrollment.schedule.exports.span import ExportRefused, board_of, term_of
from enrollment.schedule.loading import moment
from enrollment.schedule.wanted import By, View, Wanted
from enrollment.subscriptions import family_lessons

TYPES = {
    "ics": "text/calendar; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@audience(Audience.DESK)
@never_cache
@require_safe
def schedule_export(request, fmt):
    """The filters of the board; `&span=term` for a whole term, `&until=` for a day beyond what is shown."""
    _insist_on(fmt, TYPES)
    now = timezone.now()
    today = timezone.localdate(now)
    wanted = read_wanted(request.GET, today=today)
    until = read_day(request.GET.get("until", ""), today=wanted.last)
    if request.GET.get("span") == "term" and (term := term_of(wanted.day)):
        wanted, until = _from(wanted, max(term.starts_on, term.classes_start_on or term.starts_on)), term.ends_on
    try:
        board = board_of(wanted, until=until, now=now)
    except ExportRefused as refused:
        return render(request, "enrollment/schedule/too_much.html", {"why": refused.why, "wanted": wanted}, status=422)
    return _file(fmt, board, now, route="enrollment:desk_run")


@audience(Audience.INSTRUCTOR)
@never_cache
@require_safe
def teaching_week_export(request, fmt):
    _insist_on(fmt, ("ics", "pdf"))
    now = timezone.now()
    wanted = Wanted(
        day=read_day(request.GET.get("day", ""), today=timezone.localdate(now)), view=View.WEEK, by=By.INSTRUCTOR,
        people=frozenset([request.user.pk]), shows_free=False,
    )  # fmt: skip
    return _file(fmt, build(wanted, now=now, drafts=False), now, route="enrollment:teaching_run")


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def family_week_export(request, fmt):
    """?week=2026-W48 and ?child=<id>, as the page has them. First names only (CALENDARS, 11)."""
    _insist_on(fmt, ("ics", "pdf"))
    now = timezone.now()
    monday = weeks.parse_week(request.GET.get("week", ""), today=timezone.localdate(now))
    family = members(request.user)
    child = request.GET.get("child", "")
    shown = [member for member in family if str(member.pk) == child] or family
    if fmt == "pdf":
        octets = family_pdf(weeks.of_family(shown, monday=monday, now=now), now=now)
    else:
        learner = shown[0].pk if len(shown) == 1 < len(family) else None
        octets = _family_calendar(request.user, learner, monday)
    return _attached(octets, fmt, monday)


def _family_calendar(user, learner_id, monday) -> bytes:
    begins, ends = moment(monday), moment(monday + timedelta(days=7))
    window = Window(starts_at=begins, this_week=begins, cancelled_from=begins, key="")
    lessons = family_lessons(user_id=user.pk, learner_id=learner_id, window=window)
    return family_calendar(
        [one for one in lessons if one.lesson.starts_at < ends], language=(get_language() or "lv")[:2]
    )


def _insist_on(fmt, known):
    if fmt not in known:
        raise Http404


def _from(wanted, day):
    """Wanted from that day on."""
    return Wanted(
        day=day, view=View.DAY, by=wanted.by, venues=wanted.venues, rooms=wanted.rooms, people=wanted.people,
        runs=wanted.runs, text=wanted.text,
    )  # fmt: skip


def _file(fmt, board, now, *, route) -> HttpResponse:
    title = title_of(board)
    if fmt == "ics":
        octets = board_calendar(board, route=route)
    elif fmt == "xlsx":
        octets = sheet(rows_of(board), title=_("Timetable"))
    else:
        octets = board_pdf(board, title=title, now=now, with_grid=board.wanted.until is None)
    return _attached(octets, fmt, board.wanted.first)


def _attached(octets, fmt, day) -> HttpResponse:
    """Named for its first day alone: names of people have no place in the name of a file."""
    response = HttpResponse(octets, content_type=TYPES[fmt])
    response.headers["Content-Disposition"] = f'attachment; filename="grafiks-{day:%Y-%m-%d}.{fmt}"'
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
