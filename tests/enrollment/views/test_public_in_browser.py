"""The public pages in a real browser: accessible in both appearances, never wider than the window, usable by keyboard."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from courses.models import CourseKind, ProgramKind
from enrollment.models import Enrollment, EnrollmentState as State
from tests.browser import DESKTOP, PHONE, accessibility_violations, overflow
from tests.factories import (
    DAY,
    WEEK,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_slot,
    make_user,
)

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]

NARROW = PHONE | {"viewport": {"width": 320, "height": 640}}


@pytest.fixture
def offers():
    """A group, a full one, one not open yet, a workshop and a listed offer, by the real clock that the views read."""
    cache.clear()
    now = timezone.now()
    open_ = {"starts_at": now + 2 * WEEK, "enrollment_opens_at": now - WEEK}
    run = make_run(capacity=12, seats_taken=5, **open_)
    run.instructors.add(make_user(first_name="Ņina", last_name="Krastiņa"))
    make_run(course=run.course, capacity=12, seats_taken=12, waitlist_length=4, **open_)
    make_run(course=run.course, starts_at=now + 2 * WEEK, enrollment_opens_at=now + DAY)
    slot = make_slot(capacity=4, starts_at=now + 2 * DAY, enrollment_opens_at=now - WEEK)
    make_slot(course=slot.course, starts_at=now + 3 * DAY, enrollment_opens_at=now - WEEK)
    make_course(
        program=make_program(kind=ProgramKind.VIZIUM), kind=CourseKind.BIRTHDAY, title_lv="Ballīte", title_en="Party"
    )
    return run, slot


@pytest.mark.parametrize(("window", "theme"), [(NARROW, "dark"), (DESKTOP, "light")], ids=["narrow", "desktop"])
def test_public_pages_are_accessible_and_fit_their_window(open_page, offers, window, theme):
    run, slot = offers
    page = open_page(device=window)
    addresses = [
        "/", "/courses/", "/courses/?grade=4&q=robotika", "/courses/?day=6&grade=1&q=nekas", run.course.get_absolute_url(),
        run.get_absolute_url(), slot.course.get_absolute_url(), f"{slot.get_absolute_url()}book/", "/help/", "/privacy/",
        "/accessibility/",
    ]  # fmt: skip
    page.goto(f"/help/?theme={theme}")

    found = {}
    for address in addresses:
        page.goto(address)
        found[address] = [
            *accessibility_violations(page),
            *([f"{overflow(page)} px too wide"] if overflow(page) else []),
        ]

    assert found == {address: [] for address in addresses}


def test_the_pages_of_a_family_are_accessible(open_page, offers):
    run, _slot = offers
    guardian = make_guardian()
    make_child(guardian, first_name="Annija")
    make_child(guardian, first_name="Roberts", grade=2)
    page = open_page(device=PHONE, user=guardian)

    found = {}
    for address in ("/", "/courses/", run.get_absolute_url()):
        page.goto(address)
        found[address] = accessibility_violations(page)

    assert found == {"/": [], "/courses/": [], run.get_absolute_url(): []}


def test_a_visitor_books_gives_back_and_takes_back(phone_page, offers):
    _run, slot = offers
    phone_page.goto(f"{slot.get_absolute_url()}book/")

    phone_page.locator("[data-step='1']").click()
    phone_page.locator("#id_name").fill("Jānis Kalniņš")
    phone_page.locator("#id_email").fill("janis@example.lv")
    phone_page.locator("#booking .button-primary").click()
    phone_page.wait_for_url("**/tickets/**")
    phone_page.locator("[value=give_back]").click()
    phone_page.locator("[value=undo]").click()
    phone_page.locator(".qr img").wait_for()

    assert accessibility_violations(phone_page) == []
    assert list(Enrollment.objects.values_list("state", "seats")) == [(State.CONFIRMED, 3)]


def test_filters_work_without_scripts(open_page, offers):
    page = open_page(device=PHONE, java_script_enabled=False)
    page.goto("/courses/")

    page.locator("summary.chip").nth(1).click()
    page.locator("details[open] .menu-panel a").nth(4).click()

    assert "grade=4" in page.url


def test_a_change_of_the_number_of_people_changes_the_price(desktop_page, offers):
    _run, slot = offers
    slot.course.price = 5
    slot.course.save()
    desktop_page.goto(f"{slot.get_absolute_url()}book/")

    desktop_page.locator("[data-step='1']").click()

    desktop_page.locator("#price-line", has_text="15,00").wait_for()
