"""Whatever staff and families type: three programs give the same text back, and it breaks nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import example, given, settings, strategies as st

from accounts.models import Learner
from courses.calendars import calendar, lesson_event, lesson_uid
from courses.models import Course, CourseRun, Lesson, Program, Room, Venue
from enrollment.calendars import family_calendar
from enrollment.models import Enrollment
from enrollment.subscriptions import FamilyLesson
from tests import readers

pytestmark = pytest.mark.once

STARTS = datetime(2027, 3, 28, 7, 0, tzinfo=UTC)
CHANGED = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

# What breaks careless writers, and any other letter; what no text may hold is taken out (courses.calendars).
letters = st.one_of(
    st.sampled_from([*'\\;,:"\n\t \'<>&%', "\\n", "\\,", "ā", "ģ", "ķ", "ļ", "ņ", "š", "ž", "Č", "€", "🤖", "👩‍🏫", "BEGIN:VEVENT"]),
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"], exclude_characters="\ufeff\x85"),
)  # fmt: skip
texts = st.lists(letters, max_size=60).map("".join)
HARD = [
    "a,b;c\\d\ne",
    "ķēžu rūķīši, " * 25,  # 325 characters
    "🤖" * 300,
    "\\",
    "\\n\\N\\;",
    "x" * 66 + "ā" + "y" * 300,
    "END:VEVENT\r\nBEGIN:VEVENT",
    "ATTENDEE:mailto:x@example.lv\r\n",
]


def some(test):
    """A text is up to sixty letters: of 300 examples, a third."""
    return settings(max_examples=max(10, settings.default.max_examples // 3))(test)


def all_of(values):
    def decorate(test):
        for value in values:
            test = example(value)(test)
        return test

    return decorate


def a_lesson(title="Robotika", room_name="Telpa", note=""):
    program = Program(slug="p", name_lv=title, name_en=title)
    course = Course(slug="c", program=program, title_lv=title, title_en=title)
    venue = Venue(slug="v", short_name="VIZIUM", address="Rūpniecības iela 2")
    run = CourseRun(pk=1, slug="r", code="R-1", course=course, changed_at=CHANGED)
    room = Room(pk=1, slug="t", venue=venue, name_lv=room_name, name_en=room_name)
    ends = STARTS + timedelta(hours=1)
    return Lesson(
        pk=7, run=run, room=room, starts_at=STARTS, ends_at=ends, change_note=note, changed_at=CHANGED, sequence=3
    )


def plain(text):
    """As one line: what calendars show of a title or a place."""
    return " ".join(text.split())


@some
@given(texts)
@all_of(HARD)
def test_a_title_a_place_and_a_note_come_back_from_three_programs_as_they_were(text):
    lesson = a_lesson(room_name=text, note=text)

    event = lesson_event(lesson, uid=lesson_uid(7), title=text, url="https://example.lv/", changed_at=CHANGED)
    (read,) = readers.read(calendar(events=[event], language="lv", name=text, refresh_hours=1))

    assert read.summary == plain(text)
    # The parts of a place that are empty are left out of it.
    assert read.location == plain(", ".join(part for part in ("VIZIUM", text, "Rūpniecības iela 2") if part))
    note = text.replace("\r\n", "\n")
    assert read.description == (f"{note}\n" if note else "") + "https://example.lv/"
    assert (read.uid, read.starts_at, read.ends_at, read.sequence) == (
        lesson_uid(7), STARTS, STARTS + timedelta(hours=1), 3,
    )  # fmt: skip


@some
@given(texts, texts)
def test_the_name_of_a_child_comes_back_from_three_programs_as_it_was(name, title):
    learner = Learner(first_name=name or "Annija", changed_at=CHANGED)
    lesson = a_lesson(title=title)
    place = Enrollment(pk=5, run=lesson.run, learner=learner, calendar_ref="0f1e", changed_at=CHANGED)

    with translation.override("lv"):
        octets = family_calendar([FamilyLesson(lesson, place, color=1)], language="lv")

    (read,) = readers.read(octets)
    assert read.summary == plain(f"{learner.first_name}: {title}")
    assert max(map(len, octets.split(b"\r\n"))) <= 75
