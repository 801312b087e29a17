"""What the API tells about the catalogue, in the language of the request. All of it is public."""

from django.conf import settings
from rest_framework import serializers

from courses.models import (
    Audience,
    Certificate,
    CourseKind,
    CourseStatus,
    LessonState,
    ProgramKind,
    RunKind,
    RunState,
    Topic,
)  # fmt: skip
from courses.prices import price_line
from courses.wording import audience_line, schedule_line


class PageAddressField(serializers.CharField):
    """The address of the page that shows the same to people."""

    def __init__(self, **options):
        super().__init__(read_only=True, source="get_absolute_url", **options)

    def to_representation(self, path):
        return settings.SITE_ADDRESS + path


class ProgramSerializer(serializers.Serializer):
    slug = serializers.SlugField()
    kind = serializers.ChoiceField(ProgramKind.choices)
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)


class PlacesSerializer(serializers.Serializer):
    """Read from a run's counters."""

    capacity = serializers.IntegerField()
    free = serializers.IntegerField(
        source="seats_free", help_text="Seats a newcomer can have now; 0 while others wait."
    )
    waiting = serializers.IntegerField(source="waitlist_length", help_text="Seats asked for by those who wait.")


class PlaceSerializer(serializers.Serializer):
    """Read from a room."""

    venue = serializers.SlugField(source="venue.slug")
    venue_name = serializers.CharField(source="venue.name")
    room = serializers.CharField(source="name")
    address = serializers.CharField(source="venue.address", allow_blank=True)


class RunSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    course = serializers.SlugField(source="course.slug")
    slug = serializers.SlugField()
    code = serializers.CharField(help_text="What people say on the phone: R-2.")
    title = serializers.CharField(source="course.title")
    url = PageAddressField()
    kind = serializers.ChoiceField(RunKind.choices)
    state = serializers.ChoiceField(RunState.choices)
    weekday = serializers.IntegerField(allow_null=True, min_value=0, max_value=6, help_text="0 is Monday.")
    schedule = serializers.SerializerMethodField(help_text="In words: “Tuesdays 15:30–17:00”.")
    starts_at = serializers.DateTimeField(help_text="Start of the first lesson.")
    ends_at = serializers.DateTimeField(help_text="End of the last lesson.")
    enrollment_opens_at = serializers.DateTimeField()
    enrollment_closes_at = serializers.DateTimeField()
    minimum_size = serializers.IntegerField(help_text="Takes place with at least that many.")
    decision_on = serializers.DateField(allow_null=True, help_text="The day on which that is decided.")
    decided_at = serializers.DateTimeField(allow_null=True, help_text="When it was decided that it takes place.")
    place = PlaceSerializer(source="room", allow_null=True)
    places = PlacesSerializer(source="*")

    def get_schedule(self, run) -> str:
        return schedule_line(run)


class LessonSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    state = serializers.ChoiceField(LessonState.choices)
    topic = serializers.CharField(allow_blank=True)
    place = PlaceSerializer(source="room", allow_null=True)


class RunDetailSerializer(RunSerializer):
    lessons = LessonSerializer(many=True, source="shown_lessons")


class CourseSerializer(serializers.Serializer):
    slug = serializers.SlugField()
    program = serializers.SlugField(source="program.slug")
    title = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    url = PageAddressField()
    kind = serializers.ChoiceField(CourseKind.choices)
    status = serializers.ChoiceField(CourseStatus.choices)
    topic = serializers.ChoiceField(Topic.choices)
    audience = serializers.ChoiceField(Audience.choices)
    for_whom = serializers.SerializerMethodField(help_text="In words: “grades 4–6”.")
    grade_min = serializers.IntegerField(allow_null=True)
    grade_max = serializers.IntegerField(allow_null=True)
    age_min = serializers.IntegerField(allow_null=True)
    age_max = serializers.IntegerField(allow_null=True)
    prerequisite = serializers.CharField(allow_blank=True)
    certificate = serializers.ChoiceField(Certificate.choices)
    academic_hours = serializers.IntegerField(allow_null=True)
    price = serializers.SerializerMethodField(help_text="In words; empty when it is agreed case by case.")
    runs = RunSerializer(
        many=True, source="shown_runs", help_text="The next ones that have not ended; all of them: /runs/?course=slug."
    )

    def get_for_whom(self, course) -> str:
        return audience_line(course)

    def get_price(self, course) -> str:
        return price_line(course)
