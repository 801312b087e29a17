"""The demonstration's data, made once for each module that looks at it."""

import pytest
from django.db import transaction

from enrollment.demo import people, seed
from tests.factories import NOON


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    """The demonstration as of NOON, in a transaction around the module's tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        assert seed.seed(now=NOON)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(seeded, db):
    return {person.key: person.user() for person in people.PEOPLE}
