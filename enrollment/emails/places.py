"""Letters about a place: given, waited for, ended, moved, and whether a group takes place."""

from datetime import datetime

from accounts.outbox.models import Message
from courses.models import CourseRun
from enrollment.emails.facts import draw_facts, old_place, title_of
from enrollment.emails.making import one_per_family, per_learner
from enrollment.models import Draw, Enrollment


def place_given(
    enrollments: list[Enrollment], *, now: datetime, hold_seconds=0, draw: Draw | None = None
) -> list[Message]:
    """No. 2: the place is confirmed; by a draw, if there was one."""
    extra = dict.fromkeys((one.pk for one in enrollments), draw_facts(draw)) if draw else None
    return per_learner("place_given", enrollments, now=now, extra=extra, hold_seconds=hold_seconds)


def joined_waitlist(
    enrollments: list[Enrollment], *, positions: dict[int, int], now: datetime, hold_seconds=0
) -> list[Message]:
    """No. 3: the group is full, this is the number in the queue."""
    extra = {
        one.pk: {"position": positions[one.pk], "offer_hours": one.run.course.program.offer_hours}
        | (old_place(one.replaces) if one.replaces_id else {})
        for one in enrollments
    }
    return per_learner("joined_waitlist", enrollments, now=now, extra=extra, hold_seconds=hold_seconds)


def place_ended(enrollment: Enrollment, *, by_centre: bool, reason="", now: datetime, hold_seconds=0) -> list[Message]:
    """No. 7: the place was given back by the family, or ended by the centre."""
    extra = {enrollment.pk: {
        "by_centre": by_centre, "reason": reason,
        "undo_until_at": enrollment.releases_at.isoformat() if enrollment.releases_at else "",
    }}  # fmt: skip
    return per_learner("place_ended", [enrollment], now=now, extra=extra, hold_seconds=hold_seconds)


def group_changed(old: Enrollment, new: Enrollment, *, reason: str, now: datetime, hold_seconds: int) -> list[Message]:
    """No. 8: staff moved the learner to another group."""
    extra = {new.pk: {"old_code": old.run.code, "old_title": title_of(old.run), "reason": reason}}
    return per_learner("group_changed", [new], now=now, extra=extra, hold_seconds=hold_seconds)


def group_exchanged(old: Enrollment, new: Enrollment, *, now: datetime) -> list[Message]:
    """The family changed the group: the new place and the end of the old one, in one letter."""
    return per_learner("group_exchanged", [new], now=now, extra={new.pk: old_place(old)})


def group_runs(run: CourseRun, enrollments: list[Enrollment], *, now: datetime) -> list[Message]:
    """No. 16: it was decided that the group takes place; one letter per family or guest."""
    return one_per_family("group_runs", run, enrollments, {}, now=now)


def group_cancelled(run: CourseRun, enrollments: list[Enrollment], *, reason: str, now: datetime) -> list[Message]:
    """No. 16: the group does not take place, and why; one letter per family or guest."""
    return one_per_family("group_cancelled", run, enrollments, {"reason": reason}, now=now)
