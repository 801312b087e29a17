"""What families prepare and send: applications with wishes, decided at once, received for their turn, or for a draw."""

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.models import Learner
from accounts.problems import InvalidSerializer, ProblemSerializer
from courses.models import CourseRun, RunKind
from enrollment.api import reads
from enrollment.api.serializers import (
    LARGEST_FAMILY,
    LARGEST_ID,
    EnrollmentSerializer,
    LearnerRefusalSerializer,
    ReceivedSerializer,
    RefusalSerializer,
)
from enrollment.api.views import PROBLEMS, FamilyView, idempotency_key, received
from enrollment.flows import applications
from enrollment.flows.places import NotTheirs
from enrollment.models import Application, ApplicationState

MOST_PLACES = 20  # places wanted; what a program allows is less


class WishesInputSerializer(serializers.Serializer):
    runs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=applications.MOST_WISHES,
        help_text="Ids of the groups, best first.",
    )  # fmt: skip
    waits_for = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), allow_null=True, default=None,
        max_length=applications.MOST_WISHES,
        help_text="Ids of those whose queue to join when fewer places came than wanted; null means all of them.",
    )  # fmt: skip
    places_wanted = serializers.IntegerField(
        min_value=1, max_value=MOST_PLACES, default=1, help_text="For each learner."
    )


class ApplicationInputSerializer(WishesInputSerializer):
    learners = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=LARGEST_FAMILY,
        help_text="Ids of the learners.",
    )  # fmt: skip
    together = serializers.BooleanField(
        default=False, help_text="One application for all of them: all get a place or none. Otherwise one for each."
    )


class WishSerializer(serializers.Serializer):
    run = serializers.IntegerField(source="wish.run_id")
    code = serializers.CharField(source="run.code")
    joins_waitlist = serializers.BooleanField(source="wish.joins_waitlist")
    outcome = serializers.CharField(
        source="wish.outcome", allow_blank=True,
        help_text="place, queue, unneeded, full or the code of a refusal; empty while it is not decided.",
    )  # fmt: skip
    refusal = LearnerRefusalSerializer(allow_null=True, help_text="Why it would not do as things are.")


class ApplicationSerializer(serializers.Serializer):
    """Reads a card of enrollment.family.lobby with `shown_enrollments`, which enrollment.api.reads adds."""

    key = serializers.UUIDField(help_text="Also its pseudonym in a draw.")
    state = serializers.ChoiceField(ApplicationState.choices, source="application.state")
    learners = serializers.ListField(child=serializers.IntegerField(), source="learner_ids")
    places_wanted = serializers.IntegerField(source="application.places_wanted")
    opens_at = serializers.DateTimeField(help_text="From when it can be sent; once sent, when that was.")
    received_at = serializers.DateTimeField(
        source="application.received_at", allow_null=True, help_text="The second that decides the turn."
    )
    draw = serializers.CharField(source="draw_slug", allow_null=True, help_text="The draw that decides it.")
    wishes = WishSerializer(many=True, source="hopes", help_text="Best first.")
    enrollments = EnrollmentSerializer(many=True, source="shown_enrollments", help_text="What it led to.")


_KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.UUID, OpenApiParameter.HEADER, required=True,
    description="Made once per press of the button. The same key again gives the same applications.",
)  # fmt: skip
_REFUSABLE = {400: InvalidSerializer, 409: RefusalSerializer, 415: ProblemSerializer, **PROBLEMS}


class ApplicationsView(FamilyView):
    def application(self, key):
        found = Application.objects.visible_to(self.request.user).filter(key=key).first()
        if found is None:
            raise Http404
        return found

    def shown(self, *keys):
        return ApplicationSerializer(reads.applications(self.request.user, keys, now=self.now), many=True).data

    def wished(self, data):
        """{"runs", "waits_for", "places_wanted"}, as the flow takes them; 404 for a group that is none."""
        wanted = list(dict.fromkeys(data["runs"]))
        runs = CourseRun.objects.public().for_display().filter(kind=RunKind.GROUP).in_bulk(wanted)
        if len(runs) < len(wanted):
            raise Http404
        return {
            "runs": [runs[pk] for pk in wanted], "waits_for": data["waits_for"], "places_wanted": data["places_wanted"],
        }  # fmt: skip


class Applications(ApplicationsView):
    @extend_schema(
        operation_id="applications",
        responses={200: ApplicationSerializer(many=True), 401: ProblemSerializer, 429: ProblemSerializer},
    )
    def get(self, request):
        """Mine: all that is prepared or received, and what was decided lately."""
        return Response(ApplicationSerializer(reads.applications(request.user, now=self.now), many=True).data)

    @extend_schema(
        operation_id="prepare", request=ApplicationInputSerializer, parameters=[_KEY],
        responses={201: ApplicationSerializer(many=True), 200: ApplicationSerializer(many=True), **_REFUSABLE},
    )  # fmt: skip
    def post(self, request):
        """Prepare applications, to be sent at the opening: 201 the first time, the same key again 200."""
        key = idempotency_key(request)
        data = ApplicationInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        try:
            prepared = applications.prepare_each(
                learners=[Learner(pk=pk) for pk in dict.fromkeys(given["learners"])], by=request.user, now=self.now,
                key=key, together=given["together"], **self.wished(given),
            )  # fmt: skip
        except NotTheirs:
            raise Http404 from None
        is_new = any(one.prepared_at == self.now for one in prepared)
        return Response(
            self.shown(*(one.key for one in prepared)),
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )


class ApplicationDetail(ApplicationsView):
    @extend_schema(operation_id="application", responses={200: ApplicationSerializer, **PROBLEMS})
    def get(self, request, key):
        """One application of mine, also after it was decided."""
        return Response(self.shown(self.application(key).key)[0])

    @extend_schema(
        operation_id="change_application", request=WishesInputSerializer,
        responses={200: ApplicationSerializer, **_REFUSABLE},
    )  # fmt: skip
    def put(self, request, key):
        """Other wishes in place of those that it has: while it is prepared, or its draw collects."""
        application = self.application(key)
        data = WishesInputSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        wished = self.wished(data.validated_data)
        applications.prepare(application=application, by=request.user, now=self.now, **wished)
        return Response(self.shown(key)[0])


class SendApplication(ApplicationsView):
    @extend_schema(
        operation_id="send_application", request=None,
        responses={200: ApplicationSerializer, 202: ReceivedSerializer, 409: RefusalSerializer, **PROBLEMS},
    )  # fmt: skip
    def post(self, request, key):
        """Send it: 200 when it is decided, 202 when it was received for its turn or for a draw. Repeating is safe."""
        sent = applications.send(application=self.application(key), by=request.user, now=self.now)
        if sent.state == ApplicationState.RECEIVED:
            return received(request, [sent])
        return Response(self.shown(key)[0])


class DropApplication(ApplicationsView):
    @extend_schema(
        operation_id="drop_application", request=None,
        responses={200: ApplicationSerializer, 409: RefusalSerializer, **PROBLEMS},
    )  # fmt: skip
    def post(self, request, key):
        """Take it back before it is decided. Repeating changes nothing."""
        applications.drop(application=self.application(key), by=request.user, now=self.now)
        return Response(self.shown(key)[0])
