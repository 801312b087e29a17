"""How long a family has to answer: an offer, after a trial lesson, or whether it still comes (PRODUCT, Queue).

No time to answer ends at night, when families sleep.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

SHARE_OF_TIME_LEFT = 4  # an offer may take a quarter of the time until the next lesson


def offer_deadline(
    *, now: datetime, next_lesson_at: datetime | None, offer_hours: int, last_moment: datetime
) -> datetime | None:
    """The instant until which an offer made now is held; None when no offer is useful any more.

    `offer_hours` elapsed hours when the next lesson is far, down to OFFER_MINIMUM_HOURS when near;
    never between OFFER_QUIET_FROM_HOUR and OFFER_QUIET_UNTIL_HOUR of local time, when families
    sleep; never after `last_moment`.
    """
    shortest = timedelta(hours=settings.OFFER_MINIMUM_HOURS)
    if last_moment - now < shortest:
        return None
    held = timedelta(hours=offer_hours)
    if next_lesson_at is not None:
        held = max(shortest, min(held, (next_lesson_at - now) / SHARE_OF_TIME_LEFT))
    return min(_awake(now + held), last_moment)


def _awake(moment: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into."""
    local = timezone.localtime(moment)
    if settings.OFFER_QUIET_UNTIL_HOUR <= local.hour < settings.OFFER_QUIET_FROM_HOUR:
        return moment
    morning = local.replace(hour=settings.OFFER_QUIET_UNTIL_HOUR, minute=0, second=0, microsecond=0, fold=0)
    if local.hour >= settings.OFFER_QUIET_FROM_HOUR:
        morning += timedelta(days=1)  # wall-clock arithmetic: eight in the morning, whatever the clocks do at night
    return morning.astimezone(moment.tzinfo)


def half_time(*, now: datetime, deadline: datetime) -> datetime:
    """When to remind: half of the time gone, moved out of the quiet hours."""
    return min(_awake(now + (deadline - now) / 2), deadline)


def trial_deadline(*, lesson_ends_at: datetime, answer_hours: int) -> datetime:
    """Until when a family says whether it keeps the place after a trial lesson."""
    return _awake(lesson_ends_at + timedelta(hours=answer_hours))


def reconfirm_deadline(*, now: datetime, starts_at: datetime) -> datetime | None:
    """Until when to say that one still comes; None when there is no time to ask any more.

    RECONFIRM_HOURS, but at most half of the time that is left, so that others can still take the place.
    """
    left = starts_at - now
    if left / 2 < timedelta(hours=settings.OFFER_MINIMUM_HOURS):
        return None
    deadline = _awake(now + min(timedelta(hours=settings.RECONFIRM_HOURS), left / 2))
    return deadline if deadline < starts_at else None


def is_night(now: datetime) -> bool:
    return _awake(now) != now
