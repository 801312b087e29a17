"""Time passes, and the worker comes round."""

import logging
from contextlib import contextmanager
from datetime import timedelta

from enrollment.flows import aftercare, upkeep
from enrollment.models import EnrollmentState as State
from tests.factories import DAY, HOUR

from .registry import action

MINUTE = timedelta(minutes=1)


@action(lambda books, world: [MINUTE, 11 * MINUTE, 2 * HOUR, 5 * HOUR], often=2)
def time_passes(world, some, pick):
    world.now += some


@action(lambda books, world: [DAY, 2 * DAY, 5 * DAY], often=2)
def days_pass(world, some, pick):
    world.now += some


def _next(world, moments):
    return sorted(moment for moment in moments if moment > world.now)[:3]


def _ends(books, world):
    """When something ends by itself: holds, offers, trials, answers that are waited for, draws."""
    live = books.in_states(State.LEAVING, State.TRIAL, State.CONFIRMED)
    return _next(world, {
        *(offer.expires_at for offer in books.open_offers()), *(draw.closes_at for draw in books.draws),
        *(at for one in live for at in (one.releases_at, one.trial_ends_at, one.reconfirm_by) if at),
    })  # fmt: skip


@action(_ends, often=3)
def an_end_comes(world, moment, pick):
    world.now = moment + pick([0, -1, 1]) * MINUTE


@action(lambda books, world: _next(world, {one.starts_at for several in books.lessons.values() for one in several}))
def a_lesson_comes(world, moment, pick):
    world.now = moment + pick([0, -60, 1]) * MINUTE


@action(lambda books, world: ["once"], often=3)
def the_worker_comes(world, _once, pick):
    """What the worker does; but an item that fails, which it would log and pass over, fails here."""
    with _logged_errors() as errors:
        upkeep.run_due(now=world.now)
        aftercare.run_due(now=world.now)
    for record in errors:
        raise AssertionError(record.getMessage()) from (record.exc_info and record.exc_info[1])


@contextmanager
def _logged_errors():
    """The errors that our own code logs meanwhile."""
    records, handler = [], logging.Handler(logging.ERROR)
    handler.emit = records.append
    logger = logging.getLogger("enrollment")
    logger.addHandler(handler)
    try:
        yield records
    finally:
        logger.removeHandler(handler)
