"""The first enrollment, enrolling oneself, and forms that are interrupted."""

import re
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Learner, TeacherProfile
from courses.models import Audience, RuleKind
from enrollment.models import Enrollment, FormDraft
from tests.factories import (
    NOON,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_rule,
    make_run,
    make_school,
    make_user,
    states_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def guardian(client):
    user = make_guardian()
    client.force_login(user)
    return user


def choose(run, query=""):
    return reverse("enrollment:enroll", args=[run.pk]) + query


def check(run, *learners, **more):
    query = "&".join(
        [*(f"learner={learner.pk}" for learner in learners), *(f"{name}={value}" for name, value in more.items())]
    )
    return reverse("enrollment:enroll_check", args=[run.pk]) + (f"?{query}" if query else "")


def send(client, run, *learners, key=None, **more):
    ids = [learner.pk for learner in learners]
    return client.post(check(run), {"learner": ids, "key": key or uuid4(), **more})


def words(response):
    return " ".join(response.content.decode().split())


# -- The first time -----------------------------------------------------------------------------


def test_the_first_enrollment_asks_for_child_and_oneself_on_the_way(client):
    run, school = make_run(), make_school("Ventspils 2. vidusskola")
    newcomer = make_user(first_name="", last_name="")
    client.force_login(newcomer)

    asked = client.get(choose(run))
    added = client.post(
        asked.url,
        {
            "next": check(run), "first_name": "Annija", "last_name": "Bērziņa", "birth_date_0": "27", "birth_date_1": "3",
            "birth_date_2": "2016", "school": "2. vidus", "grade": "4", "residency": "ventspils",
        },
    )  # fmt: skip
    child = Learner.objects.get()
    you = client.get(added.url)
    told = client.post(you.url, {"first_name": "Līga", "last_name": "Bērziņa", "phone": "29 123 456"})
    looked_at = client.get(told.url)
    receipt = send(client, run, child, key=looked_at.context["key"])

    newcomer.refresh_from_db()
    assert child.school == school
    assert (newcomer.get_full_name(), newcomer.phone) == ("Līga Bērziņa", "+37129123456")
    assert looked_at.context["picked"][0].pk == child.pk
    assert (receipt.status_code, states_of(run)) == (302, ["confirmed"])


def test_the_steps_of_the_first_enrollment_are_numbered(client):
    run, newcomer = make_run(), make_user(first_name="", last_name="")
    client.force_login(newcomer)

    child_step = client.get(choose(run), follow=True)
    child = make_child(newcomer)
    you_step = client.get(check(run, child), follow=True)
    newcomer.first_name, newcomer.last_name, newcomer.phone = "Līga", "Bērziņa", "29123456"
    newcomer.save()
    check_step = client.get(check(run, child))

    assert ["2. no 5" in words(child_step), "3. no 5" in words(you_step), "4. no 5" in words(check_step)] == [True] * 3


def test_signed_out_the_way_leads_through_signing_in_and_back(client, mailoutbox):
    run = make_run()

    asked = client.get(choose(run))
    code_page = client.post(asked.url, {"email": "jauna@example.lv", "next": choose(run)})
    (code,) = re.findall(r"\b\d{6}\b", mailoutbox[0].body)
    signed_in = client.post(code_page.url, {"code": code, "next": choose(run)})

    assert asked.url == f"{reverse('account_login')}?next={choose(run)}"
    assert signed_in.url == choose(run)
    assert client.get(signed_in.url).url.startswith("/my/children/new/")


def test_the_link_of_the_letter_goes_on_where_this_device_stopped(client, mailoutbox):
    run = make_run()
    client.post(reverse("account_login"), {"email": "jauna@example.lv", "next": choose(run)})
    (link,) = re.findall(r"http://testserver(/accounts/link/\S+)", mailoutbox[0].body)

    other_device = Client()
    opened = other_device.get(link)
    pressed = other_device.post(link)

    assert (opened.status_code, pressed.url) == (200, choose(run))
    assert other_device.get(choose(run)).url.startswith("/my/children/new/")
    assert other_device.get(link).status_code == 410


# -- Oneself ------------------------------------------------------------------------------------


def test_an_adult_needs_two_presses(client, guardian):
    run = make_run(course=make_course(audience=Audience.ADULTS))

    asked = client.get(choose(run))
    looked_at = client.get(asked.url)
    sent = client.post(check(run), {"learner": ["0"], "key": looked_at.context["key"]})

    learner = Learner.objects.get(user=guardian)
    assert looked_at.status_code == 200
    assert (sent.status_code, Enrollment.objects.get().learner) == (302, learner)


def test_looking_at_an_adult_course_makes_no_learner(client, guardian):
    run = make_run(course=make_course(audience=Audience.ADULTS))

    client.get(choose(run), follow=True)

    assert Learner.objects.count() == 0


def test_a_teacher_names_the_school_once(client):
    school = make_school("Ventspils 2. vidusskola")
    course = make_course(audience=Audience.TEACHERS, program=make_program(kind="teachers"))
    make_rule(course, RuleKind.TEACHER)
    run = make_run(course=course)
    teacher = make_user(first_name="", last_name="")
    client.force_login(teacher)

    asked = client.get(choose(run))
    told = client.post(asked.url, {"first_name": "Ģirts", "last_name": "Ķēniņš", "school": school.name})
    looked_at = client.get(told.url, follow=True)
    client.post(check(run), {"learner": ["0"], "key": looked_at.context["key"]})

    assert TeacherProfile.objects.get(user=teacher).school == school
    assert states_of(run) == ["confirmed"]


def test_a_pupil_with_an_own_login_may_not_enroll(client):
    pupil = make_user()
    child = make_child()
    Learner.objects.filter(pk=child.pk).update(user=pupil)
    client.force_login(pupil)
    run = make_run(course=make_course(audience=Audience.EVERYBODY))

    sent = send(client, run, child)

    assert (sent.status_code, states_of(run)) == (422, [])


# -- What is typed is kept ------------------------------------------------------------------------


def test_a_half_typed_child_is_kept_and_shown_again(client, guardian):
    saved = client.post(
        reverse("enrollment:draft_save", args=["child"]),
        {"first_name": "Annija", "birth_date_0": "27", "birth_date_1": "3", "school": "2. vid", "password": "secret"},
    )
    page = client.get(reverse("enrollment:child_new"))

    assert "Saglabāts plkst. 12:00." in words(saved)
    assert FormDraft.objects.get().data == {
        "first_name": "Annija",
        "birth_date_0": "27",
        "birth_date_1": "3",
        "school": "2. vid",
    }
    assert [page.context["form"][name].value() for name in ("first_name", "school")] == ["Annija", "2. vid"]
    assert 'value="27"' in words(page)
    assert 'value="3"' in words(page)


def test_a_sent_child_leaves_no_draft(client, guardian):
    client.post(reverse("enrollment:draft_save", args=["child"]), {"first_name": "Annija"})

    client.post(
        reverse("enrollment:child_new"),
        {
            "first_name": "Annija",
            "last_name": "Bērziņa",
            "birth_date_0": "27.3.2016",
            "grade": "none",
            "residency": "ventspils",
        },
    )

    assert (FormDraft.objects.count(), Learner.objects.get().grade) == (0, None)


def test_beginning_again_forgets_the_draft(client, guardian):
    client.post(reverse("enrollment:draft_save", args=["child"]), {"first_name": "Annija"})

    client.post(reverse("enrollment:child_new"), {"again": "1"})

    assert FormDraft.objects.count() == 0


def test_only_forms_that_are_kept_have_drafts(client, guardian):
    assert client.post(reverse("enrollment:draft_save", args=["payment"]), {"card": "1"}).status_code == 404
