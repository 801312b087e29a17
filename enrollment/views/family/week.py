"""The week of the family: a grid on wide screens, days and a list on phones (UX S18)."""

from datetime import date, timedelta

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from enrollment.family import weeks
from enrollment.family.members import members


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def family_week(request):
    """?week=2026-W48, ?child=<id> for one of the family, ?day=2026-11-25 of the list, ?view=list for the whole list."""
    now = timezone.now()
    today = timezone.localtime(now).date()
    family = members(request.user)
    child = request.GET.get("child", "")
    shown = [member for member in family if str(member.pk) == child] or family
    monday = weeks.parse_week(request.GET.get("week", ""), today=today)
    week = weeks.of_family(shown, monday=monday, now=now)
    return render(
        request, "enrollment/family/week.html",
        {
            "week": week, "members": family, "child": child if len(shown) == 1 < len(family) else "",
            "day": _day(request.GET.get("day", ""), week, today), "as_list": request.GET.get("view") == "list", "today": today,
            "this_week": weeks.parse_week("", today=today) == monday,
        },
    )  # fmt: skip


def _day(text, week, today):
    """The day whose list is open: the one asked for, today, or the first with a lesson."""
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        asked = today
    days = {day.date: day for day in week.days}
    if asked == week.monday + timedelta(days=6) and asked not in days:
        asked = week.last_day
    return days.get(asked) or next((day for day in week.days if day.entries), week.days[0])
