"""The answer to "why did this child get the place?" in sentences, for staff: names stand after a colon, in the nominative."""

from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from accounts.formatting import date_short, datetime_exact, datetime_short, deadline, local, time, time_exact
from accounts.models import User
from enrollment import causes, outcomes
from enrollment.desk.reasons import CAPACITY, IN_TIME_NOBODY_ANSWERED, UNKNOWN, Freed, Given, Letter, PassedOver, Why
from enrollment.models import EnrollmentState as State, LedgerEntry, LedgerEvent, Wish

OWN, GROUP, LETTER = "own", "group", "letter"  # whose moment it is

FREED = {
    LedgerEvent.GIVEN_BACK: gettext_lazy("A place became free: given back"),
    LedgerEvent.CANCELLED: gettext_lazy("A place became free: ended by the centre"),
    LedgerEvent.MOVED: gettext_lazy("A place became free: moved to another group"),
    LedgerEvent.TRANSFERRED: gettext_lazy("A place became free: the family changed the group"),
    LedgerEvent.DECLINED: gettext_lazy("A place became free: an offer was declined"),
    LedgerEvent.EXPIRED: gettext_lazy("A place became free: an offer ended without an answer"),
    LedgerEvent.TRIAL_ENDED: gettext_lazy("A place became free: a trial lesson ended without a word"),
    LedgerEvent.UNCONFIRMED: gettext_lazy("A place became free: nobody said that they still come"),
    LedgerEvent.NO_SHOW: gettext_lazy("A place became free: somebody did not come"),
    LedgerEvent.RESTORED: gettext_lazy("A place became free: a move was undone"),
    CAPACITY: gettext_lazy("The group got more places"),
    UNKNOWN: gettext_lazy("A place was free"),
}
GIVEN = {
    LedgerEvent.OFFERED: gettext_lazy("Offered to"),
    LedgerEvent.PROMOTED: gettext_lazy("Given to"),
    LedgerEvent.ACCEPTED: gettext_lazy("Given to"),
    LedgerEvent.STANDBY: gettext_lazy("Given at the door to"),
}


@dataclass(frozen=True)
class Line:
    """What stands below a moment: a sentence, or a word and whom it names, and what is said about them."""

    text: str = ""
    label: str = ""
    name: str = ""
    url: str = ""


@dataclass(frozen=True)
class Moment:
    at: datetime
    title: str
    kind: str = OWN
    by: str = ""
    lines: list[Line] = field(default_factory=list)
    letter: Letter | None = None

    @property
    def exact(self) -> str:
        return f"{date_short(self.at)}, {time_exact(self.at)}"


def timeline(why: Why, *, now: datetime) -> list[Moment]:
    """Everything that led to how things are, the oldest first."""
    own = [_own(why, row) for row in why.rows]
    group = [_freed(why, one) for one in why.freed]
    letters = [_letter(one, now=now) for one in why.letters]
    order = {GROUP: 0, OWN: 1, LETTER: 2}  # of one moment: what became free, to whom it went, what was written
    return sorted([*own, *group, *letters], key=lambda one: (one.at, order[one.kind]))


# -- In short --------------------------------------------------------------------------------------


def short_answer(why: Why) -> list[str]:
    """The answer in two or three sentences."""
    if not why.rows:
        return [_("The ledger holds nothing about it.")]
    first = why.first
    said = [_("Received: %(when)s.") % {"when": datetime_exact(why.enrollment.received_at)}]
    if first.event == LedgerEvent.DRAWN:
        said.append(_sentence(first.reason_words))
    if any(row.overrides for row in why.rows):
        rules = sorted({rule for row in why.rows for rule in row.overridden})
        said.append(_("Staff gave it past a rule: %(rules)s.") % {"rules": ", ".join(rules)})
    if first.to_state != State.WAITLISTED:
        if first.event != LedgerEvent.DRAWN:
            said.append(_free_then(why))
        return said
    said.append(_("The group was full. Number in the queue then: %(number)s.") % {"number": why.standing.number})
    given = why.received_with
    if given is None:
        said.append(_still_waiting(why))
    elif given.event == LedgerEvent.STANDBY:
        said.append(_("A place that stayed empty was given at the door."))
    elif given.with_sibling:
        said.append(_("A place became free and went to brothers and sisters who go together."))
    elif given.passed:
        said.append(_("A place became free; who stood before needed more places than were free."))
    else:
        said.append(_("A place became free; this one was the first in the queue."))
    return said


def _free_then(why):
    if why.standing.free is None:
        return _("A place was free.")
    facts = {"free": why.standing.free, "capacity": why.standing.capacity}
    return _("Places free then: %(free)s of %(capacity)s. Nobody was waiting.") % facts


def _still_waiting(why):
    if why.enrollment.state == State.WAITLISTED:
        return _("Waits still. Number in the queue now: %(number)s.") % {"number": why.position}
    return _("It ended before a place became free for it.")


# -- Its own rows ----------------------------------------------------------------------------------


def _own(why: Why, row: LedgerEntry) -> Moment:
    lines = [Line(text) for text in _about(why, row) if text]
    if row.event in (LedgerEvent.OFFERED, LedgerEvent.PROMOTED, LedgerEvent.STANDBY):
        given = next((one for freed in why.freed for one in freed.given if _is(one, row)), None)
        lines += _why_them(why, given) if given else []
    if row.reason and row.event not in (LedgerEvent.SKIPPED, LedgerEvent.DRAWN):
        lines.append(Line(_("Reason: %(reason)s.") % {"reason": row.reason_words.rstrip(".")}))
    if row.overridden:
        lines.append(Line(_("Past the rule: %(rules)s.") % {"rules": ", ".join(row.overridden)}))
    if row.event in (LedgerEvent.MOVED, LedgerEvent.TRANSFERRED) and why.went_to:
        lines.append(_place(_("The other place"), why.went_to))
    if row.number == 1 and why.came_from:
        lines.append(_place(_("Came from"), why.came_from))
    return Moment(row.at, title_of(row), by=who(row.by), lines=lines)


def _is(given: Given, row):
    return given.enrollment == row.enrollment_id and given.at == row.at


def title_of(row: LedgerEntry) -> str:
    """What happened, in a few words."""
    if row.event in (LedgerEvent.RECEIVED, LedgerEvent.DRAWN):
        drawn = row.event == LedgerEvent.DRAWN
        match row.to_state:
            case State.WAITLISTED:
                return (
                    _("Drawn by lot: a number in the queue") if drawn else _("Application received: the group was full")
                )
            case State.TRIAL:
                return _("Application for a trial lesson received: a place was free")
        return _("Drawn by lot: a place") if drawn else _("Application received: a place was free")
    if row.event == LedgerEvent.ASKED and row.from_state == State.TRIAL:
        return _("Asked whether they keep the place after the trial lesson")
    return _sentence(LedgerEvent(row.event).label, stop=False)


def _about(why: Why, row: LedgerEntry):
    """Sentences about one row."""
    match row.event:
        case LedgerEvent.RECEIVED | LedgerEvent.DRAWN:
            yield from _about_receipt(why, row)
        case LedgerEvent.SKIPPED:
            yield _sentence(row.reason_words)
            yield _("The number in the queue stays.")
        case LedgerEvent.GIVEN_BACK | LedgerEvent.CANCELLED if row.to_state == State.LEAVING:
            yield _("The place is held for a while, so that this can be undone.")


def _about_receipt(why, row):
    if row.event == LedgerEvent.DRAWN:
        yield _sentence(row.reason_words)
    elif row.to_state != State.WAITLISTED:
        yield _free_then(why)
    if row.to_state == State.WAITLISTED:
        yield _("Number in the queue then: %(number)s.") % {"number": why.standing.number}
        if served := causes.who_is_served(why.enrollment.priority):
            yield _("Class in the queue: %(who)s.") % {"who": served}
        elif row.event == LedgerEvent.RECEIVED:
            yield _("Order of the queue: the time of receipt.")
    if row.to_state == State.TRIAL and why.enrollment.trial_lesson_id:
        yield _("Lesson: %(when)s.") % {"when": datetime_short(why.enrollment.trial_lesson.starts_at)}
    if len(why.wishes) > 1:
        yield _("Wishes: %(wishes)s.") % {"wishes": "; ".join(wish_words(wish) for wish in why.wishes)}


def wish_words(wish: Wish) -> str:
    """1. R-2: a place"""
    return f"{wish.rank}. {wish.run.code}: {outcomes.words(wish.outcome) or _('not decided')}"


def _place(label, enrollment):
    return Line(label=label, name=enrollment.run.code, url=reverse("enrollment:desk_why", args=[enrollment.pk]))


# -- Places that became free -----------------------------------------------------------------------


def _freed(why: Why, freed: Freed) -> Moment:
    lines = []
    if freed.cause == CAPACITY:
        lines.append(Line(_("Places added: %(count)s.") % {"count": freed.seats}))
    elif freed.seats > 1:
        lines.append(Line(_("Places: %(count)s.") % {"count": freed.seats}))
    if freed.enrollment is not None:
        lines.append(_person(why, _("It was the place of"), freed.enrollment))
    if freed.reason:
        lines.append(Line(_("Reason: %(reason)s.") % {"reason": causes.words(freed.reason).rstrip(".")}))
    for given in freed.given:
        lines.append(_person(why, GIVEN.get(given.event, GIVEN[LedgerEvent.PROMOTED]), given.enrollment))
        lines += _why_them(why, given)
    if not freed.given:
        lines.append(Line(_("It was not offered to anybody at once.")))
    by = "" if freed.cause == UNKNOWN else who(why.users.get(freed.by))
    return Moment(freed.at, str(FREED.get(freed.cause, FREED[UNKNOWN])), GROUP, by=by, lines=lines)


def _why_them(why: Why, given: Given) -> list[Line]:
    if given.with_sibling:
        return [Line(_("Together with a brother or sister."))]
    if not given.passed:
        return [Line(_("First in the queue."))]
    return [_passed_over(why, one, given) for one in given.passed]


def _passed_over(why, passed: PassedOver, given):
    if passed.needed is not None:
        text = causes.words(causes.passed_over(free=passed.free, needed=passed.needed))
    else:
        text = causes.words(given.reason)
    return _person(why, _("Passed over"), passed.enrollment, text=_sentence(text))


def _person(why, label, enrollment_id, *, text=""):
    is_own = enrollment_id == why.enrollment.pk
    name = why.enrollment.who if is_own else why.names.get(enrollment_id, "–")
    url = "" if is_own else reverse("enrollment:desk_why", args=[enrollment_id])
    return Line(text=text, label=str(label), name=name, url=url)


def who(user: User | None) -> str:
    return str(user) if user else _("the system")


# -- Letters ---------------------------------------------------------------------------------------


def _letter(letter: Letter, *, now: datetime) -> Moment:
    lines = [_copy(message, now) for message in letter.copies]
    if letter.answer is not None:
        lines.append(Line(_answered(letter.answer)))
    elif "answer_path" in letter.first.facts and (until := letter.first.facts.get("expires_at")):
        until = datetime.fromisoformat(until)
        if until > now:
            lines.append(Line(_("No answer yet; time until %(deadline)s.") % {"deadline": deadline(until, now)}))
    return Moment(letter.at, _("Letter"), LETTER, lines=lines, letter=letter)


def _copy(message, now):
    if message.sent_at:
        text = _("Sent: %(when)s.") % {"when": f"{date_short(message.sent_at)}, {time_exact(message.sent_at)}"}
    elif message.stopped_at and message.last_error:
        text = _("It could not be sent.")
    elif message.stopped_at:
        text = _("Stopped before it left.")
    else:
        text = _("It leaves at %(time)s.") % {"time": time_exact(max(message.send_after, now))}
    if message.recipient:
        return Line(text=text, label=_("To whom"), name=str(message.recipient))
    return Line(text=text)


def _answered(row):
    when = f"{date_short(row.at)}, {time(local(row.at))}"
    if row.event in IN_TIME_NOBODY_ANSWERED:
        return _("Nobody answered in time: %(when)s.") % {"when": when}
    return _("Answered: %(when)s. %(what)s.") % {
        "when": when,
        "what": _sentence(LedgerEvent(row.event).label, stop=False),
    }


def _sentence(text, *, stop=True) -> str:
    text = str(text)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}{'.' if stop and text else ''}"
