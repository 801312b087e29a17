"""Letters about applications that were prepared or sent, and about draws."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from django.utils import timezone

from accounts.models import Learner, User
from accounts.outbox.flows import draft
from accounts.outbox.models import Message
from courses.models import CourseRun
from enrollment import outcomes
from enrollment.emails.facts import draw_facts, in_each_language, title_of
from enrollment.models import Application, Draw, Wish
from enrollment.refusals import Refusal


def application_received(application: Application, *, learners: list[Learner], now: datetime) -> list[Message]:
    """The receipt of an application that a draw will decide."""
    draw = application.draw
    facts = {
        **draw_facts(draw), "key": str(application.key),
        "closes_at": draw.closes_at.isoformat(), "received_at": application.received_at.isoformat(),
    }  # fmt: skip
    return _application_letters("application_received", application, learners, facts, now=now)


def application_refused(
    application: Application, *, wishes: list[Wish], learners: list[Learner], now: datetime
) -> list[Message]:
    """It was received, and led to no place and no queue: which groups, and why."""
    facts = {
        "received_at": application.received_at.isoformat(),
        "wishes": [
            {
                "title": title_of(wish.run), "code": wish.run.code, "run_path": wish.run.get_absolute_url(),
                "outcome": in_each_language(lambda wish=wish: outcomes.words(wish.outcome)),
            }
            for wish in wishes
        ],
    }  # fmt: skip
    return _application_letters("application_refused", application, learners, facts, now=now)


def opening_soon(
    user: User,
    *,
    prepared: list[tuple[Application, list[tuple[CourseRun, Refusal]]]],
    opens_at: datetime,
    now: datetime,
) -> Message:
    """No. 12: applications open tomorrow; what this person has prepared, and why some of it would not do."""
    applications = []
    for one, refusals in prepared:
        run = one.wishes.all()[0].run
        applications.append(
            {
                "names": ", ".join(learner.first_name for learner in one.learners.all()), "title": title_of(run), "code": run.code,
                "problems": [
                    {"code": each.code, "words": in_each_language(lambda refusal=refusal: refusal.title)}
                    for each, refusal in refusals
                ],
            }
        )  # fmt: skip
    lacks = not (user.first_name and user.last_name and user.phone)
    return draft(
        kind="enrollment.opening_soon", event_key=f"opening-{user.pk}-{opens_at:%Y%m%d%H%M%S}", recipient=user, now=now,
        facts={
            "opens_at": opens_at.isoformat(), "applications": applications, "profile_lacks": lacks,
            "is_tomorrow": timezone.localdate(opens_at) == timezone.localdate(now) + timedelta(days=1),
        },
    )  # fmt: skip


def draw_outcomes(
    draw: Draw,
    sent: Iterable[tuple[Application, list[Learner], list]],
    *,
    positions: dict[int, dict[int, int]],
    now: datetime,
) -> list[Message]:
    """After a draw that gave fewer places than were wanted: what became of every wish.

    sent: (application, its learners, its wishes with `run` and `outcome`). positions: {learner id: {run id: number in
    its queue}}. Thousands at once: what letters have in common is made once.
    """
    about = {
        **draw_facts(draw),
        "offer_hours": draw.program.offer_hours,
        "confirms_directly": draw.program.confirms_directly,
    }
    words = cache(lambda outcome: in_each_language(lambda: outcomes.words(outcome)))
    groups, letters = {}, []  # {run id: what every letter says of it}
    for application, learners, wishes in sent:
        for learner in learners:
            numbers, told = positions.get(learner.pk, {}), []
            for wish in wishes:
                run = wish.run
                if run.pk not in groups:
                    groups[run.pk] = {"title": title_of(run), "code": run.code, "run_path": run.get_absolute_url()}
                told.append(
                    groups[run.pk] | {"outcome": words(wish.outcome), "position": numbers.get(run.pk, 0)}
                )  # fmt: skip
            facts = about | {"key": str(application.key), "wishes": told, "waits": bool(numbers)}
            letters += _application_letters("draw_outcome", application, [learner], facts, now=now)
    return letters


def draw_cancelled(
    draw: Draw, parties: dict[Application, list[Learner]], *, reason: str, now: datetime
) -> list[Message]:
    """The draw does not take place; what was sent to it is dropped."""
    facts = draw_facts(draw) | {"reason": reason}
    return [
        letter
        for application, learners in parties.items()
        for letter in _application_letters("draw_cancelled", application, learners, facts, now=now)
    ]


def _application_letters(name, application, learners, facts, *, now):
    """One per learner, to everybody who acts for them."""
    return [
        draft(
            kind=f"enrollment.{name}", event_key=f"application-{application.pk}-{name}-{learner.pk}", learner=learner,
            now=now, facts=facts | {"name": learner.first_name, "application_path": application.get_absolute_url()},
        )
        for learner in learners
    ]  # fmt: skip
