"""What the desk sees of a change of lessons: before and after in words, what was checked, the letter, who is told."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count
from django.utils.translation import get_language, gettext as _

from accounts.formatting import date_day_short, day_month, local, time_range
from accounts.models import User
from accounts.outbox import delivery
from accounts.outbox.models import Message
from courses.flows.changes import Conflict, Edit, Snapshot
from courses.flows.timetable import holiday_names
from courses.models import CourseRun, Lesson, LessonChange, LessonState, Room, TimetableChange
from courses.refusals import TimetableReason
from enrollment import emails
from enrollment.flows.timetable import Preview

ROWS = 40  # lessons of one change that a page lists
NEWEST = 50  # changes


@dataclass(frozen=True)
class Row:
    """One lesson before and after; what did not change is left out of `after`."""

    run: CourseRun
    lesson_id: int | None
    before: list[str]
    after: list[str]
    is_cancelled: bool = False


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. kind: ok, bad, wait."""

    kind: str
    text: str
    lesson: Lesson | None = None  # what is in the way


@dataclass
class Shown:
    """A preview as the page shows it."""

    preview: Preview
    rows: list[Row]
    more: int
    checks: list[Check]
    letter: tuple[str, str] | None  # subject and text as the first family reads it
    in_the_way: int = 0
    problems: list[str] = field(default_factory=list)


def shown(preview: Preview, *, by: User, now: datetime) -> Shown:
    """Two queries more than the preview, and one for the letter."""
    edits = preview.plan.edits
    names = _Names(edits)
    own = [edit for edit in edits if edit.before is not None]
    instead = {edit.replaces.pk: edit for edit in edits if edit.replaces is not None}
    rows = [names.row(edit, instead.get(edit.lesson.pk)) for edit in own[:ROWS]]
    return Shown(
        preview=preview, rows=rows, more=len(own) - len(rows), checks=_checks(preview, names),
        letter=_letter(preview, by, now), in_the_way=len(preview.conflicts),
    )  # fmt: skip


class _Names:
    """Rooms and people of a plan by id: two queries."""

    def __init__(self, edits: Iterable[Edit]):
        snapshots = [one for edit in edits for one in (edit.before, edit.after) if one]
        self.rooms = Room.objects.select_related("venue").in_bulk({one.room for one in snapshots} - {None})
        self.people = User.objects.in_bulk({person for one in snapshots for person in one.instructors})

    def place(self, one: Snapshot) -> str:
        if one.room in self.rooms:
            return str(self.rooms[one.room])
        return _("online") if one.is_remote else _("no room")

    def teachers(self, one: Snapshot) -> str:
        return ", ".join(str(self.people[pk]) for pk in one.instructors if pk in self.people) or "–"

    def row(self, edit: Edit, instead: Edit | None = None) -> Row:
        before, after = edit.before or edit.after, edit.after
        was = [
            f"{date_day_short(before.starts_at)}, {time_range(before.starts_at, before.ends_at)}",
            self.place(before),
        ]
        will = [f"{date_day_short(after.starts_at)}, {time_range(after.starts_at, after.ends_at)}", self.place(after)]
        if before.instructors != after.instructors:
            was.append(self.teachers(before))
            will.append(self.teachers(after))
        if before.topic != after.topic:
            was.append(before.topic or "–")
            will.append(after.topic or "–")
        cancelled = after.state == LessonState.CANCELLED
        if cancelled:
            will = [_("will not take place")]
            if instead is not None:
                there = instead.after
                will += [
                    _("replaced: %(when)s")
                    % {"when": f"{date_day_short(there.starts_at)}, {time_range(there.starts_at, there.ends_at)}"},
                    self.place(there),
                ]
        lesson = edit.lesson or edit.replaces
        return Row(edit.run, lesson and lesson.pk, was, will, cancelled)


def words(conflict: Conflict, names: _Names | None = None) -> str:
    """What stands against a lesson: the reason, the other group and its time."""
    edit, run = conflict.edit, conflict.other_run
    where = f"{edit.run.code}, {day_month(edit.after.starts_at)}: "
    if conflict.reason == TimetableReason.ROOM_SMALL:
        room = names and names.rooms.get(edit.after.room)
        facts = {"seats": room.capacity if room else "", "group": edit.run.capacity}
        return where + _("the room is too small: seats %(seats)s, group %(group)s") % facts
    other = conflict.other or conflict.other_edit.after
    facts = {"group": f"{run.course.title}, {run.code}", "time": time_range(other.starts_at, other.ends_at)}
    if conflict.reason == TimetableReason.ROOM_TAKEN:
        return where + _("the room is taken: %(group)s, %(time)s") % facts
    person = names and names.people.get(conflict.instructor_id)
    facts["person"] = str(person or _("the instructor"))
    return where + _("%(person)s teaches: %(group)s, %(time)s") % facts


def _checks(preview, names) -> list[Check]:
    placed = [edit for edit in preview.plan.edits if edit.after.takes_place]
    found = [
        Check("bad", words(one, names), one.other or (one.other_edit and one.other_edit.lesson))
        for one in preview.conflicts[:ROWS]
    ]
    if len(preview.conflicts) > ROWS:
        found.append(Check("bad", _("Further conflicts: %(number)s") % {"number": len(preview.conflicts) - ROWS}))
    if not placed:
        return found
    reasons = {one.reason for one in preview.conflicts}
    after = placed[0].after
    if after.room and not reasons & {TimetableReason.ROOM_TAKEN, TimetableReason.ROOM_SMALL}:
        found.append(Check("ok", _("The room is free, seats: %(seats)s") % {"seats": names.rooms[after.room].capacity}))
    if after.instructors and TimetableReason.INSTRUCTOR_TAKEN not in reasons:
        found.append(Check("ok", _("The instructor is free")))
    return found + _warnings(placed, names)


def _warnings(placed, names) -> list[Check]:
    """What is allowed, and better known: another house, a holiday."""
    found = []
    houses = {
        names.rooms[edit.after.room].venue for edit in placed
        if edit.before and edit.before.room in names.rooms and edit.after.room in names.rooms
        and names.rooms[edit.before.room].venue_id != names.rooms[edit.after.room].venue_id
    }  # fmt: skip
    for venue in sorted(houses, key=lambda one: one.pk):
        found.append(Check("wait", _("Another address: %(address)s") % {"address": venue.short_name}))
    days = {local(edit.after.starts_at).date() for edit in placed}
    for day, name in holiday_names(min(days), max(days)).items():
        if day in days:
            found.append(Check("wait", _("Holiday: %(day)s, %(name)s") % {"day": day_month(day), "name": name}))
    return found


def _letter(preview, by, now) -> tuple[str, str] | None:
    """As the first family will read it, in the language of the page."""
    if not preview.letters:
        return None
    order = preview.plan.order
    change = TimetableChange(kind=order.kind, reason=order.reason, made_by=by, made_at=now)
    whom = next(iter(preview.touched.told))
    (draft,) = emails.lessons_changed(change, {whom: preview.touched.told[whom]})
    draft.language = (get_language() or "lv")[:2]
    letter = delivery.compose(draft)
    return letter.subject, letter.body.partition("\n--\n")[0].strip()


# -- What was changed ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A change in a list: which groups, how many lessons."""

    change: TimetableChange
    groups: list[str]
    lessons: int


def newest(*, before: int | None = None) -> list[Made]:
    """The newest changes, or those older than one; two queries."""
    found = TimetableChange.objects.select_related("made_by", "undone_by").annotate(count=Count("lessons"))
    if before:
        found = found.filter(pk__lt=before)
    page = list(found.order_by("-pk")[:NEWEST])
    groups = defaultdict(list)
    rows = (
        LessonChange.objects.filter(change__in=page).order_by("run__code").values_list("change", "run__code").distinct()
    )
    for change, code in rows:
        groups[change].append(code)
    return [Made(one, groups[one.pk], one.count) for one in page]


@dataclass(frozen=True)
class Told:
    """A letter about a change: to whom, and whether it has left."""

    who: str
    message: Message


def rows_of(change: TimetableChange) -> list[Row]:
    """What the lessons were and became, in the order in which they were planned; four queries."""
    entries = list(change.lessons.select_related("run__course", "lesson__replaces").order_by("pk"))
    edits = [
        Edit(
            one.run, one.lesson, one.before and Snapshot.read(one.before), Snapshot.read(one.after),
            one.lesson.replaces if one.before is None and one.lesson else None,
        )
        for one in entries
    ]  # fmt: skip
    names = _Names(edits)
    instead = {edit.replaces.pk: edit for edit in edits if edit.replaces is not None}
    return [
        names.row(edit, instead.get(edit.lesson.pk) if edit.lesson else None)
        for edit in edits
        if edit.before is not None
    ]


def told_of(change: TimetableChange, rows: list[Row]) -> list[Told]:
    """The letters about it, those of families first; one query."""
    key = emails.change_key(change)
    keys = [f"{key}{about}" for about in ("told", "told-guest", "teaching")]
    numbers = ["", *(f"-{number}" for number in range(10))]
    keys += [f"{key}substitute-{row.lesson_id}{number}" for row in rows[:ROWS] for number in numbers]
    found = Message.objects.filter(event_key__in=keys).select_related("recipient").order_by("kind", "pk")
    return [Told(str(one.recipient) if one.recipient else one.address, one) for one in found]
