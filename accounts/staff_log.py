"""What staff did or saw that no other history keeps, in the log of staff actions that Django brings along."""

from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

from accounts.models import User

SEEN = 4  # beside Django's own 1 to 3: added, changed, deleted
LONGEST = 200  # characters of a name


def write(*, by: User, about: Model, what: str, now: datetime, flag: int = CHANGE) -> LogEntry:
    """Keep one row. `what` holds no personal data: rows outlive the people they are about."""
    return LogEntry.objects.create(
        action_time=now,
        user=by,
        content_type=ContentType.objects.get_for_model(about),
        object_id=str(about.pk),
        object_repr=f"{about._meta.model_name} #{about.pk}"[:LONGEST],
        action_flag=flag,
        change_message=what,
    )


def rows_about(about: Model) -> QuerySet[LogEntry]:
    """The rows about one thing, newest first."""
    kind = ContentType.objects.get_for_model(about)
    return LogEntry.objects.filter(content_type=kind, object_id=str(about.pk)).select_related("user").order_by("-pk")
