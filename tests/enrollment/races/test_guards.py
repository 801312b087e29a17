"""The way in which races are played, and guards taken away: what the other tests here rely on."""

import pytest
from django.db import connection

from courses.models import CourseRun
from enrollment.models import Enrollment
from tests.enrollment.races.guards import COUNTERS, ONCE

pytestmark = pytest.mark.slow


class Eyes:
    def look(self):
        return "looked"


def in_force():
    """The constraints that the database looks at."""
    with connection.cursor() as cursor:
        found = [
            sorted(connection.introspection.get_constraints(cursor, model._meta.db_table))
            for model in (CourseRun, Enrollment)
        ]
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints")
            found.append(cursor.fetchone())
    return found


def test_the_first_stands_still_until_the_others_are_done_one_after_another(guards):
    told, eyes = [], Eyes()
    guards.slow(eyes, "look")
    guards.take_away()

    def look_and_write():
        told.append(eyes.look())
        told.append("wrote")

    guards.race(look_and_write, lambda: told.append("second"), lambda: told.append("third"))

    assert told == ["second", "third", "looked", "wrote"]


def test_a_fault_of_the_first_stops_nobody(guards):
    guards.slow(Eyes(), "look")

    fault, second = guards.race(lambda: 1 / 0, lambda: "second")

    assert isinstance(fault, ZeroDivisionError)
    assert second == "second"


def test_what_was_taken_from_the_database_is_put_back(guards):
    before = in_force()
    guards.take_away(COUNTERS, ONCE)

    guards.race(lambda: None)
    meanwhile = in_force()
    guards.put_back()

    assert all(one != other for one, other in zip(before[1:], meanwhile[1:], strict=True))
    assert in_force() == before
