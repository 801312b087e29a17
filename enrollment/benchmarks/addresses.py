"""The site with some addresses more: the least that its stack of middleware can answer, for comparison."""

from django.db import transaction
from django.db.models import F
from django.http import HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.urls import include, path
from django.utils import timezone

from accounts.audiences import Audience, audience
from courses.models import CourseRun
from enrollment.models import Enrollment, EnrollmentState

octets = b""  # what `page` answers; set by the measurement


@audience(Audience.PUBLIC)
def page(request):
    return HttpResponse(octets)


@audience(Audience.PUBLIC)
def unchanged(request):
    return HttpResponseNotModified()


@audience(Audience.PUBLIC)
def enroll(request):
    """The UPDATE and the INSERT of an enrollment, and nothing else."""
    run, submission, learner = (int(request.POST[name]) for name in ("run", "submission", "learner"))
    with transaction.atomic():
        CourseRun.objects.filter(pk=run, seats_taken__lt=F("capacity")).update(seats_taken=F("seats_taken") + 1)
        now = timezone.now()
        Enrollment.objects.create(
            run_id=run, submission_id=submission, learner_id=learner, state=EnrollmentState.WITHDRAWN,
            received_at=now, ended_at=now, changed_at=now,
        )  # fmt: skip
    return HttpResponseRedirect("/floor/")


urlpatterns = [
    path("floor/page/", page),
    path("floor/unchanged/", unchanged),
    path("floor/enroll/", enroll),
    path("", include("enrollment.urls")),
]
