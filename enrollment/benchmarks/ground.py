"""What is measured on: an empty database with the catalogue, and what the measures put there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from courses.models import Course, CourseRun, Lesson, RunKind, RunState
from enrollment.flows import calendar_links
from enrollment.models import Enrollment, EnrollmentState, Submission
from enrollment.rehearsal.crowd import make_families

CATALOGUE = Path(settings.BASE_DIR) / "courses" / "data" / "catalogue.yaml"


@dataclass(frozen=True)
class Ground:
    url: str  # of the database that this process uses, for a server that is started
    enrollments: int  # how many are "very many"
    say: Callable[[str], None]


def a_group_for_everybody() -> CourseRun:
    """A group of grade 4 that is open now and has a seat for every family of the measurement."""
    run = CourseRun.objects.filter(course__slug="robotika-4-6").order_by("pk").first()
    now = timezone.now()
    CourseRun.objects.filter(pk=run.pk).update(
        capacity=5000, starts_on=timezone.localdate(now + timedelta(days=30)), enrollment_opens_at=now - timedelta(days=1),
        enrollment_closes_at=now + timedelta(days=60), ends_at=now + timedelta(days=200), offers_end_at=now + timedelta(days=60),
    )  # fmt: skip
    return CourseRun.objects.for_display().get(pk=run.pk)


def a_course() -> Course:
    return Course.objects.get(slug="robotika-4-6")


def calendars(families: int = 20, groups: int = 4, lessons: int = 300) -> list[str]:
    """Addresses of family calendars, each of one child in that many groups, which have that many lessons to come."""
    now = timezone.now()
    published = CourseRun.objects.filter(kind=RunKind.GROUP, state=RunState.PUBLISHED)
    runs = list(published.exclude(room=None).order_by("pk")[:groups])
    for number, run in enumerate(runs):
        starts = [now + timedelta(days=400 + day, hours=2 * number) for day in range(lessons // groups)]
        run.lessons.all().delete()
        Lesson.objects.bulk_create(
            Lesson(run=run, room=run.room, starts_at=start, ends_at=start + timedelta(hours=1), changed_at=now)
            for start in starts
        )
        CourseRun.objects.filter(pk=run.pk).update(ends_at=starts[-1] + timedelta(hours=1), changed_at=now)
    paths = []
    for family in make_families(count=families, now=now):
        submission = Submission.objects.create(key=uuid4(), submitted_by_id=family.user_id, received_at=now)
        Enrollment.objects.bulk_create(
            Enrollment(
                run=run,
                learner_id=family.learner_id,
                submission=submission,
                state=EnrollmentState.CONFIRMED,
                received_at=now,
                changed_at=now,
            )
            for run in runs
        )
        paths.append(_calendar(User.objects.get(pk=family.user_id), now))
    return paths


def _calendar(user: User, now) -> str:
    _link, token = calendar_links.create(user=user, name="Mērījums", language="lv", now=now)
    return reverse("enrollment:feed", args=[token])
