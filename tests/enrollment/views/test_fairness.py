"""The public figures: what a visitor reads, in both languages, without a small number; and the same for a spreadsheet."""

import csv
import io
from collections import Counter

import pytest
from django.core.cache import cache

from enrollment.fairness import publishing
from enrollment.fairness.counting import Counts
from enrollment.models import FairnessReport
from tests.browser import DESKTOP, PHONE, accessibility_violations, overflow
from tests.factories import NOON, make_program, make_term


def make_report(**fields):
    """Three hundred applied, two hundred and ten have a place; grade 6 and the end of the queue are few."""
    counts = Counts(
        grades=["4", "5", "6", "other"], topics=["robotics", "science"], ways=["first_hour", "later", "queue"],
        rules=["clash", "limit", "several"], limit=2, applied=1300, with_one=1190, with_more=20, waiting=60,
        first_time=Counter({True: 1220, False: 80}), first_time_placed=Counter({True: 1170, False: 40}),
        by_grade=Counter({"4": 640, "5": 640, "6": 11, "other": 9}),
        by_grade_placed=Counter({"4": 600, "5": 595, "6": 9, "other": 6}),
        by_topic=Counter({"robotics": 800, "science": 600}), by_topic_placed=Counter({"robotics": 700, "science": 530}),
        by_way=Counter({"first_hour": 1100, "later": 80, "queue": 30}), served=30, served_hours=71.6, waiting_hours=30.2,
        offers=Counter({"accepted": 30, "declined": 6, "expired": 2}), past_rules=Counter({"limit": 3}),
    )  # fmt: skip
    defaults = {
        "program": make_program(), "term": make_term(), "opened_at": NOON,
        "computed_at": NOON, "figures": publishing.figures(counts),
    }  # fmt: skip
    return FairnessReport.objects.create(**defaults | fields)


@pytest.fixture
def report(db):
    cache.clear()
    program = make_program()
    program.name_en = "=Classes"  # as nobody would call it but who plays with spreadsheets
    program.save()
    return make_report(program=program)


def address(report, end="/"):
    return f"/fairness/{report.program.slug}/{report.term.slug}{end}"


def words(client, path, language="en"):
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split()).replace("\xa0", " ").replace("&nbsp;", " ")


def test_a_visitor_finds_every_program_that_has_opened(client, report):
    page = words(client, "/fairness/")

    assert f'href="{address(report)}"' in page
    assert "Children with a place: 1 210 of 1 300" in page


def test_before_the_first_opening_the_page_says_when_figures_come(client, db):
    assert "No figures yet" in words(client, "/fairness/")


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", [
            "Children with a place: 1 210 of 1 300", "For the first time and with a place: 40 of 80",
            "How most children came to their places: In the first hour", "Children waiting now: 60", "3 d", "30 h",
            "Given past a rule by staff: fewer than 5", "By grade: most children with a place: Grade 4", "Grade 6", "fewer than 5", "not shown",
            "counted 24.11.2026, 12:00",
        ]),
        ("lv", [
            "Bērni ar vietu: 1 210 no 1 300", "Pirmoreiz un ar vietu: 40 no 80", "Bērni, kas tagad gaida: 60",
            "Darbinieku lēmumi pret noteikumu: mazāk par 5", "6. klase", "mazāk par 5", "nav rādīts", "Rādīt tabulā",
        ]),
    ],
)  # fmt: skip
def test_each_number_stands_in_a_sentence_with_its_definition(client, report, language, sentences):
    page = words(client, address(report), language)

    assert [sentence for sentence in sentences if sentence not in page] == []
    assert page.count("<h2") == page.count("</h2>") >= 7


def test_a_small_number_is_nowhere_on_the_page_nor_in_the_file(client, report):
    """Two children of grade 6 and three of another have no place, two offers expired, three rules were overridden."""
    for path in (address(report), address(report, ".csv")):
        text = words(client, path)
        for label in ("Grade 6", "Ended without an answer", "Given past a rule"):
            assert label in text
    lines = list(
        csv.reader(io.StringIO(client.get(address(report, ".csv")).content.decode("utf-8-sig")), delimiter=";")
    )
    assert [line for line in lines[3:] if line[3].isdecimal() and int(line[3]) < 5] == []
    of_grade_6 = [line[2:] for line in lines if line[1] == "Grade 6"]
    assert of_grade_6 == [["With a place", "9"], ["Without a place", "fewer than 5"]]


def test_the_file_opens_in_a_spreadsheet_and_holds_no_formula(client, report):
    client.cookies["django_language"] = "en"
    answer = client.get(address(report, ".csv"))

    assert answer.content.startswith(b"\xef\xbb\xbf'=Classes;")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="fairness-{report.program.slug}-{report.term.slug}.csv"'
    )
    assert b"Children who applied;;1300" in answer.content


@pytest.mark.parametrize("end", ["/", ".csv"])
def test_what_has_not_opened_does_not_exist(client, report, end):
    assert client.get(f"/fairness/{report.program.slug}/nekas{end}").status_code == 404
    assert client.get(f"/fairness/nekas/{report.term.slug}{end}").status_code == 404


def test_more_figures_take_no_more_queries(client, report, django_assert_max_num_queries):
    for _ in range(3):
        make_report(program=make_program(), term=make_term())

    for path, most in (("/fairness/", 2), (address(report), 3), (address(report, ".csv"), 2)):
        with django_assert_max_num_queries(most):
            client.get(path)


@pytest.mark.parametrize("path", ["/", "/help/", "/courses/"])
def test_public_pages_lead_there(client, db, path):
    cache.clear()

    assert 'href="/fairness/"' in words(client, path)


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Elza: number 2 in the queue"), ("lv", "Elza: 2. numurs rindā")]
)
def test_the_help_page_draws_an_example_of_a_queue_and_of_a_draw(client, db, language, sentence):
    page = words(client, "/help/", language)

    assert sentence in page
    assert page.count('<ol class="lots"') == 2


@pytest.mark.once
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("window", "theme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"])
def test_the_figures_are_accessible_and_fit_their_window(open_page, report, window, theme):
    page = open_page(device=window)
    page.goto(f"/help/?theme={theme}")
    found = {"/help/": [*accessibility_violations(page), overflow(page)]}
    for path in ("/fairness/", address(report)):
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        found[path] = [*accessibility_violations(page), overflow(page)]

    assert found == {"/help/": [0], "/fairness/": [0], address(report): [0]}
