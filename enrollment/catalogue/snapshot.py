"""Whether anything the catalogue and the home page show has changed, at the price of three plain queries.

The statements are those of the querysets below, compiled once a day, and their rows stay as the driver gives them: most
of the time of a list goes into compiling and converting, and none of that is needed to see that nothing is new.
"""

import pickle
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2b

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from courses.models import Course, CourseRun
from enrollment.catalogue.listing import COURSE_COLUMNS, GROUP_COLUMNS

MOMENTS = ("enrollment_opens_at", "enrollment_closes_at", "starts_at", "ends_at")
# What the home page shows beside the columns of the list.
RUN_COLUMNS = (
    *GROUP_COLUMNS, "minimum_size", "decision_on", "decided_at", "room__venue__address", "room__venue__opening_hours",
)  # fmt: skip


def fingerprint(*, now: datetime) -> str:
    """Equal for equal rows of all courses, runs and trainers that these pages may show today."""
    digest = blake2b(digest_size=16)
    with connection.cursor() as cursor:
        for statement, parameters in _statements(timezone.localdate(now)):
            cursor.execute(statement, parameters)
            digest.update(pickle.dumps(cursor.fetchall()))
    return digest.hexdigest()


@lru_cache(maxsize=2)
def _statements(day: date) -> list[tuple[str, tuple]]:
    midnight = timezone.make_aware(datetime.combine(day, time()))
    runs = CourseRun.objects.published().not_finished(now=midnight)
    trainers = CourseRun.instructors.through.objects.filter(courserun__in=runs)
    querysets = (
        Course.objects.listed().order_by("pk").values_list(*COURSE_COLUMNS),
        runs.order_by("pk").values_list(*map(_as_text, RUN_COLUMNS)),
        trainers.order_by("pk").values_list("courserun_id", "user__first_name", "user__last_name"),
    )
    return [queryset.query.sql_with_params() for queryset in querysets]


def _as_text(column: str):
    """Days and times as the database writes them: SQLite's driver would make objects of them one by one."""
    return Cast(column, TextField()) if column.endswith(("_at", "_time", "_on")) else column


def valid_until(*, now: datetime) -> datetime:
    """The next moment at which the clock alone changes a list: something opens, closes, begins or ends, or the day does."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time()))
    rows = CourseRun.objects.published().not_finished(now=now).values_list(*MOMENTS)
    return min([midnight, *(moment for row in rows for moment in row if moment > now)])
