from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from tests.enrollment.views.desk import client_of, make_desk, open_run
from tests.factories import enroll, make_child, make_guardian, make_lesson, make_school, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def nina():
    return make_user(first_name="Ņina", last_name="Krastiņa", roles=[Role.INSTRUCTOR])


def taught_run(user, **fields):
    run = open_run(**{"starts_at": timezone.now() + timedelta(days=3)} | fields)
    run.instructors.add(user)
    return run


@pytest.mark.parametrize("address", ["/teach/", "/teach/groups/1/"])
def test_only_instructors_open_the_pages_of_teaching(address):
    assert Client().get(address).status_code == 302
    for user in (make_guardian(), make_desk()):
        assert client_of(user).get(address).status_code == 403


def test_an_instructor_sees_names_and_grades_and_nothing_else(nina):
    run = taught_run(nina)
    guardian = make_guardian(first_name="Mamma", last_name="Slepenā")
    enroll(run, make_child(guardian, first_name="Pēteris", last_name="Ozoliņš", school=make_school("Slepenā skola")))

    page = client_of(nina).get(f"/teach/groups/{run.pk}/").content.decode()

    assert "Ozoliņš Pēteris" in page
    for hidden in ("Slepenā", "3456", "2016", guardian.email):
        assert hidden not in page


def test_a_group_of_somebody_else_does_not_exist(nina):
    foreign = taught_run(make_user(roles=[Role.INSTRUCTOR]))
    early = taught_run(nina, starts_at=timezone.now() + timedelta(days=8))

    for run in (foreign, early):
        assert client_of(nina).get(f"/teach/groups/{run.pk}/").status_code == 404


@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_lesson_that_is_on_is_open(nina, language):
    run = taught_run(nina)
    make_lesson(run, timezone.now() - timedelta(minutes=5))
    later = taught_run(nina, starts_at=timezone.now() + timedelta(days=20))
    make_lesson(later, timezone.now() + timedelta(days=2))

    answer = client_of(nina).get("/teach/", {"lang": language})

    week = answer.context["week"]
    assert (week.current.run, week.is_on) == (run, True)
    assert f'href="/teach/groups/{run.pk}/"' in answer.content.decode()
    assert f'href="/teach/groups/{later.pk}/"' not in answer.content.decode()


def test_a_week_without_lessons_says_so(nina):
    answer = client_of(nina).get("/teach/")

    assert (answer.status_code, answer.context["week"].current) == (200, None)


def test_a_quiet_and_a_busy_week_take_the_same_queries(nina, django_assert_num_queries):
    client = client_of(nina)
    for lessons in (1, 3):
        for _ in range(lessons):
            make_lesson(taught_run(nina), timezone.now() + timedelta(hours=1))

        with django_assert_num_queries(5):
            client.get("/teach/")
