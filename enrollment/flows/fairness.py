"""Counting the public figures anew: at night, for everything whose places may still change."""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from accounts.snapshots import snapshot
from courses.models import Program, Term
from enrollment.fairness import counting, publishing
from enrollment.models import FairnessReport

logger = logging.getLogger(__name__)

SETTLED = timedelta(days=30)  # after the last lesson nothing is counted any more


def publish(*, program: Program, term: Term, opened_at: datetime, now: datetime) -> FairnessReport:
    """Count the places of a program and term from one snapshot, and keep what may be published."""
    with snapshot():
        counts = counting.count(program=program, term=term, now=now)
    kept = {"opened_at": opened_at, "computed_at": now, "figures": publishing.figures(counts)}
    with transaction.atomic():
        return FairnessReport.objects.update_or_create(program=program, term=term, defaults=kept)[0]


def refresh(*, now: datetime) -> int:
    """Count everything that has opened and may still change, or was never counted; how many.

    One that fails is logged and keeps no other from its turn.
    """
    known = set(FairnessReport.objects.values_list("program", "term"))
    due = [
        one for one in counting.opened(now=now)
        if one.ends_at + SETTLED > now or (one.program, one.term) not in known
    ]  # fmt: skip
    programs = Program.objects.in_bulk({one.program for one in due})
    terms = Term.objects.in_bulk({one.term for one in due})
    done = 0
    for one in due:
        try:
            publish(program=programs[one.program], term=terms[one.term], opened_at=one.opened_at, now=now)
            done += 1
        except (OperationalError, InterfaceError):
            raise  # the database is away
        except Exception:
            logger.exception("counting the figures of program %s and term %s failed", one.program, one.term)
    return done
