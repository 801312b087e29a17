"""Every kind of feed beside every change of a lesson: three programs read the same, and hear of it (CALENDARS, 1 to 9)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from courses import calendars
from courses.models import Lesson, LessonState, RunState
from tests import readers
from tests.calendars import link_for
from tests.enrollment.calendars.world import CHANGES, FEEDS, LATER, make_world, turn_remote
from tests.factories import DAY, HOUR, NOON, make_lesson, make_run
from tests.keys import without_keys

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

AFTERWARDS = LATER + HOUR / 4  # when programs ask again


@pytest.fixture(autouse=True)
def clock():
    """An hour after everything was made; tests move it."""
    cache.clear()
    with time_machine.travel(NOON + HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def world():
    return make_world()


def lessons_in(name, world):
    """Which lessons this feed is to hold, by what the database says of each."""
    lessons = Lesson.objects.exclude(state=LessonState.PLANNED).select_related("run__course", "room__venue")
    if name == "instructor":
        lessons = lessons.filter(instructors=world.instructor)
    if name == "room":
        lessons = lessons.filter(room=world.run.room)
    if name == "lesson":
        lessons = lessons.filter(pk=world.lesson.pk)
    return sorted(lessons, key=lambda one: (one.starts_at, one.pk))


def expected(name, world):
    """(uid without the learner's part, start, end, place, status, version) of every event, in the order of time."""
    return [
        (
            f"lesson-{one.pk}@testserver", one.starts_at, one.ends_at,
            "Tiešsaistē" if one.is_remote else calendars.place(one.room),
            "CANCELLED" if one.is_cancelled else "CONFIRMED", one.sequence,
        )
        for one in lessons_in(name, world)
        for _copy in range(FEEDS[name].copies)
    ]  # fmt: skip


def facts(event):
    uid = re.sub(r"^(lesson-\d+)-[^@]+@", r"\1@", event.uid)
    return uid, event.starts_at, event.ends_at, event.location, event.status, event.sequence


# -- What three programs read ---------------------------------------------------------------------------


def is_gone(name, change):
    return name == "lesson" and CHANGES[change] is None


@pytest.mark.once
@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_three_programs_read_alike_what_the_timetable_says_before_and_after(client, clock, world, change):
    addresses = {name: feed.address(world) for name, feed in FEEDS.items()}
    before = {name: readers.read(client.get(address).content) for name, address in addresses.items()}
    assert {name: [*map(facts, found)] for name, found in before.items()} == {
        name: expected(name, world) for name in FEEDS
    }

    pk = world.lesson.pk
    change(world)
    clock.move_to(AFTERWARDS)

    answers = {name: client.get(address) for name, address in addresses.items()}
    assert [name for name, answer in answers.items() if answer.status_code == 404] == [
        name for name in FEEDS if is_gone(name, change)
    ]
    after = {name: readers.read(answers[name].content) for name in FEEDS if not is_gone(name, change)}
    with translation.override("lv"):
        assert {name: [*map(facts, found)] for name, found in after.items()} == {
            name: expected(name, world) for name in after
        }
    for found in after.values():
        uids = [one.uid for one in found]
        assert len(set(uids)) == len(uids)
        assert {one.sequence for one in found if facts(one)[0] == f"lesson-{pk}@testserver"} <= {CHANGES[change]}
        assert all(one.summary.startswith("ATCELTS: ") == (one.status == "CANCELLED") for one in found)


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_every_change_is_noticed_once_by_tag_and_by_time(client, clock, world, change):
    addresses = {name: feed.address(world) for name, feed in FEEDS.items() if not is_gone(name, change)}
    first = {name: client.get(address) for name, address in addresses.items()}
    unchanged = {
        name: client.get(addresses[name], headers={"if-none-match": answer.headers["ETag"]}).status_code
        for name, answer in first.items()
    }
    assert unchanged == dict.fromkeys(addresses, 304)

    change(world)
    clock.move_to(AFTERWARDS)

    for name, address in addresses.items():
        tag, time = (first[name].headers[key] for key in ("ETag", "Last-Modified"))
        by_time = client.get(address, headers={"if-modified-since": time})
        by_tag = client.get(address, headers={"if-none-match": tag})
        new_tag, new_time = (by_tag.headers[key] for key in ("ETag", "Last-Modified"))
        again = [
            client.get(address, headers=known).status_code
            for known in ({"if-none-match": new_tag}, {"if-modified-since": new_time})
        ]
        assert (name, by_time.status_code, by_tag.status_code, again) == (name, 200, 200, [304, 304])
        assert (name, new_tag != tag) == (name, True)
        assert parsedate_to_datetime(time) < parsedate_to_datetime(new_time) <= AFTERWARDS


def test_who_teaches_instead_has_the_lesson_and_who_is_absent_has_not(client, clock, world):
    feeds = {one: link_for(one, "instructor") for one in (world.instructor, world.substitute)}
    tags = {one: client.get(address).headers["ETag"] for one, address in feeds.items()}

    next(change for change in CHANGES if change.__name__ == "substitute")(world)
    clock.move_to(AFTERWARDS)
    answers = {one: client.get(address, headers={"if-none-match": tags[one]}) for one, address in feeds.items()}

    uid = f"lesson-{world.lesson.pk}@testserver"
    held = {one: [event.uid for event in readers.read(answer.content)] for one, answer in answers.items()}
    assert uid not in held[world.instructor]
    assert held[world.substitute] == [uid]


@pytest.mark.parametrize(("change", "comes"), [("change_room", True), ("turn_remote", False)])
def test_a_room_that_is_left_and_one_that_is_taken_both_hear_of_it(client, clock, world, change, comes):
    left, taken = (link_for(world.desk, "room", room=room) for room in (world.run.room, world.other_room))
    tags = {address: client.get(address).headers["ETag"] for address in (left, taken)}

    next(one for one in CHANGES if one.__name__ == change)(world)
    clock.move_to(AFTERWARDS)
    answers = {address: client.get(address, headers={"if-none-match": tag}) for address, tag in tags.items()}

    uid = f"lesson-{world.lesson.pk}@testserver"
    assert uid not in [one.uid for one in readers.read(answers[left].content)]
    assert answers[taken].status_code == (200 if comes else 304)
    if comes:
        assert [one.uid for one in readers.read(answers[taken].content)] == [uid]


@pytest.mark.parametrize("name", FEEDS)
def test_lessons_that_are_only_planned_are_in_no_feed(client, world, name):
    address = FEEDS[name].address(world)
    Lesson.objects.update(state=LessonState.PLANNED)
    draft = make_run(course=world.run.course, state=RunState.DRAFT, lessons=0, room=world.run.room)
    make_lesson(draft, NOON + 3 * DAY).instructors.add(world.instructor)

    response = client.get(address)

    if name == "lesson":
        assert response.status_code == 404
    else:
        assert readers.read(response.content) == []


@pytest.mark.parametrize(("language", "place"), [("lv", "Tiešsaistē"), ("en", "Online")])
def test_a_lesson_held_online_says_so_in_the_feeds_language_and_tells_no_link(client, clock, world, language, place):
    turn_remote(world)
    clock.move_to(AFTERWARDS)

    for address in (link_for(world.mother, language=language), f"/courses.ics?lang={language}"):
        octets = client.get(address).content
        shown = [one for one in readers.read(octets) if one.starts_at == world.lesson.starts_at]
        assert {one.location for one in shown} == {place}
        assert {one.partition("/")[0] for one in re.findall(r"https?://(\S+)", octets.decode())} == {"testserver"}
        assert b"GEO" not in octets


# -- Octets and headers -----------------------------------------------------------------------------------

CALENDAR_LINES = ["VERSION:2.0", "PRODID:-//Ventspils Digitālais centrs//Enrollment//LV", "CALSCALE:GREGORIAN"]


def lines_of(octets):
    return octets.decode().replace("\r\n ", "").split("\r\n")


def names_in(octets):
    return {re.split("[:;]", line)[0] for line in lines_of(octets)}


@pytest.mark.parametrize("name", FEEDS)
def test_octets_are_as_every_program_wants_them(client, world, name):
    feed = FEEDS[name]
    Lesson.objects.filter(pk=world.lesson.pk).update(change_note="Ļoti gara piezīme, ar ķēdēm; un \\ zīmēm 🤖 " * 4)

    octets = client.get(feed.address(world)).content

    pieces = octets.split(b"\r\n")
    assert pieces.pop() == b""
    assert octets.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")  # so no byte order mark
    assert not any(b"\n" in piece or b"\r" in piece for piece in pieces)
    assert max(map(len, pieces)) <= 75
    assert all(piece.decode() for piece in pieces)  # none begins or ends inside a character
    assert octets.count(calendars.VTIMEZONE) == 1
    assert len(octets) <= 1_000_000
    own = octets.replace(calendars.VTIMEZONE, b"")
    forbidden = {"METHOD", "ORGANIZER", "ATTENDEE", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "ATTACH", "CONFERENCE"}
    assert names_in(own) & forbidden == set()
    assert b"VALARM" not in octets
    assert b"<" not in octets


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_names_itself_and_how_often_to_ask(client, world, name):
    feed = FEEDS[name]

    lines = lines_of(client.get(feed.address(world)).content)

    head = lines[1 : lines.index("BEGIN:VTIMEZONE")]
    assert head[:3] == CALENDAR_LINES
    names = [line.partition(":")[0] for line in head[3:]]
    assert names == (
        ["NAME", "X-WR-CALNAME", "X-WR-TIMEZONE", "COLOR", "REFRESH-INTERVAL;VALUE=DURATION", "X-PUBLISHED-TTL"]
        if feed.is_whole
        else []
    )
    if feed.is_whole:
        values = [line.partition(":")[2] for line in head[3:]]
        assert values[0] == values[1] != ""
        assert values[2:] == ["Europe/Riga", values[3], feed.refresh, feed.refresh]
        assert re.fullmatch("[a-z]+", values[3])


@pytest.mark.parametrize("name", FEEDS)
def test_an_event_has_the_lines_of_its_kind(client, world, name):
    feed = FEEDS[name]

    octets = client.get(feed.address(world)).content

    events = [one.split("END:VEVENT")[0] for one in "\n".join(lines_of(octets)).split("BEGIN:VEVENT")[1:]]
    assert len(events) == len(expected(name, world))
    for one in events:
        found = [re.split("[:;]", line)[0] for line in one.strip().split("\n")]
        assert len(set(found)) == len(found)
        assert {"UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "SUMMARY", "LOCATION", "URL", "STATUS", "TRANSP"} <= {
            *found
        }
        assert ("CLASS:PRIVATE" in one) == feed.is_private
        assert "DTSTART;TZID=Europe/Riga:" in one
        assert ("-" in re.search(r"UID:lesson-(\S+)@testserver", one)[1]) == feed.has_ref


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_holds_no_more_of_people_than_it_must(client, world, name):
    words = client.get(FEEDS[name].address(world)).content.decode().replace("\r\n ", "")

    secrets = ["Bērziņa", "anna@example.lv", world.mother.email, world.mother.phone, "2016"]
    assert [one for one in secrets if one in without_keys(words)] == []
    assert ("Annija" in words) == (name in ("family", "child"))


@pytest.mark.parametrize("name", FEEDS)
def test_headers_are_those_of_its_kind_and_no_session_is_touched(world, name):
    feed = FEEDS[name]
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = "somebody"

    response = client.get(feed.address(world), headers={"accept": ""})

    shown = {key: response.headers.get(key) for key in ("Content-Type", "Vary", "Set-Cookie", "Content-Length")}
    assert shown == {
        "Content-Type": "text/calendar; charset=utf-8", "Vary": "Accept-Encoding", "Set-Cookie": None,
        "Content-Length": str(len(response.content)),
    }  # fmt: skip
    private = ("private, no-cache", "noindex, nofollow", "no-referrer")
    told = tuple(response.headers.get(key) for key in ("Cache-Control", "X-Robots-Tag", "Referrer-Policy"))
    assert (told if feed.is_private else told[:2]) == (private if feed.is_private else ("public, max-age=900", None))
    assert response.cookies == {}


@pytest.mark.parametrize("name", FEEDS)
def test_head_answers_as_get_without_octets_and_nothing_else_is_allowed(world, name):
    client, address = Client(enforce_csrf_checks=True), FEEDS[name].address(world)

    whole, head = client.get(address), client.head(address)
    others = [getattr(client, method)(address) for method in ("post", "put", "patch", "delete", "options")]

    assert (head.status_code, head.content, head.headers) == (200, b"", whole.headers)
    assert {(one.status_code, one.headers["Allow"], one.content) for one in others} == {(405, "GET, HEAD", b"")}


@pytest.mark.parametrize("name", [name for name, feed in FEEDS.items() if feed.is_whole])
def test_the_window_begins_with_the_previous_month_and_keeps_a_cancelled_lesson_some_days(client, world, name):
    made = {
        "long ago": make_lesson(world.run, datetime(2026, 9, 30, 12, tzinfo=UTC)),
        "last month": make_lesson(world.run, datetime(2026, 10, 1, 12, tzinfo=UTC)),
        "cancelled long ago": make_lesson(world.run, NOON - 9 * DAY, state=LessonState.CANCELLED),
        "cancelled last week": make_lesson(world.run, NOON - 8 * DAY, state=LessonState.CANCELLED),
    }
    for lesson in made.values():
        lesson.instructors.add(world.instructor)

    shown = {facts(one)[0] for one in readers.read(client.get(FEEDS[name].address(world)).content)}

    kept = {key for key, lesson in made.items() if f"lesson-{lesson.pk}@testserver" in shown}
    assert kept == {"last month", "cancelled last week"}


@pytest.mark.parametrize("name", [name for name, feed in FEEDS.items() if feed.is_whole])
def test_no_feed_has_more_than_a_thousand_events(client, world, name):
    first = world.lessons[0].starts_at + DAY
    more = Lesson.objects.bulk_create(
        Lesson(run=world.run, room=world.run.room, starts_at=at, ends_at=at + HOUR / 2, changed_at=NOON)
        for at in (first + number * HOUR for number in range(1050))
    )
    teaching = Lesson.instructors.through
    teaching.objects.bulk_create(teaching(lesson=one, user=world.instructor) for one in more)

    octets = client.get(FEEDS[name].address(world)).content

    assert octets.count(b"BEGIN:VEVENT") <= 1000
    assert len(octets) <= 1_000_000
    assert octets.endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")


@pytest.mark.parametrize("name", FEEDS)
def test_two_readings_without_a_change_give_equal_octets(client, clock, world, name):
    address = FEEDS[name].address(world)

    first = client.get(address)
    clock.shift(timedelta(hours=30))
    second = client.get(address)

    assert first.content == second.content
    assert [first.headers[key] for key in ("ETag", "Last-Modified")] == [
        second.headers[key] for key in ("ETag", "Last-Modified")
    ]
