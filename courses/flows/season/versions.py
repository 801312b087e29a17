"""What somebody saw of a row, in one word: so that the second of two editors is told and undoes nothing."""

import hashlib

from django.db.models import Model

from courses.refusals import TimetableReason, TimetableRefused


def version_of(row: Model) -> str:
    """Of all its own columns."""
    values = [str(getattr(row, field.attname)) for field in row._meta.concrete_fields]
    return hashlib.sha256("\x1f".join(values).encode()).hexdigest()[:16]


def insist_on_version(row: Model, seen: str | None) -> None:
    """Raise TimetableRefused(STALE) when the row, read under its lock, is not what was seen. None: nothing was shown."""
    if seen is not None and version_of(row) != seen:
        raise TimetableRefused(TimetableReason.STALE)
