"""Changing the group: the other groups that fit, and one press; the old place is kept until there is a new one."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from courses.models import CourseRun, RunKind
from enrollment.family import choices, wording
from enrollment.family.members import members
from enrollment.flows import transfers
from enrollment.flows.places import NotTheirs
from enrollment.models import Enrollment, EnrollmentState as State
from enrollment.refusals import EnrollmentRefused


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_group(request, pk):
    mine = Enrollment.objects.visible_to(request.user).filter(learner__isnull=False).for_display()
    one, now = get_object_or_404(mine, pk=pk), timezone.now()
    if request.method != "POST":
        return _show(request, one, now)
    wanted = request.POST.get("run", "")
    runs = CourseRun.objects.public().filter(kind=RunKind.GROUP).for_display()
    to_run = runs.filter(pk=wanted).first() if wanted.isdecimal() and len(wanted) < 19 else None
    if to_run is None:
        return _show(request, one, now, nothing=True, status=422)
    try:
        new = transfers.transfer(enrollment=one, to_run=to_run, key=_key(request), by=request.user, now=now)
    except EnrollmentRefused as refused:
        return _show(request, mine.get(pk=pk), now, refusal=refused.refusal, status=409)
    except NotTheirs:
        raise Http404 from None
    if new.state == State.CONFIRMED:
        messages.success(request, _("Group changed: %(old)s → %(new)s") % {"old": one.run.code, "new": to_run.code})
    return redirect(new)


def _key(request) -> UUID:
    """The key that came with the form; a broken one is as good as none."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _show(request, one, now, *, refusal=None, nothing=False, status=200):
    member = next(member for member in members(request.user) if member.pk == one.learner_id)
    may_change = member.may_decide(today=timezone.localdate(now)) and one.state == State.CONFIRMED
    return render(
        request, "enrollment/family/change_group.html",
        {
            "enrollment": one, "member": member, "schedule": wording.schedule(one.run), "may_change": may_change,
            "groups": choices.groups_to_change_to(one, now=now) if may_change else [], "key": uuid4(),
            "refusal": refusal, "nothing": nothing, "picked": request.POST.get("run", ""),
        },
        status=status,
    )  # fmt: skip
