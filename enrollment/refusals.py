"""Every reason for "no", with its words: what is so, and what to do next (UX 5.2).

A refusal is an expected answer, not an error: flows raise it, pages and the API show it.
"""

from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext as _, gettext_lazy

from accounts.formatting import date_day, date_short, local, time as clock, time_range, weekday_plural
from accounts.models import Learner
from courses.wording import ordinals, years


class Reason(models.TextChoices):
    NOT_OPEN_YET = "not_open_yet", gettext_lazy("Not open yet")
    CLOSED = "closed", gettext_lazy("Applications are closed")
    DRAW = "draw", gettext_lazy("Places are given by a draw")
    DRAW_GROUPS = "draw_groups", gettext_lazy("These groups cannot be drawn")
    DRAW_WINDOW = "draw_window", gettext_lazy("Another time is needed")
    DRAW_BEGUN = "draw_begun", gettext_lazy("Too late to change the draw")
    IN_DRAW = "in_draw", gettext_lazy("Already takes part in the draw")
    MIXED = "mixed", gettext_lazy("Not in one application")
    PREPARED = "prepared", gettext_lazy("Already prepared")
    TOO_MANY = "too_many", gettext_lazy("Too many applications")
    BUSY = "busy", gettext_lazy("Very many are applying right now")
    CANCELLED = "cancelled", gettext_lazy("The group is cancelled")
    FINISHED = "finished", gettext_lazy("The group has ended")
    GRADE = "grade", gettext_lazy("Another grade")
    AGE = "age", gettext_lazy("Another age")
    PROFILE = "profile", gettext_lazy("A fact is missing")
    VENTSPILS = "ventspils", gettext_lazy("Not of Ventspils")
    TEACHER = "teacher", gettext_lazy("Only for teachers")
    PREREQUISITE = "prerequisite", gettext_lazy("Another course comes first")
    CLASH = "clash", gettext_lazy("The times overlap")
    LIMIT = "limit", gettext_lazy("All places of the term are used")
    ALREADY = "already", gettext_lazy("Already enrolled")
    FULL = "full", gettext_lazy("No places left")
    NOT_BOOKABLE = "not_bookable", gettext_lazy("Not bookable here")
    OFFER_ENDED = "offer_ended", gettext_lazy("The offer has ended")
    ENDED = "ended", gettext_lazy("Nothing to change")
    TOO_LATE = "too_late", gettext_lazy("Too late to undo")
    CAPACITY = "capacity", gettext_lazy("Capacity not possible")
    NO_TRIAL = "no_trial", gettext_lazy("No trial lesson here")
    TRIED = "tried", gettext_lazy("The trial lesson was used")
    TOO_LATE_TO_ANSWER = "answer_late", gettext_lazy("The time to answer is over")
    TOO_EARLY = "too_early", gettext_lazy("Not possible yet")
    NO_STANDBY = "no_standby", gettext_lazy("No places are given at the door")
    OUT_OF_TURN = "out_of_turn", gettext_lazy("Others come first in the queue")
    DECIDED = "decided", gettext_lazy("Decided already")
    DECISION_DAY = "decision_day", gettext_lazy("Another day is needed")


# What staff may override with a written reason. Never the capacity (PRODUCT, Places 6).
OVERRIDABLE = frozenset(
    {
        Reason.NOT_OPEN_YET, Reason.CLOSED, Reason.GRADE, Reason.AGE, Reason.PROFILE, Reason.VENTSPILS,
        Reason.TEACHER, Reason.PREREQUISITE, Reason.CLASH, Reason.LIMIT,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """One "no". `facts` hold what its sentences show; texts are made when read, in the reader's language."""

    reason: Reason
    learner: Learner | None = None
    facts: dict = field(default_factory=dict, compare=False)

    def __str__(self):
        return f"{self.title}. {self.detail}"

    @property
    def code(self) -> str:
        return self.reason.value

    @property
    def is_overridable(self) -> bool:
        return self.reason in OVERRIDABLE

    @property
    def title(self) -> str:
        """The answer in a few words, without a full stop."""
        facts = self._shown()
        match self.reason:
            case Reason.NOT_OPEN_YET:
                return _("Applications open on %(day)s at %(time)s") % facts
            case Reason.GRADE:
                return _("This group is for grades %(grades)s") % facts
            case Reason.AGE:
                return _("This group is for ages %(ages)s") % facts
            case Reason.VENTSPILS:
                return _("Free places are for Ventspils pupils")
            case Reason.TEACHER:
                return _("This training is for teachers of Ventspils schools")
            case Reason.PREREQUISITE:
                return _("Another course comes first: %(course)s") % facts
            case Reason.LIMIT:
                return _("All places this term are used: %(used)s of %(limit)s") % facts
            case Reason.ALREADY:
                return (
                    _("There is already a place in this group")
                    if facts["has_place"]
                    else _("Already in the queue of this group")
                )
        return self.reason.label

    @property
    def detail(self) -> str:
        """Why, and what to do next, in whole sentences."""
        facts = self._shown()
        match self.reason:
            case Reason.NOT_OPEN_YET:
                return _("Prepare yours now; at the start you will press one button.")
            case Reason.DRAW:
                return (
                    _(
                        "Apply from %(day)s at %(time)s until %(until_day)s at %(until_time)s. When you apply within that time makes no difference."
                    )
                    % facts
                )
            case Reason.DRAW_GROUPS:
                return (
                    _(
                        "Only published groups of one program and term that gives places by a draw, into which nobody has applied and which belong to no other draw. In the way: %(codes)s."
                    )
                    % facts
                )
            case Reason.DRAW_WINDOW if "day" in facts:
                return (
                    _(
                        "Applications begin in the future and end before the groups open by themselves: %(day)s, %(time)s."
                    )
                    % facts
                )
            case Reason.DRAW_WINDOW:
                return _("Applications begin in the future and end after they begin.")
            case Reason.DRAW_BEGUN:
                return _("Applications have begun, or the draw has ended. It can only be cancelled before it is held.")
            case Reason.IN_DRAW:
                return _("A child takes part once. Change the application that was sent instead.")
            case Reason.MIXED:
                return _("Groups whose places are drawn and other groups need applications of their own.")
            case Reason.PREPARED:
                return _("Such an application waits already. Change it instead of preparing another.")
            case Reason.TOO_MANY:
                return _("Not decided yet: %(limit)s. Send or take back some of them first.") % facts
            case Reason.BUSY:
                return _(
                    "Earlier applications for this group are being decided. Nothing was lost: press again in a moment."
                )
            case Reason.CLOSED:
                return _("Applications closed on %(day)s. Other groups may still have places.") % facts
            case Reason.CANCELLED:
                return _("The centre has cancelled this group. Choose another one or call us.")
            case Reason.FINISHED:
                return _("All its lessons are over. Look for a new group in the catalogue.")
            case Reason.GRADE if facts["grade"] is None:
                return _("The profile names no grade. If that is wrong, correct the profile.")
            case Reason.GRADE:
                return (
                    _(
                        "The profile says grade %(grade)s at the start of the group. If the grade has changed, correct the profile."
                    )
                    % facts
                )
            case Reason.AGE:
                return _("Age at the start of the group: %(age)s. Other groups may suit.") % facts
            case Reason.PROFILE:
                return _("The date of birth is missing in the profile. Add it and apply again.")
            case Reason.VENTSPILS:
                return _(
                    "The profile names neither a school nor a residence in Ventspils. Correct the profile, or call or write to us about other options."
                )
            case Reason.TEACHER:
                return _("Name the school where you work in your profile, or call us about other options.")
            case Reason.PREREQUISITE:
                return _("Complete that course first, or call us if you already know its content.")
            case Reason.CLASH:
                return (
                    _(
                        "%(weekday_times)s: the calendar already has “%(course)s, %(code)s”. Choose another group, or give up %(code)s first."
                    )
                    % facts
                )
            case Reason.LIMIT:
                return _("To apply for this group, give one of them back. Now used: %(codes)s.") % facts
            case Reason.ALREADY:
                return _("Received on %(day)s at %(time)s. No need to apply again.") % facts
            case Reason.FULL:
                return _("Places free: %(free)s. Join the queue or choose another time.") % facts
            case Reason.NOT_BOOKABLE:
                return _("Call or write to us to arrange it.")
            case Reason.OFFER_ENDED if "day" in facts:
                return _("The place was available until %(day)s, %(time)s. You can rejoin the queue.") % facts
            case Reason.OFFER_ENDED:
                return _("This offer was answered or withdrawn. What is true now is shown under “My family”.")
            case Reason.ENDED:
                return _("This application has already ended or changed. What is true now is shown under “My family”.")
            case Reason.TOO_LATE:
                return _("The place has been passed on. You can apply again.")
            case Reason.CAPACITY:
                return _("Seats taken: %(taken)s, seats in the room: %(room)s.") % facts
            case Reason.NO_TRIAL:
                return _("This lesson cannot be tried. Choose another one, or apply for the group.")
            case Reason.TRIED:
                return _("A lesson of this course can be tried once. Apply for the group instead.")
            case Reason.TOO_LATE_TO_ANSWER if "day" in facts:
                return _("The place was kept until %(day)s, %(time)s. You can apply again.") % facts
            case Reason.TOO_LATE_TO_ANSWER:
                return _("The place has been passed on. You can apply again.")
            case Reason.TOO_EARLY:
                return _("Possible from %(day)s, %(time)s.") % facts
            case Reason.NO_STANDBY:
                return _("In this program nobody who waits is asked to come.")
            case Reason.OUT_OF_TURN:
                return _("In front: %(names)s. Write why they are passed over, or ask them first.") % facts
            case Reason.DECIDED:
                return _("The group takes place, or has begun. It can still be cancelled.")
            case Reason.DECISION_DAY:
                return _("Choose a day from today until the start of the group.")
        return ""

    @property
    def short(self) -> str:
        """The line on a card, after the child's name and a colon."""
        facts = self._shown()
        match self.reason:
            case Reason.GRADE:
                return _("the group is for grades %(grades)s") % facts
            case Reason.AGE:
                return _("the group is for ages %(ages)s") % facts
            case Reason.CLASH:
                return _("overlaps with %(code)s, %(time)s") % facts
            case Reason.LIMIT:
                return _("places used: %(used)s of %(limit)s") % facts
            case Reason.ALREADY:
                return _("has a place") if facts["has_place"] else _("in the queue")
            case Reason.VENTSPILS:
                return _("for Ventspils pupils")
            case Reason.TEACHER:
                return _("for teachers")
            case Reason.PREREQUISITE:
                return _("first: %(course)s") % facts
            case Reason.PROFILE:
                return _("the date of birth is missing")
            case Reason.NOT_OPEN_YET:
                return _("opens %(day)s, %(time)s") % {**facts, "day": date_short(self.facts["at"])}
        return self.reason.label.lower()

    def _shown(self) -> dict:
        """The facts as text: a moment gives a day and a time, a range its figures, a group its code and course."""
        shown = dict(self.facts)
        if at := shown.get("at"):
            shown |= {"day": date_day(at), "time": clock(at)}
        if until := shown.get("until"):
            shown |= {"until_day": date_day(until), "until_time": clock(until)}
        if run := shown.get("run"):
            shown |= {"code": run.code, "course": run.course.title}
        if ends_at := shown.get("ends_at"):
            weekday = weekday_plural(local(at).weekday())
            shown["weekday_times"] = f"{weekday[:1].upper()}{weekday[1:]} {time_range(at, ends_at)}"
        if "minimum" in shown:
            shown |= {
                "grades": ordinals(shown["minimum"], shown["maximum"]),
                "ages": years(shown["minimum"], shown["maximum"]),
            }
        return shown


class EnrollmentRefused(Exception):
    """Raised by a flow with the refusals to show; nothing was changed."""

    def __init__(self, *refusals: Refusal):
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = refusals

    @property
    def refusal(self) -> Refusal:
        return self.refusals[0]
