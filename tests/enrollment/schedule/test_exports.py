"""Files of the timetable, opened again: sheets, paper and calendars hold what the board shows, and no child's name."""

import io
from datetime import date, time

import icalendar
import openpyxl
import pypdf
import pytest
from django.core.cache import cache

from accounts.models import Role
from courses.models import LessonState
from tests.enrollment.schedule.scenes import TUESDAY, at, instructor, lesson, make_house, make_room_in
from tests.factories import enroll, make_child, make_guardian, make_term, make_user

pytestmark = pytest.mark.django_db

EXPORT = "/desk/schedule/export"


@pytest.fixture
def desk(client):
    cache.clear()
    client.force_login(make_user(roles=[Role.DESK]))
    return client


@pytest.fixture
def room():
    return make_room_in(make_house(), "Mācību klase Ģ")


def sheet_of(response):
    return openpyxl.load_workbook(io.BytesIO(response.content)).active


def paper_of(response) -> str:
    reader = pypdf.PdfReader(io.BytesIO(response.content))
    return "\n".join(page.extract_text() for page in reader.pages)


def events_of(response):
    return icalendar.Calendar.from_ical(response.content).walk("VEVENT")


def test_a_sheet_has_real_dates_and_times_under_a_frozen_head(desk, room):
    lesson("R-1", room, at(16), title="Šķēršļu robotika", by=instructor())
    lesson("R-2", room, at(18), state=LessonState.CANCELLED, cancel_reason="Slimība")

    page = sheet_of(desk.get(f"{EXPORT}/xlsx?day={TUESDAY}"))

    assert page.freeze_panes == "A2"
    assert page["A2"].value.date() == TUESDAY
    assert (page["B2"].value, page["C2"].value) == (time(16), time(17, 30))
    assert page["A2"].is_date
    assert [cell.value for cell in page[2]][3:8] == [
        "VIZIUM",
        "Mācību klase Ģ",
        "R-1",
        "Šķēršļu robotika",
        "Ņina Krastiņa",
    ]
    assert [cell.value for cell in page[2]][8:10] == [0, 12]
    assert [cell.value for cell in page[3]][10:] == ["atcelts", "Slimība"]
    assert page.column_dimensions["G"].width > 30
    assert page.max_row == 3


@pytest.mark.parametrize("title", ["=HYPERLINK(\"http://zagļi.example\")", "+371", "-1+1", "@SUM(A1)", "\t=1", "a\x00b\x1f"])  # fmt: skip
def test_no_cell_of_a_sheet_is_a_formula(desk, room, title):
    lesson("R-1", room, at(16), title=title.replace("\x00", ""))

    page = sheet_of(desk.get(f"{EXPORT}/xlsx?day={TUESDAY}"))

    assert page["G2"].data_type == "s"
    assert page["G2"].quotePrefix == title.startswith(("=", "+", "-", "@", "\t"))


def test_paper_has_the_grid_and_the_list_in_latvian_letters(desk, room):
    lesson("R-1", room, at(16), title="Āķis #1 *treknraksts* $x$ [saite]")  # none of it is markup
    lesson("PY-1", room, at(17), title="Žirgts", state=LessonState.PLANNED)

    response = desk.get(f"{EXPORT}/pdf?day={TUESDAY}")

    page = pypdf.PdfReader(io.BytesIO(response.content)).pages[0]
    assert page.mediabox.width > page.mediabox.height
    shown = paper_of(response)
    for words in ("Āķis #1 *treknraksts* $x$ [saite]", "Žirgts", "Mācību klase Ģ", "melnraksts", "pārklājas", "0/12"):
        assert words in shown


@pytest.mark.parametrize("view", ["day", "week"])
def test_paper_of_nothing_is_paper(desk, view):
    assert "Nodarbību nav" in paper_of(desk.get(f"{EXPORT}/pdf?day={TUESDAY}&view={view}"))


def test_a_calendar_holds_lessons_with_head_counts_and_drafts_are_tentative(desk, room):
    held = lesson("R-1", room, at(16, days=7))
    enroll(held.run, make_child(first_name="Slepenā", last_name="Persona"))
    lesson("PY-1", room, at(10, days=7), state=LessonState.PLANNED)
    lesson("D-1", room, at(18, days=7), state=LessonState.CANCELLED)

    response = desk.get(f"{EXPORT}/ics?day=2026-12-01")

    found = {str(event["SUMMARY"]): str(event["STATUS"]) for event in events_of(response)}
    assert found == {
        "Melnraksts: Robotika (PY-1)": "TENTATIVE", "Robotika (R-1)": "CONFIRMED", "ATCELTS: Robotika (D-1)": "CANCELLED",
    }  # fmt: skip
    assert "Dalībnieki: 1" in response.content.decode().replace("\r\n ", "")


def test_the_filters_of_the_board_are_those_of_its_files(desk, room):
    other = make_room_in(room.venue, "Darbnīca")
    lesson("R-1", room, at(16))
    lesson("D-1", other, at(16))

    page = sheet_of(desk.get(f"{EXPORT}/xlsx?day={TUESDAY}&room={other.slug}"))

    assert [page.cell(row, 6).value for row in range(2, page.max_row + 1)] == ["D-1"]


def test_rooms_and_instructors_are_told_without_children(desk, room):
    held = lesson("R-1", room, at(16, days=7), by=instructor())
    enroll(held.run, make_child(first_name="Slepenā", last_name="Persona"))

    for query in ("day=2026-12-01", "day=2026-12-01&view=week", "day=2026-12-01&by=instructor"):
        files = [desk.get(f"{EXPORT}/{fmt}?{query}") for fmt in ("xlsx", "pdf", "ics")]
        sheet = str([[cell.value for cell in row] for row in sheet_of(files[0])])
        for shown in (sheet, paper_of(files[1]), files[2].content.decode()):
            assert "R-1" in shown
            assert "Slepenā" not in shown
            assert "Persona" not in shown
        for response in files:
            assert response.headers["Content-Disposition"].startswith('attachment; filename="grafiks-2026-')
            assert "no-store" in response.headers["Cache-Control"]


def test_a_term_is_written_for_one_room_and_refused_for_all(desk, room):
    make_term(starts_on=date(2026, 9, 1), ends_on=date(2027, 5, 31))
    lesson("R-1", room, at(16))
    lesson("R-2", room, at(16, days=100))
    lesson("X-1", make_room_in(room.venue, "Darbnīca"), at(16))

    one = sheet_of(desk.get(f"{EXPORT}/xlsx?day={TUESDAY}&room={room.slug}&span=term"))
    everything = desk.get(f"{EXPORT}/xlsx?day={TUESDAY}&span=term")
    years = desk.get(f"{EXPORT}/pdf?day={TUESDAY}&room={room.slug}&until=2030-01-01")

    assert [one.cell(row, 6).value for row in range(2, one.max_row + 1)] == ["R-1", "R-2"]
    for refused in (everything, years):
        assert refused.status_code == 422
        assert "Vienam failam par daudz" in refused.content.decode()
    assert "R-2" in paper_of(desk.get(f"{EXPORT}/pdf?day={TUESDAY}&room={room.slug}&span=term"))


def test_a_kind_of_file_that_is_not_known_is_not_there(desk, client):
    assert desk.get(f"{EXPORT}/docx").status_code == 404
    assert client.get("/my/week/export/xlsx").status_code == 404


def test_an_instructor_takes_the_own_week_along(client, room):
    nina = instructor()
    lesson("R-1", room, at(16), by=nina)
    lesson("R-2", room, at(10), by=instructor("Anna"))
    client.force_login(nina)

    (event,) = events_of(client.get(f"/teach/week/export/ics?day={TUESDAY}"))
    paper = paper_of(client.get(f"/teach/week/export/pdf?day={TUESDAY}"))

    assert "R-1" in str(event["SUMMARY"])
    assert "R-1" in paper
    assert "R-2" not in paper


def test_a_family_takes_its_week_along_by_first_names_and_nobody_elses(client, room):
    parent = make_guardian()
    child, other = make_child(parent, first_name="Annija", last_name="Bērziņa"), make_child(first_name="Svešais")
    sibling = make_child(parent, first_name="Kārlis", last_name="Bērziņa")
    enroll(lesson("R-1", room, at(16, days=7)).run, child)
    enroll(lesson("R-3", room, at(18, days=7)).run, sibling)
    enroll(lesson("R-2", room, at(10, days=7)).run, other)
    client.force_login(parent)

    paper = paper_of(client.get("/my/week/export/pdf?week=2026-W49"))
    events = events_of(client.get(f"/my/week/export/ics?week=2026-W49&child={child.pk}"))
    foreign = events_of(client.get(f"/my/week/export/ics?week=2026-W49&child={other.pk}"))

    assert "Annija" in paper
    assert "R-1" in paper
    assert "Bērziņa" not in paper
    assert "Svešais" not in paper
    assert [str(event["SUMMARY"]) for event in events] == ["Annija: Robotika"]
    assert sorted(str(event["SUMMARY"]) for event in foreign) == ["Annija: Robotika", "Kārlis: Robotika"]
    assert events_of(client.get("/my/week/export/ics?week=2026-W48")) == []
