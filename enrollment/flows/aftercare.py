"""What time alone makes due after a place was given: trials, whether they still come, decision days.

A part of the worker's round like `upkeep`: each item is a transaction of its own, found again under its lock.
"""

from datetime import datetime

from enrollment.flows import decisions, reconfirmations, trials
from enrollment.flows.upkeep import ROUND, each


def run_due(*, now: datetime) -> dict[str, int]:
    """{"asked", "ended", "settled"}: questions sent, places that ended without a word, groups decided."""
    return {"asked": _ask(now), "ended": _end(now), "settled": _settle(now)}


def _ask(now):
    postponed = each(trials.to_postpone(now=now)[:ROUND], lambda one: trials.postpone(enrollment=one, now=now))
    after_trials = each(trials.to_ask(now=now)[:ROUND], lambda one: trials.ask(enrollment=one, now=now))
    still = reconfirmations.to_ask(now=now)[:ROUND]
    asked = each(still, lambda one: reconfirmations.ask(enrollment=one, now=now))
    again = reconfirmations.to_remind(now=now)[:ROUND]
    return postponed + after_trials + asked + each(again, lambda one: reconfirmations.remind(enrollment=one, now=now))


def _end(now):
    over = each(trials.due(now=now)[:ROUND], lambda one: trials.expire(enrollment=one, now=now))
    overdue = reconfirmations.overdue(now=now)[:ROUND]
    return over + each(overdue, lambda one: reconfirmations.expire(enrollment=one, now=now))


def _settle(now):
    return each(decisions.due(now=now)[:ROUND], lambda run: decisions.decide(run=run, now=now))
