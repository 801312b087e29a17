"""Fills an empty database with the demonstration: a season around today, its people, and every situation worth seeing.

Places change through the flows alone, at the times at which they would have changed, so that the ledger is true.
"""

import random
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Guardianship, Learner, RoleGrant, User
from accounts.outbox import delivery
from accounts.outbox.models import Message
from courses.flows.catalogue import import_catalogue
from courses.models import CourseRun, Program, RunKind, Term
from enrollment.demo import afterwards, drawn, groups, people, stories
from enrollment.demo.crowd import Crowd
from enrollment.demo.season import TERM, season
from enrollment.demo.stage import WEEK, Stage
from enrollment.models import Enrollment, FeedLink
from enrollment.models.feed import token_hash

PLACES_PER_TERM = 3  # one more than at the centre, so that all of the demonstration can be tried with one child
EVIDENCE_TO_CONFIRM = 6  # children whose school or residence the desk has not seen yet


class DemoRefused(Exception):
    """There may be no demonstration here; nothing was changed."""


def is_seeded() -> bool:
    return User.objects.filter(email=people.BY_KEY["parent"].email).exists()


def insist_on_demo_mode() -> None:
    """Raise DemoRefused where the demonstration is off, before the database is looked at."""
    if not settings.DEMO:
        raise DemoRefused("The demonstration is off (DEMO): its data and commands are refused here.")


def insist() -> None:
    """Raise DemoRefused unless the demonstration is on and the database is empty or the demonstration's own."""
    insist_on_demo_mode()
    if not is_seeded() and User.objects.exists():
        raise DemoRefused("The database holds people who are not the demonstration's: nothing was changed.")


def seed(*, now: datetime, progress: Callable[[str], None] = lambda text: None) -> bool:
    """Make the demonstration's data, whole or not at all; False, and nothing changed, when they are there already.

    Letters to the people whom one can sign in as leave at once, so that the inbox is not empty.
    """
    insist()
    if is_seeded():
        return False
    with transaction.atomic():
        _seed(now, progress)
    progress("letters")
    for _has_left in delivery.send_due(now=now):
        pass
    Message.objects.filter(sent_at=now).update(sent_at=F("created_at"))
    return True


def _seed(now, progress):
    progress("catalogue")
    import_catalogue(octets=season(timezone.localdate(now)), now=now)
    Program.objects.filter(slug="children").update(max_places_per_term=PLACES_PER_TERM, trial_answer_hours=48)
    Program.objects.filter(slug="vizium").update(has_standby=True)
    stage = Stage(now, Term.objects.get(slug=TERM), random.Random(20))  # noqa: S311  the same people at every start
    _people(stage)
    opening = groups.opening_soon(stage)
    meeting = groups.meeting_now(stage)
    to_draw = drawn.groups(stage)
    groups.assign_instructors(stage, first=meeting)
    crowd = Crowd(stage)
    offering = stories.group_with_an_offer(stage)
    counts = stories.applicants(stage, meeting=meeting, offering=offering)
    if tried := afterwards.group_to_try(stage, apart_from=counts):
        counts[tried.pk] = tried.capacity - 3
    crowd.fill_all(counts, named=meeting, progress=progress)
    progress("stories")
    stories.demo_family(stage, crowd, offering=offering)
    stories.prepared(stage, opening)
    stories.other_family(stage)
    stories.adults(stage)
    stories.teachers(stage)
    stories.visitors(stage)
    afterwards.trial(stage, tried)
    afterwards.still_coming(stage)
    drawn.draw_both(stage, crowd, *to_draw)
    _settle(stage, crowd)


def _people(stage):
    for person in people.PEOPLE:
        user = stage.make_user(person)
        RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role, granted_at=stage.now) for role in person.grants)
        if person.feed:
            FeedLink.objects.create(
                user=user, kind=person.feed, name="Telefons", token_sha256=token_hash(person.feed_token),
                created_at=stage.now,
            )  # fmt: skip


def _settle(stage, crowd):
    """Families were here before they applied, and the crowd's letters were sent then and interest nobody now."""
    Guardianship.objects.update(started_at=stage.term.enrollment_opens_at - WEEK)
    seen = [child.pk for child in crowd.children[:-EVIDENCE_TO_CONFIRM]]
    Learner.objects.filter(pk__in=seen).update(evidence_confirmed_at=stage.now)
    demo = User.objects.filter(email__in=[person.email for person in people.PEOPLE])
    theirs = Learner.objects.filter(Q(user__in=demo) | Q(guardianships__guardian__in=demo))
    Message.objects.exclude(Q(recipient__in=demo) | Q(learner__in=theirs)).delete()


def made_at() -> datetime:
    return people.BY_KEY["parent"].user().feed_links.earliest("created_at").created_at


def counts() -> dict[str, int]:
    return {
        "groups": CourseRun.objects.filter(kind=RunKind.GROUP).count(),
        "children": Learner.objects.filter(user=None).count(),
        "places": Enrollment.objects.confirmed().count(),
        "waiting": Enrollment.objects.waitlisted().count(),
    }
