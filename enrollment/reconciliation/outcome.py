"""What a comparison of the books gives, and the snapshot in which it reads them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction


@dataclass(frozen=True)
class Difference:
    run: int | None  # id of the group; None when it belongs to none
    what: str
    expected: object
    found: object


@dataclass
class Outcome:
    runs: int = 0
    enrollments: int = 0
    ledger_rows: int = 0
    differences: list[Difference] = field(default_factory=list)


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read within is of one moment, so that families who enroll meanwhile make no difference."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # SQLite's transactions are snapshots anyway
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
