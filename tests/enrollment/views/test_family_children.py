"""The facts of children and of oneself: typed once, read in every usual way, corrected by those who may."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Learner, Residency, TeacherProfile
from tests.factories import NOON, enroll, make_child, make_guardian, make_run, make_school, make_user

pytestmark = pytest.mark.django_db

NEW = "/my/children/new/"
FACTS = {
    "first_name": "Annija", "last_name": "Bērziņa", "birth_date_0": "27", "birth_date_1": "3", "birth_date_2": "2016",
    "school": "", "grade": "4", "residency": "ventspils",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def guardian(client):
    user = make_guardian()
    client.force_login(user)
    return user


def date_in_boxes(*boxes):
    return {f"birth_date_{index}": text for index, text in enumerate(boxes)}


@pytest.mark.parametrize(
    "boxes",
    [
        ("27", "3", "2016"),
        ("27", "03", "16"),
        ("27.3.2016", "", ""),
        ("27.03.2016.", "", ""),
        ("27/03/16", "", ""),
        ("2016-03-27", "", ""),
        ("27 3 2016", "", ""),
        (" 27 ", " 3 ", " 2016 "),
    ],
)
def test_a_date_of_birth_is_read_in_every_usual_way(client, guardian, boxes):
    client.post(NEW, FACTS | date_in_boxes(*boxes))

    assert Learner.objects.get().birth_date == date(2016, 3, 27)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date_0", "31"),  # of a month with thirty days, see below
        ("birth_date_2", "2027"),
        ("birth_date_2", "1950"),
        ("birth_date_0", ""),
        ("first_name", ""),
        ("first_name", "A" * 81),
        ("last_name", "<script>"),
        ("grade", "13"),
        ("grade", ""),
        ("residency", "moon"),
        ("school", "Nav tādas skolas"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_retyped(client, guardian, field, value):
    page = client.post(NEW, FACTS | {"birth_date_1": "11"} | {field: value})

    assert (page.status_code, Learner.objects.count()) == (422, 0)
    assert "Jāpārbauda lauki: 1." in page.content.decode()
    assert page.context["form"]["last_name"].value() is not None


def test_a_school_is_found_by_any_part_that_only_it_has(client, guardian):
    school, _other = make_school("Ventspils 2. vidusskola"), make_school("Ventspils 4. vidusskola")

    client.post(NEW, FACTS | {"school": "2 VIDUSSKOLA"})
    ambiguous = client.post(NEW, FACTS | {"first_name": "Roberts", "school": "vidusskola"})
    client.post(NEW, FACTS | {"first_name": "Elza", "school": "cita skola"})

    assert list(Learner.objects.order_by("pk").values_list("first_name", "school")) == [
        ("Annija", school.pk),
        ("Elza", None),
    ]
    assert ambiguous.status_code == 422


def test_a_child_sent_twice_is_one_child(client, guardian):
    for _press in range(2):
        client.post(NEW, FACTS)

    assert Learner.objects.count() == 1


def test_a_second_child_is_not_asked_for_what_the_first_one_told(client, guardian):
    make_child(guardian, school=make_school("Ventspils 2. vidusskola"))

    initial = client.get(NEW).context["form"].initial

    assert (initial["last_name"], initial["residency"], str(initial["school"])) == (
        "Bērziņa",
        "ventspils",
        "Ventspils 2. vidusskola",
    )


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_it_goes_on_only_within_the_site(client, guardian, address):
    sent = client.post(NEW, FACTS | {"next": address})

    assert sent.url == "/my/"


def test_facts_are_corrected(client, guardian):
    child = make_child(guardian)
    Learner.objects.update(evidence_confirmed_at=NOON)

    client.post(reverse("enrollment:child", args=[child.pk]), FACTS | {"grade": "5", "residency": "elsewhere"})

    child.refresh_from_db()
    assert (child.grade, child.residency, child.evidence_confirmed_at) == (5, Residency.ELSEWHERE, None)


def test_another_familys_child_does_not_exist(client, guardian):
    theirs = make_child()
    address = reverse("enrollment:child", args=[theirs.pk])

    assert (client.get(address).status_code, client.post(address, FACTS).status_code) == (404, 404)


def test_that_there_is_another_guardian_is_shown_but_not_who(client, guardian):
    child = make_child(guardian)
    other = make_guardian(first_name="Jānis", last_name="Zariņš")
    child.guardianships.create(guardian=other, started_at=NOON)

    page = client.get(reverse("enrollment:child", args=[child.pk])).content.decode()

    assert "Otrs pārstāvis" in page
    assert [word for word in ("Zariņš", other.email, "Jānis") if word in page] == []


def test_a_guardian_no_longer_sees_the_child_once_it_has_ended(client, guardian):
    child = make_child(guardian)
    child.guardianships.update(ended_at=NOON)

    assert client.get(reverse("enrollment:child", args=[child.pk])).status_code == 404


def test_a_childs_page_shows_its_places(client, guardian):
    child = make_child(guardian)
    place = enroll(make_run(), child)

    rows = client.get(reverse("enrollment:child", args=[child.pk])).context["rows"]

    assert [row.enrollment for row in rows] == [place]


# -- Oneself ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("29 123 456", "+37129123456"),
        ("+371 29123456", "+37129123456"),
        ("0037129123456", "+37129123456"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_a_phone_is_kept_with_its_country(client, guardian, typed, stored):
    client.post("/my/profile/", {"first_name": "Līga", "last_name": "Bērziņa", "phone": typed, "language": "en"})

    guardian.refresh_from_db()
    assert (guardian.phone, guardian.language) == (stored, "en")


@pytest.mark.parametrize("typed", ["", "123", "abc", "29 123 456 789 012 345", "29123456x"])
def test_a_wrong_phone_is_told(client, guardian, typed):
    page = client.post("/my/profile/", {"first_name": "Līga", "last_name": "Bērziņa", "phone": typed, "language": "lv"})

    assert page.status_code == 422


def test_a_teacher_names_a_school_of_the_list(client, guardian):
    school = make_school("Ventspils 2. vidusskola")
    told = {"first_name": "Ģirts", "last_name": "Ķēniņš", "phone": "", "language": "lv"}

    wrong = client.post("/my/profile/?teacher=1", told | {"school": "Cita skola"})
    client.post("/my/profile/?teacher=1", told | {"school": school.name})

    assert wrong.status_code == 422
    assert TeacherProfile.objects.get(user=guardian).school == school


def test_the_own_learner_has_no_childs_page(client):
    user = make_user()
    learner = Learner.objects.create(user=user, first_name="Līga", last_name="Bērziņa")
    client.force_login(user)

    assert client.get(reverse("enrollment:child", args=[learner.pk])).url == "/my/profile/"
