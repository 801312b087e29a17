"""A race for holding a draw: two people press at once, or somebody and the worker."""

import pytest

from enrollment.flows import draws
from enrollment.flows.draws import holding, recording
from enrollment.models import Draw, LedgerEntry
from tests.enrollment.drawing import HELD, announce, apply, drawn_groups, seated
from tests.enrollment.races.guards import LOCKS, ROUNDS, differences
from tests.factories import make_user

pytestmark = pytest.mark.slow


def two_hold_it(guards):
    """({group}, what each of the two got)."""
    guards.slow(recording, "parties")
    (run,) = drawn_groups(1)
    draw = announce(run)
    apply(run), apply(run)
    by = make_user()
    before = LedgerEntry.objects.count()

    got = guards.race(
        lambda: draws.hold(draw=Draw.objects.get(pk=draw.pk), by=by, now=HELD),
        lambda: draws.hold(draw=Draw.objects.get(pk=draw.pk), now=HELD),
    )

    return run, got, LedgerEntry.objects.count() - before


def test_a_draw_is_held_once_by_whoever_is_first(guards):
    for _ in range(ROUNDS):
        run, got, written = two_hold_it(guards)
        assert sorted(got) == [False, True]
        assert (len(seated(run)), written) == (1, 2)
    assert differences() == []


def test_without_the_lock_both_draw_and_only_the_counters_stop_the_slower(guards):
    guards.take_away(LOCKS)

    run, got, _written = two_hold_it(guards)

    assert isinstance(got[0], holding.WrittenOtherwise)
    assert got[1] is True
    assert len(seated(run)) == 1
