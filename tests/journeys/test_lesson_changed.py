"""The desk moves a lesson with a live preview and the family is told; a lesson cancelled in three taps is put back in time."""

import pytest
from django.utils import timezone

from accounts.models import Role
from courses.models import LessonState
from tests.browser import DESKTOP, PHONE, accessibility_violations, overflow
from tests.factories import DAY, WEEK, enroll, make_child, make_guardian, make_room, make_user
from tests.journeys.stories import deliver, letter_to, open_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def make_group():
    now = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0)
    run = open_group(starts_at=now + 2 * DAY, enrollment_closes_at=now + 3 * WEEK)
    mother = make_guardian(email="liga@example.lv")
    enroll(run, make_child(mother, first_name="Anna"), by=mother, now=timezone.now())
    return run, mother, run.lessons.earliest("starts_at")


def pressed(page, selector):
    with page.expect_navigation():
        page.locator(selector).first.click()


def test_a_lesson_is_moved_with_a_live_preview_and_the_family_reads_it(open_page, mailoutbox):
    run, mother, lesson = make_group()
    laboratory = make_room(name_lv="Laboratorija", name_en="Laboratory")
    desk = open_page(device=DESKTOP, user=make_user(roles=[Role.DESK]))
    desk.goto(f"/desk/groups/{run.pk}/")
    pressed(desk, f"a[href='/desk/lessons/{lesson.pk}/']")

    desk.locator(".lesson-form [name=room]").select_option(laboratory.slug)
    desk.locator("#preview").get_by_text("Mainīta telpa").first.wait_for()
    desk.locator(".lesson-form [name=starts]").fill("17:00")  # its end moves along
    desk.locator("#preview").get_by_text("17:00–18:30").first.wait_for()
    assert desk.locator(".lesson-form [name=starts]").input_value() == "17:00"
    assert accessibility_violations(desk) == []
    pressed(desk, ".publish button")
    assert "Ziņa ģimenēm tiks nosūtīta pēc" in desk.locator(".undo-bar").inner_text()

    deliver()
    assert "Mainīts laiks un telpa" not in "".join(letter.subject for letter in mailoutbox)
    deliver(later=DAY / 24 / 60)
    letter = letter_to(mailoutbox, "liga@example.lv")
    assert letter.subject.startswith("Mainīts laiks un telpa")
    assert "VIZIUM, Laboratorija" in letter.body
    family = open_page(device=PHONE, user=mother)
    family.goto("/my/")
    assert "Mainīts laiks un telpa." in family.locator("main").inner_text()
    assert (accessibility_violations(family), overflow(family)) == ([], 0)


def test_a_lesson_is_cancelled_in_three_taps_and_put_back_before_anybody_was_told(open_page, mailoutbox):
    run, mother, lesson = make_group()
    desk = open_page(device=PHONE, user=make_user(roles=[Role.DESK]))
    desk.goto(f"/desk/groups/{run.pk}/")

    pressed(desk, f"a[href='/desk/lessons/{lesson.pk}/']")
    pressed(desk, ".quick-cancel a.chip")
    assert "Atcelt un paziņot: 1" in desk.locator(".publish button").inner_text()
    assert overflow(desk) == 0
    pressed(desk, ".publish button")
    lesson.refresh_from_db()
    assert lesson.state == LessonState.CANCELLED
    family = open_page(device=PHONE, user=mother)
    family.goto("/my/")
    assert "Nodarbība nenotiks." in family.locator(".cancelled-card").inner_text()

    pressed(desk, ".undo-bar form button")
    lesson.refresh_from_db()
    assert lesson.state == LessonState.SCHEDULED
    deliver(later=DAY / 24)
    assert "Nodarbība nenotiks" not in "".join(letter.subject for letter in mailoutbox)


def test_without_scripts_the_preview_is_a_step(open_page):
    _run, _mother, lesson = make_group()
    desk = open_page(device=DESKTOP, user=make_user(roles=[Role.DESK]), java_script_enabled=False)
    desk.goto(f"/desk/lessons/{lesson.pk}/")
    desk.locator(".lesson-form [name=starts]").fill("17:00")
    desk.locator(".lesson-form [name=ends]").fill("18:30")
    pressed(desk, ".lesson-form button")
    pressed(desk, ".publish button")

    lesson.refresh_from_db()
    assert timezone.localtime(lesson.starts_at).hour == 17
