"""Letters to which a family answers: an offer, a trial lesson, whether it still comes; and what became of them."""

from datetime import datetime

from django.utils import timezone

from accounts.models import User
from accounts.outbox.flows import draft
from accounts.outbox.models import Message
from enrollment import links
from enrollment.emails.facts import event_key, facts_of, old_place
from enrollment.emails.making import per_learner, to_guest
from enrollment.models import Enrollment, WaitlistOffer


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
        | (old_place(old) if old and old.ended_at is None else {})
    }
    return per_learner("offer_ended", [offer.enrollment], now=now, extra=extra)


def trial_agreed(trial: Enrollment, *, now: datetime) -> list[Message]:
    """One lesson is tried: when, where, and until when to decide. Told anew when it is another lesson."""
    return per_learner(
        "trial_agreed", [trial], now=now, extra={trial.pk: _trial(trial)}, about=f"-{trial.trial_lesson_id}"
    )


def trial_question(trial: Enrollment, *, now: datetime) -> list[Message]:
    """After the lesson: keep the place?"""
    return _questions("trial_question", links.TRIAL, trial, _trial(trial), now=now)


def trial_ended(trial: Enrollment, *, now: datetime) -> list[Message]:
    """No answer came after the trial lesson; the place was passed on."""
    return per_learner("trial_ended", [trial], now=now)


def still_coming(enrollment: Enrollment, *, now: datetime) -> list[Message]:
    """Some days before the start: do you still come?"""
    return _questions("still_coming", links.STILL_COMING, enrollment, _still_coming(enrollment), now=now)


def still_coming_reminder(enrollment: Enrollment, *, now: datetime) -> list[Message]:
    """Half of the time is gone."""
    return _questions("still_coming_reminder", links.STILL_COMING, enrollment, _still_coming(enrollment), now=now)


def place_unconfirmed(enrollment: Enrollment, *, now: datetime) -> list[Message]:
    """Nobody said that they still come; the place was passed on."""
    return per_learner("place_unconfirmed", [enrollment], now=now, extra={enrollment.pk: _still_coming(enrollment)})


# -- How they are made -----------------------------------------------------------------------


def _offer_letters(name, offer, *, now):
    enrollment = offer.enrollment
    facts = {"offered_at": offer.offered_at.isoformat(), "expires_at": offer.expires_at.isoformat()}
    if enrollment.replaces_id and enrollment.replaces.ended_at is None:
        facts |= old_place(enrollment.replaces)
    return _to_answer(
        name, enrollment, facts, lambda user: links.offer_path(offer, user), about=f"-{offer.pk}", now=now
    )


def _questions(name, question, enrollment, facts, *, now):
    return _to_answer(name, enrollment, facts, lambda user: links.question_path(question, enrollment, user), now=now)


def _to_answer(name, enrollment, facts, path, *, about="", now):
    """To everybody who may answer, each with a link of their own."""
    if enrollment.learner_id is None:
        return [to_guest(name, enrollment, now, facts | {"answer_path": path(None)})]
    told = User.objects.acting_for(enrollment.learner_id).order_by("pk")
    if not enrollment.learner.decides_on(timezone.localdate(now)):
        told = told.exclude(pk=enrollment.learner.user_id)  # a pupil's guardians answer
    return [
        draft(
            kind=f"enrollment.{name}", event_key=f"{event_key(enrollment)}{name}{about}", recipient=user,
            learner=enrollment.learner, now=now, facts=facts_of(enrollment) | facts | {"answer_path": path(user)},
        )
        for user in told
    ]  # fmt: skip


def _trial(trial):
    lesson = trial.trial_lesson
    return {
        "lesson_starts_at": lesson.starts_at.isoformat(), "lesson_ends_at": lesson.ends_at.isoformat(),
        "decide_by_at": trial.trial_ends_at.isoformat(),
    }  # fmt: skip


def _still_coming(enrollment):
    return {"answer_by_at": enrollment.reconfirm_by.isoformat()}
