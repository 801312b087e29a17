"""The letters about places: one function per message, each giving drafts for everybody it concerns.

Whether to send is decided by the flow, which also puts them into the outbox.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.utils import timezone, translation

from accounts.models import Guardianship, Learner, User
from accounts.outbox.flows import draft
from accounts.outbox.models import Message
from courses.models import CourseRun
from enrollment import links, outcomes
from enrollment.models import Application, Draw, Enrollment, WaitlistOffer, Wish
from enrollment.refusals import Refusal


def place_given(
    enrollments: list[Enrollment], *, now: datetime, hold_seconds=0, draw: Draw | None = None
) -> list[Message]:
    """No. 2: the place is confirmed; by a draw, if there was one."""
    extra = dict.fromkeys((one.pk for one in enrollments), _draw(draw)) if draw else None
    return _letters("place_given", enrollments, now=now, extra=extra, hold_seconds=hold_seconds)


def joined_waitlist(
    enrollments: list[Enrollment], *, positions: dict[int, int], now: datetime, hold_seconds=0
) -> list[Message]:
    """No. 3: the group is full, this is the number in the queue."""
    extra = {
        one.pk: {"position": positions[one.pk], "offer_hours": one.run.course.program.offer_hours}
        | (_old_place(one.replaces) if one.replaces_id else {})
        for one in enrollments
    }
    return _letters("joined_waitlist", enrollments, now=now, extra=extra, hold_seconds=hold_seconds)


def seat_offered(offer: WaitlistOffer, *, now: datetime) -> list[Message]:
    """No. 4: a place is free, decide until then."""
    return _offer_letters("seat_offered", offer, now=now)


def offer_reminder(offer: WaitlistOffer, *, now: datetime) -> list[Message]:
    """No. 5: half of the time is gone."""
    return _offer_letters("offer_reminder", offer, now=now)


def offer_ended(offer: WaitlistOffer, *, declined: bool, now: datetime) -> list[Message]:
    """No. 6: declined, or no answer came."""
    old = offer.enrollment.replaces if offer.enrollment.replaces_id else None
    extra = {
        offer.enrollment_id: {"declined": declined, "expires_at": offer.expires_at.isoformat()}
        | (_old_place(old) if old and old.ended_at is None else {})
    }
    return _letters("offer_ended", [offer.enrollment], now=now, extra=extra)


def place_ended(enrollment: Enrollment, *, by_centre: bool, reason="", now: datetime, hold_seconds=0) -> list[Message]:
    """No. 7: the place was given back by the family, or ended by the centre."""
    extra = {enrollment.pk: {
        "by_centre": by_centre, "reason": reason,
        "undo_until_at": enrollment.releases_at.isoformat() if enrollment.releases_at else "",
    }}  # fmt: skip
    return _letters("place_ended", [enrollment], now=now, extra=extra, hold_seconds=hold_seconds)


def group_changed(old: Enrollment, new: Enrollment, *, reason: str, now: datetime, hold_seconds: int) -> list[Message]:
    """No. 8: staff moved the learner to another group."""
    extra = {new.pk: {"old_code": old.run.code, "old_title": _title(old.run), "reason": reason}}
    return _letters("group_changed", [new], now=now, extra=extra, hold_seconds=hold_seconds)


def group_exchanged(old: Enrollment, new: Enrollment, *, now: datetime) -> list[Message]:
    """The family changed the group: the new place and the end of the old one, in one letter."""
    return _letters("group_exchanged", [new], now=now, extra={new.pk: _old_place(old)})


def trial_agreed(trial: Enrollment, *, now: datetime) -> list[Message]:
    """One lesson is tried: when, where, and until when to decide. Told anew when it is another lesson."""
    return _letters(
        "trial_agreed", [trial], now=now, extra={trial.pk: _trial(trial)}, about=f"-{trial.trial_lesson_id}"
    )


def trial_question(trial: Enrollment, *, now: datetime) -> list[Message]:
    """After the lesson: keep the place?"""
    return _questions("trial_question", links.TRIAL, trial, _trial(trial), now=now)


def trial_ended(trial: Enrollment, *, now: datetime) -> list[Message]:
    """No answer came after the trial lesson; the place was passed on."""
    return _letters("trial_ended", [trial], now=now)


def still_coming(enrollment: Enrollment, *, now: datetime) -> list[Message]:
    """Some days before the start: do you still come?"""
    return _questions("still_coming", links.STILL_COMING, enrollment, _still_coming(enrollment), now=now)


def still_coming_reminder(enrollment: Enrollment, *, now: datetime) -> list[Message]:
    """Half of the time is gone."""
    return _questions("still_coming_reminder", links.STILL_COMING, enrollment, _still_coming(enrollment), now=now)


def place_unconfirmed(enrollment: Enrollment, *, now: datetime) -> list[Message]:
    """Nobody said that they still come; the place was passed on."""
    return _letters("place_unconfirmed", [enrollment], now=now, extra={enrollment.pk: _still_coming(enrollment)})


def group_runs(run: CourseRun, enrollments: list[Enrollment], *, now: datetime) -> list[Message]:
    """No. 16: it was decided that the group takes place; one letter per family or guest."""
    return _one_per_family("group_runs", run, enrollments, {}, now=now)


def group_cancelled(run: CourseRun, enrollments: list[Enrollment], *, reason: str, now: datetime) -> list[Message]:
    """No. 16: the group does not take place, and why; one letter per family or guest."""
    return _one_per_family("group_cancelled", run, enrollments, {"reason": reason}, now=now)


def application_received(application: Application, *, learners: list[Learner], now: datetime) -> list[Message]:
    """The receipt of an application that a draw will decide."""
    draw = application.draw
    facts = {
        **_draw(draw), "key": str(application.key),
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
                "title": _title(wish.run), "code": wish.run.code, "run_path": wish.run.get_absolute_url(),
                "outcome": _in_each_language(lambda wish=wish: outcomes.words(wish.outcome)),
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
                "names": ", ".join(learner.first_name for learner in one.learners.all()), "title": _title(run), "code": run.code,
                "problems": [
                    {"code": each.code, "words": _in_each_language(lambda refusal=refusal: refusal.title)}
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
        **_draw(draw),
        "offer_hours": draw.program.offer_hours,
        "confirms_directly": draw.program.confirms_directly,
    }
    words = cache(lambda outcome: _in_each_language(lambda: outcomes.words(outcome)))
    groups, letters = {}, []  # {run id: what every letter says of it}
    for application, learners, wishes in sent:
        for learner in learners:
            numbers, told = positions.get(learner.pk, {}), []
            for wish in wishes:
                run = wish.run
                if run.pk not in groups:
                    groups[run.pk] = {"title": _title(run), "code": run.code, "run_path": run.get_absolute_url()}
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
    facts = _draw(draw) | {"reason": reason}
    return [
        letter
        for application, learners in parties.items()
        for letter in _application_letters("draw_cancelled", application, learners, facts, now=now)
    ]


def event_key(enrollment: Enrollment) -> str:
    """Names the change that a letter tells of; stopping by this prefix stops its letters."""
    return f"enrollment-{enrollment.pk}-{enrollment.version}-"


def _application_letters(name, application, learners, facts, *, now):
    """One per learner, to everybody who acts for them."""
    return [
        draft(
            kind=f"enrollment.{name}", event_key=f"application-{application.pk}-{name}-{learner.pk}", learner=learner,
            now=now, facts=facts | {"name": learner.first_name, "application_path": application.get_absolute_url()},
        )
        for learner in learners
    ]  # fmt: skip


# -- How they are made -----------------------------------------------------------------------


def _offer_letters(name, offer, *, now):
    enrollment = offer.enrollment
    facts = {"offered_at": offer.offered_at.isoformat(), "expires_at": offer.expires_at.isoformat()}
    if enrollment.replaces_id and enrollment.replaces.ended_at is None:
        facts |= _old_place(enrollment.replaces)
    return _to_answer(
        name, enrollment, facts, lambda user: links.offer_path(offer, user), about=f"-{offer.pk}", now=now
    )


def _questions(name, question, enrollment, facts, *, now):
    return _to_answer(name, enrollment, facts, lambda user: links.question_path(question, enrollment, user), now=now)


def _to_answer(name, enrollment, facts, path, *, about="", now):
    """To everybody who may answer, each with a link of their own."""
    if enrollment.learner_id is None:
        return [_to_guest(name, enrollment, now, facts | {"answer_path": path(None)})]
    told = User.objects.acting_for(enrollment.learner_id).order_by("pk")
    if not enrollment.learner.decides_on(timezone.localdate(now)):
        told = told.exclude(pk=enrollment.learner.user_id)  # a pupil's guardians answer
    return [
        draft(
            kind=f"enrollment.{name}", event_key=f"{event_key(enrollment)}{name}{about}", recipient=user,
            learner=enrollment.learner, now=now, facts=_facts(enrollment) | facts | {"answer_path": path(user)},
        )
        for user in told
    ]  # fmt: skip


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


def _one_per_family(name, run, enrollments, facts, *, now):
    letters = []
    for (user, _address), theirs in families_of(enrollments).items():
        if user is None:
            letters.append(_to_guest(name, theirs[0], now, facts))
            continue
        names = ", ".join(one.learner.first_name for one in theirs)
        letters.append(
            draft(
                kind=f"enrollment.{name}", event_key=f"run-{run.pk}-{name}", recipient=user, learner=theirs[0].learner,
                now=now, facts=_facts(theirs[0]) | {"name": names} | facts,
            )
        )  # fmt: skip
    return letters


def _draw(draw):
    return {"draw": _in_both_languages(draw, "name"), "draw_path": draw.get_absolute_url()}


def _old_place(old):
    return {"old_code": old.run.code, "old_title": _title(old.run)}


def _trial(trial):
    lesson = trial.trial_lesson
    return {
        "lesson_starts_at": lesson.starts_at.isoformat(), "lesson_ends_at": lesson.ends_at.isoformat(),
        "decide_by_at": trial.trial_ends_at.isoformat(),
    }  # fmt: skip


def _still_coming(enrollment):
    return {"answer_by_at": enrollment.reconfirm_by.isoformat()}


def _letters(name, enrollments, *, now, extra=None, hold_seconds=0, about=""):
    letters, groups = [], {}  # {run id: what every letter says of it}
    for one in enrollments:
        if one.run_id not in groups:
            groups[one.run_id] = _group(one.run)
        facts = _facts(one, groups[one.run_id]) | (extra or {}).get(one.pk, {})
        if one.learner_id is None:
            letters.append(_to_guest(name, one, now, facts))
            continue
        letters.append(
            draft(
                kind=f"enrollment.{name}", event_key=f"{event_key(one)}{name}{about}", learner=one.learner, now=now,
                facts=facts, hold_seconds=hold_seconds,
            )
        )  # fmt: skip
    return letters


def _to_guest(name, enrollment, now, facts):
    return draft(
        kind=f"enrollment.{name}", event_key=f"{event_key(enrollment)}{name}", address=enrollment.guest_email,
        language=enrollment.guest_language, now=now,
        facts=_facts(enrollment) | facts | {"ticket_path": links.ticket_path(enrollment), "seats": enrollment.seats},
    )  # fmt: skip


def _facts(enrollment, group=None):
    """First name and course, never a surname, code, phone or health (TRUST, Mail)."""
    return {
        "enrollment_id": enrollment.pk,
        "name": enrollment.learner.first_name if enrollment.learner_id else "",
    } | (group or _group(enrollment.run))


def _group(run: CourseRun) -> dict:
    return {
        "title": _title(run),
        "code": run.code,
        "run_path": run.get_absolute_url(),
        "weekday": run.weekday,
        "start_time": run.start_time.strftime("%H:%M") if run.start_time else "",
        "starts_at": run.starts_at.isoformat(),
        "room": _in_both_languages(run.room, "name") if run.room else "",
        "venue": run.room.venue.short_name if run.room else "",
        "address": run.room.venue.address if run.room else "",
    }


def _title(run: CourseRun) -> dict[str, str]:
    return _in_both_languages(run.course, "title")


def _in_each_language(words: Callable[[], str]) -> dict[str, str]:
    """What a function says, in every language of the site: for words that do not stand in a template."""
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said[language] = str(words())
    return said


def _in_both_languages(thing, name):
    return {language: getattr(thing, f"{name}_{language}") for language in ("lv", "en")}
