"""What holds for every test: its database, no network, no undefined template variable, warnings are errors.

`tests/run.py` chooses the database through DATABASE_URL; alone, pytest uses an SQLite file.
Time is an argument of our code, so there is no fixture that stops a clock.
"""

import json
import os
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import transaction
from django.template import engines

from tests import guards, migrated

pytest_plugins = ["tests.browser"]

# Playwright's synchronous interface keeps an event loop running in the thread of the tests; Django would take
# that for asynchronous code and refuse every query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

guards.refuse_network()

# How often chance is tried; `make check` asks for --hypothesis-profile=quick, and "hunt" looks for new faults by hand.
hypothesis.settings.register_profile("thorough", max_examples=300, deadline=None, database=None)
hypothesis.settings.register_profile("quick", max_examples=25, deadline=None, database=None)
hypothesis.settings.register_profile("hunt", max_examples=3000, deadline=None, database=None)
hypothesis.settings.load_profile("thorough")

ONLY_ON = {"once": "sqlite", "sqlite_only": "sqlite", "postgresql_only": "postgresql"}


def is_sqlite():
    return "sqlite" in settings.DATABASES["default"]["ENGINE"]


def pytest_collection_modifyitems(config, items):
    """Leave out what the other database's run does: deselected, since nothing here may be skipped."""
    vendor = "sqlite" if is_sqlite() else "postgresql"
    left_out = [
        item for item in items if any(vendor != only for mark, only in ONLY_ON.items() if item.get_closest_marker(mark))
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_sessionfinish(session):
    """Write the counts that `tests/run.py` adds up: {"passed": n, "failed": n, "skipped": n}."""
    report = os.environ.get("TEST_REPORT")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if report and reporter and not hasattr(session.config, "workerinput"):
        count = {name: len(found) for name, found in reporter.stats.items()}
        counts = {
            "passed": count.get("passed", 0),
            "failed": count.get("failed", 0) + count.get("error", 0),
            "skipped": sum(count.get(name, 0) for name in ("skipped", "xfailed", "xpassed")),
        }
        Path(report).write_text(json.dumps(counts))


def pytest_unconfigure():
    """Remove what SQLite leaves beside a test database that Django has already deleted."""
    if settings.configured and is_sqlite():
        for leftover in settings.VAR_DIR.glob(f"test-{os.getpid()}*.sqlite3*"):
            leftover.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    if is_sqlite():
        migrated.use()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    if is_sqlite():
        with django_db_blocker.unblock():
            migrated.keep()


@pytest.fixture(scope="module")
def kept_for_the_module(django_db_setup, django_db_blocker):
    """For fixtures of a module that write: what they write is there for each test, and gone after the last one.

    Each test still undoes its own writes. Not for modules whose tests need a database without a transaction.
    """
    whole = transaction.atomic()
    with django_db_blocker.unblock():
        whole.__enter__()
        yield
        transaction.set_rollback(True)
        whole.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _fail_on_undefined_template_variables(request, monkeypatch):
    if not request.node.get_closest_marker("undefined_template_variables"):
        monkeypatch.setattr(engines["django"].engine, "string_if_invalid", guards.FailOnUndefined())
