"""The page that answers why somebody has a place, and the ways to it: one click from wherever the place is shown."""

import re

import pytest

from accounts.models import Role
from tests.browser import DESKTOP, PHONE, accessibility_violations, overflow
from tests.enrollment import drawing
from tests.enrollment.views.desk import client_of, make_desk, open_run
from tests.factories import enroll, make_child, make_guardian, make_user


@pytest.fixture
def waiting(db):
    """Second in the queue of a full group; the first was offered a place."""
    run = open_run(capacity=1)
    seated, _first = enroll(run, make_child(first_name="Anna")), enroll(run, make_child(first_name="Elza"))
    last = enroll(run, make_child(first_name="Jānis"))
    client = client_of(make_desk())
    client.post(f"/desk/enrollments/{seated.pk}/withdraw/")
    return last


@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_answer_stands_on_one_page_in_both_languages(waiting, language):
    client = client_of(make_desk())
    client.cookies["django_language"] = language

    answer = client.get(f"/desk/enrollments/{waiting.pk}/why/")

    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (
        200, "max-age=0, no-cache, no-store, must-revalidate, private",
    )  # fmt: skip
    assert {"lv": "Numurs rindā toreiz: 2.", "en": "Number in the queue then: 2."}[language] in page
    assert re.search(r"<h1>[^<]*Bērzi", page) is None  # no name in the title of the page or of the window


def test_it_is_one_click_from_the_list_the_family_and_the_history(waiting):
    client = client_of(make_desk())
    address = f'href="/desk/enrollments/{waiting.pk}/why/"'

    for page in (
        f"/desk/groups/{waiting.run_id}/?who={waiting.pk}", f"/desk/people/{waiting.learner_id}/",
        f"/desk/groups/{waiting.run_id}/history/",
    ):  # fmt: skip
        assert address in client.get(page).content.decode(), page


def test_what_was_drawn_leads_to_the_draw(db):
    (group,) = drawing.drawn_groups(1)
    draw = drawing.announce(group)
    sent = drawing.apply(group)
    drawing.hold(draw)
    place = group.enrollments.get()

    page = client_of(make_desk()).get(f"/desk/enrollments/{place.pk}/why/").content.decode()

    assert f'href="{draw.get_absolute_url()}"' in page
    assert str(sent.key) not in page


@pytest.mark.parametrize("who", ["family", "instructor"])
def test_nobody_but_staff_sees_it(waiting, who):
    people = {"family": waiting.submission.submitted_by, "instructor": make_user(roles=[Role.INSTRUCTOR])}
    waiting.run.instructors.add(people["instructor"])

    assert client_of(people[who]).get(f"/desk/enrollments/{waiting.pk}/why/").status_code == 403
    assert client_of(make_guardian()).get("/desk/enrollments/0/why/").status_code == 403
    assert client_of(make_desk()).get("/desk/enrollments/0/why/").status_code == 404


@pytest.mark.once
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("window", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_is_accessible_and_fits_its_window(open_page, waiting, window):
    page = open_page(device=window, user=make_desk())
    page.goto(f"/desk/enrollments/{waiting.pk}/why/")

    assert (accessibility_violations(page), overflow(page)) == ([], 0)
