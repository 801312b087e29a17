"""What time alone makes due: holds that end, offers that expire, reminders. One round of the worker.

Each item is a transaction of its own, found again under its lock, so that any number of workers may
run at once, one may be killed at any point, and repeating a round changes nothing.
"""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError

from courses.models import CourseRun, RunState
from enrollment.flows import enrollments, waitlist
from enrollment.models import Enrollment, EnrollmentState as State, WaitlistOffer

logger = logging.getLogger(__name__)

ROUND = 500  # items of one kind in one round


def run_due(*, now: datetime) -> dict[str, int]:
    """{"released", "expired", "reminded", "promoted"}: how many of each this round changed."""
    return {
        "released": _release(now),
        "expired": _expire(now),
        "reminded": _remind(now),
        "promoted": _promote(now),
    }


def _release(now):
    leaving = Enrollment.objects.filter(state=State.LEAVING, releases_at__lte=now).order_by("releases_at")
    leaving = leaving.select_related("learner")[:ROUND]
    return each(leaving, lambda one: enrollments.release_due(enrollment=one, now=now))


def _expire(now):
    overdue = WaitlistOffer.objects.overdue(now=now).order_by("expires_at").select_related("enrollment__learner")
    return each(overdue[:ROUND], lambda offer: waitlist.expire(offer=offer, now=now))


def _remind(now):
    due = WaitlistOffer.objects.to_remind(now=now).order_by("remind_at")
    due = due.select_related("enrollment__learner", "enrollment__run__course", "enrollment__run__room__venue")[:ROUND]
    return each(due, lambda offer: waitlist.remind(offer=offer, now=now))


def _promote(now):
    """Seats that became free without anybody being offered them, for instance by a raised capacity."""
    waiting = CourseRun.objects.filter(waitlist_length__gt=0, state=RunState.PUBLISHED, offers_end_at__gt=now)
    return each(waiting.with_seats_left()[:ROUND], lambda run: len(waitlist.promote(run=run, now=now)))


def each(items, work) -> int:
    """The sum of what the work did. An item that fails is logged and keeps no other from its turn."""
    done = 0
    for item in items:
        try:
            done += work(item)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the whole round waits
        except Exception:
            logger.exception("upkeep of %s %s failed", type(item).__name__, item.pk)
    return done
