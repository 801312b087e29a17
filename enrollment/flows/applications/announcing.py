"""The day before an opening: what is prepared, and what should be corrected (UX 5.3, no. 12)."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.outbox import flows as outbox
from accounts.outbox.models import Message
from enrollment import eligibility, emails
from enrollment.models import Application, ApplicationState

AT_ONCE = 200  # applications judged together


def announce_openings(*, now: datetime) -> int:
    """Tell everybody who has prepared applications that open within OPENING_NOTICE_HOURS, once; how many were told.

    Whoever prepared later than that knows. Each letter is written by itself; repeating it writes none anew.
    """
    until = now + timedelta(hours=settings.OPENING_NOTICE_HOURS)
    window = Q(draw__opens_at__gt=now, draw__opens_at__lte=until)
    for moment in ("wishes__run__enrollment_opens_at", "wishes__run__course__program__priority_windows__opens_at"):
        window |= Q(**{"draw": None, f"{moment}__gt": now, f"{moment}__lte": until})
    soon = Application.objects.filter(window, state=ApplicationState.PREPARED).distinct().order_by("pk")
    soon = soon.with_draw().prefetch_related("wishes__run__course__program", "learners__school")
    told, openings = 0, defaultdict(list)  # {(user, moment): [(application, refusals)]}
    found = list(soon)
    for first in range(0, len(found), AT_ONCE):
        for one, opens_at, refusals in _judged(found[first : first + AT_ONCE], now):
            if now < opens_at <= until and one.prepared_at <= opens_at - timedelta(hours=settings.OPENING_NOTICE_HOURS):
                openings[opens_at].append((one, refusals))
    for opens_at, prepared in openings.items():
        told += _tell(opens_at, prepared, now)
    return told


def _judged(found, now):
    """Yields (application, from when it can be sent, why its wishes will not do)."""
    runs = {wish.run_id: wish.run for one in found for wish in one.wishes.all()}
    people = {learner.pk: learner for one in found for learner in one.learners.all()}
    facts = eligibility.Facts.load(runs=list(runs.values()), learners=list(people.values()), now=now)
    for one in found:
        pairs = [(wish.run, learner) for wish in one.wishes.all() for learner in one.learners.all()]
        opens_at = one.draw.opens_at if one.draw_id else max(facts.opens_at(run, who) for run, who in pairs)
        refusals = [(run, refusal) for run, who in pairs if (refusal := facts.why_unfit(run, who, now))]
        yield one, opens_at, refusals


def _tell(opens_at, prepared, now):
    """One letter to each adult who decides for all learners of an application, with all that they have prepared."""
    today = timezone.localdate(now)
    deciding, users = defaultdict(list), {}
    for one, refusals in prepared:
        able = [_who_decides(learner, today) for learner in one.learners.all()]
        for user in set.intersection(*(set(several) for several in able)):
            users[user.pk] = user
            deciding[user.pk].append((one, refusals))
    letters = [
        emails.opening_soon(users[pk], prepared=mine, opens_at=opens_at, now=now)
        for pk, mine in deciding.items() if users[pk].email
    ]  # fmt: skip
    known = set(
        Message.objects.filter(event_key__in=[letter.event_key for letter in letters]).values_list(
            "event_key", flat=True
        )
    )
    new = [letter for letter in letters if letter.event_key not in known]
    outbox.enqueue(*new)
    return len(new)


def _who_decides(learner, today):
    return [
        user for user in User.objects.acting_for(learner.pk)
        if user.pk != learner.user_id or learner.decides_on(today)
    ]  # fmt: skip
