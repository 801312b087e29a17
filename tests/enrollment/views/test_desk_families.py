"""The family's page: phones on demand, facts corrected, walk-ins without duplicates."""

from datetime import date

import pytest

from accounts import staff_log
from accounts.models import Guardianship, Learner, User
from tests.enrollment.views.desk import client_of, make_desk
from tests.factories import make_child, make_guardian, make_school, make_user

pytestmark = pytest.mark.django_db

WALK_IN = {
    "first_name": "Pēteris", "last_name": "Ozoliņš", "birth_date": "27.3.2016", "grade": "4",
    "guardian_name": "Ilze Ozoliņa", "phone": "26 555 111", "email": "", "school": "", "residency": "",
}  # fmt: skip


@pytest.fixture
def client():
    return client_of(make_desk())


def page_of(answer):
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_whole_phone_is_shown_on_demand_and_the_look_is_kept(client, headers):
    guardian = make_guardian()
    child = make_child(guardian)

    answer = client.post(f"/desk/people/{child.pk}/phones/{guardian.pk}/", headers=headers)

    assert "29 123 456" in page_of(answer)
    assert [row.action_flag for row in staff_log.rows_about(guardian)] == [staff_log.SEEN]


def test_a_phone_is_shown_on_the_page_of_that_family_only(client):
    child, stranger = make_child(), make_guardian()

    assert client.post(f"/desk/people/{child.pk}/phones/{stranger.pk}/").status_code == 404


def test_facts_are_corrected(client):
    child, school = make_child(), make_school("Ventspils 2. vidusskola")

    sent = WALK_IN | {"school": "2 vidusskola", "grade": "5", "residency": "elsewhere"}
    assert client.post(f"/desk/people/{child.pk}/facts/", sent).status_code == 302

    child.refresh_from_db()
    assert (str(child), child.birth_date, child.school, child.residency) == (
        "Pēteris Ozoliņš", date(2016, 3, 27), school, "elsewhere",
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_name": ""},
        {"birth_date": "32.1.2016"},
        {"birth_date": "1.1.2099"},
        {"grade": "13"},
        {"school": "Nav tādas"},
    ],
)
def test_wrong_facts_are_asked_again(client, wrong):
    assert client.post(f"/desk/people/{make_child().pk}/facts/", WALK_IN | wrong).status_code == 422


def test_evidence_is_confirmed(client):
    child = make_child()

    client.post(f"/desk/people/{child.pk}/evidence/")

    child.refresh_from_db()
    assert child.evidence_confirmed_at is not None


# -- Walk-ins ---------------------------------------------------------------------------------------


def test_a_walk_in_goes_straight_on_to_enrolling(client):
    answer = client.post("/desk/people/new/", WALK_IN)

    child = Learner.objects.get()
    assert answer["Location"] == f"/desk/people/{child.pk}/enroll/"
    guardian = child.guardianships.get().guardian
    assert (str(guardian), guardian.phone, guardian.email) == ("Ilze Ozoliņa", "+37126555111", None)


@pytest.mark.parametrize(
    "wrong", [{"guardian_name": "Ilze"}, {"phone": "12"}, {"phone": ""}, {"email": "x"}, {"grade": ""}]
)
def test_a_walk_in_needs_its_six_facts(client, wrong):
    assert client.post("/desk/people/new/", WALK_IN | wrong).status_code == 422
    assert not Learner.objects.exists()


def test_who_may_be_known_is_shown_before_anybody_is_made(client):
    known = make_user(first_name="Andris", last_name="Ozoliņš", phone="+37126555111")

    shown = client.post("/desk/people/new/", WALK_IN)
    assert (shown.status_code, f"?guardian={known.pk}" in page_of(shown)) == (409, True)
    assert not Learner.objects.exists()

    assert client.post("/desk/people/new/", WALK_IN | {"is_new": "on"}).status_code == 302
    assert Guardianship.objects.get().guardian != known


def test_a_known_address_is_never_a_new_family(client):
    make_user("ilze@example.lv", first_name="Ilze", last_name="Cita")

    answer = client.post("/desk/people/new/", WALK_IN | {"email": "ilze@example.lv", "is_new": "on"})

    assert answer.status_code == 409
    assert not Learner.objects.exists()


def test_a_child_is_added_to_a_known_family(client):
    guardian = make_guardian()

    client.post(f"/desk/people/new/?guardian={guardian.pk}", WALK_IN)

    assert str(guardian.guardianships.get().learner) == "Pēteris Ozoliņš"
    assert User.objects.count() == 2  # nobody new but the child
