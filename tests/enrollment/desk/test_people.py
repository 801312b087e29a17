from datetime import date

import pytest

from enrollment.desk import people
from enrollment.desk.people import Question, marked
from tests.factories import NOON, enroll, make_child, make_course, make_guardian, make_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def _family():
    ilze = make_user("maris@example.lv", first_name="Ilze", last_name="Ozoliņa", phone="+37129128812")
    make_child(ilze, first_name="Pēteris", last_name="Ozoliņš")
    make_child(make_user(first_name="Andris", last_name="Šmits"), first_name="Ģirts", last_name="Ķēniņš")


def found(text):
    return [str(person.learner) for person in people.search(text, now=NOON).people]


@pytest.mark.usefixtures("_family")
@pytest.mark.parametrize(
    "text",
    [
        "pe", "peteris", "PĒTERIS", "ozolins peteris", "peteris ozol", "ozolina",
        "881", "29 128", "+371 2912 8812", "+371 2912", "0037129128812", "maris@example", "petteris", "peterus", "ilze 8812",
    ],
)  # fmt: skip
def test_a_child_is_found_by_what_people_say(text):
    assert found(text) == ["Pēteris Ozoliņš"]


@pytest.mark.usefixtures("_family")
@pytest.mark.parametrize(
    "text", ["", "p", "88", "+371", "%", "zz", "ma", "<script>", "a" * 500, "pe\\", "(pe[", "\0\0", "²²²"]
)
def test_too_little_and_too_strange_finds_nobody(text):
    assert found(text) == []


@pytest.mark.usefixtures("_family")
@pytest.mark.parametrize("text", ["shmits", "smits", "girts", "kenins g", "ķēniņš"])
def test_letters_may_be_typed_without_a_latvian_keyboard(text):
    assert found(text) == ["Ģirts Ķēniņš"]


@pytest.mark.usefixtures("_family")
def test_the_guardian_who_matched_is_named():
    (person,) = people.search("881", now=NOON).people

    assert "".join(piece.text for piece in person.guardian) == "Ilze Ozoliņa"
    assert person.phone == "+37129128812"


def test_first_names_come_before_surnames_and_the_rest():
    for first, last in (("Zane", "Pētersone"), ("Pēteris", "Zars"), ("Anna", "Āpe"), ("Peips", "Ābols")):
        make_child(make_user(first_name="X", last_name="Y"), first_name=first, last_name=last)

    assert found("pe") == ["Peips Ābols", "Pēteris Zars", "Zane Pētersone"]


@pytest.mark.parametrize(
    ("text", "words", "pieces"),
    [
        ("Pēteris", ["pe"], [("Pē", True), ("teris", False)]),
        ("Eksperimentu", ["pe"], [("Eks", False), ("pe", True), ("rimentu", False)]),
        ("Ņina Šteina", ["ste", "ni"], [("Ņi", True), ("na ", False), ("Šte", True), ("ina", False)]),
        ("Robotika", ["zz"], [("Robotika", False)]),
    ],
)
def test_what_matches_is_marked_in_its_true_spelling(text, words, pieces):
    assert [(piece.text, piece.is_match) for piece in marked(text, words)] == pieces


def test_the_limit_is_said():
    for _ in range(31):
        make_child(first_name="Anna")

    answer = people.search("anna", now=NOON)

    assert (len(answer.people), answer.is_more) == (30, True)


def test_one_and_many_people_take_the_same_queries(django_assert_num_queries):
    def learn(name):
        enroll(make_run(), make_child(make_guardian(), first_name=name))

    learn("Viena")
    learn("Otra"), learn("Otrais")

    for text in ("viena", "otra"):
        with django_assert_num_queries(6):
            people.search(text, now=NOON)


def test_an_account_without_children_is_found_too():
    user = make_user(first_name="Žanete", last_name="Čakste")

    assert people.search("zanete", now=NOON).users == [user]


# -- Groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["R-2", "r2", "robot", "rob otr"])
def test_a_group_is_found_by_code_title_and_day(text):
    run = make_run(code="R-2")
    make_run(code="D-1", course=make_course(title_lv="Druka", title_en="Printing"), weekday=3)

    assert [group.run for group in people.search(text, now=NOON).groups] == [run]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("otr 9", (1, 9, None)),
        ("Otrdiena 9 gadi", (1, 9, None)),
        ("tue 9", (1, 9, None)),
        ("ceturtdienās 5.kl", (3, None, 5)),
        ("tre 5. klase", (2, None, 5)),
        ("5 klase pk", (None, None, None)),
        ("otr", (1, None, None)),
        ("otr peteris", (None, None, None)),
        ("9", (None, None, None)),
    ],
)
def test_a_day_with_an_age_or_a_grade_asks_for_groups(text, asked):
    question = Question.read(text)

    assert (question.weekday, question.age, question.grade) == asked


def test_open_groups_with_places_for_a_nine_year_old_on_tuesdays():
    def on(weekday, code, capacity=2, **ages):
        return make_run(code=code, weekday=weekday, capacity=capacity, course=make_course(**ages))

    fits = [on(1, "A-1", grade_min=3, grade_max=5), on(1, "A-2", age_min=7, age_max=10), on(1, "A-3")]
    on(1, "B-1", grade_min=7, grade_max=9)
    on(1, "B-2", age_min=12, age_max=15)
    on(3, "B-3", grade_min=3, grade_max=5)
    enroll(on(1, "B-4", capacity=1, grade_min=3, grade_max=5))  # full

    answer = people.search("otr 9", now=NOON)

    assert [group.run for group in answer.groups] == fits
    assert answer.people == []


@pytest.mark.parametrize(("today", "grades"), [(date(2026, 11, 24), {3, 4}), (date(2027, 4, 1), {2, 3})])
def test_the_grades_of_an_age_follow_the_school_year(today, grades):
    now = NOON.replace(year=today.year, month=today.month, day=today.day)

    assert people._grades_of(9, now) == grades
