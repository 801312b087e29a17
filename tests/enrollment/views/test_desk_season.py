"""Terms, days off and venues, as a coordinator builds them on the pages."""

from datetime import date, time, timedelta

import pytest
import time_machine
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Role
from courses.flows.season.versions import version_of
from courses.models import Break, Room, Term, Venue
from tests.courses.flows.season.drafting import AUTUMN, days_of, make_draft
from tests.courses.flows.season.test_breaks_file import calendar, event
from tests.enrollment.views.desk import client_of, make_desk
from tests.factories import NOON, make_course, make_room, make_run, make_term, make_user

pytestmark = pytest.mark.django_db
YEAR = {
    "name_lv": "2027./2028. mācību gads", "name_en": "School year 2027/2028", "starts_on": "2027-09-01",
    "ends_on": "2028-05-31",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def coordinator():
    return client_of(make_user(roles=[Role.COORDINATOR]))


@pytest.fixture
def term():
    return make_term(**AUTUMN)


def words(response):
    return " ".join(response.content.decode().split())


# -- Terms -------------------------------------------------------------------------------------------


def test_the_rail_leads_those_there_who_build_and_nobody_else(coordinator):
    pages = [words(client.get("/desk/")) for client in (coordinator, client_of(make_desk()))]

    assert ['href="/desk/season/"' in page for page in pages] == [True, False]


def test_terms_stand_with_their_state(coordinator, term):
    make_term(starts_on=date(2025, 9, 1), ends_on=date(2026, 5, 29))
    running = make_term()
    make_run(term=running)
    make_draft(term=term)

    rows = coordinator.get("/desk/season/").context["rows"]

    assert [(row.state, row.drafts, row.published) for row in rows] == [
        ("melnraksts", 1, 0), ("notiek", 0, 1), ("pagājis", 0, 0)
    ]  # fmt: skip


def test_a_term_is_proposed_a_year_after_another_and_gets_its_breaks(coordinator):
    before = make_term(breaks=[(date(2026, 10, 19), date(2026, 10, 23))])
    proposed = coordinator.get(f"/desk/season/new/?after={before.pk}").context["form"].initial

    answer = coordinator.post(f"/desk/season/new/?after={before.pk}", {**YEAR, "with_breaks": "on"})

    made = Term.objects.latest("pk")
    assert (str(proposed["starts_on"]), str(proposed["ends_on"])) == ("2027-09-01", "2028-05-29")
    assert (answer["Location"], made.slug) == (f"/desk/season/{made.pk}/breaks/", "2027-28")
    assert [str(one.starts_on) for one in made.breaks.all()] == ["2027-10-18"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"ends_on": "2027-08-01"}, 409),
        ({"classes_start_on": "2027-08-01"}, 409),
        ({"starts_on": "vakar"}, 422),
        ({"starts_on": "0001-01-01"}, 422),
        ({"name_lv": ""}, 422),
        ({"enrollment_opens_at": "2027-03-28T03:30"}, 422),  # the clock leaves that hour out
        ({"name_lv": "x" * 81}, 422),
    ],
)
def test_a_term_that_makes_no_sense_is_answered_kindly(coordinator, sent, status):
    answer = coordinator.post("/desk/season/new/", YEAR | sent)

    assert (answer.status_code, Term.objects.count()) == (status, 0)
    assert 'class="error-summary' in words(answer)


def test_the_second_of_two_editors_of_a_term_is_told_and_nothing_typed_is_lost(coordinator):
    term = make_term(**AUTUMN)
    seen, address = version_of(term), f"/desk/season/{term.pk}/edit/"
    assert coordinator.post(address, YEAR | {"seen": seen}).status_code == 302

    second = coordinator.post(address, YEAR | {"seen": seen, "name_lv": "Cits nosaukums"})
    again = coordinator.post(
        address, YEAR | {"seen": second.context["form"]["seen"].value(), "name_lv": "Cits nosaukums"}
    )

    assert (second.status_code, 'value="Cits nosaukums"' in words(second), again.status_code) == (409, True, 302)
    assert Term.objects.get().name_lv == "Cits nosaukums"


def test_published_lessons_keep_a_term_from_shrinking(coordinator, term):
    make_run(term=term, starts_at=make_draft(term=term).starts_at)

    answer = coordinator.post(f"/desk/season/{term.pk}/edit/", YEAR | {"starts_on": "2027-10-01"})

    assert (answer.status_code, "07.09.2027." in words(answer)) == (409, True)


# -- Days off ----------------------------------------------------------------------------------------


def test_a_break_typed_moves_the_drafts_and_says_so(coordinator, term):
    draft = make_draft(term=term, course=make_course(lessons_planned=2))
    sent = {"name_lv": "Brīvs", "name_en": "Off", "starts_on": "2027-09-06", "ends_on": "2027-09-10"}

    answer = coordinator.post(f"/desk/season/{term.pk}/breaks/", sent, follow=True)

    assert days_of(draft) == ["14.09. 16:00", "21.09. 16:00"]
    assert "Melnraksti ar jauniem datumiem: 1." in words(answer)
    assert "Latvijas Republikas Proklamēšanas diena" in words(answer)


@pytest.mark.parametrize(
    ("first", "last", "status"), [("2027-09-10", "2027-09-06", 409), ("2026-09-01", "2026-09-02", 409), ("", "", 422)]
)
def test_a_break_that_makes_no_sense_is_answered_kindly(coordinator, term, first, last, status):
    sent = {"name_lv": "Brīvs", "name_en": "Off", "starts_on": first, "ends_on": last}

    answer = coordinator.post(f"/desk/season/{term.pk}/breaks/", sent)

    assert (answer.status_code, Break.objects.count()) == (status, 0)


def test_a_break_is_changed_and_removed_and_pressing_remove_twice_is_not_found(coordinator):
    term = make_term(**AUTUMN, breaks=[(date(2027, 10, 18), date(2027, 10, 22))])
    one = term.breaks.get()
    sent = {
        "name_lv": "R",
        "name_en": "A",
        "starts_on": "2027-10-25",
        "ends_on": "2027-10-29",
        "grade": "3",
        "seen": version_of(one),
    }

    statuses = [coordinator.post(f"/desk/season/breaks/{one.pk}/", sent).status_code for _ in range(2)]
    one.refresh_from_db()
    removed = [coordinator.post(f"/desk/season/breaks/{one.pk}/remove/").status_code for _ in range(2)]

    assert (statuses, one.grade, removed) == ([302, 409], 3, [302, 404])


def upload(client, term, octets, **more):
    file = SimpleUploadedFile("brivlaiki.ics", octets, content_type="text/calendar")
    return client.post(f"/desk/season/{term.pk}/breaks/import/", {"file": file, **more})


def test_a_file_is_looked_at_first_and_what_is_ticked_is_added_once(coordinator, term):
    octets = calendar(
        event("DTSTART;VALUE=DATE:20271018", "DTEND;VALUE=DATE:20271023", name="Rudens <b>", uid="1"),
        event("DTSTART;VALUE=DATE:20271101", "DTEND;VALUE=DATE:20271103", name="Projektu dienas", uid="2"),
    )

    looked = upload(coordinator, term, octets, grade="4")
    assert (looked.status_code, Break.objects.count()) == (200, 0)
    assert "Rudens &lt;b&gt;" in words(looked)
    taken = {"found": looked.context["signed"], "take": ["0"]}
    answers = [coordinator.post(f"/desk/season/{term.pk}/breaks/import/", taken).status_code for _ in range(2)]
    again = upload(coordinator, term, octets, grade="4")

    assert answers == [302, 302]
    assert [(one.name_lv, str(one.ends_on), one.grade) for one in Break.objects.all()] == [
        ("Rudens <b>", "2027-10-22", 4)
    ]
    assert [str(one.fate) for one in again.context["found"].candidates] == ["known", "new"]


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (calendar("DTSTART:vakar"), "5. rinda: Tas nav datums vai laiks."),
        (b"<html>", "1. rinda: "),
        (b"", "Fails ir tukšs."),
        (b"BEGIN:VCALENDAR\n" + b"X:1\n" * 300_000, "Fails ir lielāks par 1 MB."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_line(coordinator, term, octets, said):
    answer = upload(coordinator, term, octets)

    assert (answer.status_code, said in words(answer), Break.objects.count()) == (422, True, 0)


def test_what_was_found_is_taken_only_as_it_was_shown(coordinator, term):
    address = f"/desk/season/{term.pk}/breaks/import/"
    old = signing.dumps([], salt="something else")

    answers = [coordinator.post(address, {"found": found, "take": ["0"]}).status_code for found in ("x", old, "")]

    assert (answers, coordinator.post(address, {}).status_code) == ([422, 422, 422], 422)


# -- Venues ------------------------------------------------------------------------------------------


HOUSE = {"name_lv": "Nams", "name_en": "House", "short_name": "Nams", "address": "Iela 1"}


def test_a_venue_keeps_its_hours_and_the_periods_in_which_it_is_closed(coordinator):
    sent = HOUSE | {
        "mon_opens": "10:00", "mon_closes": "19:00", "closed_0_from": "1.11.", "closed_0_until": "31.03.",
        "closed_0_days": ["0"],
    }  # fmt: skip

    coordinator.post("/desk/venues/new/", sent)

    venue = Venue.objects.get()
    assert venue.opening_hours == [
        {"days": ["mon"], "opens": "10:00", "closes": "19:00"},
        {"days": ["mon"], "closed_from": "11-01", "closed_until": "03-31"},
    ]
    form = coordinator.get(f"/desk/venues/{venue.pk}/").context["form"]
    same = {name: form[name].value() for name in form.fields if form[name].value()}
    same = {name: f"{value:%H:%M}" if hasattr(value, "hour") else value for name, value in same.items()}
    assert coordinator.post(f"/desk/venues/{venue.pk}/", same).status_code == 302
    assert Venue.objects.get().opening_hours == venue.opening_hours


@pytest.mark.parametrize(
    "sent",
    [
        {"mon_opens": "10:00"},
        {"mon_opens": "10:00", "mon_closes": "09:00"},
        {"closed_0_from": "31.02.", "closed_0_until": "01.03."},
        {"closed_0_from": "01.03."},
        {"closed_0_days": ["9"]},
        {"short_name": ""},
    ],
)
def test_hours_that_make_no_sense_are_answered_kindly(coordinator, sent):
    answer = coordinator.post("/desk/venues/new/", HOUSE | sent)

    assert (answer.status_code, Venue.objects.count()) == (422, 0)


def test_a_room_that_is_renamed_changes_calendars_and_a_smaller_one_names_its_groups(coordinator, clock):
    run = make_run(capacity=12)
    clock.shift(timedelta(days=1))
    sent = {"name_lv": "Zilā", "name_en": "Blue", "capacity": "10", "use": "class", "seen": version_of(run.room)}

    answer = coordinator.post(f"/desk/venues/rooms/{run.room_id}/", sent, follow=True)
    second = coordinator.post(f"/desk/venues/rooms/{run.room_id}/", sent | {"name_lv": "Sarkanā"})

    run.refresh_from_db()
    assert run.changed_at == NOON + timedelta(days=1)
    assert f"Grupas, kurām vietu ir vairāk nekā telpā: {run.code}." in words(answer)
    assert (second.status_code, 'value="Sarkanā"' in words(second)) == (409, True)


def test_a_room_is_added_to_a_venue(coordinator):
    venue = make_room().venue

    statuses = [
        coordinator.post(
            f"/desk/venues/{venue.pk}/rooms/new/", {"name_lv": "1", "name_en": "1", "capacity": seats}
        ).status_code
        for seats in ("5", "0", "daudz")
    ]

    assert (statuses, Room.objects.filter(venue=venue).count()) == ([302, 422, 422], 2)


# -- Copying -----------------------------------------------------------------------------------------


def test_copying_proposes_the_newest_year_with_groups_and_the_term_after_it(coordinator, term):
    alone = coordinator.get("/desk/season/copy/")
    before = make_term(starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 22))
    course = make_course(lessons_planned=2)
    make_run(term=before, lessons=0, course=course, starts_on=date(2026, 9, 1), start_time=time(8))

    proposed = coordinator.get("/desk/season/copy/")
    pages = [coordinator.get(f"/desk/season/{term.pk}/{page}").content.decode() for page in ("", "breaks/")]

    assert alone.context["lines"] is None
    assert [(line.run.term, line.is_wanted) for line in proposed.context["lines"]] == [(before, True)]
    assert [f'href="/desk/season/copy/?target={term.pk}"' in page for page in pages] == [True, True]


def test_without_a_later_term_copying_leads_to_a_new_one_and_complains_of_nothing(coordinator):
    before = make_term(starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 22))
    make_run(term=before, lessons=0, starts_on=date(2026, 9, 1), start_time=time(8))

    page = coordinator.get("/desk/season/copy/", {"source": before.pk, "target": ""}).content.decode()

    assert f'href="/desk/season/new/?after={before.pk}"' in page
    assert "error" not in page.split("<main")[1]


@pytest.mark.parametrize(
    "address", ["season/99999/", "season/99999/breaks/", "season/groups/99999/", "venues/99999/", "venues/rooms/99999/"]
)
def test_what_is_not_there_is_not_found(coordinator, address):
    assert coordinator.get(f"/desk/{address}").status_code == 404
