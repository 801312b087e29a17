"""What the octets of a calendar say to programs that are not ours: three parsers read them back."""

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
import vobject
from django.utils import translation

from courses import calendars
from courses.calendars import calendar, fold, lesson_event, lesson_uid, public_event, text, window_at
from courses.models import LessonState, Room
from tests.factories import NOON, make_course, make_lesson, make_room, make_run

pytestmark = pytest.mark.django_db

WINTER = datetime(2026, 12, 8, 14, 30, tzinfo=UTC)  # 16:30 in Riga
SUMMER = datetime(2027, 5, 11, 13, 30, tzinfo=UTC)  # 16:30 in Riga


def lesson_at(starts_at, **fields):
    return make_lesson(make_run(lessons=0), starts_at, **fields)


def of(*lessons, **options):
    return calendar(events=map(public_event, lessons), language="lv", name="Nodarbības", refresh_hours=6, **options)


def unfolded(octets):
    return octets.decode().replace("\r\n ", "").split("\r\n")


def values(octets, name):
    """The values of all content lines of that name, parameters included."""
    return [
        line.removeprefix(name).lstrip(":") for line in unfolded(octets) if line.split(":")[0].split(";")[0] == name
    ]


def starts_by_icalendar(octets):
    return [event["DTSTART"].dt for event in icalendar.Calendar.from_ical(octets).walk("VEVENT")]


def starts_by_vobject(octets):
    """vobject computes the zone from the VTIMEZONE in the file itself."""
    return [event.dtstart.value for event in vobject.readOne(octets.decode()).vevent_list]


def starts_by_expansion(octets):
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(octets)).between((2026, 1, 1), (2028, 1, 1))
    return [event["DTSTART"].dt for event in sorted(found, key=lambda event: event["DTSTART"].dt)]


PARSERS = [starts_by_icalendar, starts_by_vobject, starts_by_expansion]


# -- Time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("parse", PARSERS)
def test_winter_and_summer_lessons_keep_their_local_time_and_their_moment(parse):
    octets = of(lesson_at(WINTER), lesson_at(SUMMER))

    starts = parse(octets)

    assert [f"{start:%d.%m.%Y %H:%M}" for start in starts] == ["08.12.2026 16:30", "11.05.2027 16:30"]
    assert [start.astimezone(UTC) for start in starts] == [WINTER, SUMMER]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31), date(2031, 3, 30)])
def test_lessons_on_the_days_around_a_clock_change_stay_at_ten(parse, sunday):
    mornings = [datetime(day.year, day.month, day.day, 10, tzinfo=calendars.RIGA) for day in around(sunday)]
    octets = of(*map(lesson_at, mornings))

    # The expansion looks at two years only; the other parsers at all.
    expected = [m for m in mornings if m.year < 2028 or parse is not starts_by_expansion]

    assert [start.astimezone(UTC) for start in parse(octets)] == [m.astimezone(UTC) for m in expected]


def around(sunday):
    return [sunday - timedelta(days=1), sunday, sunday + timedelta(days=1)]


def test_the_zone_agrees_with_the_zone_database_at_every_hour_of_a_year():
    zone = icalendar.Calendar.from_ical(of()).walk("VTIMEZONE")[0].to_tz(lookup_tzid=False)
    first = datetime(2027, 1, 1)  # noqa: DTZ001 - local hours, to be put into both zones
    hours = [first + timedelta(hours=hour) for hour in range(365 * 24)]
    # The hour that is left out in March and the one that comes twice in October have no single answer.
    plain = [h for h in hours if (h.month, h.day, h.hour) not in ((3, 28, 3), (10, 31, 3))]

    wrong = [h for h in plain if h.replace(tzinfo=zone).utcoffset() != h.replace(tzinfo=calendars.RIGA).utcoffset()]

    assert wrong == []


def test_an_empty_calendar_still_has_the_zone():
    octets = of()

    parsed = icalendar.Calendar.from_ical(octets)

    assert [component.name for component in parsed.walk()] == ["VCALENDAR", "VTIMEZONE", "DAYLIGHT", "STANDARD"]
    assert vobject.readOne(octets.decode()).vtimezone.tzid.value == "Europe/Riga"


# -- Calendar and events ----------------------------------------------------------------------------


def test_a_calendar_names_itself_and_how_often_to_ask():
    assert unfolded(of())[:10] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Ventspils Digitālais centrs//Enrollment//LV",
        "CALSCALE:GREGORIAN",
        "NAME:Nodarbības",
        "X-WR-CALNAME:Nodarbības",
        "X-WR-TIMEZONE:Europe/Riga",
        "COLOR:darkslateblue",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
    ]


def test_an_event_says_what_where_and_which_version():
    room = make_room()
    room.venue.latitude, room.venue.longitude = "57.395310", "21.561920"
    room.venue.save()
    run = make_run(lessons=0, room=room, course=make_course(title_lv="Elektronika, Arduino"))
    lesson = make_lesson(run, WINTER, sequence=2)
    lesson.refresh_from_db()

    octets = public_event(lesson)

    assert unfolded(octets)[:-1] == [
        "BEGIN:VEVENT",
        f"UID:lesson-{lesson.pk}@testserver",
        "DTSTAMP:20261124T100000Z",
        "LAST-MODIFIED:20261124T100000Z",
        "SEQUENCE:2",
        "DTSTART;TZID=Europe/Riga:20261208T163000",
        "DTEND;TZID=Europe/Riga:20261208T180000",
        f"SUMMARY:Elektronika\\, Arduino ({run.code})",
        "LOCATION:VIZIUM\\, Mācību klase 2\\, Rūpniecības iela 2\\, Ventspils",
        "GEO:57.395310;21.561920",
        f"DESCRIPTION:http://testserver{run.get_absolute_url()}",
        "CATEGORIES:Nodarbības",
        f"URL:http://testserver{run.get_absolute_url()}",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "COLOR:darkorange",
        "END:VEVENT",
    ]


def test_no_line_asks_for_an_answer_or_rings_or_repeats():
    octets = of(lesson_at(WINTER), lesson_at(SUMMER, state=LessonState.CANCELLED))
    names = {line.split(":")[0].split(";")[0] for line in unfolded(octets.replace(calendars.VTIMEZONE, b""))}

    assert names & {"METHOD", "ORGANIZER", "ATTENDEE", "VALARM", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"} == set()


@pytest.mark.parametrize(("language", "prefix"), [("lv", "ATCELTS: "), ("en", "CANCELLED: ")])
def test_a_cancelled_lesson_stays_and_says_so(language, prefix):
    lesson = lesson_at(WINTER, state=LessonState.CANCELLED, sequence=1)

    with translation.override(language):
        event = icalendar.Event.from_ical(public_event(lesson))
        title = calendars.run_title(lesson.run)

    assert event["SUMMARY"] == prefix + title
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 1)


def test_a_moved_lesson_keeps_its_uid_and_begins_with_what_changed():
    lesson = lesson_at(WINTER)
    before = icalendar.Event.from_ical(public_event(lesson))

    lesson.starts_at, lesson.ends_at = SUMMER, SUMMER + timedelta(hours=1)
    lesson.change_note, lesson.sequence = "Pārcelts no 08.12.2026.", 1
    after = icalendar.Event.from_ical(public_event(lesson))

    assert after["UID"] == before["UID"]
    assert after["DESCRIPTION"].splitlines()[0] == "Pārcelts no 08.12.2026."
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)


def test_a_restored_lesson_is_confirmed_again():
    lesson = lesson_at(WINTER, state=LessonState.CANCELLED, sequence=1)
    lesson.state, lesson.sequence = LessonState.SCHEDULED, 2

    event = icalendar.Event.from_ical(public_event(lesson))

    assert event["SUMMARY"] == calendars.run_title(lesson.run)
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CONFIRMED", "OPAQUE", 2)


def test_the_uid_comes_from_the_key_alone():
    lesson = lesson_at(WINTER)

    assert lesson_uid(lesson.pk) == f"lesson-{lesson.pk}@testserver"
    assert lesson_uid(lesson.pk, "0f1e") == f"lesson-{lesson.pk}-0f1e@testserver"


def test_the_stamp_is_the_newest_change_and_never_the_clock():
    lesson = lesson_at(WINTER)
    lesson.run.changed_at = NOON + timedelta(hours=3)

    assert values(public_event(lesson), "DTSTAMP") == ["20261124T130000Z"]
    assert values(public_event(lesson), "LAST-MODIFIED") == ["20261124T130000Z"]


def test_a_lesson_without_a_room_has_no_place():
    lesson = lesson_at(WINTER, room=None)

    assert values(public_event(lesson), "LOCATION") == []


# -- Text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a;b,c", "a\\;b\\,c"),
        ("C:\\Temp", "C:\\\\Temp"),
        ("viens\ndivi\r\ntrīs\rčetri", "viens\\ndivi\\ntrīs\\nčetri"),
        ("\x00zv\x07ans\ufeff", "zvans"),
        ("saspringts\udcff", "saspringts"),
        ("tab\tpaliek", "tab\tpaliek"),
    ],
)
def test_texts_are_escaped_and_cleaned(value, written):
    assert text(value) == written


@pytest.mark.parametrize(
    "title",
    [
        "Elektronika, \\ un ; pusdienas",
        "Ķēžu sāga: " + "glāžšķūņu rūķīši " * 12,
        "🤖" * 40,
        "BEGIN:VEVENT END:VEVENT",
        "<b>Robotika</b> & draugi",
    ],
)
def test_any_title_comes_back_as_it_was(title):
    lesson = lesson_at(WINTER)
    event = lesson_event(lesson, uid="u@x", title=title, url="http://x/", changed_at=NOON)
    octets = calendar(events=[event], language="lv")

    by_icalendar = icalendar.Calendar.from_ical(octets).walk("VEVENT")[0]["SUMMARY"]
    by_vobject = vobject.readOne(octets.decode()).vevent.summary.value

    assert by_icalendar == by_vobject == " ".join(title.split())


def test_a_title_cannot_begin_a_line_of_its_own():
    lesson = lesson_at(WINTER)

    octets = lesson_event(
        lesson, uid="u@x", title="Robotika\r\nATTENDEE:mailto:x@y.lv", url="http://x/", changed_at=NOON
    )

    assert values(octets, "SUMMARY") == ["Robotika ATTENDEE:mailto:x@y.lv"]
    assert values(octets, "ATTENDEE") == []


@pytest.mark.parametrize("letter", ["a", "ā", "€", "🤖"])
@pytest.mark.parametrize("shift", range(5))
def test_long_lines_are_folded_at_75_octets_and_never_inside_a_character(letter, shift):
    line = "SUMMARY:" + "x" * shift + letter * 150

    octets = fold(line)

    pieces = octets.split(b"\r\n")
    assert pieces.pop() == b""
    assert [piece.decode() for piece in pieces]  # each is whole UTF-8
    assert max(map(len, pieces)) <= 75
    assert min(map(len, pieces[:-1])) > 75 - len(letter.encode())
    assert octets.decode().replace("\r\n ", "") == line + "\r\n"


def test_every_line_ends_in_cr_lf_and_fits():
    run = make_run(lessons=0, course=make_course(title_lv="Ļoti gara nodarbība ar ķēniņu, žagatu un šķūni " * 3))
    octets = of(*(make_lesson(run, WINTER + timedelta(days=day)) for day in range(5)))

    lines = octets.split(b"\r\n")

    assert octets.endswith(b"END:VCALENDAR\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert not octets.startswith(b"\xef\xbb\xbf")


# -- Limits -----------------------------------------------------------------------------------


def test_a_calendar_has_at_most_a_thousand_events():
    event = public_event(lesson_at(WINTER))

    octets = calendar(events=[event] * 1200, language="lv")

    assert octets.count(b"BEGIN:VEVENT") == 1000
    assert octets.endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")


def test_a_calendar_is_at_most_a_megabyte():
    event = public_event(lesson_at(WINTER, change_note="ā" * 200)) + b"X-LONG:" + b"x" * 3000 + b"\r\n"

    octets = calendar(events=[event] * 900, language="lv")

    assert 996_000 < len(octets) <= 1_000_000


@pytest.mark.parametrize(
    ("now", "starts", "week", "cancelled_from"),
    [
        (datetime(2026, 11, 24, 10, tzinfo=UTC), date(2026, 10, 1), date(2026, 11, 23), date(2026, 11, 16)),
        (datetime(2026, 12, 31, 21, 59, tzinfo=UTC), date(2026, 11, 1), date(2026, 12, 28), date(2026, 12, 21)),
        (
            datetime(2026, 12, 31, 22, 0, tzinfo=UTC),
            date(2026, 12, 1),
            date(2026, 12, 28),
            date(2026, 12, 21),
        ),  # midnight
        (datetime(2028, 3, 31, 12, tzinfo=UTC), date(2028, 2, 1), date(2028, 3, 27), date(2028, 3, 20)),
    ],
)
def test_the_window_begins_with_the_previous_month_in_local_time(now, starts, week, cancelled_from):
    window = window_at(now)

    edges = [window.starts_at, window.this_week, window.cancelled_from]
    assert [edge.date() for edge in edges] == [starts, week, cancelled_from]
    assert all(edge.hour == 0 and edge.tzinfo is calendars.RIGA for edge in edges)


def test_the_window_stays_within_a_week_and_moves_with_it():
    monday = datetime(2026, 11, 16, 0, 0, tzinfo=calendars.RIGA)

    keys = [window_at(monday + timedelta(hours=hours)).key for hours in (0, 100, 167, 168)]

    assert keys == ["202610/1116", "202610/1116", "202610/1116", "202610/1123"]


def test_a_place_is_one_line():
    room = make_room(name_lv="2. klase\n(otrais stāvs)")
    lesson = lesson_at(WINTER, room=Room.objects.select_related("venue").get(pk=room.pk))

    assert values(public_event(lesson), "LOCATION") == [
        "VIZIUM\\, 2. klase (otrais stāvs)\\, Rūpniecības iela 2\\, Ventspils"
    ]
