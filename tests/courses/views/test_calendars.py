"""Public calendars: which lessons each of them holds, and in which words."""

import icalendar
import pytest
import time_machine

from courses.models import CourseStatus, Lesson, LessonState, PublicFeed, RunState
from tests.calendars import header, titles, uids
from tests.factories import DAY, HOUR, NOON, WEEK, make_course, make_lesson, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """An hour after everything was made; tests move it."""
    with time_machine.travel(NOON + HOUR, tick=False) as traveller:
        yield traveller


def address_of(run):
    return f"/courses/{run.course.slug}/{run.slug}.ics"


# -- What each calendar holds -----------------------------------------------------------------------


def test_each_public_calendar_holds_its_lessons_in_the_order_of_time(client):
    course = make_course()
    first, second = make_run(course=course, lessons=2), make_run(course=course, lessons=1, starts_at=NOON + 15 * DAY)
    other = make_run(lessons=1, starts_at=NOON + 30 * DAY)
    ids = {
        run: [f"lesson-{pk}@testserver" for pk in run.lessons.values_list("pk", flat=True)]
        for run in (first, second, other)
    }

    assert uids(client.get(address_of(first))) == ids[first]
    assert uids(client.get(f"/courses/{course.slug}.ics")) == [ids[first][0], ids[second][0], ids[first][1]]
    assert uids(client.get("/courses.ics")) == [ids[first][0], ids[second][0], ids[first][1], ids[other][0]]


def test_a_lesson_is_a_file_of_one_event_without_the_name_of_a_calendar(client):
    run = make_run(lessons=2)
    lesson = run.lessons.last()

    response = client.get(f"/courses/{run.course.slug}/{run.slug}/lessons/{lesson.pk}.ics")

    assert uids(response) == [f"lesson-{lesson.pk}@testserver"]
    assert b"NAME" not in response.content.replace(b"TZNAME", b"")
    assert header(response, "Content-Type", "Content-Disposition") == (
        "text/calendar; charset=utf-8", f'attachment; filename="lesson-{lesson.pk}.ics"',
    )  # fmt: skip


def test_drafts_and_courses_no_longer_offered_are_not_there(client):
    draft = make_run(state=RunState.DRAFT)
    historic = make_run(course=make_course(status=CourseStatus.HISTORIC))
    there = make_run(lessons=1)

    assert len(uids(client.get("/courses.ics"))) == 1
    for address in (
        address_of(draft),
        address_of(historic),
        f"/courses/{historic.course.slug}.ics",
        "/courses/no-such.ics",
        f"/courses/{there.course.slug}/no-such.ics",
        f"/courses/{there.course.slug}/{there.slug}/lessons/{draft.lessons.first().pk}.ics",
    ):
        response = client.get(address)
        assert (response.status_code, response.content) == (404, b"Not found\n")


def test_a_course_without_groups_is_an_empty_calendar(client):
    course = make_course()

    response = client.get(f"/courses/{course.slug}.ics")

    assert (response.status_code, uids(response)) == (200, [])
    assert b"BEGIN:VTIMEZONE" in response.content


def test_the_window_begins_with_the_previous_month_and_cancelled_lessons_leave_after_a_week(client):
    run = make_run(lessons=0)
    titled = {
        "before": make_lesson(run, NOON.replace(month=9, day=30)),
        "october": make_lesson(run, NOON.replace(month=10, day=1)),
        "cancelled long ago": make_lesson(run, NOON - 9 * DAY, state=LessonState.CANCELLED),
        "cancelled last week": make_lesson(run, NOON - 8 * DAY, state=LessonState.CANCELLED),
        "coming": make_lesson(run, NOON + WEEK),
    }

    shown = uids(client.get(address_of(run)))

    expected = ["october", "cancelled last week", "coming"]
    assert shown == [f"lesson-{titled[name].pk}@testserver" for name in expected]


def test_of_too_many_lessons_the_past_goes_first_and_then_the_farthest(client):
    run = make_run(lessons=0)
    Lesson.objects.bulk_create(
        Lesson(run=run, starts_at=at, ends_at=at + HOUR, changed_at=NOON)
        for at in (NOON - 2 * DAY + index * HOUR for index in range(1100))
    )

    events = icalendar.Calendar.from_ical(client.get(address_of(run)).content).walk("VEVENT")

    starts = [event["DTSTART"].dt for event in events]
    assert len(starts) == 1000
    assert f"{starts[0]:%A %H:%M}" == "Monday 00:00"
    assert starts[-1] == starts[0] + 999 * HOUR


def test_a_cancelled_group_cancels_its_lessons(client):
    run = make_run(lessons=1, state=RunState.CANCELLED)

    assert titles(client.get(address_of(run))) == [f"ATCELTS: Robotika 4.–6. klasei ({run.code})"]


def test_the_language_belongs_to_the_address(client):
    run = make_run(lessons=1)
    client.cookies["django_language"] = "en"

    latvian = client.get(address_of(run), headers={"accept-language": "en"})
    english = client.get(address_of(run) + "?lang=en", headers={"accept-language": "lv"})
    unknown = client.get(address_of(run) + "?lang=xx")

    assert titles(latvian) == titles(unknown) == [f"Robotika 4.–6. klasei ({run.code})"]
    assert titles(english) == [f"Robotics for grades 4–6 ({run.code})"]
    assert (header(latvian, "Content-Language"), header(english, "Content-Language")) == (("lv",), ("en",))
    assert latvian.headers["ETag"] != english.headers["ETag"]


def test_an_address_that_is_not_there_leaves_no_row(client):
    client.get("/courses/no-such.ics")
    client.get("/courses.ics?lang=xx")

    assert list(PublicFeed.objects.values_list("path", "language")) == [("/courses.ics", "lv")]
