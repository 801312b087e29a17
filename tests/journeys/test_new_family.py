"""A stranger with a phone gets a place for a child, and everybody who should sees it."""

import re

import pytest
from icalendar import Calendar

from accounts.models import Learner, Role
from enrollment.models import Enrollment, EnrollmentState
from tests.browser import DESKTOP, PHONE
from tests.factories import make_user
from tests.journeys.stories import deliver, letter_to, open_group, press, typed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "elina@example.lv"


def sign_in_by_code(page, mailoutbox):
    answers = typed(page, email=ADDRESS)
    press(page)
    code = re.search(r"\b\d{6}\b", letter_to(mailoutbox, ADDRESS).body).group()
    answers += typed(page, code=code)
    press(page)
    return answers


def type_child(page):
    answers = typed(page, first_name="Emīls", last_name="Ozols", school="Ventspils 2. vidusskola", grade="4")
    for part, value in enumerate(("27", "3", "2016")):
        page.locator(f"[name='birth_date_{part}']").fill(value)
    page.locator("[name='residency'][value='ventspils']").check(force=True)
    return answers + 2


def test_a_stranger_enrolls_a_child_on_a_phone(phone_page, open_page, mailoutbox):
    run = open_group()
    page, answers = phone_page, 0

    page.goto("/")
    page.goto(run.get_absolute_url())
    press(page)  # Pieteikt bērnu
    answers += sign_in_by_code(page, mailoutbox)
    answers += type_child(page)
    press(page)
    answers += typed(page, first_name="Elīna", last_name="Ozola", phone="29 123 456")
    press(page)
    press(page)  # Apstiprināt pieteikumu: 1

    assert page.locator("h1").inner_text().startswith("Pieteikumi saņemti: 1")
    enrollment = Enrollment.objects.get()
    assert (enrollment.state, enrollment.run) == (EnrollmentState.CONFIRMED, run)
    assert answers <= 12
    deliver()
    assert letter_to(mailoutbox, ADDRESS).subject.startswith("Vieta apstiprināta")

    # The staff's roster has the child …
    desk = open_page(device=DESKTOP, user=make_user(roles=[Role.DESK]))
    desk.goto(f"/desk/groups/{run.pk}/")
    assert desk.get_by_role("row").filter(has_text="Ozols").count() == 1

    # … and so has the family's calendar.
    page.goto("/my/calendar/")
    press(page)
    address = page.locator("input[value*='/k/'], [data-copy*='/k/'], code:has-text('/k/')").first
    text = address.evaluate("element => element.value || element.dataset.copy || element.textContent")
    path = re.search(r"/k/\S+?\.ics", text).group()
    feed = page.context.request.get(path)
    events = Calendar.from_ical(feed.text()).walk("VEVENT")
    assert [event["DTSTART"].dt for event in events] == [
        lesson.starts_at for lesson in run.lessons.order_by("starts_at")
    ]
    assert all("Ozols" not in str(event["SUMMARY"]) for event in events)


def test_an_interrupted_family_goes_on_elsewhere(open_page, mailoutbox):
    run = open_group()
    first = open_page(device=PHONE)
    first.goto(f"/my/enroll/{run.pk}/")
    sign_in_by_code(first, mailoutbox)
    with first.expect_response(re.compile("/my/drafts/")):
        type_child(first)
        first.locator("[name='first_name']").blur()
    first.context.close()

    second = open_page(device=DESKTOP)
    second.goto(f"/my/enroll/{run.pk}/")
    sign_in_by_code(second, mailoutbox)

    assert second.locator("[name='first_name']").input_value() == "Emīls"
    assert Learner.objects.count() == 0
