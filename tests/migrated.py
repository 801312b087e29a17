"""A migrated SQLite file in var/, made once and copied for each run: a run, and each of its processes, starts seconds earlier.

The copy is migrated as well, which finds nothing to do. The file is named after the content of all migrations, so that
one that was edited in place is not mistaken for the one before.
"""

import contextlib
import hashlib
import os
import shutil
import sqlite3
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

PREFIX = "migrated-"


def template() -> Path:
    """Where the file is, or will be: for these migrations and this SQLite."""
    digest = hashlib.sha256(sqlite3.sqlite_version.encode())
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label} {path.name}".encode() + path.read_bytes())
    return settings.VAR_DIR / f"{PREFIX}{digest.hexdigest()[:16]}.sqlite3"


def use() -> None:
    """From here on a test database begins as a copy of the file, if there is one."""
    creation = connection.creation
    create = creation._create_test_db  # Django has no other seam between a new file and its migration

    def create_and_copy(*args, **kwargs):
        name = create(*args, **kwargs)
        if template().exists():
            shutil.copyfile(template(), name)
        return name

    creation._create_test_db = create_and_copy


def keep() -> None:
    """Make the file from the test database that has just been migrated, unless it exists."""
    path = template()
    if path.exists():
        return
    unfinished = path.with_suffix(f".{os.getpid()}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(unfinished)])
    unfinished.rename(path)  # whole or not at all, also for a run beside this one
    for older in settings.VAR_DIR.glob(f"{PREFIX}*.sqlite3"):
        if older != path:
            with contextlib.suppress(FileNotFoundError):
                older.unlink()
