"""A board as a calendar file, through the builders that all calendars use. A draft is tentative, and says so."""

from django.urls import reverse
from django.utils.translation import get_language, gettext as _

from courses.calendars import TOPIC_COLORS, address, calendar, lesson_event, lesson_uid, run_title

from ..shapes import Block, Board


def board_calendar(board: Board, *, route: str) -> bytes:
    """route: the name of the page of a group, to which the events lead. Head counts, no names."""
    shown = (block for block in board.blocks if not block.placed.is_ghost)
    return calendar(events=[_event(block, route) for block in shown], language=(get_language() or "lv")[:2])


def _event(block: Block, route: str) -> bytes:
    lesson, run = block.lesson, block.run
    title = run_title(run) if block.code else run.course.title
    notes = [_("Participants: %(count)s") % {"count": run.seats_taken}] if block.placed.takes_time else []
    notes += [", ".join(person.name for person in block.placed.people)]
    event = lesson_event(
        lesson,
        uid=lesson_uid(lesson.pk),
        title=_("Draft: %(title)s") % {"title": title} if block.kind == "draft" else title,
        url=address(reverse(route, args=[run.pk])),
        changed_at=max(lesson.changed_at, run.changed_at),
        notes=[note for note in notes if note],
        color=TOPIC_COLORS.get(run.course.topic, ""),
        is_private=True,
    )
    return event.replace(b"\r\nSTATUS:CONFIRMED\r\n", b"\r\nSTATUS:TENTATIVE\r\n") if block.kind == "draft" else event
