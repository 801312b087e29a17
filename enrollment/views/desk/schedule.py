"""The visual timetable of the desk: the board and what stands beside it (UX S35)."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from accounts.models import Learner
from accounts.permissions import is_builder
from courses.models import Lesson, Term
from enrollment.desk.families import everybody_around
from enrollment.family import weeks
from enrollment.family.members import CHILD_COLORS, Member
from enrollment.forms.schedule import FreeForm, read_day, read_opened, read_wanted
from enrollment.schedule.beside import beside
from enrollment.schedule.board import build
from enrollment.schedule.free import find
from enrollment.schedule.loading import instructors
from enrollment.schedule.wanted import View
from enrollment.views.desk.lessons import REASONS
from enrollment.views.schedule import board_context, files

BESIDE = ("lesson", "to_day", "to", "to_room")  # of the address: about what stands beside the board


@audience(Audience.DESK)
@never_cache
@require_safe
def schedule(request):
    """The board; `?lesson=` opens one beside it, which scripts ask for alone."""
    now = timezone.now()
    wanted = read_wanted(request.GET, today=timezone.localdate(now))
    board = build(wanted, now=now)
    query = request.GET.copy()
    for name in BESIDE:
        query.pop(name, None)
    plain = f"{reverse('enrollment:desk_schedule')}?{query.urlencode()}"
    for block in board.all_blocks:
        block.url = f"{plain}{'&' if query else ''}lesson={block.lesson.pk}"
    context = board_context(request, board) | {
        "search": request.GET.get("q", "")[:100], "plain": plain, "beside": _beside(request, board, now), "now": now, "exports": _exports(wanted, query),
        "reasons": REASONS,
    }  # fmt: skip
    only_beside = request.htmx and request.htmx.target == "inspector" and not request.htmx.history_restore_request
    return render(request, f"enrollment/schedule/{'beside' if only_beside else 'desk'}.html", context)


def _exports(wanted, query):
    """Of what is shown; and of the whole term, when it is one thing."""
    route, kinds = "enrollment:desk_schedule_export", ("pdf", "xlsx", "ics")
    shown = _("This day") if wanted.view == View.DAY else pgettext("files", "This week")
    exports = [(shown, files(route, query.urlencode(), kinds))]
    if len(wanted.chosen) == 1:
        exports.append((_("The whole term"), files(route, f"{query.urlencode()}&span=term", kinds)))
    return exports


def _beside(request, board, now):
    opened = read_opened(request.GET)
    block = board.find(opened.pk) if opened else None
    if block is None:
        return None
    room = next((one for one in board.timetable.rooms if one.slug == opened.room), None)
    return beside(block, day=opened.day, starts=opened.starts, room=room, now=now)


@audience(Audience.DESK)
@never_cache
@require_safe
def free(request):
    """Where there is room; asked and answered at one address, so that it can be sent to a colleague."""
    today = timezone.localdate(timezone.now())
    was_asked = "when" in request.GET
    start = {"day": read_day(request.GET.get("day", ""), today=today), "term": _current_term(today)}
    start |= {name: request.GET[name] for name in ("minutes", "people", "lesson") if name in request.GET}
    people = instructors()
    form = FreeForm(request.GET, instructors=people) if was_asked else FreeForm(initial=start, instructors=people)
    found = find(form.search(), today=today) if was_asked and form.is_valid() else None
    moving = _lesson(request.GET.get("lesson", ""))
    weekly = found is not None and form.cleaned_data["when"] == "term"
    may_build = weekly and is_builder(request.user)
    new_url = reverse("enrollment:desk_group_new", args=[form.cleaned_data["term"].pk]) if may_build else ""
    context = {"form": form, "found": found, "moving": moving, "weekly": weekly, "new_url": new_url}
    status = 422 if was_asked and found is None else 200
    return render(request, "enrollment/schedule/free.html", context, status=status)


def _current_term(today):
    return Term.objects.filter(ends_on__gte=today).order_by("starts_on").first()


def _lesson(pk):
    if not (pk.isdecimal() and len(pk) < 12):
        return None
    return Lesson.objects.select_related("run__course").filter(pk=pk).first()


@audience(Audience.DESK)
@never_cache
@require_safe
def family(request, pk):
    """The week of a child and of those who share a parent with them, as the family sees it."""
    learner = get_object_or_404(Learner, pk=pk)
    now = timezone.now()
    today = timezone.localdate(now)
    learners = everybody_around(learner)
    everybody = [Member(one, index % CHILD_COLORS + 1) for index, one in enumerate(learners)]
    child = request.GET.get("child", "")
    shown = [member for member in everybody if str(member.pk) == child] or everybody
    week = weeks.of_family(shown, monday=weeks.parse_week(request.GET.get("week", ""), today=today), now=now)
    day = read_day(request.GET.get("day", ""), today=today)
    open_day = next((one for one in week.days if one.date == day), None)
    context = {
        "week": week, "members": everybody, "child": child if len(shown) == 1 < len(everybody) else "", "learner": learner,
        "day": open_day or next((one for one in week.days if one.entries), week.days[0]), "at_desk": True,
        "as_list": request.GET.get("view") == "list", "this_week": weeks.parse_week("", today=today) == week.monday,
    }  # fmt: skip
    return render(request, "enrollment/schedule/family.html", context)
