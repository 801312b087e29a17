"""Every race has a database of which other connections see everything, and guards that can be taken away."""

import pytest

from tests.enrollment.races.guards import Guards


@pytest.fixture
def taken_away(monkeypatch, django_db_setup, django_db_blocker):
    """Puts everything back once `transactional_db`, which begins later, has emptied the database."""
    guards = Guards(monkeypatch)
    yield guards
    with django_db_blocker.unblock():
        guards.put_back()


@pytest.fixture
def guards(monkeypatch, taken_away, transactional_db):
    yield taken_away
    monkeypatch.undo()
