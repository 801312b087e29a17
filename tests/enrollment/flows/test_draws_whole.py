"""A draw is held whole or not at all: killed at any write, written otherwise than drawn, or beside others that fail."""

from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection

from accounts.outbox.models import Message
from courses.models import CourseRun
from enrollment.flows import places, upkeep
from enrollment.flows.draws import holding
from enrollment.models import ApplicationState as Stage, DrawState, Enrollment, LedgerEntry, Submission
from enrollment.reconciliation import reconcile
from tests.enrollment.drawing import HELD, announce, apply, drawn_groups, hold, outcomes

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """As if the process had been killed there."""


def everything():
    return (
        list(CourseRun.objects.order_by("pk").values()), list(Enrollment.objects.values()),
        list(LedgerEntry.objects.values()), list(Submission.objects.values()), list(Message.objects.order_by("pk").values()),
    )  # fmt: skip


def test_stopped_at_any_statement_that_writes_it_leaves_nothing_and_is_held_the_next_time(stopped):
    runs = drawn_groups(1, 1)
    draw = announce(*runs)
    sent = [apply(*runs) for _ in range(3)]
    before, number = everything(), 0

    while True:
        try:
            with stopped(stop_at=number):
                holding.hold(draw=draw, now=HELD)
        except Killed:
            number += 1
            draw.refresh_from_db()
            assert (draw.state, draw.record, everything()) == (DrawState.ANNOUNCED, None, before)
            assert {application.state for application in map(reread, sent)} == {Stage.RECEIVED}
            assert [outcomes(one) for one in sent] == [["", ""]] * 3
        else:
            break

    assert number >= 8
    draw.refresh_from_db()
    assert draw.state == DrawState.HELD
    assert reconcile().differences == []


def reread(application):
    application.refresh_from_db()
    return application


@pytest.fixture
def stopped():
    """`with it(stop_at=n)`: the n-th statement that writes raises Killed instead."""

    @contextmanager
    def stop(stop_at):
        seen = 0

        def wrapper(execute, sql, params, many, context):
            nonlocal seen
            if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                if seen == stop_at:
                    raise Killed
                seen += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(wrapper):
            yield

    return stop


def test_what_is_written_otherwise_than_drawn_is_not_kept(monkeypatch):
    (run,) = drawn_groups(1)
    draw = announce(run)
    apply(run)
    apply(run)
    begin = places.begin
    monkeypatch.setattr(places, "begin", lambda entered, **options: begin(entered[1:], **options))
    before = everything()

    with pytest.raises(holding.WrittenOtherwise):
        holding.hold(draw=draw, now=HELD)

    assert everything() == before


def test_a_draw_that_fails_keeps_no_other_from_its_turn(monkeypatch, caplog):
    failing, fine = announce(*drawn_groups(1)), announce(*drawn_groups(1))
    record = holding._record
    monkeypatch.setattr(holding, "_record", lambda draw, *rest: 1 / 0 if draw.pk == failing.pk else record(draw, *rest))

    assert upkeep.run_due(now=HELD)["drawn"] == 1
    fine.refresh_from_db()
    assert fine.state == DrawState.HELD
    assert "upkeep of Draw" in caplog.text
    assert fine.seed not in caplog.text


def test_a_learner_who_stays_locked_lets_it_wait_for_the_next_round(monkeypatch):
    draw = announce(*drawn_groups(1))

    def locked(_ids):
        raise OperationalError("database is locked")

    apply(draw.runs.get())
    monkeypatch.setattr(places, "lock_learners", locked)

    assert upkeep.run_due(now=HELD)["drawn"] == 0


def test_the_seed_stands_in_no_log_and_no_text(caplog):
    draw = announce(*drawn_groups(1))
    apply(draw.runs.get())
    with caplog.at_level("DEBUG"):
        hold(draw)

    assert draw.seed not in caplog.text
    assert draw.seed not in f"{draw!r} {draw}"
