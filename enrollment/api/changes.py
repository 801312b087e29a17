"""What families do with a place they have, or before they decide for one: trials, changing the group, still coming."""

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.response import Response

from accounts.models import Learner
from accounts.problems import InvalidSerializer, ProblemSerializer
from courses.models import CourseRun, Lesson
from enrollment.api import reads
from enrollment.api.serializers import (
    EnrollmentSerializer,
    RefusalSerializer,
    TransferInputSerializer,
    TrialInputSerializer,
)
from enrollment.api.views import CHANGE, PROBLEMS, EnrollmentView, FamilyView, idempotency_key
from enrollment.flows import reconfirmations, transfers, trials
from enrollment.flows.places import NotTheirs

_KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.UUID, OpenApiParameter.HEADER, required=True,
    description="Made once per press of the button. The same key again gives the same enrollment.",
)  # fmt: skip
_NEW = {
    201: EnrollmentSerializer, 200: EnrollmentSerializer, 400: InvalidSerializer, 409: RefusalSerializer,
    415: ProblemSerializer, **PROBLEMS,
}  # fmt: skip


def _answer(enrollment, now):
    """201 the first time, 200 when the same key found it."""
    is_new = enrollment.received_at == now
    shown = EnrollmentSerializer(reads.enrollment(enrollment.pk)).data
    return Response(shown, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class Trials(FamilyView):
    @extend_schema(operation_id="try_lesson", request=TrialInputSerializer, parameters=[_KEY], responses=_NEW)
    def post(self, request):
        """Try one lesson of a group: a place is kept for it, and until the family has decided."""
        key = idempotency_key(request)
        data = TrialInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        run = self.visible_or_404(CourseRun.objects.public().for_display(), data.validated_data["run"])
        lesson = self.visible_or_404(Lesson.objects.filter(run=run), data.validated_data["lesson"])
        try:
            trial = trials.begin_trial(
                run=run, learner=Learner(pk=data.validated_data["learner"]), lesson=lesson, key=key, by=request.user,
                now=self.now,
            )  # fmt: skip
        except NotTheirs:
            raise Http404 from None
        return _answer(trial, self.now)


class Keep(EnrollmentView):
    @extend_schema(operation_id="keep", **CHANGE)
    def post(self, request, pk):
        """Keep the place of a trial lesson. Repeating changes nothing. Not keeping it is giving it back."""
        trials.keep(enrollment=self.enrollment(pk), by=request.user, now=self.now)
        return self.answer(pk)


class StillComing(EnrollmentView):
    @extend_schema(operation_id="still_coming", **CHANGE)
    def post(self, request, pk):
        """Say that one still comes, where that was asked. Repeating changes nothing; no longer is giving it back."""
        reconfirmations.confirm(enrollment=self.enrollment(pk), by=request.user, now=self.now)
        return self.answer(pk)


class Transfer(EnrollmentView):
    @extend_schema(operation_id="transfer", request=TransferInputSerializer, parameters=[_KEY], responses=_NEW)
    def post(self, request, pk):
        """Change to another group: at once where a seat is free, otherwise wait there with this place kept."""
        enrollment = self.enrollment(pk)
        key = idempotency_key(request)
        data = TransferInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        if enrollment.learner_id is None:  # a party of guests books another slot
            raise Http404
        to_run = self.visible_or_404(CourseRun.objects.public().for_display(), data.validated_data["run"])
        new = transfers.transfer(enrollment=enrollment, to_run=to_run, key=key, by=request.user, now=self.now)
        return _answer(new, self.now)
