"""What the lists of the catalogue can be narrowed to. Unknown names in the address are ignored, bad values are 400."""

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.drainage import set_override

from accounts.names import fold_query
from courses.models import Course, CourseRun, Topic


class WholeNumberFilter(filters.NumberFilter):
    field_class = forms.IntegerField

    def __init__(self, *, min_value, max_value, help_text, **options):
        super().__init__(min_value=min_value, max_value=max_value, help_text=help_text, **options)
        schema = {"type": "integer", "minimum": min_value, "maximum": max_value, "description": help_text}
        set_override(self, "field", schema)

    def get_max_validator(self):
        return None  # the field has its own


class CatalogueFilterBackend(DjangoFilterBackend):
    """Hands the view's clock to the filters."""

    def get_filterset_kwargs(self, request, queryset, view):
        return super().get_filterset_kwargs(request, queryset, view) | {"now": view.now}


class _CatalogueFilter(filters.FilterSet):
    """Common to courses and runs; `course_path` leads from the row to its course."""

    course_path = ""

    program = filters.CharFilter(method="by_program", max_length=50, help_text="Slug of the program.")
    topic = filters.ChoiceFilter(method="by_topic", choices=Topic.choices)
    grade = WholeNumberFilter(method="by_grade", min_value=1, max_value=12, help_text="School grade, 1 to 12.")
    q = filters.CharFilter(
        method="by_words", max_length=100, help_text="Words of title or summary, with or without diacritics."
    )
    weekday = WholeNumberFilter(method="by_weekday", min_value=0, max_value=6, help_text="0 is Monday.")
    venue = filters.CharFilter(method="by_venue", max_length=50, help_text="Slug of the venue.")
    free_places = filters.BooleanFilter(method="by_free_places", label=_("with free places"))

    def __init__(self, *args, now, **kwargs):
        super().__init__(*args, **kwargs)
        self.now = now

    def by_program(self, rows, name, slug):
        return rows.filter(**{f"{self.course_path}program__slug": slug})

    def by_topic(self, rows, name, topic):
        return rows.filter(**{f"{self.course_path}topic": topic})

    def by_grade(self, rows, name, grade):
        return rows.filter(**{f"{self.course_path}grade_min__lte": grade, f"{self.course_path}grade_max__gte": grade})

    def by_words(self, rows, name, words):
        for word in fold_query(words).split():
            rows = rows.filter(**{f"{self.course_path}search_key__contains": word})
        return rows


class RunFilter(_CatalogueFilter):
    course_path = "course__"

    course = filters.CharFilter(field_name="course__slug", max_length=50, help_text="Slug of the course.")

    class Meta:
        model = CourseRun
        fields = []

    def by_weekday(self, runs, name, weekday):
        return runs.filter(weekday=weekday)

    def by_venue(self, runs, name, slug):
        return runs.filter(room__venue__slug=slug)

    def by_free_places(self, runs, name, wanted):
        return (
            runs.published().with_free_seats() if wanted else runs.exclude(pk__in=CourseRun.objects.with_free_seats())
        )


class CourseFilter(_CatalogueFilter):
    """Conditions on runs hold together: one run has to meet all of them."""

    class Meta:
        model = Course
        fields = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.of_runs = []  # functions that narrow a queryset of runs

    def filter_queryset(self, courses):
        courses = super().filter_queryset(courses)
        if not self.of_runs:
            return courses
        runs = CourseRun.objects.public().not_finished(now=self.now).filter(course=OuterRef("pk"))
        for condition in self.of_runs:
            runs = condition(runs)
        return courses.filter(Exists(runs))

    def by_weekday(self, courses, name, weekday):
        self.of_runs.append(lambda runs: runs.filter(weekday=weekday))
        return courses

    def by_venue(self, courses, name, slug):
        self.of_runs.append(lambda runs: runs.filter(room__venue__slug=slug))
        return courses

    def by_free_places(self, courses, name, wanted):
        if wanted:
            self.of_runs.append(lambda runs: runs.published().with_free_seats())
        return courses
