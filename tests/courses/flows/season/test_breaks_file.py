"""Breaks out of an .ics of a school or the state: what they would become, and what is wrong with a file, and where."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from courses.flows.season import breaks_file, terms
from courses.flows.season.breaks_file import Fate, FileReason
from tests.factories import NOON, make_term, make_user

YEAR = {"starts_on": date(2026, 9, 1), "ends_on": date(2027, 5, 31)}


def calendar(*events: str) -> bytes:
    """A file of these events; each is its lines after BEGIN:VEVENT."""
    parts = [f"BEGIN:VEVENT\n{one.strip()}\nEND:VEVENT" for one in events]
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//skola//lv", *parts, "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


def event(start, *more, name="Rudens brīvlaiks", uid="1"):
    return "\n".join([f"UID:{uid}", f"SUMMARY:{name}", start, *more])


def spans(octets):
    return [
        (one.name, f"{one.starts_on:%d.%m.%Y}", f"{one.ends_on:%d.%m.%Y}", one.is_all_day)
        for one in breaks_file.read(octets)
    ]


# -- Days --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "first", "last", "is_all_day"),
    [
        (["DTSTART;VALUE=DATE:20261019", "DTEND;VALUE=DATE:20261024"], 19, 23, True),
        (["DTSTART;VALUE=DATE:20261019"], 19, 19, True),
        (["DTSTART:20261019", "DTEND:20261019"], 19, 19, True),  # not by the RFC, and often written
        (["DTSTART;VALUE=DATE:20261019", "DURATION:P5D"], 19, 23, True),
        (["DTSTART;TZID=Europe/Riga:20261019T000000", "DTEND;TZID=Europe/Riga:20261021T000000"], 19, 20, True),
        (["DTSTART:20261018T210000Z", "DTEND:20261023T210000Z"], 19, 23, True),
        (["DTSTART:20261024T210000Z", "DTEND:20261025T220000Z"], 25, 25, True),  # a day of 25 hours
        (
            ["DTSTART;TZID=FLE Standard Time:20261019T180000", "DTEND;TZID=FLE Standard Time:20261019T190000"],
            19,
            19,
            False,
        ),
        (["DTSTART;TZID=Nowhere:20261019T180000", "DURATION:PT8H"], 19, 20, False),
        (["DTSTART:20261019T100000"], 19, 19, False),
    ],
)
def test_days_are_local_and_the_end_is_exclusive(lines, first, last, is_all_day):
    assert spans(calendar(event(*lines))) == [("Rudens brīvlaiks", f"{first}.10.2026", f"{last}.10.2026", is_all_day)]


def test_lines_are_unfolded_names_unescaped_and_alarms_and_cancelled_events_left_out():
    folded = event("DTSTART;VALUE=DATE:20261019", name="Rudens\\, ga\n rais\\; brīv\n\tlaiks")
    alarm = event(
        "DTSTART;VALUE=DATE:20261102", "BEGIN:VALARM", "TRIGGER:-PT5M", "DTSTART:19990101", "END:VALARM", uid="2"
    )
    cancelled = event("DTSTART;VALUE=DATE:20261103", "STATUS:CANCELLED", uid="3")

    found = [(one[0], one[1]) for one in spans(calendar(folded, alarm, cancelled))]

    assert found == [("Rudens, garais; brīvlaiks", "19.10.2026"), ("Rudens brīvlaiks", "02.11.2026")]


# -- What is wrong, and where ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "reason", "line"),
    [
        (b"", FileReason.NO_CALENDAR, 0),
        (b"\n\n<html>\n", FileReason.NO_PARTS, 3),
        (b"X-A:1\n", FileReason.NO_CALENDAR, 1),
        (b"BEGIN:VCALENDAR\nVERSION\nEND:VCALENDAR\n", FileReason.NO_PARTS, 2),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\n", FileReason.WRONG_END, 2),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261019\n", FileReason.NO_END, 3),
        (b"END:VCALENDAR\n", FileReason.NO_CALENDAR, 1),
        (b"BEGIN:VCALENDAR\nX:\xff\n", FileReason.NO_TEXT, 2),
        (b"BEGIN:VCALENDAR\nX:\x00\n", FileReason.NO_TEXT, 2),
        (calendar("SUMMARY:Brīvs"), FileReason.NO_START, 4),
        (calendar("DTSTART:20261319"), FileReason.NO_DATE, 5),
        (calendar("DTSTART:vakar"), FileReason.NO_DATE, 5),
        (calendar("DTSTART:00010101"), FileReason.NO_DATE, 5),
        (calendar("SUMMARY:A\n garš\nDTSTART:20261019\nDTEND:20261018"), FileReason.ENDS_FIRST, 8),
        (calendar("DTSTART:20261019\nDURATION:vakar"), FileReason.NO_DATE, 6),
        (calendar("DTSTART:20261019\nRRULE:FREQ=BIEŽI"), FileReason.NO_DATE, 6),
        (calendar(*["DTSTART:20261019"] * 1001), FileReason.TOO_MANY, 3006),
        (b"BEGIN:VCALENDAR\n" + b"X:1\n" * 300_000, FileReason.TOO_LARGE, 0),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_line(octets, reason, line):
    with pytest.raises(breaks_file.FileRefused) as refused:
        breaks_file.read(octets)

    assert (refused.value.reason, refused.value.line) == (reason, line)


@given(
    st.lists(
        st.sampled_from(
            [*calendar(event("DTSTART:20261019", "RRULE:FREQ=YEARLY")).split(b"\r\n"), b"\xff", b" x", b"DTEND:1"]
        )
    )
)
def test_whatever_the_lines_the_answer_is_events_or_a_refusal(lines):
    try:
        breaks_file.read(b"\n".join([b"BEGIN:VCALENDAR", *lines]))
    except breaks_file.FileRefused as refused:
        assert refused.line <= len(lines) + 1  # noqa: PT017


# -- What they would become --------------------------------------------------------------------------


def fates(octets, term):
    return [(one.event.name, one.fate, one.is_wanted) for one in breaks_file.preview(octets, term=term).candidates]


@pytest.mark.django_db
def test_what_is_new_is_ticked_and_the_rest_is_told_apart():
    term = make_term(**YEAR, breaks=[(date(2026, 12, 21), date(2027, 1, 1))])
    octets = calendar(
        event("DTSTART;VALUE=DATE:20261019", "DTEND;VALUE=DATE:20261024", name="Rudens", uid="1"),
        event("DTSTART;VALUE=DATE:20261221", "DTEND;VALUE=DATE:20270102", name="Ziema", uid="2"),
        event("DTSTART;VALUE=DATE:20261118", name="Proklamēšana", uid="3"),
        event("DTSTART:20261120T170000", "DTEND:20261120T180000", name="Vecāku sapulce", uid="4"),
        event("DTSTART;VALUE=DATE:20260901", "RRULE:FREQ=WEEKLY", name="Peldēšana", uid="5"),
        event("DTSTART;VALUE=DATE:20270601", "DTEND;VALUE=DATE:20270901", name="Vasara", uid="6"),
    )

    assert fates(octets, term) == [
        ("Peldēšana", Fate.REPEATS, False), ("Rudens", Fate.NEW, True), ("Proklamēšana", Fate.HOLIDAY, False),
        ("Vecāku sapulce", Fate.TIMED, False), ("Ziema", Fate.KNOWN, False),
    ]  # fmt: skip
    assert breaks_file.preview(octets, term=term).outside == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=YEARLY", ["15.03.2027"]),
        ("FREQ=YEARLY;UNTIL=20260401", []),
        ("FREQ=YEARLY;UNTIL=20270315T000000Z", ["15.03.2027"]),
        ("FREQ=YEARLY;COUNT=3", []),
        ("FREQ=YEARLY;COUNT=4", ["15.03.2027"]),
        ("FREQ=YEARLY;INTERVAL=2", []),
        ("FREQ=YEARLY;INTERVAL=3", ["15.03.2027"]),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=15", ["15.03.2027"]),
    ],
)
def test_what_comes_every_year_comes_in_the_term(rule, days):
    octets = calendar(event("DTSTART;VALUE=DATE:20240315", f"RRULE:{rule}"))

    found = breaks_file.preview(octets, term=make_term(**YEAR)).candidates

    assert [f"{one.event.starts_on:%d.%m.%Y}" for one in found] == days
    assert {one.fate for one in found} <= {Fate.NEW}


@pytest.mark.django_db
def test_a_yearly_29_february_is_left_out_in_a_common_year():
    octets = calendar(event("DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY"))

    terms_of = [make_term(starts_on=date(year, 2, 1), ends_on=date(year, 3, 31)) for year in (2027, 2028)]

    assert [len(breaks_file.preview(octets, term=term).candidates) for term in terms_of] == [0, 1]


@pytest.mark.django_db
def test_the_same_file_twice_adds_nothing_and_a_moved_break_is_moved():
    term, by = make_term(**YEAR), make_user()

    def take(*lines):
        found = breaks_file.preview(calendar(event(*lines)), term=term).candidates
        facts = [
            terms.BreakFacts(
                name_lv=one.event.name, name_en=one.event.name, starts_on=one.event.starts_on, ends_on=one.event.ends_on,
                slug=one.event.key,
            )
            for one in found
        ]  # fmt: skip
        effect = terms.add_breaks(term=term, breaks=facts, by=by, now=NOON)
        return [one.fate for one in found], effect.added, effect.changed, effect.known

    autumn = ("DTSTART;VALUE=DATE:20261019", "DTEND;VALUE=DATE:20261024")
    assert take(*autumn) == ([Fate.NEW], 1, 0, 0)
    assert take(*autumn) == ([Fate.KNOWN], 0, 0, 1)
    assert take("DTSTART;VALUE=DATE:20261026", "DTEND;VALUE=DATE:20261031") == ([Fate.MOVED], 0, 1, 0)
    assert [one.starts_on for one in term.breaks.all()] == [date(2026, 10, 26)]
