"""The board in a browser: a lesson is dragged to another room and hour, and another one reached by the keyboard alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role
from tests.browser import DESKTOP, PHONE, overflow
from tests.enrollment.schedule.scenes import instructor, lesson, make_house, make_room_in
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.postgresql_only, pytest.mark.django_db(transaction=True)]

WIDE = DESKTOP | {"viewport": {"width": 1440, "height": 1000}}


@pytest.fixture
def scene():
    """Next Tuesday: a lesson at 14:00 in the laboratory, one at 16:00 in the workshop, nothing in the classroom."""
    house = make_house()
    lab, workshop, classroom = (make_room_in(house, name) for name in ("Laboratorija", "Darbnīca", "Klase"))
    today = timezone.localdate()
    day = today + timedelta(days=(1 - today.weekday()) % 7 + 7)

    def at(hour):
        return timezone.make_aware(timezone.datetime(day.year, day.month, day.day, hour))

    first = lesson("R-1", lab, at(14), by=instructor(), title="Robotika")
    second = lesson("D-1", workshop, at(16), by=instructor("Anna"), title="Druka")
    third = lesson("P-1", classroom, at(11), minutes=60, title="Programmēšana")
    return day, first, second, third


def test_a_lesson_is_dragged_and_its_form_knows_where(open_page, scene):
    day, first, _second, _third = scene
    page = open_page(device=WIDE, user=make_user(roles=[Role.DESK]))
    page.goto(f"/desk/schedule/?day={day}")

    block = page.locator(f"a[data-lesson='{first.pk}']")
    column = page.locator(".board-column[data-room='klase']")
    row = float(
        page.locator(".board-wrap").evaluate("one => parseFloat(getComputedStyle(one).getPropertyValue('--row'))")
    )
    first_hour = int(page.locator(".board-wrap").get_attribute("data-first-hour"))
    top = (17 - first_hour) * 12 * row  # where 17:00 is
    block.drag_to(column, source_position={"x": 20, "y": 6}, target_position={"x": 30, "y": top + 6})

    beside = page.locator("#inspector")
    beside.locator(".board-move").wait_for()
    shown = beside.inner_text()
    assert "14:00–15:30" in shown
    assert "17:00–18:30" in shown
    assert "Klase" in shown
    assert "Telpa brīva" in shown
    assert "to=17%3A00" in page.url

    with page.expect_navigation():
        beside.locator("a[data-key='m']").click()
    assert f"/desk/lessons/{first.pk}/?day={day}&starts=17:00&room=klase" in page.url


def test_the_keyboard_walks_opens_moves_and_turns_days(open_page, scene):
    day, first, second, third = scene
    page = open_page(device=WIDE, user=make_user(roles=[Role.DESK]))
    page.goto(f"/desk/schedule/?day={day}")

    def focused():
        return page.evaluate("document.activeElement.dataset.lesson")

    page.locator("body").press("ArrowDown")
    assert focused() == str(first.pk)
    page.keyboard.press("ArrowRight")
    assert focused() == str(second.pk)
    page.keyboard.press("ArrowRight")
    assert focused() == str(third.pk)
    page.keyboard.press("ArrowLeft")
    assert focused() == str(second.pk)

    page.keyboard.press("Enter")
    page.locator("#inspector h2").wait_for()
    assert "Druka" in page.locator("#inspector").inner_text()
    assert f"lesson={second.pk}" in page.url
    page.keyboard.press("Escape")
    assert page.locator("#inspector").inner_text() == ""
    assert focused() == str(second.pk)

    with page.expect_navigation():
        page.keyboard.press("j")
    assert f"day={day + timedelta(days=1)}" in page.url
    with page.expect_navigation():
        page.locator("body").press("k")
    page.locator(f"a[data-lesson='{first.pk}']").focus()
    with page.expect_navigation(url="**/desk/lessons/**"):
        page.keyboard.press("m")

    page.goto(f"/desk/schedule/?day={day}")
    with page.expect_navigation():
        page.locator("body").press("t")
    assert "day=" not in page.url


def test_without_scripts_and_on_a_phone_every_lesson_is_a_link(open_page, scene):
    day, first, _second, _third = scene
    page = open_page(device=PHONE, user=make_user(roles=[Role.DESK]), java_script_enabled=False)
    page.goto(f"/desk/schedule/?day={day}&view=week&open={day}")

    assert page.locator(".board-list .agenda-item").count() == 3
    assert page.locator(".board-grid, .board-matrix").first.is_hidden()
    page.locator(f".board-list a[href*='lesson={first.pk}']").click()
    assert "Robotika" in page.locator("#inspector").inner_text()
    page.locator(f"#inspector [data-key=m][href*='/desk/lessons/{first.pk}/']").click()
    assert "Robotika" in page.locator("main").inner_text()


def test_the_page_of_a_phone_is_not_wider_than_the_phone(open_page, scene):
    day, *_lessons = scene
    page = open_page(device=PHONE, user=make_user(roles=[Role.DESK]))
    for query in (f"?day={day}", f"?day={day}&view=week"):
        page.goto(f"/desk/schedule/{query}")
        assert overflow(page) == 0
