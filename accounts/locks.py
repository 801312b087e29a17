"""Waiting for rows that others hold: for how long, and whether that was in vain."""

from django.db import OperationalError, connection

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL, Appendix A: lock_timeout ran out


def gave_up(error: OperationalError) -> bool:
    """Whether a statement gave up waiting: after LOCK_TIMEOUT_SECONDS, or for SQLite's one writer."""
    return getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE or "database is locked" in str(error)


def wait_at_most(milliseconds: int) -> None:
    """Give up sooner in the rest of this transaction. SQLite, which locks no rows, goes on as before."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])
