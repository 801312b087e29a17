"""A database of the rehearsal's own beside the configured one, which is never written.

It is named after the configured one, made by the process that uses it, and dropped at its end. What a killed process
left behind is dropped by the next.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from django.db import DatabaseError, connection

MARK = "rehearsal"
_LOCK = 0x7265_6865  # the class of the advisory locks that tell which databases are in use; "rehe"
_LONGEST = 63  # octets of a name on PostgreSQL


class DatabaseRefused(Exception):
    """The server does not let us make a database."""


@contextlib.contextmanager
def of_our_own() -> Iterator[str]:
    """Point this process at an empty database; yields its DATABASE_URL, for processes that it starts.

    Within another one it makes a second, named after the first.
    """
    configured = dict(connection.settings_dict)
    connection.close()
    make = _sqlite if connection.vendor == "sqlite" else _postgresql
    with make(configured) as name, pointed_at(name):
        yield url()


@contextlib.contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """Let this process use another database of the same server meanwhile, or another file."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def url() -> str:
    """The DATABASE_URL of the database that this process uses."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{parts['NAME']}"
    user = quote(parts["USER"], safe="") + (f":{quote(parts['PASSWORD'], safe='')}" if parts["PASSWORD"] else "")
    host = f"{parts['HOST'] or 'localhost'}:{parts['PORT'] or 5432}"
    return f"postgres://{user}@{host}/{quote(str(parts['NAME']), safe='')}"


# -- SQLite: a file beside the configured one ------------------------------------------------------


@contextlib.contextmanager
def _sqlite(configured):
    path = Path(configured["NAME"])
    stem = f"{path.stem}-{MARK}-"
    for leftover in path.parent.glob(f"{stem}*.sqlite3*"):
        if not _is_running(leftover.name.partition(".")[0].rpartition("-")[2]):
            leftover.unlink(missing_ok=True)
    own = path.with_name(f"{stem}{os.getpid()}.sqlite3")
    try:
        yield str(own)
    finally:
        connection.close()
        for file in path.parent.glob(f"{own.name}*"):
            file.unlink(missing_ok=True)


def _is_running(pid):
    if not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


# -- PostgreSQL: a database on the configured server -----------------------------------------------


@contextlib.contextmanager
def _postgresql(configured):
    """A second connection to the configured database makes and drops ours, and holds a lock meanwhile: only what
    nobody holds is a leftover. The server forgets the lock of a process that was killed."""
    keeper = connection.copy()
    stem = f"{configured['NAME']}"[: _LONGEST - len(MARK) - 12] + f"_{MARK}_"
    try:
        with keeper.cursor() as cursor:
            _drop_leftovers(keeper, cursor, stem)
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK, os.getpid()])
            name = f"{stem}{os.getpid()}"
            try:
                cursor.execute(f"DROP DATABASE IF EXISTS {keeper.ops.quote_name(name)}")
                cursor.execute(f"CREATE DATABASE {keeper.ops.quote_name(name)}")
            except DatabaseError as error:
                raise DatabaseRefused(f"No database of its own for the rehearsal: {error}".strip()) from error
            try:
                yield name
            finally:
                connection.close()
                keeper.close_if_unusable_or_obsolete()
                with keeper.cursor() as last:
                    last.execute(f"DROP DATABASE IF EXISTS {keeper.ops.quote_name(name)} WITH (FORCE)")
    finally:
        keeper.close()


def _drop_leftovers(keeper, cursor, stem):
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [stem])
    for (name,) in cursor.fetchall():
        pid = name.rpartition("_")[2]
        if not pid.isdecimal():
            continue
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, int(pid)])
        if cursor.fetchone()[0]:
            with contextlib.suppress(DatabaseError):  # somebody still looks at it: the next run drops it
                cursor.execute(f"DROP DATABASE {keeper.ops.quote_name(name)}")
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, int(pid)])
