"""A full group: the next waits, a place is given back, and its offer is answered from the letter."""

import pytest

from accounts.models import Role
from enrollment.models import EnrollmentState
from tests.browser import DESKTOP, PHONE
from tests.factories import make_child, make_guardian, make_user, states_of
from tests.journeys.stories import deliver, letter_to, link_in, open_group, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CONFIRMED, WAITLISTED, LEAVING = EnrollmentState.CONFIRMED, EnrollmentState.WAITLISTED, EnrollmentState.LEAVING
OFFERED, WITHDRAWN = EnrollmentState.OFFERED, EnrollmentState.WITHDRAWN


def enroll_in_browser(page, run):
    page.goto(run.get_absolute_url())
    press(page)
    if page.locator("input[name='learner']:not(:checked)").count():
        page.locator("input[name='learner']").first.check(force=True)
    if "/check/" not in page.url:
        press(page)
    press(page)


def test_a_place_given_back_reaches_the_next_family_by_letter(open_page, mailoutbox, complaints):
    run = open_group(capacity=1)
    seated_family, waiting_family = make_guardian(email="pirmie@example.lv"), make_guardian(email="otrie@example.lv")
    make_child(seated_family, first_name="Anna")
    make_child(waiting_family, first_name="Kārlis")

    seated = open_page(device=PHONE, user=seated_family)
    enroll_in_browser(seated, run)
    waiting = open_page(device=PHONE, user=waiting_family)
    enroll_in_browser(waiting, run)
    assert "Vieta rindā: 1" in waiting.locator("main").inner_text()
    assert states_of(run) == [CONFIRMED, WAITLISTED]

    # Two taps give the place back; undo brings it back; then it is passed on at once.
    mine = run.enrollments.get(state=CONFIRMED)
    seated.goto(f"/my/enrollments/{mine.pk}/")
    with seated.expect_navigation():
        seated.locator(f"form[action$='/enrollments/{mine.pk}/withdraw/'] button").click()
    assert states_of(run) == [LEAVING, WAITLISTED]
    with seated.expect_navigation():
        seated.locator("form[action$='/undo/'] button").first.click()
    assert states_of(run) == [CONFIRMED, WAITLISTED]
    with seated.expect_navigation():
        seated.locator(f"form[action$='/enrollments/{mine.pk}/withdraw/'] button").click()
    with seated.expect_navigation():
        seated.locator("form[action$='/pass-on/'] button").first.click()
    assert states_of(run) == [WITHDRAWN, OFFERED]

    # Opened signed out the letter's link decides nothing; its button does, once.
    deliver()
    path = link_in(letter_to(mailoutbox, "otrie@example.lv"), "/offers/")
    stranger = open_page(device=PHONE)
    stranger.goto(path)
    assert states_of(run) == [WITHDRAWN, OFFERED]
    with stranger.expect_navigation():
        stranger.locator("button[value='accept']").click()
    assert states_of(run) == [WITHDRAWN, CONFIRMED]
    stranger.go_back()
    stranger.goto(path)
    assert stranger.locator("button[value='accept']").count() == 0

    desk = open_page(device=DESKTOP, user=make_user(roles=[Role.DESK]))
    desk.goto(f"/desk/groups/{run.pk}/")
    assert desk.get_by_role("row").filter(has_text="Kārlis").count() == 1


def test_a_known_child_is_enrolled_in_three_taps_whatever_is_pressed_twice(open_page):
    run = open_group()
    guardian = make_guardian()
    make_child(guardian, first_name="Anna")
    page = open_page(device=PHONE, user=guardian)
    page.goto(run.get_absolute_url())
    press(page)
    taps = 1
    if "/check/" not in page.url:
        press(page)
        taps += 1
    check = page.url
    page.locator(".action-bar .button-primary").dblclick()
    page.wait_for_url("**/my/results/**")
    receipt = page.url
    taps += 1

    page.goto(check)
    page.wait_for_load_state()

    assert taps <= 3
    assert states_of(run) == [CONFIRMED]
    assert "/my/results/" in receipt


def test_two_tabs_end_on_one_place(open_page):
    run = open_group()
    guardian = make_guardian()
    child = make_child(guardian, first_name="Anna")
    first = open_page(device=PHONE, user=guardian)
    second = open_page(device=DESKTOP, user=guardian)
    for page in (first, second):
        page.goto(f"/my/enroll/{run.pk}/check/?learner={child.pk}")

    press(first)
    press(second)

    assert states_of(run) == [CONFIRMED]
    assert second.url == first.url
