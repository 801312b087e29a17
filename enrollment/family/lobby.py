"""What a family has prepared and sent: whether it will do, from when, and what came of it (UX S07)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.formatting import local
from accounts.models import User
from courses.models import Audience, CourseRun
from enrollment import eligibility, outcomes
from enrollment.family import wording
from enrollment.family.members import Member, members
from enrollment.flows import waitlist
from enrollment.models import (
    PENDING,
    Application,
    ApplicationState as Stage,
    DrawState,
    Enrollment,
    EnrollmentState as State,
    OfferState,
    WaitlistOffer,
    Wish,
)
from enrollment.refusals import Reason, Refusal

SHOWN_DAYS = 14  # how long a decided application stands in the lobby; its own page stays for good

OF_THE_PERSON = {
    Reason.GRADE, Reason.AGE, Reason.VENTSPILS, Reason.TEACHER, Reason.PREREQUISITE, Reason.PROFILE,
}  # fmt: skip
OVER = {Reason.CANCELLED, Reason.FINISHED, Reason.CLOSED}


@dataclass(frozen=True)
class Hope:
    """One wish of an application, and why it will not do."""

    wish: Wish
    refusal: Refusal | None

    @property
    def run(self) -> CourseRun:
        return self.wish.run

    @property
    def title(self):
        return f"{self.run.course.title}, {self.run.code}"

    @property
    def schedule(self):
        return wording.schedule(self.run)

    @property
    def where(self):
        return " · ".join(filter(None, [self.schedule, self.run.room.venue.short_name if self.run.room else ""]))

    @property
    def outcome(self):
        """What came of it, in words."""
        return outcomes.words(self.wish.outcome)


@dataclass(frozen=True)
class Result:
    """One place, or place in a queue, that an application led to."""

    enrollment: Enrollment
    member: Member
    position: int | None
    offer: WaitlistOffer | None
    now: datetime

    @property
    def what(self):
        return f"{self.enrollment.run.course.title}, {self.enrollment.run.code}"

    @property
    def pill(self):
        return wording.pill(
            self.enrollment, position=self.position, offer=self.offer, is_past=self.enrollment.run.ends_at <= self.now
        )

    @property
    def headline(self):
        return wording.headline(self.enrollment, position=self.position, offer=self.offer, now=self.now)


@dataclass
class Card:
    """One application as its family sees it."""

    application: Application
    members: list[Member]
    hopes: list[Hope]
    opens_at: datetime  # from when it can be sent
    may_decide: bool  # a pupil's own login looks only
    lacks: list[str]  # facts that are missing, in words
    now: datetime
    results: list[Result] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)  # why a press just now did not send it

    @property
    def key(self):
        return self.application.key

    @property
    def first(self) -> Hope:
        return self.hopes[0]

    @property
    def run(self):
        return self.first.run

    @property
    def names(self):
        return ", ".join(member.name for member in self.members)

    @cached_property
    def draw(self):
        return self.application.draw

    @cached_property
    def state(self) -> str:
        """soon, open or over while it is only prepared; processing or drawn once received; given, queued, refused, dropped"""
        match self.application.state:
            case Stage.DROPPED:
                return "dropped"
            case Stage.RECEIVED:
                return "drawn" if self.application.draw_id else "processing"
            case Stage.DECIDED if not self.results:
                return "refused"
            case Stage.DECIDED:
                found = {hope.wish.outcome for hope in self.hopes}
                return "given" if outcomes.PLACE in found else "queued"
        if self.is_over:
            return "over"
        return "soon" if self.now < self.opens_at else "open"

    @property
    def is_over(self):
        """Whether nothing of it can be had any more, whatever is changed about the child."""
        if self.draw:
            return self.draw.state != DrawState.ANNOUNCED or self.now >= self.draw.closes_at
        return all(hope.refusal and hope.refusal.reason in OVER for hope in self.hopes)

    @property
    def is_sendable(self):
        return self.may_decide and self.state in ("soon", "open")

    @property
    def is_changeable(self):
        """Prepared; or received for a draw that still collects."""
        collects = self.state == "drawn" and self.draw.is_collecting(now=self.now)
        return self.may_decide and (self.state in ("soon", "open") or collects)

    @property
    def is_droppable(self):
        return self.may_decide and (self.is_changeable or self.state in ("over", "processing"))

    @property
    def checks(self) -> list[str]:
        """What was looked at and is in order, as far as the first wish goes."""
        refusal = self.first.refusal
        reason = refusal.reason if refusal else None
        of_child = any(not member.is_self for member in self.members)
        passed = []
        if reason not in OF_THE_PERSON:
            passed.append(_("The grade fits") if of_child else _("The requirements are met"))
            if reason != Reason.LIMIT:
                if reason != Reason.CLASH:
                    passed.append(_("The times do not overlap"))
                passed.append(_("The number of places fits"))
        return passed if self.lacks else [*passed, _("The facts are complete")]

    @property
    def problems(self) -> list[tuple[str, Refusal]]:
        """(code of the group, or "" where there is only one; why it will not do): of the last press, or as things are."""
        if told := [("", refusal) for refusal in self.refused if refusal.reason != Reason.NOT_OPEN_YET]:
            return told
        several = len(self.hopes) > 1
        return [(hope.run.code if several else "", hope.refusal) for hope in self.hopes if hope.refusal]

    @property
    def is_ready(self):
        return not self.first.refusal and not self.lacks

    @property
    def pill(self) -> tuple[str, str]:
        """(kind, text) for lists of what is not decided yet."""
        match self.state:
            case "processing":
                return "info", _("Received, being decided")
            case "drawn":
                return "info", _("In the draw")
            case "over":
                return "neutral", _("Closed")
            case _ if not self.is_ready:
                return "wait", _("Something is missing")
            case "open":
                return "offer", _("Open now: to be sent")
        return "info", _("Prepared")

    @property
    def fallbacks(self) -> list[str]:
        """What happens when the first wish cannot be had, in order."""
        others = [f"{hope.run.code}, {hope.schedule}" for hope in self.hopes[1:]]
        queues = [_("Queue: %(code)s") % {"code": hope.run.code} for hope in self.hopes if hope.wish.joins_waitlist]
        return others + queues


@dataclass
class Lobby:
    cards: list[Card]
    now: datetime

    def _in(self, *states):
        return [card for card in self.cards if card.state in states]

    @cached_property
    def prepared(self) -> list[Card]:
        return self._in("open", "soon", "over")

    @cached_property
    def received(self) -> list[Card]:
        return self._in("processing", "drawn")

    @cached_property
    def decided(self) -> list[Card]:
        return self._in("given", "queued", "refused")

    @cached_property
    def to_send(self) -> list[Card]:
        """What one press sends: all that is open, or else all that opens next."""
        sendable = [card for card in self.cards if card.is_sendable]
        if found := [card for card in sendable if card.state == "open"]:
            return found
        first = min((card.opens_at for card in sendable), default=None)
        return [card for card in sendable if card.opens_at == first]

    @property
    def opens_at(self) -> datetime | None:
        """The next opening; none when something is open already, or nothing prepared."""
        return self.to_send[0].opens_at if self.to_send and self.to_send[0].state == "soon" else None

    @property
    def is_open(self):
        return bool(self.to_send) and self.opens_at is None

    @property
    def is_ready(self):
        return bool(self.to_send) and all(card.is_ready for card in self.to_send)

    @property
    def is_processing(self):
        return any(card.state == "processing" for card in self.cards)

    @property
    def rules(self) -> list[str]:
        """How places are given, each sentence once."""
        return list(dict.fromkeys(wording.rule_of_places(card.run) for card in self.prepared))


def lobby(*, user: User, now: datetime, family: list[Member] | None = None) -> Lobby:
    """All that is prepared or received, and what was decided lately; the number of queries does not grow."""
    lately = Q(state=Stage.DECIDED, ended_at__gt=now - timedelta(days=SHOWN_DAYS))
    found = Application.objects.filter(Q(state__in=PENDING) | lately)
    return Lobby(cards(found, user=user, now=now, family=family), now)


def cards(found: Iterable[Application], *, user: User, now: datetime, family: list[Member] | None = None) -> list[Card]:
    """Those that this user may see, by the moment from which they can be sent."""
    family = {member.pk: member for member in (members(user) if family is None else family)}
    found = list(
        found.visible_to(user)
        .with_draw()
        .select_related("submission")
        .prefetch_related("applicants", "wishes__run__course__program", "wishes__run__room__venue")
        .order_by("pk")
    )
    if not found:
        return []
    facts = _facts(found, family, now)
    results = _results(found, family, now)
    today = local(now).date()
    made = []
    for one in found:
        who = [family[applicant.learner_id] for applicant in one.applicants.all()]
        hopes = [Hope(wish, _refusal(facts, one, wish.run, who, now)) for wish in one.wishes.all()]
        may_decide = all(member.may_decide(today=today) for member in who)
        made.append(
            Card(
                one,
                who,
                hopes,
                _opens_at(facts, one, who),
                may_decide,
                _lacks(user, hopes[0].run),
                now,
                results.get(one.submission_id, []),
            )
        )
    return sorted(made, key=lambda card: (card.opens_at, card.application.pk))


def _facts(found, family, now):
    """About those that are only prepared, if there are any; what was sent is judged no more here."""
    prepared = [one for one in found if one.state == Stage.PREPARED]
    if not prepared:
        return None
    runs = {wish.run_id: wish.run for one in prepared for wish in one.wishes.all()}
    learners = {applicant.learner_id for one in prepared for applicant in one.applicants.all()}
    people = [family[pk].learner for pk in sorted(learners)]
    return eligibility.Facts.load(runs=list(runs.values()), learners=people, now=now)


def _opens_at(facts, application, who):
    """From when it can be sent; of what was sent, when that was."""
    if application.state != Stage.PREPARED:
        return application.received_at or application.prepared_at
    if application.draw_id:
        return application.draw.opens_at
    runs = [wish.run for wish in application.wishes.all()]
    return max(facts.opens_at(run, member.learner) for run in runs for member in who)


def _refusal(facts, application, run, who, now):
    if application.state != Stage.PREPARED:
        return None
    if not application.draw_id and now >= run.enrollment_closes_at:
        return Refusal(Reason.CLOSED, who[0].learner, {"at": run.enrollment_closes_at})
    return next((refusal for one in who if (refusal := facts.why_unfit(run, one.learner, now))), None)


def _lacks(user, run):
    lacking = []
    if not (user.first_name and user.last_name):
        lacking.append(_("your name"))
    if not user.phone and run.course.audience != Audience.TEACHERS:
        lacking.append(_("your phone"))
    return lacking


def _results(found, family, now) -> dict[int, list[Result]]:
    """{submission id: what it led to, as it stands now}"""
    submissions = [one.submission_id for one in found if one.submission_id]
    if not submissions:
        return {}
    places = list(
        Enrollment.objects.filter(submission__in=submissions, learner__in=family).for_display().order_by("pk")
    )
    positions = waitlist.positions(places)
    offered = [one.pk for one in places if one.state == State.OFFERED]
    offers = WaitlistOffer.objects.filter(enrollment__in=offered, state=OfferState.OPEN, expires_at__gt=now)
    by_enrollment = {offer.enrollment_id: offer for offer in offers} if offered else {}
    results = {}
    for one in places:
        result = Result(one, family[one.learner_id], positions.get(one.pk), by_enrollment.get(one.pk), now)
        results.setdefault(one.submission_id, []).append(result)
    return results
