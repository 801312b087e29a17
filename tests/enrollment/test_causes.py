"""Reasons that the code writes: stored as a code with facts, read in the language of whoever looks."""

import pytest
from django.utils import translation

from accounts.models import Role
from courses.models import FirstServed, PriorityWindow
from enrollment import causes
from enrollment.models import LedgerEntry, LedgerEvent
from tests.factories import DAY, NOON, enroll, make_child, make_course, make_run, make_term, make_user


@pytest.mark.parametrize(
    ("reason", "in_english", "in_latvian"),
    [
        (causes.passed_over(free=1, needed=2), "Places free: 1, needed together: 2", "Brīvas vietas: 1, kopā vajag: 2"),
        ("free: 1, needed: 2", "Places free: 1, needed together: 2", "Brīvas vietas: 1, kopā vajag: 2"),
        (causes.changed("R-1", "G & D=2"), "Change of the group: R-1 → G & D=2", "Grupas maiņa: R-1 → G & D=2"),
        (causes.drawn(order=14, all=120), "Place in the order of the draw: 14 of 120", "Vieta izlozes kārtībā: 14 no 120"),
        (FirstServed.SIBLING.value, "Served first: brothers and sisters of current pupils",
         "Vispirms: esošo audzēkņu brāļi un māsas"),
    ],
)  # fmt: skip
def test_a_reason_of_the_code_is_said_in_the_readers_language(reason, in_english, in_latvian):
    said = {}
    for language in ("en", "lv"):
        with translation.override(language):
            said[language] = causes.words(reason)

    assert said == {"en": in_english, "lv": in_latvian}


@pytest.mark.parametrize(
    "reason",
    ["", "Ārsta zīme", "passed_over", "passed_over?free=1", "passed_over?free=1&needed=2&who=3", "?", "too_few?a=1"],
)
def test_what_a_person_wrote_stands_as_it_is(reason):
    assert (causes.read(reason), causes.words(reason)) == (None, reason)


def test_the_rules_that_were_overridden_are_said_in_words():
    with translation.override("en"):
        assert LedgerEntry(overrides="clash,limit").overridden == [
            "The times overlap",
            "All places of the term are used",
        ]
    assert LedgerEntry().overridden == []


@pytest.mark.django_db
def test_the_reason_of_staff_is_kept_although_the_child_is_served_first():
    """A current pupil who joins the queue against a rule: the class is known from the enrollment, the reason from the row."""
    term, course = make_term(), make_course()
    child = make_child()
    enroll(make_run(course=course, starts_at=NOON + DAY), child)
    run = make_run(course=course, term=term, capacity=1, starts_at=NOON + 20 * DAY)
    PriorityWindow.objects.create(program=course.program, term=term, who=FirstServed.CURRENT, opens_at=NOON - 9 * DAY)
    enroll(run)
    later = NOON + 10 * DAY

    waiting = enroll(run, child, now=later, by=make_user(roles=[Role.DESK]), override_reason="Ārsta zīme")

    row = waiting.ledger.get()
    assert (row.event, row.reason, waiting.priority) == (LedgerEvent.RECEIVED, "Ārsta zīme", 1)
