"""A coordinator copies the demonstration's year, resolves a clash beside the list, and publishes the season."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from courses.models import CourseRun, Lesson, LessonState, RunKind, RunState, Term
from enrollment.demo import people, seed
from tests.browser import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def demo(settings, tmp_path):
    cache.clear()
    settings.MAIL_DIR = tmp_path
    seed.seed(now=timezone.now())


def press(page, locator):
    with page.expect_navigation():
        locator.click()


def standing(page) -> int:
    """How many drafts cannot be published as they are, by the page."""
    return page.locator(".remark-bad").count()


def test_a_year_is_copied_a_clash_resolved_and_everything_published(open_page, demo):
    page = open_page(device=DESKTOP, user=people.BY_KEY["coordinator"].user())
    page.goto("/desk/season/")

    # A new term after this one, with its breaks.
    press(page, page.locator("a[href^='/desk/season/new/']"))
    press(page, page.locator("main form button[type=submit]"))
    term = Term.objects.latest("pk")
    assert term.breaks.count() == Term.objects.get(slug="demo").breaks.count()

    # 1: from and into.
    page.goto(f"/desk/season/copy/?source={Term.objects.get(slug='demo').pk}&target={term.pk}")
    ticked = page.locator("input[name=group]:checked").count()
    press(page, page.locator(".choose-bar .button-primary"))
    drafts = CourseRun.objects.filter(term=term, state=RunState.DRAFT)
    assert drafts.count() == ticked >= 42

    # 2: one of two that are in each other's way is moved beside the list; the other then stands free as well.
    page.goto(f"/desk/season/{term.pk}/?state=draft&look=on&step=2")
    before = standing(page)
    row = page.locator("tr:has(.remark-bad)").first
    press(page, row.locator("th a"))
    page.locator("#inspector select[name=weekday]").select_option("6")
    page.locator("#inspector input[name=start_time]").fill("19:30")
    press(page, page.locator("#inspector button[type=submit]"))
    assert standing(page) <= before - 2

    # 3: those without a clash are published; the rest says why it stays.
    page.goto(f"/desk/season/{term.pk}/publish/")
    press(page, page.locator("main .buttons .button-primary"))
    left = drafts.count()
    published = CourseRun.objects.filter(term=term, kind=RunKind.GROUP, state=RunState.PUBLISHED)
    assert (published.count(), left) == (ticked - left, standing(page))
    assert not Lesson.objects.filter(run__in=published, state=LessonState.PLANNED).exists()

    phone = open_page(device=PHONE)
    run = published.first()
    assert phone.goto(run.get_absolute_url()).status == 200


@pytest.mark.postgresql_only
def test_a_season_whose_publishing_is_broken_off_goes_on_where_it_ended(open_page, demo, complaints):
    complaints.expect(r"ERR_FAILED .*/publish/")
    page = open_page(device=DESKTOP, user=people.BY_KEY["coordinator"].user())
    source = Term.objects.get(slug="demo")
    page.goto(f"/desk/season/new/?after={source.pk}")
    press(page, page.locator("main form button[type=submit]"))
    term = Term.objects.latest("pk")
    parts = []
    page.on("response", lambda answer: parts.append(answer.status) if answer.request.method == "POST" else None)
    page.goto(f"/desk/season/copy/?source={source.pk}&target={term.pk}")
    ticked = page.locator("input[name=group]:checked").count()
    press(page, page.locator(".choose-bar .button-primary"))
    published = CourseRun.objects.filter(term=term, state=RunState.PUBLISHED)
    assert (len(parts) > 2, CourseRun.objects.filter(term=term).count()) == (True, ticked)

    # The connection breaks after the second part.
    asked = []

    def broken_after_two(route):
        asked.append(route.request)
        route.continue_() if route.request.method != "POST" or len(asked) < 3 else route.abort()

    address = f"/desk/season/{term.pk}/publish/"
    page.goto(address)
    page.route(f"**{address}", broken_after_two)
    page.locator("main .buttons .button-primary").click()
    page.wait_for_function("() => document.querySelector('.so-far progress')?.value > 10")
    page.wait_for_timeout(500)
    page.unroute(f"**{address}")
    some = published.count()

    page.goto(address)
    press(page, page.locator("main .buttons .button-primary"))

    left = CourseRun.objects.filter(term=term, state=RunState.DRAFT).count()
    assert 0 < some < published.count() == ticked - left
    assert f": {ticked - left - some}." in page.locator("[role=status]").first.inner_text()


@pytest.mark.postgresql_only
def test_a_group_s_dates_are_seen_while_it_is_typed(open_page, demo):
    page = open_page(device=DESKTOP, user=people.BY_KEY["coordinator"].user())
    term = Term.objects.get(slug="demo")
    page.goto(f"/desk/season/{term.pk}/groups/new/")

    page.locator("select[name=course]").select_option(index=1)
    page.locator("input[name=start_time]").fill("16:00")
    page.locator("input[name=capacity]").fill("10")
    page.locator("input[name=capacity]").blur()

    page.locator(".date-chips li").first.wait_for()
    assert page.locator(".date-chips li").count() >= 1
    assert CourseRun.objects.filter(term=term, state=RunState.DRAFT).count() == 0
