"""What a family has to decide: offered places, and questions about places that it has."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _, gettext_lazy

from accounts.formatting import local
from accounts.models import User
from enrollment import eligibility, links
from enrollment.family import wording
from enrollment.family.members import Member
from enrollment.flows import reconfirmations
from enrollment.models import Enrollment, EnrollmentState as State, WaitlistOffer
from enrollment.refusals import Refusal


@dataclass(frozen=True)
class Decision:
    """An open offer that waits for the family's answer."""

    yes, no = gettext_lazy("Accept the place"), gettext_lazy("Decline")

    offer: WaitlistOffer
    member: Member
    answer_path: str
    refusal: Refusal | None  # why it could not be accepted now

    @property
    def urgent_at(self):
        return self.offer.expires_at

    @property
    def run(self):
        return self.offer.enrollment.run

    @property
    def title(self):
        return _("A place is free: %(course)s, %(code)s") % {"course": self.run.course.title, "code": self.run.code}

    @property
    def facts(self):
        name = self.member.name
        who = name if self.member.is_self else _("Child: %(name)s") % {"name": name}
        fit = wording.fact("check-circle", _("The times do not overlap"), "icon-ok")
        if self.refusal:
            fit = wording.fact("overlap", f"{self.refusal.title}. {self.refusal.detail}")
        facts = [wording.fact("user", who), *wording.place_facts(self.run), fit]
        old = self.offer.enrollment.replaces
        if old and old.ended_at is None:
            facts.append(wording.fact("swap", _("Instead of the place in %(code)s") % {"code": old.run.code}))
        return facts


@dataclass(frozen=True)
class Question:
    """A place about which the family is asked: keep it after the trial lesson, or do they still come?"""

    enrollment: Enrollment
    member: Member
    answer_path: str

    @property
    def is_trial(self):
        return self.enrollment.state == State.TRIAL

    @property
    def urgent_at(self):
        return self.enrollment.trial_ends_at if self.is_trial else self.enrollment.reconfirm_by

    @property
    def run(self):
        return self.enrollment.run

    @property
    def yes(self):
        return _("Keep the place") if self.is_trial else _("Yes, still coming")

    @property
    def no(self):
        return _("Give the place back")

    @property
    def title(self):
        group = {"course": self.run.course.title, "code": self.run.code}
        if self.is_trial:
            return _("Keep the place? %(course)s, %(code)s") % group
        return _("Still coming? %(course)s, %(code)s") % group

    @property
    def facts(self):
        name = self.member.name
        who = name if self.member.is_self else _("Child: %(name)s") % {"name": name}
        return [wording.fact("user", who), *wording.place_facts(self.run)]


def decisions(places, *, user: User, now: datetime) -> list[Decision | Question]:
    """What waits for the family's answer among these rows of places, the nearest deadline first."""
    today = local(now).date()
    offered = [row for row in places if row.offer and row.member.may_decide(today=today)]
    refusals = eligibility.why_not_accept_each(enrollments=[row.enrollment for row in offered], now=now)
    found = [
        Decision(row.offer, row.member, links.offer_path(row.offer, user), refusals[row.enrollment.pk])
        for row in offered
    ]
    for row in places:
        if row.member.may_decide(today=today) and (question := question_about(row.enrollment, now=now)):
            path = links.question_path(question, row.enrollment, user)
            found.append(Question(row.enrollment, row.member, path))
    return sorted(found, key=lambda decision: decision.urgent_at)


def question_about(enrollment: Enrollment, *, now: datetime) -> str:
    """Which question about a place waits for an answer now, by the name of its page; "" when there is none."""
    if reconfirmations.is_asked(enrollment, now=now):
        return links.STILL_COMING
    is_tried = enrollment.state == State.TRIAL and enrollment.trial_lesson.ends_at <= now < enrollment.trial_ends_at
    return links.TRIAL if is_tried else ""
