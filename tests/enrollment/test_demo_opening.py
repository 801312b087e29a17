"""The demonstration's opening: prepared, three minutes, one press, a receipt with its second (UX 6, check 6)."""

from datetime import timedelta

import pytest
import time_machine

from courses.models import CourseRun
from enrollment.demo import groups, people, seed
from enrollment.models import Application, ApplicationState, Enrollment
from tests.factories import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]

LOBBY = "/my/applications/"


def test_the_parent_waits_three_minutes_presses_and_has_a_receipt(client):
    seed.seed(now=NOON)
    client.force_login(people.BY_KEY["parent"].user())
    opening = CourseRun.objects.get(**groups.OPENING)

    with time_machine.travel(NOON, tick=False) as clock:
        before = client.get(LOBBY).context["lobby"]
        (card,) = before.prepared
        early = client.post(LOBBY, {"application": card.key})
        clock.move_to(before.opens_at + timedelta(seconds=3))
        answer = client.post(LOBBY, {"application": card.key})
        page = client.get(answer.url)

    assert (before.opens_at - NOON, before.is_ready, card.run, len(card.hopes)) == (
        timedelta(minutes=3),
        True,
        opening,
        2,
    )
    assert early.status_code == 409
    assert page.context["card"].state == "given"
    assert "plkst. 12:03:03" in page.content.decode()
    application = Application.objects.get(draw=None)
    assert (application.state, Enrollment.objects.get(submission=application.submission).run) == (
        ApplicationState.DECIDED,
        opening,
    )
