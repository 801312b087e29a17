"""Single invitations (CALENDARS, 12): a substitution, a guest's visit; changed and taken back under the same name."""

from datetime import time, timedelta
from email import message_from_bytes, policy
from uuid import uuid4

import icalendar
import pytest

from accounts.models import Role
from accounts.outbox import delivery
from accounts.outbox.models import Message
from courses.flows import changes
from enrollment.flows import bookings, decisions, timetable
from tests.enrollment.flows.timetable.changing import carry_out, lessons_of, letters, make_coordinator, these
from tests.factories import DAY, HOUR, NOON, make_room, make_run, make_slot, make_user

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def by():
    return make_coordinator()


def parts(message):
    """The types of the letter's parts as a program reads them, and its calendar."""
    read = message_from_bytes(delivery.compose(message).message().as_bytes(), policy=policy.default)
    inner = read if read.get_content_type() == "multipart/alternative" else next(read.iter_parts())
    types = [part.get_content_type() for part in inner.iter_parts()]
    last = list(inner.iter_parts())[-1]
    if last.get_content_type() != "text/calendar":
        return types, None, {}
    return types, icalendar.Calendar.from_ical(last.get_payload(decode=True)), last["Content-Type"].params


def invitation(message):
    """(method, UID, SEQUENCE, status, local start)"""
    _types, calendar, params = parts(message)
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == params["method"]
    return (
        str(calendar["METHOD"]), str(event["UID"]), event["SEQUENCE"], str(event["STATUS"]), f"{event['DTSTART'].dt:%d.%m. %H:%M}",
    )  # fmt: skip


def substitute_of(lesson, by, *, now=NOON):
    teacher, other = make_user(roles=[Role.INSTRUCTOR]), make_user(roles=[Role.INSTRUCTOR])
    lesson.instructors.set([teacher])
    carry_out(changes.Substitute(instead=other.pk), these(lesson), by=by, now=now)
    return teacher, other


def test_a_substitute_is_invited_by_a_calendar_that_stands_last(by, settings):
    settings.DEFAULT_FROM_EMAIL = "Ventspils Digitālais centrs <info@centrs.example>"
    lesson = make_run(lessons=1).lessons.get()
    _teacher, other = substitute_of(lesson, by)

    (letter,) = letters("substitution")
    types, calendar, params = parts(letter)

    assert types == ["text/plain", "text/html", "text/calendar"]
    assert dict(params) == {"method": "REQUEST", "charset": "utf-8"}
    assert (letter.recipient, letter.send_after) == (other, NOON + 60 * SECOND)
    (event,) = calendar.walk("VEVENT")
    assert (str(event["ORGANIZER"]), str(event["ATTENDEE"])) == ("mailto:info@centrs.example", f"mailto:{other.email}")
    assert event["ORGANIZER"].params["CN"] == "Ventspils Digitālais centrs"
    assert invitation(letter) == (
        "REQUEST", f"substitution-{lesson.pk}-{other.pk}@testserver", 0, "CONFIRMED", "08.12. 12:00",
    )  # fmt: skip


def test_a_substitution_follows_its_lesson_and_ends_with_it(by):
    lesson = make_run(lessons=1).lessons.get()
    _teacher, _other = substitute_of(lesson, by)
    orders = [changes.Move(at=time(14)), changes.Cancel(reason="slimība"), changes.Restore(), changes.TurnRemote()]
    for number, order in enumerate(orders, 1):
        carry_out(order, these(lesson), by=by, now=NOON + number * DAY)

    found = [invitation(one) for one in letters("substitution")]

    assert [(method, sequence, status) for method, _uid, sequence, status, _when in found] == [
        ("REQUEST", 0, "CONFIRMED"), ("REQUEST", 1, "CONFIRMED"), ("CANCEL", 2, "CANCELLED"), ("REQUEST", 3, "CONFIRMED"),
        ("REQUEST", 4, "CONFIRMED"),
    ]  # fmt: skip
    assert len({uid for _method, uid, *_rest in found}) == 1
    assert letters("teaching_changed") == []  # one letter about it is enough


def test_a_substitution_taken_back_is_cancelled_with_the_next_number(by):
    lesson = make_run(lessons=1).lessons.get()
    teacher, other = substitute_of(lesson, by)

    carry_out(changes.Substitute(instead=teacher.pk), these(lesson), by=by, now=NOON + DAY)
    carry_out(changes.Substitute(instead=other.pk), these(lesson), by=by, now=NOON + 2 * DAY)

    found = [(one.recipient, *invitation(one)[:3:2]) for one in letters("substitution") if one.recipient == other]
    assert found == [(other, "REQUEST", 0), (other, "CANCEL", 1), (other, "REQUEST", 2)]


def test_a_substitution_undone_is_never_told_and_its_number_is_not_used_twice(by):
    lesson = make_run(lessons=1).lessons.get()
    _teacher, other = substitute_of(lesson, by)
    done = carry_out(changes.Move(at=time(14)), these(lesson), by=by, now=NOON + DAY)
    timetable.undo(done, by=by, now=NOON + DAY + SECOND)

    carry_out(changes.Move(at=time(15)), these(lesson), by=by, now=NOON + 2 * DAY)

    told = [one for one in letters("substitution") if one.stopped_at is None]
    assert [(one.recipient, *invitation(one)[:3:2]) for one in told] == [(other, "REQUEST", 0), (other, "REQUEST", 2)]


def test_a_series_is_told_in_one_letter_and_is_no_invitation(by):
    run = make_run(lessons=3)
    other = make_user(roles=[Role.INSTRUCTOR])

    carry_out(changes.Substitute(instead=other.pk), lessons_of(run), by=by)
    carry_out(changes.Cancel(reason="slimība"), these(run.lessons.first()), by=by, now=NOON + DAY)

    (letter,) = letters("substitution")
    assert parts(letter)[0] == ["text/plain", "text/html"]
    assert len(letter.facts["groups"][0]["lessons"]) == 3
    assert [one.recipient for one in letters("teaching_changed")] == [other]


# -- Visits --------------------------------------------------------------------------------------


def booked(slot):
    bookings.book(run=slot, seats_wanted=2, name="Līga", email="liga@example.lv", key=uuid4(), now=NOON)
    return Message.objects.get(kind="enrollment.place_given")


def test_a_visit_that_is_booked_moved_and_cancelled_is_one_commitment(by):
    slot = make_slot()
    ticket = invitation(booked(slot))
    carry_out(changes.Move(at=time(15), room_id=make_room().pk), lessons_of(slot), by=by, now=NOON + HOUR)
    moved = invitation(letters()[-1])
    carry_out(changes.Cancel(reason="slimība"), lessons_of(slot), by=by, now=NOON + 2 * HOUR)
    cancelled = invitation(letters()[-1])

    assert [ticket[0], moved[0], cancelled[0]] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [ticket[2], moved[2], cancelled[2]] == [0, 1, 2]
    assert (ticket[1], moved[4]) == (cancelled[1], "28.11. 15:00")
    assert ticket[1] == moved[1]


def test_a_visit_that_is_replaced_keeps_its_name_and_gets_the_new_time(by):
    slot = make_slot()
    ticket = invitation(booked(slot))

    carry_out(changes.Cancel(reason="slimība", replaced_at=slot.starts_at + HOUR * 3), lessons_of(slot), by=by)

    method, uid, sequence, _status, when = invitation(letters()[-1])
    assert (method, uid, sequence, when) == ("REQUEST", ticket[1], 2, "28.11. 15:00")


def test_a_visit_whose_slot_is_cancelled_as_a_whole_leaves_the_calendar(by):
    slot = make_slot()
    ticket = invitation(booked(slot))

    decisions.cancel_run(run=slot, by=by, reason="remonts", now=NOON + HOUR)

    method, uid, sequence, *_rest = invitation(Message.objects.get(kind="enrollment.group_cancelled"))
    assert (method, uid, sequence) == ("CANCEL", ticket[1], 1)
