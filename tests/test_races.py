"""The race of tests/races.py is one: callers overlap, on connections of their own."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import User
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


def test_callers_run_at_the_same_time():
    meeting = threading.Barrier(5, timeout=10)

    assert sorted(race(5, lambda caller: meeting.wait())) == [0, 1, 2, 3, 4]


def test_outcomes_come_in_the_order_of_the_callers_and_exceptions_as_values():
    def halve(number):
        if number % 2:
            raise ValueError(number)
        return number // 2

    first, second, third = race([4, 5, 6], halve)

    assert (first, third) == (2, 3)
    assert isinstance(second, ValueError)


def test_each_caller_has_a_connection_of_its_own():
    own = connection.connection

    def connection_of(caller):
        return connection.connection

    seen = race(4, connection_of)

    assert len({id(one) for one in [own, *seen]}) == 5


def test_what_the_test_wrote_is_seen_by_callers_and_the_other_way_round():
    user = User.objects.create(email="anna@example.org")

    def rename(name):
        with transaction.atomic():
            return User.objects.filter(pk=user.pk).update(email=f"{name}@example.org")

    assert race(["berta", "cecilija"], rename) == [1, 1]
    user.refresh_from_db()
    assert user.email in {"berta@example.org", "cecilija@example.org"}
