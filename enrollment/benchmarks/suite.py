"""Which measures there are, what they need, and what they have to reach."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from courses.flows.catalogue import import_catalogue
from courses.models import Course, CourseRun, RunKind, RunState
from enrollment.benchmarks import feeds, pages, places
from enrollment.benchmarks.harness import Measure
from enrollment.flows import calendar_links
from enrollment.models import Enrollment, EnrollmentState, Submission
from enrollment.rehearsal.crowd import make_families

CATALOGUE = Path(settings.BASE_DIR) / "courses" / "data" / "catalogue.yaml"


@dataclass(frozen=True)
class Goal:
    """What a measure has to reach: a ratio to its floor, or an amount of its unit."""

    ratio: float | None = None
    value: float | None = None

    def __str__(self):
        return f"ratio >= {self.ratio}" if self.ratio else f"value >= {self.value}" if self.value else ""

    def is_met_by(self, measure: Measure) -> bool:
        return measure.ratio >= (self.ratio or 0) and measure.value >= (self.value or 0)


@dataclass(frozen=True)
class Entry:
    measure: Callable[[], Measure]
    goal: Goal
    database: str | None = None  # the vendor it is about; none: whatever is configured


def enroll(name):
    return lambda: places.enroll(name, run=a_group_for_everybody())


SUITE = {
    "enroll_postgresql": Entry(enroll("enroll_postgresql"), Goal(ratio=0.35), "postgresql"),
    "enroll_sqlite": Entry(enroll("enroll_sqlite"), Goal(), "sqlite"),
    "catalogue_page": Entry(lambda: pages.page("catalogue_page", reverse("courses:catalogue")), Goal(value=150)),
    "course_page": Entry(lambda: pages.page("course_page", a_course().get_absolute_url()), Goal()),
    "feed_unchanged": Entry(lambda: feeds.feed_unchanged(calendars()), Goal(ratio=0.7)),
    "feed_changed": Entry(lambda: feeds.feed_changed(calendars()), Goal(value=20)),  # 50 ms of one core each
}


def run(names: list[str]) -> Iterator[dict]:
    """Measure on an empty database of its own, beside the configured one and gone afterwards; one row per name."""
    database = setup_databases(verbosity=0, interactive=False)
    try:
        import_catalogue(octets=CATALOGUE.read_bytes(), now=timezone.now())
        for name in names:
            entry = SUITE[name]
            found = entry.measure()
            yield {
                "name": name, "value": round(found.value, 1), "floor": round(found.floor, 1),
                "ratio": round(found.ratio, 3), "unit": found.unit, "goal": str(entry.goal),
                "met": entry.goal.is_met_by(found),
            }  # fmt: skip
    finally:
        connection.close()
        teardown_databases(database, verbosity=0)


# -- What is measured on ---------------------------------------------------------------------------


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


def calendars(families: int = 20, groups: int = 4) -> list[str]:
    """Addresses of family calendars, each of one child in that many groups."""
    now = timezone.now()
    runs = list(CourseRun.objects.filter(kind=RunKind.GROUP, state=RunState.PUBLISHED).order_by("pk")[:groups])
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
