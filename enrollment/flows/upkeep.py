"""What time alone makes due: holds that end, offers that expire, reminders. One round of the worker.

Each item is a transaction of its own, found again under its lock, so that any number of workers may
run at once, one may be killed at any point, and repeating a round changes nothing.
"""

from datetime import datetime

from courses.models import CourseRun, RunState
from enrollment.flows import enrollments, waitlist
from enrollment.models import Enrollment, EnrollmentState as State, WaitlistOffer

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
    done = [enrollments.pass_on(enrollment=one, by=None, now=now) for one in leaving.select_related("learner")[:ROUND]]
    return len(done)


def _expire(now):
    overdue = WaitlistOffer.objects.overdue(now=now).order_by("expires_at").select_related("enrollment__learner")
    return sum(waitlist.expire(offer=offer, now=now) for offer in overdue[:ROUND])


def _remind(now):
    due = WaitlistOffer.objects.to_remind(now=now).order_by("remind_at")
    due = due.select_related("enrollment__learner", "enrollment__run__course", "enrollment__run__room__venue")
    return sum(waitlist.remind(offer=offer, now=now) for offer in due[:ROUND])


def _promote(now):
    """Seats that became free without anybody being offered them, for instance by a raised capacity."""
    waiting = CourseRun.objects.filter(waitlist_length__gt=0, state=RunState.PUBLISHED, offers_end_at__gt=now).with_seats_left()
    return sum(len(waitlist.promote(run=run, now=now)) for run in waiting[:ROUND])
