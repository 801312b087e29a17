"""The state of an enrollment, what happened to it, when and where it takes place, in words for its family."""

from datetime import datetime

from django.utils.translation import gettext as _, pgettext

from accounts.formatting import (
    at as clock,
    date_day,
    date_short,
    day_month,
    deadline,
    local,
    time,
    time_exact,
)  # fmt: skip
from accounts.models import User
from courses.models import Allocation, CourseRun, Lesson, RunState
from courses.wording import schedule_line
from enrollment import causes
from enrollment.flows import standby
from enrollment.models import (
    ATTENDING,
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
    WaitlistOffer,
)
from enrollment.standing import Standing

at = clock


def fact(icon: str, text: str, css: str = "") -> dict[str, str]:
    """One line with a pictogram, as components take it."""
    return {"icon": icon, "text": text, "class": css}


def first_day(run: CourseRun) -> str:
    """otrdien, 12.01.2027., plkst. 16:30"""
    return f"{date_day(run.starts_at)}, {at(run.starts_at)}"


def schedule(run: CourseRun) -> str:
    """When a group meets: its weekly rule, or the day of its first lesson."""
    return schedule_line(run) or first_day(run)


def place_facts(run: CourseRun) -> list[dict]:
    """When and where, as two lines."""
    facts = [fact("calendar", schedule(run))]
    return [*facts, fact("pin", str(run.room))] if run.room else facts


def first_lesson(run: CourseRun, lesson: Lesson | None = None, *, now: datetime) -> str:
    """First lesson: … before the group has begun, and the next one afterwards."""
    starts_at = lesson.starts_at if lesson else run.starts_at
    day = {"day": date_day(starts_at), "time": at(starts_at)}
    if run.starts_at > now:
        return _("First lesson: %(day)s, %(time)s") % day
    return _("Next lesson: %(day)s, %(time)s") % day


def rule_of_places(run: CourseRun) -> str:
    if run.course.program.allocation == Allocation.DRAW:
        return _("Places are given by a draw.")
    return _("Places are given in the order in which applications are received, to the second.")


def pill(
    enrollment: Enrollment, *, position: int | None = None, offer: WaitlistOffer | None = None, is_past=False
) -> tuple[str, str]:
    """(kind, text) of the status pill."""
    match enrollment.state:
        case State.CONFIRMED if is_past:
            return "neutral", _("Finished")
        case State.CONFIRMED if is_unanswered(enrollment):
            return "offer", _("Still coming? By %(day)s") % {"day": day_month(enrollment.reconfirm_by)}
        case State.TRIAL:
            return "offer", _("Trial: decide by %(day)s") % {"day": day_month(enrollment.trial_ends_at)}
        case State.CONFIRMED:
            return "ok", _("Confirmed")
        case State.WAITLISTED if position:
            return "wait", _("Place in the queue: %(number)s") % {"number": position}
        case State.WAITLISTED:
            return "wait", _("In the queue")
        case State.OFFERED if offer:
            return "offer", _("Decide by %(day)s") % {"day": day_month(offer.expires_at)}
        case State.OFFERED:
            return "offer", _("Place offered")
        case State.LEAVING:
            return "neutral", _("Given back")
        case State.CANCELLED:
            return "bad", _("Cancelled")
        case State.EXPIRED:
            return "neutral", pgettext("place", "Ended")
    label = State(enrollment.state).label
    return "neutral", label[:1].upper() + label[1:]


def headline(
    enrollment: Enrollment, *, position: int | None, offer: WaitlistOffer | None, now: datetime
) -> tuple[str, str, str]:
    """(kind, title, sentence) at the head of an enrollment's page and of its receipt."""
    run = enrollment.run
    match enrollment.state:
        case State.CONFIRMED if run.ends_at <= now:
            return "info", _("The group has ended"), ""
        case State.CONFIRMED if is_unanswered(enrollment):
            until = {"deadline": deadline(enrollment.reconfirm_by, now)}
            words = _("Please answer until %(deadline)s. Without an answer the place goes to the next in the queue.")
            return "offer", _("Still coming?"), words % until
        case State.CONFIRMED:
            return "ok", _("Place confirmed"), _("There is nothing else to do.")
        case State.TRIAL:
            return _of_trial(enrollment, now)
        case State.WAITLISTED:
            return (
                "wait",
                _("The group is full. Place in the queue: %(number)s") % {"number": position},
                on_the_day(run, now=now) or queue_words(run),
            )
        case State.OFFERED if offer:
            return (
                "offer",
                _("A place is free"),
                _("It is held only for you until %(deadline)s.") % {"deadline": deadline(offer.expires_at, now)},
            )
        case State.OFFERED:
            return "offer", _("A place is free"), _("The offer is ending; what is true now will be shown here shortly.")
        case State.LEAVING:
            return (
                "info",
                _("The place was given back"),
                _("It is held until %(time)s, then it is offered to the next family.")
                % {"time": time(enrollment.releases_at)},
            )
        case State.WITHDRAWN:
            return "info", _("The place was given back"), _("You can apply again while applications are open.")
        case State.CANCELLED if run.state == RunState.CANCELLED:
            reason = causes.words(run.cancellation_reason).rstrip(".")
            return "bad", _("The group is cancelled"), _("Reason: %(reason)s.") % {"reason": reason} if reason else ""
        case State.CANCELLED:
            return (
                "bad",
                _("The centre cancelled this place"),
                _("The reason stands in the history below. Call or write to us with any question."),
            )
        case State.DECLINED:
            return (
                "info",
                _("The offer was declined"),
                _("Other queues stay as they were. You can apply again while applications are open."),
            )
        case State.EXPIRED:
            return "info", *_without_answer(enrollment)
    return "info", _("Moved to another group"), _("The new group is shown under “My family”.")


def is_unanswered(enrollment: Enrollment) -> bool:
    """Whether they were asked if they still come, and have not answered."""
    asked = enrollment.reconfirm_by is not None and enrollment.reconfirmed_at is None
    return asked and enrollment.state == State.CONFIRMED


def _of_trial(trial, now):
    lesson = trial.trial_lesson
    words = {"day": day_of(lesson), "deadline": deadline(trial.trial_ends_at, now)}
    if lesson.ends_at > now:
        return "ok", _("Trial lesson agreed"), _("Lesson: %(day)s. Decide until %(deadline)s.") % words
    until = _("Decide until %(deadline)s. Without an answer the place goes to the next family.") % words
    return "offer", _("Keep the place?"), until


def day_of(lesson: Lesson) -> str:
    return f"{date_day(lesson.starts_at)}, {at(lesson.starts_at)}"


def _without_answer(enrollment):
    """(title, sentence) of a place that ended without a word: only its ledger knows which question that was."""
    match enrollment.ledger.order_by("-number").values_list("event", flat=True).first():
        case LedgerEvent.TRIAL_ENDED:
            return _("The trial has ended"), _("No answer came in time; the place was passed on. You can apply again.")
        case LedgerEvent.UNCONFIRMED:
            words = _("Nobody said in time that the place is still needed. You can apply again.")
            return _("The place was passed on"), words
        case LedgerEvent.NO_SHOW:
            return _("The place was given to others"), _("Nobody had come by the start.")
    return _("The offer has ended"), _("No answer came in time. You can rejoin the queue.")


def on_the_day(run: CourseRun, *, now: datetime) -> str:
    """What whoever waits can do on the day itself; nothing before offers have ended, or where nothing is to be had."""
    if not standby.is_open(run, now=now):
        return ""
    return _(
        "There are no more offers. Places that stay empty at the start (%(time)s) are given at the door, in the order of the queue. A place is not promised."
    ) % {"time": at(run.starts_at)}


def queue_words(run: CourseRun) -> str:
    """What happens to whoever waits (UX 5.2)."""
    if run.course.program.confirms_directly:
        return _(
            "When it is your turn, the place is confirmed at once and we tell you by e-mail. Your number is always shown under “My family” and can only improve."
        )
    return _(
        "When it is your turn we will e-mail you. You will have up to %(hours)s hours to answer. Your number is always shown under “My family” and can only improve."
    ) % {"hours": run.course.program.offer_hours}


# -- What happened -----------------------------------------------------------------------------


def event_title(entry: LedgerEntry) -> str:
    if entry.event == LedgerEvent.ASKED and entry.from_state == State.TRIAL:
        return _("Asked whether to keep the place after the trial lesson")
    label = LedgerEvent(entry.event).label
    return label[:1].upper() + label[1:]


def event_detail(entry: LedgerEntry) -> str:
    match entry.event:
        case LedgerEvent.RECEIVED if entry.to_state == State.TRIAL:
            return _("A place for a trial lesson.")
        case LedgerEvent.RECEIVED | LedgerEvent.DRAWN:
            return _("The place is confirmed.") if entry.to_state == State.CONFIRMED else _("A place in the queue.")
        case LedgerEvent.RESTORED:
            return _("The place stays.") if entry.to_state in ATTENDING else ""
        case LedgerEvent.TRANSFERRED:
            return causes.words(entry.reason)
        case LedgerEvent.SKIPPED:
            return f"{entry.reason_words}. {_('The number in the queue stays.')}"
        case LedgerEvent.CANCELLED | LedgerEvent.MOVED if entry.reason:
            return _("Reason: %(reason)s.") % {"reason": causes.words(entry.reason).rstrip(".")}
    return ""


def receipt_details(first: LedgerEntry, standing: Standing) -> list[str]:
    """Why it became a place or a number in the queue, without a word about anybody else."""
    said = []
    if first.event == LedgerEvent.DRAWN:
        said.append(f"{first.reason_words}.")
    if standing.number:
        said.append(_("Number in the queue then: %(number)s.") % {"number": standing.number})
        if served := causes.who_is_served(first.enrollment.priority):
            said.append(_("Class in the queue: %(who)s.") % {"who": served})
    elif standing.free and first.event != LedgerEvent.DRAWN:
        facts = {"free": standing.free, "capacity": standing.capacity}
        said.append(_("Places free then: %(free)s of %(capacity)s.") % facts)
    if first.overridden:
        said.append(_("The centre gave it past a rule: %(rules)s.") % {"rules": ", ".join(first.overridden)})
    return said


def turn_detail(enrollment: Enrollment, *, ahead: int) -> str:
    """Why a place that became free came to this one."""
    if enrollment.submission.is_together:
        return _("There were places for all who go together.")
    if ahead == 0:
        return _("A place became free; the number in the queue was 1.")
    return _("A place became free; it was the turn of this application.")


def letter_detail(sent_at: datetime) -> str:
    return _("E-mail sent: %(when)s.") % {"when": exact(sent_at)}


def who_did(entry: LedgerEntry, *, user: User, relatives: set[int | None]) -> str:
    """Who did it, without naming another person: you, the family, the centre, or the system by itself."""
    if entry.by_id is None:
        return _("by itself")
    if entry.by_id == user.pk:
        return _("you")
    return _("the family") if entry.by_id in relatives else _("the centre")


def ago(moment: datetime, now: datetime) -> str:
    """šodien, 8:40 / 24.11.2026., 18:00"""
    if local(moment).date() == local(now).date():
        return _("today, %(time)s") % {"time": time(moment)}
    return f"{date_short(moment)}, {time(moment)}"


def exact(moment: datetime) -> str:
    """24.11.2026., 10:00:03"""
    return f"{date_short(moment)}, {time_exact(moment)}"
