"""Invitations to single commitments (RFC 5546 §3.2; CALENDARS, 12): a substitution, a guest's visit.

One event per letter: a REQUEST that a calendar program offers to enter, later ones with the next number to change it, and
a CANCEL to take it out. The organizer is the sender of the letter, the attendee its reader.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext

from accounts.outbox.models import Message
from courses import calendars
from courses.models import Lesson, RunState
from enrollment.models import ATTENDING, Enrollment

REQUEST, CANCEL = "REQUEST", "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    method: str
    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str | dict[str, str]  # {"lv", "en"} while a letter keeps it
    place: str | dict[str, str] = ""
    url: str = ""

    def facts(self) -> dict:
        """As a letter keeps it; read again, the outbox has made moments of texts and chosen the language."""
        return asdict(self) | {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}


def substitution_uid(lesson_id: int, user_id: int) -> str:
    """Not that of the instructor's feed: programs would take one for the other."""
    return f"substitution-{lesson_id}-{user_id}@{calendars.host()}"


def octets(invitation: Invitation, *, address: str, language: str, stamp: datetime) -> bytes:
    """The calendar object of one invitation to one reader; in the active language."""
    cancelled = invitation.method == CANCEL
    summary = gettext("CANCELLED: %(title)s") % {"title": invitation.title} if cancelled else invitation.title
    name, organizer = parseaddr(settings.DEFAULT_FROM_EMAIL)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{invitation.uid}",
        f"DTSTAMP:{_utc(stamp)}",
        f"SEQUENCE:{invitation.sequence}",
        f"DTSTART;TZID=Europe/Riga:{_local(invitation.starts_at)}",
        f"DTEND;TZID=Europe/Riga:{_local(invitation.ends_at)}",
        f"SUMMARY:{calendars.one_line(summary)}",
        f"ORGANIZER;CN={_parameter(name or organizer)}:mailto:{organizer}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:{address}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        f"TRANSP:{'TRANSPARENT' if cancelled else 'OPAQUE'}",
    ]
    if invitation.place:
        lines.append(f"LOCATION:{calendars.one_line(invitation.place)}")
    if invitation.url:
        lines.append(f"URL:{invitation.url}")
    lines.append("END:VEVENT")
    event = b"".join(map(calendars.fold, lines))
    return calendars.calendar(events=[event], language=language, method=invitation.method)


def in_letter(message: Message, facts: dict) -> list[tuple[str, str]]:
    """[(text, type)] to stand last among the letter's alternatives; nothing in a letter that invites to nothing."""
    invitation = _of_booking(message) if message.learner_id is None and "ticket_path" in facts else None
    if facts.get("invitation"):
        invitation = Invitation(**facts["invitation"])
    if invitation is None:
        return []
    content = octets(invitation, address=message.address, language=message.language, stamp=message.created_at)
    return [(content.decode(), f"text/calendar; method={invitation.method}")]


def _of_booking(message) -> Invitation | None:
    """A guest's visit as it is now: the place was booked, its lesson moved, replaced or cancelled.

    A lesson that replaces another one is the same visit at another time, and keeps its name.
    """
    place = (
        Enrollment.objects.filter(pk=message.facts.get("enrollment_id"), learner=None)
        .select_related("run__course")
        .first()
    )
    if place is None:
        return None
    lessons = list(Lesson.objects.filter(run=place.run_id).select_related("room__venue").order_by("pk"))
    if not lessons or (place.state not in ATTENDING and place.run.state != RunState.CANCELLED):
        return None
    newest = lessons[-1]
    lives = place.state in ATTENDING and not calendars.is_cancelled(_with_run(newest, place.run))
    return Invitation(
        method=REQUEST if lives else CANCEL, uid=calendars.lesson_uid(lessons[0].pk, place.calendar_ref),
        sequence=sum(one.sequence for one in lessons) + len(lessons) - 1,
        starts_at=newest.starts_at, ends_at=newest.ends_at, title=calendars.run_title(place.run),
        place=calendars.place(newest.room) if newest.room else "",
        url=calendars.address(place.run.get_absolute_url()),
    )  # fmt: skip


def _with_run(lesson, run):
    lesson.run = run
    return lesson


def _parameter(value: str) -> str:
    """A quoted parameter value; it cannot hold quotes (RFC 5545 §3.2)."""
    return '"' + value.replace('"', "").replace("\n", " ") + '"'


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _local(moment: datetime) -> str:
    return moment.astimezone(calendars.RIGA).strftime("%Y%m%dT%H%M%S")
