"""What the stories share: a season by the real clock, letters as they arrive, the one filled button of a page."""

import re

from django.core.cache import cache
from django.utils import timezone

from accounts.models import School
from accounts.outbox import delivery
from enrollment.flows import upkeep
from tests.factories import DAY, WEEK, make_course, make_lesson, make_run, make_user

LINK = re.compile(r"https?://[^/\s]+(/\S+)")


def open_group(*, capacity=12, **fields):
    """A group that is open now, with a trainer and lessons to come."""
    cache.clear()
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    School.objects.get_or_create(name="Ventspils 2. vidusskola", defaults={"municipality": "ventspils"})
    defaults = {"starts_at": now + 2 * WEEK, "enrollment_opens_at": now - WEEK, "changed_at": now}
    run = make_run(
        capacity=capacity, lessons=0, course=fields.pop("course", None) or make_course(), **defaults | fields
    )
    run.instructors.add(make_user(first_name="Ņina", last_name="Krastiņa"))
    for week in range(3):
        make_lesson(run, run.starts_at + week * WEEK)
    return run


def deliver(*, later=0 * DAY):
    """One round of the worker: what time makes due, then every letter that may leave."""
    now = timezone.now() + later
    upkeep.run_due(now=now)
    list(delivery.send_due(now=now))


def letter_to(mailoutbox, address):
    """The newest letter to that address."""
    return [letter for letter in mailoutbox if letter.to == [address]][-1]


def link_in(letter, containing):
    """The path of the letter's link that holds this."""
    return next(path for path in LINK.findall(letter.body) if containing in path)


def press(page):
    """Press the page's one filled button, and wait for where it leads."""
    with page.expect_navigation():
        page.locator("main .button-primary:visible, .action-bar .button-primary:visible").first.click()


def typed(page, **answers):
    """Fill fields by their names; how many answers that took."""
    for name, answer in answers.items():
        field = page.locator(f"[name='{name}']:visible").first
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(answer)
        else:
            field.fill(answer)
    return len(answers)
