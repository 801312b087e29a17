"""The site with some addresses more: the least that its stack of middleware can answer, for comparison."""

from django.db import transaction
from django.db.models import F
from django.http import HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.audiences import Audience, audience
from courses.models import CourseRun
from enrollment.models import Enrollment, EnrollmentState

octets = b""  # what `constant` answers; set by the measurement


@audience(Audience.PUBLIC)
@csrf_exempt
def unchanged(request, token):
    return HttpResponseNotModified()


@audience(Audience.PUBLIC)
@csrf_exempt
def constant(request, token):
    return HttpResponse(octets, content_type="text/calendar; charset=utf-8")


@audience(Audience.PUBLIC)
def page(request):
    return HttpResponse(octets)


run = submission = None  # what `enroll` records for; set by the measurement


@audience(Audience.PUBLIC)
def enroll(request):
    with transaction.atomic():
        CourseRun.objects.filter(pk=run.pk, seats_taken__lt=F("capacity")).update(seats_taken=F("seats_taken") + 1)
        now = timezone.now()
        Enrollment.objects.create(
            run=run, submission=submission, learner_id=request.POST["learner"], state=EnrollmentState.WITHDRAWN,
            received_at=now, ended_at=now, changed_at=now,
        )  # fmt: skip
    return HttpResponseRedirect("/floor/")


urlpatterns = [
    path("floor/enroll/", enroll),
    path("floor/page/", page),
    path("floor/unchanged/<path:token>.ics", unchanged),
    path("floor/constant/<path:token>.ics", constant),
    path("", include("enrollment.urls")),
]
