"""The worker: does what time alone makes due, in rounds, until it is told to stop.

Any number of workers may run on one database; each item is claimed or locked by its own flow. A
database that is down is waited for. The worker's own clock decides nothing but when to look.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from accounts.flows import sign_in
from accounts.outbox import delivery, heartbeats
from enrollment.flows import aftercare, fairness, upkeep
from enrollment.reconciliation import reconcile

logger = logging.getLogger(__name__)

IDLE_SECONDS = 1.0  # between rounds that found nothing to do
BUSY_SECONDS = 0.05  # after a round that did something
BEAT_SECONDS = 5  # between signs of life; /healthz worries after 30
SENDING_SECONDS = 5  # of one round, so that a slow mail server does not keep offers waiting
LONGEST_WAIT_SECONDS = 30  # between attempts to reach the database
NIGHTLY_FROM_HOUR = 3  # local

NIGHTLY = "nightly"


class Worker:
    """`stop` is set from outside, for instance by a signal; the item at hand is finished first."""

    def __init__(self, *, stop: threading.Event, tell: Callable[[dict], None] = lambda summary: None):
        self.stop, self.tell = stop, tell
        self.beaten_at = None  # monotonic

    def run(self) -> None:
        """Rounds until stopped. `tell` gets the summary of every round in which something happened."""
        wait, failures = 0.0, 0
        while not self.stop.wait(wait):
            try:
                summary = self.round(now=timezone.now())
            except (OperationalError, InterfaceError) as error:
                failures += 1
                wait = min(LONGEST_WAIT_SECONDS, 2 ** min(failures, 10) / 2)
                logger.error("the database does not answer (%s); next attempt in %s s", type(error).__name__, wait)
                connections.close_all()
                continue
            if failures:
                logger.warning("the database answers again")
                failures = 0
            wait = IDLE_SECONDS
            if any(summary.values()):
                wait = IDLE_SECONDS if summary["failed"] else BUSY_SECONDS
                self.tell(summary)

    def round(self, *, now: datetime) -> dict[str, int]:
        """One round: {"decided", "drawn", "released", "expired", "reminded", "promoted", "announced", "asked", "ended", "settled", "sent", "not_sent", "nightly", "differences", "failed"}.

        failed: parts that ended in an error of ours, which is logged; the other parts are done all the same.
        Raises OperationalError or InterfaceError when the database does not answer.
        """
        summary = dict.fromkeys(
            (
                "decided",
                "drawn",
                "released",
                "expired",
                "reminded",
                "promoted",
                "announced",
                "asked",
                "ended",
                "settled",
                "sent",
                "not_sent",
                "nightly",
                "differences",
                "failed",
            ),
            0,
        )
        self._beat(now)
        for part in (upkeep.run_due, aftercare.run_due, self._send, self._nightly):
            try:
                summary |= part(now=now)
            except (OperationalError, InterfaceError):
                raise
            except Exception:  # one bad letter or offer must not keep everybody else's from leaving
                summary["failed"] += 1
                logger.exception("a part of the round failed: %s", part.__name__)
        return summary

    def _beat(self, now):
        if self.beaten_at is None or time.monotonic() - self.beaten_at >= BEAT_SECONDS:
            heartbeats.beat(heartbeats.WORKER, now=now)
            self.beaten_at = time.monotonic()

    def _send(self, *, now):
        started, count = time.monotonic(), {True: 0, False: 0}
        for has_left in delivery.send_due(now=now):
            count[has_left] += 1
            self._beat(timezone.now())
            if self.stop.is_set() or time.monotonic() - started > SENDING_SECONDS:
                break
        return {"sent": count[True], "not_sent": count[False]}

    def _nightly(self, *, now):
        """Once a night, by whichever worker comes first: compare the books, count the public figures, forget what nobody needs."""
        if not heartbeats.claim(NIGHTLY, since=_last_night(now), now=now):
            return {}
        outcome = reconcile(now=now, progress=lambda done, total: self._beat(timezone.now()))
        for one in outcome.differences:
            logger.error(
                "reconcile: %s: expected %s, found %s", one.what, one.expected, one.found, extra={"run_id": one.run}
            )
        counted = fairness.refresh(now=now)
        forgotten = sign_in.forget_unused_accounts(now=now)
        Session.objects.filter(expire_date__lt=now).delete()
        logger.info(
            "nightly: %s groups checked, %s reports counted, %s rows forgotten", outcome.runs, counted, forgotten
        )
        return {"nightly": 1, "differences": len(outcome.differences)}


def _last_night(now):
    """The latest moment at which the nightly round became due."""
    local = timezone.localtime(now)
    due = local.replace(hour=NIGHTLY_FROM_HOUR, minute=0, second=0, microsecond=0, fold=0)
    return due if due <= local else due - timedelta(days=1)
