"""Who gets a letter, and how many: one per learner, per family, or per guest."""

from collections import defaultdict

from accounts.models import Guardianship, User
from accounts.outbox.flows import draft
from accounts.outbox.models import Message
from enrollment import links
from enrollment.emails.facts import event_key, facts_of, group_facts
from enrollment.models import Enrollment


def per_learner(name, enrollments, *, now, extra=None, hold_seconds=0, about="") -> list[Message]:
    """One per place: to everybody who acts for its learner, or to its guest. extra: {enrollment id: further facts}."""
    letters, groups = [], {}  # {run id: what every letter says of it}
    for one in enrollments:
        if one.run_id not in groups:
            groups[one.run_id] = group_facts(one.run)
        facts = facts_of(one, groups[one.run_id]) | (extra or {}).get(one.pk, {})
        if one.learner_id is None:
            letters.append(to_guest(name, one, now, facts))
            continue
        letters.append(
            draft(
                kind=f"enrollment.{name}", event_key=f"{event_key(one)}{name}{about}", learner=one.learner, now=now,
                facts=facts, hold_seconds=hold_seconds,
            )
        )  # fmt: skip
    return letters


def to_guest(name, enrollment, now, facts) -> Message:
    return draft(
        kind=f"enrollment.{name}", event_key=f"{event_key(enrollment)}{name}", address=enrollment.guest_email,
        language=enrollment.guest_language, now=now,
        facts=facts_of(enrollment) | facts | {"ticket_path": links.ticket_path(enrollment), "seats": enrollment.seats},
    )  # fmt: skip


def families_of(enrollments: list[Enrollment]) -> dict[tuple, list[Enrollment]]:
    """{(user, address of a guest): their places}: who is told of what happens to a group, each once; two queries."""
    learners = {one.learner_id: one.learner for one in enrollments if one.learner_id}
    told = defaultdict(list)
    acting = Guardianship.objects.live().filter(learner__in=learners).select_related("guardian")
    for one in acting.order_by("pk"):
        told[one.learner_id].append(one.guardian)
    own = {learner.user_id: pk for pk, learner in learners.items() if learner.user_id}
    for user in User.objects.filter(pk__in=own):
        told[own[user.pk]].append(user)
    families = defaultdict(list)
    for one in enrollments:
        for user in told[one.learner_id] if one.learner_id else [None]:
            families[user, "" if user else one.guest_email].append(one)
    return families


def one_per_family(name, run, enrollments, facts, *, now) -> list[Message]:
    """About a whole group: one to each person, whatever the number of their children in it, and to each guest."""
    letters = []
    for (user, _address), theirs in families_of(enrollments).items():
        if user is None:
            letters.append(to_guest(name, theirs[0], now, facts))
            continue
        names = ", ".join(one.learner.first_name for one in theirs)
        letters.append(
            draft(
                kind=f"enrollment.{name}", event_key=f"run-{run.pk}-{name}", recipient=user, learner=theirs[0].learner,
                now=now, facts=facts_of(theirs[0]) | {"name": names} | facts,
            )
        )  # fmt: skip
    return letters
