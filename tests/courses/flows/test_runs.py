from datetime import timedelta

import pytest

from courses.flows import runs
from courses.models import RunState, Term
from tests.factories import NOON, make_run

pytestmark = pytest.mark.django_db


def make_draft(**fields):
    term = Term.objects.create(
        slug="autumn",
        name_lv="Rudens",
        name_en="Autumn",
        starts_on=NOON.date(),
        ends_on=NOON.date() + timedelta(days=30),
    )
    return make_run(term=term, state=RunState.DRAFT, starts_at=NOON, **fields)


def test_publishing_writes_the_lessons_of_the_weekly_rule():
    draft = make_draft(lessons=0)
    draft.course.lessons_planned = 3

    published = runs.publish(run=draft, now=NOON)

    draft.refresh_from_db()
    assert (published, draft.state, draft.lessons.count()) == (True, RunState.PUBLISHED, 3)


def test_lessons_that_are_there_stay_and_publishing_twice_is_publishing_once():
    draft = make_draft(lessons=2)

    assert [runs.publish(run=draft, now=NOON), runs.publish(run=draft, now=NOON)] == [True, False]
    assert draft.lessons.count() == 2


def test_what_is_cancelled_stays_cancelled():
    run = make_run(state=RunState.CANCELLED)

    assert runs.publish(run=run, now=NOON) is False
