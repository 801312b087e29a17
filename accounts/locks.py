"""Waiting for rows that others hold: for how long, and whether that was in vain."""

from django.db import OperationalError, connection

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL, Appendix A: lock_timeout ran out


def gave_up(error: OperationalError) -> bool:
    """Whether a statement gave up waiting: after LOCK_TIMEOUT_SECONDS, or for SQLite's one writer."""
    return is_of_a_row(error) or "database is locked" in str(error)


def is_of_a_row(error: OperationalError) -> bool:
    """Whether it was one row that stayed out of reach, so that others may still be reached."""
    return getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE


def wait_at_most(milliseconds: int) -> None:
    """Give up sooner in the rest of this transaction. SQLite, which locks no rows, goes on as before."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])
