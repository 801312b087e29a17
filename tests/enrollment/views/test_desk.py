"""Who may open the desk, what its pages show, and that a GET changes nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from enrollment.models import LedgerEntry
from enrollment.urls.desk import urlpatterns
from tests.enrollment.views.desk import client_of, make_desk, open_run
from tests.factories import enroll, make_child, make_guardian, make_user

pytestmark = pytest.mark.django_db

NEEDS = {"pk": 1, "user_pk": 1, "fmt": "ics"}


def addresses():
    for pattern in urlpatterns:
        names = {name: NEEDS[name] for name in pattern.pattern.converters}
        yield pytest.param(reverse(f"enrollment:{pattern.name}", kwargs=names), id=pattern.name)


@pytest.mark.parametrize("address", list(addresses()))
def test_only_staff_open_the_desk(address):
    asked_to_sign_in = Client().get(address)
    assert (asked_to_sign_in.status_code, "next=" in asked_to_sign_in["Location"]) == (302, True)

    for user in (make_guardian(), make_user(roles=[Role.INSTRUCTOR])):
        for ask in (client_of(user).get, client_of(user).post):
            assert ask(address).status_code == 403


@pytest.mark.parametrize("role", [Role.DESK, Role.COORDINATOR, Role.MANAGER])
def test_every_staff_role_opens_the_desk(role):
    assert client_of(make_user(roles=[role])).get("/desk/").status_code == 200


@pytest.fixture
def enrollment():
    run = open_run(capacity=1)
    enrollment = enroll(run, make_child(first_name="Pēteris", last_name="Ozoliņš"))
    enroll(run)
    return enrollment


@pytest.mark.parametrize("language", ["lv", "en"])
def test_every_page_opens_and_changes_nothing(enrollment, language):
    client = client_of(make_desk())
    rows = LedgerEntry.objects.count()
    learner, run = enrollment.learner_id, enrollment.run_id

    for address in [
        "/desk/", "/desk/people/", "/desk/people/?q=pe", "/desk/people/?q=otr 9", "/desk/people/?q=zzzz", "/desk/groups/",
        "/desk/groups/?q=zzz", "/desk/groups/?day=9&topic=none&sort=none", "/desk/people/new/?q=Anna Ose",
        f"/desk/people/{learner}/", f"/desk/people/{learner}/facts/", f"/desk/people/{learner}/enroll/",
        f"/desk/people/{learner}/enroll/?q=r", f"/desk/groups/{run}/", f"/desk/groups/{run}/?who={enrollment.pk}",
        f"/desk/groups/{run}/?who=x&done=x", f"/desk/groups/{run}/?who=1&done={'9' * 30}", "/desk/people/?q=%00%00",
        "/desk/groups/?q=%00", f"/desk/groups/{run}/lessons/", f"/desk/groups/{run}/history/",
        f"/desk/groups/{run}/capacity/", f"/desk/enrollments/{enrollment.pk}/move/",
        f"/desk/enrollments/{enrollment.pk}/cancel/",
    ]:  # fmt: skip
        answer = client.get(address, {"lang": language} if "?" not in address else None)
        assert (address, answer.status_code) == (address, 200)
        assert "no-store" in answer["Cache-Control"]

    assert LedgerEntry.objects.count() == rows


@pytest.mark.parametrize(
    "address",
    ["enrollments/{pk}/withdraw/", "enrollments/{pk}/undo/", "groups/{run}/offer/", "people/{learner}/evidence/",
     "people/{learner}/phones/1/"],
)  # fmt: skip
def test_what_changes_something_is_not_a_link(enrollment, address):
    names = {"pk": enrollment.pk, "run": enrollment.run_id, "learner": enrollment.learner_id}

    assert client_of(make_desk()).get("/desk/" + address.format(**names)).status_code == 405


def test_what_does_not_exist_is_not_found():
    client = client_of(make_desk())

    for address in (
        "/desk/people/999/",
        "/desk/groups/999/",
        "/desk/people/new/?guardian=999",
        "/desk/people/new/?guardian=x",
    ):
        assert client.get(address).status_code == 404


def test_scripts_get_the_results_alone(enrollment):
    client = client_of(make_desk())

    page, part = (client.get("/desk/people/?q=pe", headers=headers) for headers in ({}, {"HX-Request": "true"}))

    assert "<html" in page.content.decode()
    assert "<html" not in part.content.decode()
    for answer in (page, part):
        assert "<mark>Pē</mark>teris" in answer.content.decode()


def test_nobody_found_leads_to_a_new_family():
    answer = client_of(make_desk()).get("/desk/people/?q=Zzane Zz")

    assert "/desk/people/new/?q=Zzane%20Zz" in answer.content.decode()


def test_lists_show_the_last_four_digits_of_a_phone(enrollment):
    client = client_of(make_desk())

    for address in (
        f"/desk/groups/{enrollment.run_id}/?who={enrollment.pk}",
        f"/desk/people/{enrollment.learner_id}/",
        "/desk/people/?q=pe",
    ):
        page = client.get(address).content.decode()
        assert "··3456" in page
        assert "29 123" not in page.replace("\N{NO-BREAK SPACE}", " ")
        assert "29123456" not in page
