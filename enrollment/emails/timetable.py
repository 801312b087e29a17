"""Letters about changed lessons: one to each person whose family, booking or teaching a change touches.

They keep what the lessons were and became, in figures and names, so that they read the same when they are sent.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from accounts.outbox.flows import draft
from accounts.outbox.models import Message
from courses.flows.changes import Edit, Snapshot
from courses.models import LessonState, Room, TimetableChange
from enrollment import links
from enrollment.emails.facts import in_both_languages, title_of

SHOWN = 12  # lessons that one letter lists; the rest are counted, and stand in the calendar


def change_key(change: TimetableChange) -> str:
    """Begins the key of every letter about this change; stopping by this prefix stops them all."""
    return f"timetable-{change.pk}-"


def lessons_changed(change: TimetableChange, told: dict, *, hold_seconds: int = 0) -> list[Message]:
    """No. 9 and 10: cancelled, moved, online or on again; one letter for all children and lessons of a family.

    told: {(user, address of a guest): [(their place, the edits of its lessons)]}. One query.
    """
    return _to_families("lessons_changed", "told", change, told, now=change.made_at, hold_seconds=hold_seconds)


def late_change(change: TimetableChange, told: dict, *, about: str, now: datetime) -> list[Message]:
    """Once more, to people whose calendar has not fetched it. about: tells this reminder from others of the change."""
    return _to_families("late_change", f"late-{about}", change, told, now=now)


def teaching_changed(
    change: TimetableChange, edits: Iterable[Edit], *, but: Collection[tuple[int, int]] = (), hold_seconds: int = 0
) -> list[Message]:
    """The same to those who teach the lessons, except whoever changed them. Two queries.

    but: (lesson id, user id) of whom another letter tells of that lesson.
    """
    edits = list(edits)
    taught = defaultdict(list)
    for edit in edits:
        lesson = edit.lesson or edit.replaces
        for person in {*edit.after.instructors, *(edit.before.instructors if edit.before else ())}:
            if (lesson.pk, person) not in but and person != change.made_by_id:
                taught[person].append(edit)
    if not taught:
        return []
    rooms = _rooms(edits)
    letters = []
    for user in User.objects.filter(pk__in=taught, is_active=True).order_by("pk"):
        theirs = [("", edit) for edit in taught[user.pk]]
        letters.append(
            draft(
                kind="enrollment.teaching_changed", event_key=f"{change_key(change)}teaching", recipient=user,
                now=change.made_at, hold_seconds=hold_seconds, facts=_facts(change.reason, theirs, rooms),
            )
        )  # fmt: skip
    return letters


def substitution(
    change: TimetableChange, user: User, edits: list[Edit], *, invitation: dict | None, hold_seconds: int = 0
) -> Message:
    """Somebody is to teach instead, or not any more, or at another time.

    invitation: {"method", "uid", "sequence", "starts_at", …} of a single lesson (enrollment.invitations); None for a
    series, which is no single commitment.
    """
    rooms = _rooms(edits)
    lesson = edits[0].lesson
    number = f"-{invitation['sequence']}" if invitation else ""
    facts = _facts(change.reason, [("", edit) for edit in edits], rooms) | {"lesson_id": lesson.pk}
    return draft(
        kind="enrollment.substitution", event_key=f"{change_key(change)}substitute-{lesson.pk}{number}", recipient=user,
        now=change.made_at, hold_seconds=hold_seconds,
        facts=facts | {"invitation": invitation, "method": invitation["method"] if invitation else ""},
    )  # fmt: skip


# -- How they are made -----------------------------------------------------------------------


def _to_families(name, about, change, told, *, now, hold_seconds=0):
    rooms = _rooms(edit for theirs in told.values() for _place, edits in theirs for edit in edits)
    letters = []
    for (user, address), theirs in told.items():
        lessons = defaultdict(list)  # {(group, edit): first names}
        for place, edits in theirs:
            for edit in edits:
                lessons[id(edit)].append((place, edit))
        shown = []
        for several in lessons.values():
            names = ", ".join(place.learner.first_name for place, _edit in several if place.learner_id)
            shown.append((names, several[0][1]))
        facts = _facts(change.reason, shown, rooms)
        common = {"kind": f"enrollment.{name}", "now": now, "hold_seconds": hold_seconds}
        if user is None:
            place = theirs[0][0]
            facts |= {"ticket_path": links.ticket_path(place), "enrollment_id": place.pk, "seats": place.seats}
            letters.append(draft(
                event_key=f"{change_key(change)}{about}-guest", address=address, language=place.guest_language, facts=facts,
                **common,
            ))  # fmt: skip
            continue
        letters.append(draft(
            event_key=f"{change_key(change)}{about}", recipient=user, learner=theirs[0][0].learner, facts=facts, **common
        ))  # fmt: skip
    return letters


def _facts(reason: str, shown: list[tuple[str, Edit]], rooms) -> dict:
    """shown: (first names of those who attend, the edit), one of each."""
    instead = {edit.replaces.pk: edit for _names, edit in shown if edit.replaces is not None}
    own = [(names, edit) for names, edit in shown if edit.before is not None]
    own.sort(key=lambda one: (min(one[1].before.starts_at, one[1].after.starts_at), one[1].run.code, one[0]))
    groups = {}
    for names, edit in own[:SHOWN]:
        group = groups.setdefault(
            (edit.run.pk, names),
            {"title": title_of(edit.run), "code": edit.run.code, "names": names, "lessons": []},
        )
        group["lessons"].append(_lesson(edit, instead.get(edit.lesson.pk), rooms))
    every = {_what(edit) for _names, edit in own}
    return {
        "what": every.pop() if len(every) == 1 else "several", "count": len(own), "reason": reason.rstrip("."),
        "first_at": own[0][1].before.starts_at.isoformat(), "groups": list(groups.values()), "more": max(0, len(own) - SHOWN),
        "week_path": f"{reverse('enrollment:family_week')}",
    }  # fmt: skip


def _what(edit: Edit) -> str:
    """cancelled, restored, remote, time, room, time_room; "teaching" when only who teaches is another."""
    before, after = edit.before, edit.after
    if after.state == LessonState.CANCELLED and before.state != LessonState.CANCELLED:
        return "cancelled"
    if before.state == LessonState.CANCELLED and after.state != LessonState.CANCELLED:
        return "restored"
    if after.is_remote and not before.is_remote:
        return "remote"
    time = (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at)
    room = (before.room, before.is_remote) != (after.room, after.is_remote)
    return {(True, True): "time_room", (True, False): "time", (False, True): "room"}.get((time, room), "teaching")


def _lesson(edit, instead, rooms) -> dict:
    facts = {
        "what": _what(edit), **_moment(edit.before, rooms, "was_"), **_moment(edit.after, rooms),
        "replaced_at": "", "replaced_place": "",
    }  # fmt: skip
    if instead is not None:
        facts |= {
            "replaced_at": instead.after.starts_at.isoformat(),
            "replaced_place": _place(instead.after, rooms),
        }
    return facts


def _moment(snapshot: Snapshot, rooms, prefix="") -> dict:
    room = rooms.get(snapshot.room)
    return {
        f"{prefix}starts_at": snapshot.starts_at.isoformat(), f"{prefix}ends_at": snapshot.ends_at.isoformat(),
        f"{prefix}place": _place(snapshot, rooms), f"{prefix}is_remote": snapshot.is_remote,
        f"{prefix}address": room.venue.address if room else "",
    }  # fmt: skip


def _place(snapshot, rooms):
    room = rooms.get(snapshot.room)
    if room is None:
        return ""
    names = in_both_languages(room, "name")
    return {language: f"{room.venue.short_name}, {name}" for language, name in names.items()}


def _rooms(edits: Iterable[Edit]) -> dict[int, Room]:
    snapshots = [one for edit in edits for one in (edit.before, edit.after) if one]
    return Room.objects.select_related("venue").in_bulk({one.room for one in snapshots} - {None})
