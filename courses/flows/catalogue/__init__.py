"""Importing a catalogue file: checked whole first, then written whole or not at all, as often as one likes.

report = import_catalogue(octets=path.read_bytes(), now=timezone.now())
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from courses.flows.catalogue.checks import check
from courses.flows.catalogue.document import LARGEST_OCTETS, CatalogueError, CatalogueRefused, read
from courses.flows.catalogue.season import Season
from courses.flows.catalogue.writing import Report, Writer

__all__ = ["LARGEST_OCTETS", "CatalogueError", "CatalogueRefused", "Report", "import_catalogue"]


def import_catalogue(
    *,
    octets: bytes,
    now: datetime,
    check_only: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> Report:
    """Bring the catalogue up to date with the file; with check_only say what that would do, and do nothing.

    Adds and updates, never removes: what the file no longer has is ended by a coordinator, who also tells
    people. Places are not touched; a run with people in it keeps its timetable, and refuses a capacity below
    the seats taken. Locks the runs that get a new timetable. Raises CatalogueRefused with every error found.
    """
    progress("reading …")
    catalogue = check(read(octets))
    with transaction.atomic():
        writer = Writer(now)
        progress("schools, places, terms, courses …")
        writer.write(catalogue)
        Season(writer).write(catalogue, progress)
        writer.errors.raise_if_any()
        transaction.set_rollback(check_only)
    return writer.report
