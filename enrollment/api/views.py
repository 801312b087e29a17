"""Families' own things for programs: what they have, enrolling, giving back, answering offers.

The rules are the flows'; a refusal is 409 with its words. What is somebody else's does not exist (404).
"""

from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.models import Learner
from accounts.problems import InvalidSerializer, ProblemSerializer
from accounts.throttles import PerAccount, PerNetwork
from courses.models import CourseRun
from enrollment.api import reads
from enrollment.api.serializers import (
    LARGEST_ID,
    EnrollmentSerializer,
    FamilySerializer,
    ReceivedSerializer,
    RefusalSerializer,
    SubmissionInputSerializer,
    SubmissionSerializer,
)  # fmt: skip
from enrollment.flows import applications, enrollments, waitlist
from enrollment.flows.places import NotTheirs
from enrollment.models import Application, Enrollment, Submission, WaitlistOffer
from enrollment.refusals import EnrollmentRefused

PROBLEMS = {401: ProblemSerializer, 403: ProblemSerializer, 404: ProblemSerializer, 429: ProblemSerializer}


class FamilyView(APIView):
    """Signed-in people's own things: never kept by caches, limited per account and network."""

    throttle_classes = [PerAccount, PerNetwork]

    def initial(self, request, *args, **kwargs):
        self.now = timezone.now()
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exception):
        if isinstance(exception, EnrollmentRefused):
            return _refused(exception)
        if isinstance(exception, NotTheirs):  # a pupil's own login: sees, but may not decide
            exception = PermissionDenied()
        return super().handle_exception(exception)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def visible_or_404(self, queryset, pk):
        found = queryset.filter(pk=pk).first() if pk <= LARGEST_ID else None
        if found is None:
            raise Http404
        return found


def _refused(exception):
    first = exception.refusal
    answer = RefusalSerializer({"code": first.code, "detail": str(first), "refusals": exception.refusals})
    return Response(answer.data, status=status.HTTP_409_CONFLICT)


class Family(FamilyView):
    @extend_schema(
        operation_id="my_family", responses={200: FamilySerializer, 401: ProblemSerializer, 429: ProblemSerializer}
    )
    def get(self, request):
        """My learners with what they have, the numbers in queues and the offers that wait for an answer."""
        return Response(FamilySerializer(reads.family(request.user, now=self.now)).data)


class Enrollments(FamilyView):
    @extend_schema(
        operation_id="enroll",
        request=SubmissionInputSerializer,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key", OpenApiTypes.UUID, OpenApiParameter.HEADER, required=True,
                description="Made once per press of the button. The same key again gives the same submission.",
            )
        ],
        responses={
            201: SubmissionSerializer, 200: SubmissionSerializer, 202: ReceivedSerializer, 400: InvalidSerializer, 409: RefusalSerializer,
            415: ProblemSerializer, 422: ProblemSerializer, **PROBLEMS,
        },
    )  # fmt: skip
    def post(self, request):
        """Get places, or places in the queue. Repeating with the same key is safe: 201 the first time, then 200.

        202 when so many apply at once that it can only be received: it is decided in its turn.
        """
        key = idempotency_key(request)
        data = SubmissionInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        wanted = list(dict.fromkeys(data.validated_data["learners"]))
        if (known := Submission.objects.filter(key=key).first()) is not None:
            return self._again(known, data.validated_data["run"], wanted)
        run = self.visible_or_404(CourseRun.objects.public().for_display(), data.validated_data["run"])
        try:
            sent = applications.submit(
                run=run, learners=[Learner(pk=pk) for pk in wanted], key=key, by=request.user, now=self.now,
                together=data.validated_data["together"],
            )  # fmt: skip
        except NotTheirs:
            raise Http404 from None
        if isinstance(sent, list):
            return received(request, sent)
        is_new = sent.received_at == self.now
        return Response(
            SubmissionSerializer(reads.submission(sent)).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )

    def _again(self, known, run_id, wanted):
        """What this key did the first time; 422 when it was another request, or another person's."""
        sent = reads.submission(known)
        done = {(one.run_id, one.learner_id) for one in sent.shown_enrollments}
        if known.submitted_by_id != self.request.user.pk or not done <= {(run_id, pk) for pk in wanted}:
            problem = {"code": "key_used", "detail": _("This Idempotency-Key was used for something else.")}
            return Response(problem, status=status.HTTP_422_UNPROCESSABLE_ENTITY)
        return Response(SubmissionSerializer(sent).data)


def received(request, sent: list[Application]) -> Response:
    """202 with the receipt, and where the answer will be."""
    receipts = [
        {
            "key": one.key, "received_at": one.received_at,
            "status_url": reverse("api:application", args=[one.key], request=request),
        }
        for one in sent
    ]  # fmt: skip
    answer = ReceivedSerializer({"code": "received", **receipts[0], "applications": receipts})
    return Response(answer.data, status=status.HTTP_202_ACCEPTED)


def idempotency_key(request) -> UUID:
    try:
        return UUID(request.headers.get("Idempotency-Key", ""))
    except ValueError:
        raise ValidationError({"Idempotency-Key": [_("Send a header Idempotency-Key with a UUID.")]}) from None


class EnrollmentView(FamilyView):
    def enrollment(self, pk):
        mine = Enrollment.objects.visible_to(self.request.user)
        return self.visible_or_404(mine.select_related("run", "learner", "submission"), pk)

    @staticmethod
    def answer(pk):
        return Response(EnrollmentSerializer(reads.enrollment(pk)).data)


class EnrollmentDetail(EnrollmentView):
    @extend_schema(operation_id="enrollment", responses={200: EnrollmentSerializer, **PROBLEMS})
    def get(self, request, pk):
        """One enrollment of mine, also after it has ended."""
        return self.answer(self.enrollment(pk).pk)


CHANGE = {"request": None, "responses": {200: EnrollmentSerializer, 409: RefusalSerializer, **PROBLEMS}}


class Withdraw(EnrollmentView):
    @extend_schema(operation_id="withdraw", **CHANGE)
    def post(self, request, pk):
        """Give the place back (held for undo until `undo_until`), or leave the queue. Repeating changes nothing."""
        enrollments.withdraw(enrollment=self.enrollment(pk), by=request.user, now=self.now)
        return self.answer(pk)


class Undo(EnrollmentView):
    @extend_schema(operation_id="undo_withdrawal", **CHANGE)
    def post(self, request, pk):
        """Take a place back that was given back, while it is still held."""
        enrollments.undo_withdrawal(enrollment=self.enrollment(pk), by=request.user, now=self.now)
        return self.answer(pk)


class OfferView(EnrollmentView):
    def offer(self, pk):
        offers = WaitlistOffer.objects.filter(enrollment__in=Enrollment.objects.visible_to(self.request.user))
        return self.visible_or_404(offers.select_related("enrollment__learner", "enrollment__submission"), pk)


class AcceptOffer(OfferView):
    @extend_schema(operation_id="accept_offer", **CHANGE)
    def post(self, request, pk):
        """Take the offered place. Siblings who wait together are accepted together. Repeating changes nothing."""
        accepted = waitlist.accept(offer=self.offer(pk), by=request.user, now=self.now)
        return self.answer(accepted.pk)


class DeclineOffer(OfferView):
    @extend_schema(operation_id="decline_offer", **CHANGE)
    def post(self, request, pk):
        """Give the offered place up; it goes to the next in the queue at once."""
        declined = waitlist.decline(offer=self.offer(pk), by=request.user, now=self.now)
        return self.answer(declined.pk)
