"""What time alone makes due: holds that end, offers that expire, reminders. One round of the worker.

Each item is a transaction of its own, found again under its lock, so that any number of workers may
run at once, one may be killed at any point, and repeating a round changes nothing.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError

from accounts import locks
from accounts.outbox import heartbeats
from courses.models import CourseRun, RunState
from enrollment.flows import applications, draws, enrollments, timetable, waitlist
from enrollment.models import Application, Enrollment, EnrollmentState as State, WaitlistOffer

logger = logging.getLogger(__name__)

ROUND = 500  # items of one kind in one round
OPENINGS, OPENINGS_EVERY_MINUTES = "openings", 10
LATE_CHANGES, LATE_CHANGES_EVERY_SECONDS = "late changes", 60


def run_due(*, now: datetime) -> dict[str, int]:
    """{"decided", "drawn", "released", "expired", "reminded", "promoted", "announced"}: how many of each this round changed."""
    return {
        "decided": _decide(now),
        "drawn": _draw(now),
        "released": _release(now),
        "expired": _expire(now),
        "reminded": _remind(now),
        "promoted": _promote(now),
        "announced": _announce(now),
    }


def _decide(now):
    """Applications received while very many applied, in the order of receipt.

    Where a group is out of reach, what was received later for it, or for a group that an earlier one still waits for,
    stays in its turn; all others are decided.
    """
    settled = now - timedelta(seconds=settings.APPLICATIONS_SETTLE_SECONDS)
    due = Application.objects.undecided().filter(received_at__lte=settled).prefetch_related("wishes")[:ROUND]
    out_of_reach, failed, decided = set(), [], 0
    for one in due:
        runs = {wish.run_id for wish in one.wishes.all()}
        if runs & out_of_reach:
            out_of_reach |= runs
            continue
        try:
            decided += applications.decide(application=one, now=now, past=failed)
        except InterfaceError:
            raise  # the database is away: the whole round waits
        except OperationalError as error:
            if not locks.gave_up(error):
                raise
            out_of_reach |= runs
        except Exception:
            logger.exception("deciding application %s failed", one.pk)
            failed.append(one.pk)
    return decided


def _draw(now):
    """Draws whose window is over. One whose people or groups are out of reach waits for the next round."""

    def held(draw):
        try:
            return draws.hold(draw=draw, now=now)
        except OperationalError as error:
            if not locks.gave_up(error):
                raise
            return False

    return each(draws.due(now=now), held)


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
    return each(due, lambda offer: waitlist.remind(offer=offer, now=now)) + _remind_of_late_changes(now)


def _remind_of_late_changes(now):
    if not heartbeats.claim(LATE_CHANGES, since=now - timedelta(seconds=LATE_CHANGES_EVERY_SECONDS), now=now):
        return 0
    return timetable.remind_of_late_changes(now=now)


def _promote(now):
    """Seats that became free without anybody being offered them, for instance by a raised capacity."""
    waiting = CourseRun.objects.filter(waitlist_length__gt=0, state=RunState.PUBLISHED, offers_end_at__gt=now)
    return each(waiting.with_seats_left()[:ROUND], lambda run: len(waitlist.promote(run=run, now=now)))


def _announce(now):
    """Openings of the coming day. Looked for now and then: on the eve of an opening all that is prepared is judged."""
    if not heartbeats.claim(OPENINGS, since=now - timedelta(minutes=OPENINGS_EVERY_MINUTES), now=now):
        return 0
    return applications.announce_openings(now=now)


def each(items, work) -> int:
    """The sum of what the work did. An item that fails is logged and keeps no other from its turn."""
    done = 0
    for item in items:
        try:
            done += work(item)
        except InterfaceError:
            raise  # the database is away: the whole round waits
        except OperationalError as error:
            if not locks.is_of_a_row(error):
                raise
            logger.info("upkeep of %s %s waits: its group is out of reach", type(item).__name__, item.pk)
        except Exception:
            logger.exception("upkeep of %s %s failed", type(item).__name__, item.pk)
    return done
