"""Why somebody has a place, or waits: one page per enrollment."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.audiences import Audience, audience
from enrollment.desk import answers, reasons
from enrollment.models import Enrollment


@audience(Audience.DESK)
@never_cache
@require_GET
def why(request, pk):
    found = Enrollment.objects.for_display().select_related("trial_lesson")
    enrollment = get_object_or_404(found, pk=pk)
    now = timezone.now()
    answer = reasons.why(enrollment=enrollment)
    context = {
        "enrollment": enrollment, "why": answer, "short_answer": answers.short_answer(answer),
        "moments": answers.timeline(answer, now=now),
    }  # fmt: skip
    return render(request, "enrollment/desk/why.html", context)
