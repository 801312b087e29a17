"""The family's home: what has to be decided, what comes next, where everybody stands (UX S11)."""

from datetime import datetime, timedelta

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from enrollment.family.home import home

VISIT_MINUTES = 30  # pages opened within this time belong to one visit
_LAST, _BEFORE = (
    "family_visit",
    "family_visit_before",
)  # in the session: {"at": ISO time, "positions": {enrollment id: number}}


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def family_home(request):
    now = timezone.now()
    before = _visit_before(request.session, now)
    found = home(
        user=request.user,
        now=now,
        seen_at=datetime.fromisoformat(before["at"]) if before else None,
        seen_positions=before.get("positions"),
    )
    if _LAST not in request.session:
        request.session[_LAST] = {"at": now.isoformat(), "positions": found.positions}
    return render(request, "enrollment/family/home.html", {"home": found, "now": now})


def _visit_before(session, now) -> dict:
    """What the family saw at its visit before this one, {} at the first; a new visit begins after a pause.

    Kept in the session, so that looking changes no record of the family.
    """
    last = session.get(_LAST)
    if last and now - datetime.fromisoformat(last["at"]) > timedelta(minutes=VISIT_MINUTES):
        session[_BEFORE] = session.pop(_LAST)
    return session.get(_BEFORE, {})
