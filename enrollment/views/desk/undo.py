"""The undo bar: what the page before this one did, and where its pages lead back to."""

from django.shortcuts import redirect
from django.urls import reverse

from enrollment.models import Enrollment
from enrollment.rosters import Undo, undo_of


def undo_from(request, *, now) -> Undo | None:
    """What `?done=<enrollment>` in the address says was just done, while it can still be undone."""
    pk = request.GET.get("done", "")
    if not pk.isdecimal():
        return None
    enrollments = Enrollment.objects.select_related("learner", "run", "moved_from__run")
    enrollment = enrollments.filter(pk=pk).first()
    return undo_of(enrollment, now=now) if enrollment else None


def back_from(request, enrollment, *, run_id=None, done=None):
    """To the page on which the button was pressed: the family's, or the group's."""
    query = f"?done={done}" if done else ""
    if request.POST.get("back") == "family" and enrollment.learner_id:
        return redirect(reverse("enrollment:desk_family", args=[enrollment.learner_id]) + query)
    return redirect(reverse("enrollment:desk_run", args=[run_id or enrollment.run_id]) + query)
