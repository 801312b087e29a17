"""An opening morning on a phone: prepared before, one press when the button wakes, a receipt with its second (UX P4)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from enrollment.models import Application, ApplicationState, Enrollment
from tests.browser import PHONE, accessibility_violations, overflow
from tests.factories import make_child, make_course, make_guardian
from tests.journeys.stories import deliver, letter_to, open_group, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opening_in(seconds):
    """A group of two that opens in so many seconds, and another of its course a day later in the week."""
    opens_at = (timezone.now() + timedelta(seconds=seconds)).replace(microsecond=900_000)  # not on a full second
    course = make_course()
    run = open_group(capacity=1, course=course, enrollment_opens_at=opens_at, code="G-1")
    other = open_group(
        course=course, enrollment_opens_at=opens_at, code="G-2", starts_at=run.starts_at + timedelta(days=1), weekday=2
    )
    return run, other


def sound(page):
    return accessibility_violations(page) == [] and overflow(page) == 0


def test_prepared_before_sent_with_one_press_at_the_opening(open_page, mailoutbox):
    run, other = opening_in(18)
    guardian = make_guardian()
    make_child(guardian)
    page = open_page(device=PHONE, user=guardian)

    page.goto(run.get_absolute_url())
    press(page)  # Sagatavot pieteikumu
    press(page)  # Turpināt
    page.locator("[name='wish_2']").select_option(str(other.pk))
    assert sound(page)
    press(page)  # Sagatavot pieteikumu: 1

    button = page.locator(".lobby-send button")
    assert page.locator("h1").inner_text().startswith("Pieteikšanās sāksies")
    assert button.get_attribute("aria-disabled") == "true"
    button.click(force=True)
    assert page.locator(".lobby-send [role=status]").inner_text() == "Vēl nav atvērts. Nekas netika nosūtīts."
    shown = page.locator(".js-clock").inner_text()
    page.wait_for_function("text => document.querySelector('.js-clock').innerText > text", arg=shown)
    assert page.locator(".lobby-send [role=status]").inner_text() == "Vēl nav atvērts. Nekas netika nosūtīts."
    assert sound(page)
    assert Application.objects.get().state == ApplicationState.PREPARED

    page.locator(".lobby-send button:not([aria-disabled])").wait_for(timeout=40_000)
    assert page.locator(".js-clock").inner_text() > shown
    assert page.locator("h1").inner_text() == "Pieteikšanās ir sākusies"
    press(page)  # Iesniegt pieteikumus: 1

    application = Application.objects.get()
    second = timezone.localtime(application.received_at).strftime("%H:%M:%S")
    assert run.enrollment_opens_at <= application.received_at
    assert page.locator("h1").inner_text() == "Pieteikums saņemts"
    assert f"plkst. {second}" in page.locator("main").inner_text()
    assert "Vieta apstiprināta" in page.locator("main").inner_text()
    assert sound(page)
    assert Enrollment.objects.get().run == run
    deliver()
    assert letter_to(mailoutbox, guardian.email).subject.startswith("Vieta apstiprināta")

    page.go_back()  # what was sent is no longer offered to be sent
    page.locator(".lobby-send").wait_for(state="detached")


def test_without_scripts_an_early_press_is_answered_kindly(open_page, complaints):
    complaints.expect(r"status of 409")
    run, _other = opening_in(3600)
    guardian = make_guardian()
    make_child(guardian)
    page = open_page(device=PHONE, user=guardian, java_script_enabled=False)

    page.goto(run.get_absolute_url())
    for _ in range(3):
        press(page)
    assert "Jānospiež pēc plkst." in page.locator(".lobby-send").inner_text()
    assert page.locator(".lobby-send button").get_attribute("aria-disabled") is None
    press(page)

    assert "Vēl nav atvērts. Nekas nav pazudis." in page.locator("[role=alert]").inner_text()
    assert page.locator(".lobby-send button").is_enabled()
    assert Application.objects.get().state == ApplicationState.PREPARED


def test_a_page_that_waits_shows_the_answer_by_itself(open_page):
    run, _other = opening_in(-60)
    guardian = make_guardian()
    child = make_child(guardian)
    received = Application.objects.create(
        state=ApplicationState.RECEIVED, prepared_by=guardian, prepared_at=timezone.now(), received_at=timezone.now()
    )
    received.applicants.create(learner=child)
    received.wishes.create(run=run, rank=1)
    page = open_page(device=PHONE, user=guardian)

    page.goto(received.get_absolute_url())
    told = page.locator("main").inner_text()
    deliver(later=timedelta(minutes=1))

    assert re.search(r"Pieteikums saņemts plkst\. \d\d:\d\d:\d\d\.", told)
    page.get_by_text("Vieta apstiprināta").first.wait_for(timeout=15_000)
