"""What every page with a board shows: the desk's and the instructor's."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from enrollment import rosters
from enrollment.forms.schedule import read_day
from enrollment.schedule.board import build
from enrollment.schedule.wanted import By, View, Wanted


def board_context(request, board) -> dict:
    """The context of enrollment/schedule/board.html."""
    wanted = board.wanted
    asked = read_day(request.GET.get("open", ""), today=board.today)
    days = [day for day in board.days if day == asked] or [day for day in board.days if day == board.today]
    open_day = wanted.day if wanted.view == View.DAY else (days or board.days)[0]
    return {"board": board, "wanted": wanted, "open_day": open_day, "agenda": board.agenda(open_day)}


def files(route, query, kinds) -> list[tuple[str, str]]:
    """[(name, address)] of the same thing as a file of each kind."""
    names = {"pdf": "PDF", "xlsx": "Excel", "ics": _("calendar (.ics)")}
    return [(names[kind], f"{reverse(route, args=[kind])}?{query}") for kind in kinds]


@audience(Audience.INSTRUCTOR)
@never_cache
@require_safe
def teaching_week(request):
    """An instructor's own week: what is published, with ways into the groups that are open to them."""
    now = timezone.now()
    day = read_day(request.GET.get("day", ""), today=timezone.localdate(now))
    wanted = Wanted(day=day, view=View.WEEK, by=By.INSTRUCTOR, people=frozenset([request.user.pk]), shows_free=False)
    board = build(wanted, now=now, drafts=False)
    may_open = set(rosters.runs_taught(user=request.user, now=now).values_list("pk", flat=True))
    for block in board.all_blocks:
        block.url = f"/teach/groups/{block.run.pk}/" if block.run.pk in may_open else ""
    exports = [
        (
            pgettext("files", "This week"),
            files("enrollment:teaching_week_export", f"day={day:%Y-%m-%d}", ("pdf", "ics")),
        )
    ]
    context = board_context(request, board) | {"now": now, "exports": exports}
    return render(request, "enrollment/schedule/teaching.html", context)
