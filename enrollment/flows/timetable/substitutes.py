"""Who teaches instead of somebody: invited by letter, told when it changes, freed when it is taken back.

What somebody was invited to is read from the letters themselves: the newest about a lesson that was not stopped counts.
"""

from django.urls import reverse

from accounts.models import User
from accounts.outbox.models import Message
from courses import calendars
from courses.flows.changes import Edit, Plan
from courses.models import ChangeKind, Room, TimetableChange
from enrollment import emails
from enrollment.invitations import CANCEL, REQUEST, Invitation, substitution_uid


def letters(change: TimetableChange, found: Plan, *, hold_seconds: int) -> list[Message]:
    """Letters to those who are asked to teach, and to those who were and whose lesson is another one now."""
    edits = [edit for edit in found.edits if edit.lesson is not None]
    concerned = {person for edit in edits for one in (edit.before, edit.after) for person in one.instructors}
    known = _invitations(concerned) if concerned else {}
    rooms = (
        Room.objects.select_related("venue").in_bulk({edit.after.room for edit in edits} - {None}) if known else None
    )
    wanted = []  # (user id, edits, method or None)
    if found.order.kind == ChangeKind.SUBSTITUTED:
        asked = {person for edit in edits for person in _added(edit)}
        for person in sorted(asked):
            theirs = [edit for edit in edits if person in _added(edit)]
            wanted.append((person, theirs, REQUEST if len(theirs) == 1 else None))
        wanted += [
            (person, [edit], CANCEL)
            for edit in edits for person in sorted(set(edit.before.instructors) - set(edit.after.instructors))
            if _is_open(known, edit, person)
        ]  # fmt: skip
    else:
        wanted += [
            (person, [edit], REQUEST if edit.after.takes_place else CANCEL)
            for edit in edits for person in edit.after.instructors
            if edit.after.shown_in_calendars != edit.before.shown_in_calendars and _was_invited(known, edit, person)
        ]  # fmt: skip
    users = User.objects.in_bulk([person for person, _edits, _method in wanted])
    if rooms is None:
        rooms = Room.objects.select_related("venue").in_bulk({edit.after.room for edit in edits} - {None})
    return [
        emails.substitution(
            change, users[person], theirs, hold_seconds=hold_seconds,
            invitation=_invitation(theirs[0], person, method, known, rooms) if method else None,
        )
        for person, theirs, method in wanted
    ]  # fmt: skip


def _added(edit: Edit) -> set[int]:
    return set(edit.after.instructors) - set(edit.before.instructors)


def _invitations(people) -> dict[tuple[int, int], list[Message]]:
    """{(lesson id, user id): letters with an invitation, the oldest first}"""
    found = {}
    sent = Message.objects.filter(recipient__in=people, kind="enrollment.substitution").order_by("pk")
    for one in sent:
        if one.facts.get("invitation"):
            found.setdefault((one.facts["lesson_id"], one.recipient_id), []).append(one)
    return found


def _standing(known, edit, person) -> str:
    left = [one for one in known.get((edit.lesson.pk, person), ()) if one.stopped_at is None]
    return left[-1].facts["invitation"]["method"] if left else ""


def _is_open(known, edit, person) -> bool:
    return _standing(known, edit, person) == REQUEST


def _was_invited(known, edit, person) -> bool:
    """Still expected, or freed when the lesson was cancelled, which may now take place after all."""
    return _standing(known, edit, person) == (REQUEST if edit.before.takes_place else CANCEL)


def _invitation(edit, person, method, known, rooms) -> dict:
    numbers = [one.facts["invitation"]["sequence"] for one in known.get((edit.lesson.pk, person), ())]
    room = rooms.get(edit.after.room)
    return Invitation(
        method=method, uid=substitution_uid(edit.lesson.pk, person), sequence=max(numbers, default=-1) + 1,
        starts_at=edit.after.starts_at, ends_at=edit.after.ends_at,
        title=emails.in_each_language(lambda: calendars.run_title(edit.run)),
        place=emails.in_each_language(lambda: calendars.place(room)) if room else "",
        url=calendars.address(reverse("enrollment:teaching_run", args=[edit.run.pk])),
    ).facts()  # fmt: skip
