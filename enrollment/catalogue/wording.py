"""What pages of courses and groups say about places, dates and conditions."""

from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from accounts.formatting import amount, date_range, date_short
from courses.models import Allocation, Certificate, Course, CourseKind, CourseRun, Venue
from courses.prices import other_price_line, price_line, reduction_lines
from courses.wording import ordinals
from enrollment import causes

Fact = tuple[str, str]  # (pictogram, text)
_JOINER = "\N{WORD JOINER}"  # keeps 28.09.–06.11. on one line


# -- Places ---------------------------------------------------------------------------------------


def missing(run: CourseRun) -> int:
    """How many more are needed for the run to take place; offered places are nobody's yet."""
    return max(0, run.minimum_size - (run.seats_taken - run.seats_offered))


def why_cancelled(run: CourseRun) -> str:
    """Why the centre cancelled a group, without a full stop; "" when it said nothing."""
    return causes.words(run.cancellation_reason).rstrip(".")


def missing_sentence(run: CourseRun) -> str:
    if count := missing(run):
        return _("Takes place if %(count)s more apply.") % {"count": count}
    return _("Enough people have applied: it takes place.")


def decision_sentence(run: CourseRun, *, today: date) -> str:
    """ "Notiks, ja pieteiksies vēl 2. Lēmums: 03.12.2026."; that it takes place, once that is decided; or nothing."""
    if run.decided_at is not None:
        return _("It is decided: the group takes place.")
    if run.decision_on is None or run.decision_on < today:
        return ""
    if not missing(run):
        return missing_sentence(run)
    return f"{missing_sentence(run)} {_('Decision: %(day)s') % {'day': date_short(run.decision_on)}}"


def rule_of_places(run: CourseRun) -> str:
    """How places are given and what happens when there are none left."""
    program = run.course.program
    if program.allocation == Allocation.DRAW:
        return _("Places are given by a draw. Whoever gets none joins the queue in the order drawn.")
    if program.confirms_directly:
        return _(
            "Places are given in the order in which applications are received. When there are none left, the application "
            "joins the queue and moves up by itself."
        )
    return _(
        "Places are given in the order in which applications are received. When there are none left, the application joins "
        "the queue; a place that becomes free is offered to the first in it. Hours to answer: up to %(hours)s."
    ) % {"hours": program.offer_hours}


def map_address(venue: Venue) -> str:
    """A plain link to a map of another site; nothing of it is loaded here."""
    if venue.latitude is not None and venue.longitude is not None:
        spot = f"{venue.latitude}/{venue.longitude}"
        return f"https://www.openstreetmap.org/?mlat={venue.latitude}&mlon={venue.longitude}#map=17/{spot}"
    return f"https://www.openstreetmap.org/search?{urlencode({'query': venue.address})}" if venue.address else ""


# -- What a course is ------------------------------------------------------------------------------


def course_facts(course: Course) -> list[Fact]:
    """Length, hours, certificate and what is needed, a line each."""
    facts = _length(course)
    if course.certificate != Certificate.NONE:
        facts.append(("certificate", _certificate(course)))
    if course.prerequisite:
        facts.append(("info", _("Needed before: %(text)s") % {"text": course.prerequisite}))
    return facts + _listed_facts(course)


def price_texts(course: Course) -> list[str]:
    main = price_line(course)
    others = other_price_line(course)
    lines = [f"{main}; {others}" if others else main] if main else []
    return lines + reduction_lines(course)


def _length(course):
    if not course.duration_minutes or course.kind in (CourseKind.CONTEST, CourseKind.BOOKABLE):
        return []
    facts = {"lessons": course.lessons_planned, "minutes": course.duration_minutes}
    if course.lessons_planned > 1:
        return [("clock", _("Lessons: %(lessons)s, each %(minutes)s min") % facts)]
    return [("clock", _("Length: %(minutes)s min") % facts)]


def _certificate(course):
    if course.academic_hours:
        words = _("Academic hours: %(hours)s, %(certificate)s")
        return words % {"hours": course.academic_hours, "certificate": course.get_certificate_display()}
    label = str(course.get_certificate_display())
    return label[:1].upper() + label[1:]


def _listed_facts(course):
    """From the facts that nothing computes with (Course.information); what is not understood is left out."""
    told = course.information
    facts = []
    adults = told.get("free_adults_per_children")
    if isinstance(adults, dict) and {"adults", "children"} <= adults.keys():
        facts.append(("users", _("Adults free of charge: %(adults)s for every %(children)s children") % adults))
    subjects = {
        "science": _("science"), "technology": _("technology"), "engineering": _("engineering"), "mathematics": _("mathematics"),
    }  # fmt: skip
    if named := [str(subjects[one]) for one in told.get("variants", ()) if one in subjects]:
        facts.append(("list", _("To choose from: %(subjects)s") % {"subjects": ", ".join(named)}))
    needs = {
        "written_contract": _("written contract"), "health_notes": _("notes on health"),
        "emergency_contact": _("phone for emergencies"), "pickup_persons": _("who collects the child"),
    }  # fmt: skip
    if named := [str(needs[one]) for one in told.get("needs", ()) if one in needs]:
        facts.append(("page", _("To be filled in before the start: %(papers)s") % {"papers": ", ".join(named)}))
    if course.kind == CourseKind.BOOKABLE and course.duration_minutes:
        facts.append(("clock", _("At one time: %(minutes)s min") % {"minutes": course.duration_minutes}))
        if most := told.get("max_min_per_day"):
            facts.append(("clock", _("In one day: up to %(minutes)s min") % {"minutes": most}))
    return facts


# -- Contests -------------------------------------------------------------------------------------


def contest_facts(course: Course, *, today: date) -> list[Fact]:
    """Team, grade bands, and the dates of the coming edition, or of the last one."""
    told, facts = course.information, []
    team = told.get("team")
    if isinstance(team, dict):
        words = _("In a team: pupils %(pupils)s, adults %(adults)s")
        facts.append(("users", words % {"pupils": team.get("pupils", 0), "adults": team.get("adults", 0)}))
    for band in told.get("groups", ()):
        grades = ordinals(band["grades"][0], band["grades"][-1])
        facts.append(("school", _("Group %(name)s: grades %(grades)s") % {"name": band["id"], "grades": grades}))
    editions = sorted((one for one in told.get("editions", ()) if one.get("year")), key=lambda one: one["year"])
    if editions:
        facts += _edition(next((one for one in editions if one["year"] >= today.year), editions[-1]))
    return facts


def _edition(edition):
    sentences = (
        ("remote_round", _("Remote round: %(days)s")), ("final", _("Final in Ventspils: %(days)s")), ("dates", _("Days: %(days)s")),
    )  # fmt: skip
    facts = []
    for name, sentence in sentences:
        days = edition.get(name)
        if days and len(days) == 2:
            span = date_range(*(date.fromisoformat(str(day)) for day in days)).replace("–", f"{_JOINER}–{_JOINER}")
            facts.append(("calendar", sentence % {"days": span}))
    if fund := edition.get("prize_fund"):
        facts.append(("star", _("Prize fund: %(sum)s") % {"sum": amount(Decimal(str(fund)))}))
    return facts
