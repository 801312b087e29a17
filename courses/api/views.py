"""The catalogue for programs: what is offered, when, where, and how many places there are.

Public and without a session, so that answers can be shared. Every list takes a constant number of
queries, whatever its length.
"""

from django.db.models import Prefetch
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView

from accounts.problems import InvalidSerializer, ProblemSerializer
from accounts.throttles import PerNetwork
from courses.api.filters import CatalogueFilterBackend, CourseFilter, RunFilter
from courses.api.paging import Paging
from courses.api.serializers import CourseSerializer, ProgramSerializer, RunDetailSerializer, RunSerializer
from courses.models import Course, CourseRun, Lesson, Program

_NOT_FOUND = {404: ProblemSerializer, 429: ProblemSerializer}
_BAD_FILTER = {400: InvalidSerializer, 429: ProblemSerializer}

RUNS_OF_A_COURSE = 20  # shown with it; a workshop may have hundreds of slots


class Catalogue:
    authentication_classes = []
    permission_classes = []
    throttle_classes = [PerNetwork]
    pagination_class = Paging

    def initial(self, request, *args, **kwargs):
        self.now = timezone.now()
        super().initial(request, *args, **kwargs)


@extend_schema_view(
    get=extend_schema(operation_id="programs", responses={200: ProgramSerializer(many=True), 429: ProblemSerializer})
)
class Programs(Catalogue, ListAPIView):
    """The programs with something on offer."""

    serializer_class = ProgramSerializer
    filter_backends = []

    def get_queryset(self):
        listed = Course.objects.listed()
        return Program.objects.filter(pk__in=listed.values("program")).order_by("pk")


class _Courses(Catalogue):
    serializer_class = CourseSerializer
    queryset = Course.objects.none()  # names the model for the schema

    def get_queryset(self):
        runs = CourseRun.objects.public().not_finished(now=self.now).for_display().order_by("starts_at", "pk")
        courses = Course.objects.listed().select_related("program", "fee_policy").order_by("title_lv", "pk")
        return courses.prefetch_related(Prefetch("runs", runs[:RUNS_OF_A_COURSE], to_attr="shown_runs"))


@extend_schema_view(
    get=extend_schema(operation_id="courses", responses={200: CourseSerializer(many=True), **_BAD_FILTER})
)
class Courses(_Courses, ListAPIView):
    """Courses with their next groups."""

    filter_backends = [CatalogueFilterBackend]
    filterset_class = CourseFilter


@extend_schema_view(get=extend_schema(operation_id="course", responses={200: CourseSerializer, **_NOT_FOUND}))
class CourseDetail(_Courses, RetrieveAPIView):
    lookup_field = "slug"
    filter_backends = []


class _Runs(Catalogue):
    queryset = CourseRun.objects.none()

    def get_queryset(self):
        return CourseRun.objects.public().for_display().order_by("starts_at", "pk")


@extend_schema_view(get=extend_schema(operation_id="runs", responses={200: RunSerializer(many=True), **_BAD_FILTER}))
class Runs(_Runs, ListAPIView):
    """Groups and timed slots that have not ended, with their places, by start."""

    serializer_class = RunSerializer
    filter_backends = [CatalogueFilterBackend]
    filterset_class = RunFilter

    def get_queryset(self):
        return super().get_queryset().not_finished(now=self.now)


@extend_schema_view(get=extend_schema(operation_id="run", responses={200: RunDetailSerializer, **_NOT_FOUND}))
class RunDetail(_Runs, RetrieveAPIView):
    """One group with its lessons, also after it has ended."""

    serializer_class = RunDetailSerializer
    filter_backends = []

    def get_queryset(self):
        lessons = Lesson.objects.select_related("room__venue").order_by("starts_at", "pk")
        return super().get_queryset().prefetch_related(Prefetch("lessons", lessons, to_attr="shown_lessons"))

    def get_object(self):
        try:
            return super().get_object()
        except OverflowError:  # a number no database has
            raise Http404 from None
