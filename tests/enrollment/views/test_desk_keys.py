"""The desk in a real browser: by keyboard alone, by a phone, and without scripts (UX, section 6, rows 10 to 12 and 15)."""

import pytest

from accounts.outbox.models import Message
from enrollment.models import EnrollmentState as State
from tests.browser import PHONE, accessibility_violations, overflow
from tests.enrollment.views.desk import make_desk, open_run
from tests.factories import enroll, make_child, states_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once, pytest.mark.django_db(transaction=True)]

WIDE = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def peteris():
    return make_child(first_name="Pēteris", last_name="Ozoliņš")


@pytest.mark.parametrize("typed", ["pe", "peteris", "ozolins peteris", "+371 2912"])
def test_a_child_is_found_from_anywhere(open_page, peteris, typed):
    page = open_page(user=make_desk())
    page.goto("/desk/groups/")

    page.keyboard.press("/")
    page.keyboard.press("Control+k")
    page.keyboard.type(typed)

    page.get_by_role("link", name="Pēteris Ozoliņš").first.wait_for()
    assert accessibility_violations(page) == []


def test_a_known_child_is_enrolled_in_four_actions(open_page, peteris):
    run = open_run(code="R-2")
    page = open_page(user=make_desk())
    page.goto(f"/desk/groups/{run.pk}/")

    page.keyboard.press("/")
    page.keyboard.type("peteris")
    page.locator("#palette .js-result.is-chosen").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/people/*/")
    page.keyboard.press("e")
    page.wait_for_url("**/enroll/")
    page.keyboard.type("r2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/people/*/")

    assert states_of(run) == [State.CONFIRMED]


def test_a_move_is_undone_within_the_minute_and_no_letter_leaves(open_page, peteris):
    old, new = open_run(code="R-2"), open_run(code="R-3")
    enroll(old, peteris)
    page = open_page(user=make_desk())
    page.goto(f"/desk/groups/{old.pk}/")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#inspector h2").wait_for()
    page.keyboard.press("m")
    page.wait_for_url("**/move/")
    page.keyboard.type("r3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?done=*")
    assert states_of(new) == [State.CONFIRMED]
    assert accessibility_violations(page) == []
    page.keyboard.press("u")
    page.locator(".notice-ok").wait_for()

    assert (states_of(old), states_of(new)) == ([State.CONFIRMED], [State.CANCELLED])
    assert not Message.objects.waiting().filter(kind="enrollment.group_changed").exists()


def test_keys_rest_while_somebody_types_and_can_be_switched_off(open_page, peteris):
    page = open_page(user=make_desk())
    page.goto(f"/desk/people/{peteris.pk}/facts/")

    page.get_by_label("Uzvārds").fill("")
    page.get_by_label("Uzvārds").press_sequentially("Ezeru /?")
    assert page.get_by_label("Uzvārds").input_value() == "Ezeru /?"

    page.goto(f"/desk/people/{peteris.pk}/")
    page.keyboard.press("?")
    page.locator(".js-keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("/")
    page.wait_for_timeout(200)  # nothing is to happen
    assert page.url.endswith(f"/desk/people/{peteris.pk}/")
    assert page.locator("dialog[open]").count() == 0


def test_the_shade_turns_names_into_initials(open_page, peteris):
    enrollment = enroll(open_run(), peteris)
    page = open_page(user=make_desk())
    page.goto(f"/desk/groups/{enrollment.run_id}/?who={enrollment.pk}")

    page.keyboard.press("Control+.")
    assert "Ozoliņš" not in page.locator("main").inner_text() + page.locator("#inspector h2").inner_text()

    page.keyboard.press("Control+.")
    assert page.locator("#inspector h2").inner_text() == "Pēteris Ozoliņš"


def test_everything_works_without_scripts(open_page, peteris):
    old, new = open_run(code="R-2"), open_run(code="R-3")
    page = open_page(user=make_desk(), java_script_enabled=False)

    page.goto("/desk/")
    page.locator("main input[name=q]").fill("peteris")
    page.locator("main input[name=q]").press("Enter")
    page.locator(".found-act").click()
    page.locator(f"#run-{old.pk}").check()
    page.locator(".choose-bar button").click()
    page.locator(".place-acts a[href*=move]").click()
    page.locator(f"#run-{new.pk}").check()
    page.locator(".choose-bar button").click()
    assert states_of(new) == [State.CONFIRMED]
    page.locator(".undo-bar button[type=submit]").click()

    assert (states_of(old), states_of(new)) == ([State.CONFIRMED], [State.CANCELLED])


@pytest.mark.parametrize(("window", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_pages_are_accessible_and_fit_their_window(open_page, peteris, window, scheme):
    run = open_run(capacity=1)
    enrollment = enroll(run, peteris)
    enroll(run)
    page = open_page(device=window, user=make_desk(), color_scheme=scheme)

    for address in (
        "/desk/", "/desk/people/?q=pe", f"/desk/people/{peteris.pk}/", f"/desk/people/{peteris.pk}/enroll/", "/desk/groups/",
        f"/desk/groups/{run.pk}/?who={enrollment.pk}", f"/desk/groups/{run.pk}/history/", f"/desk/groups/{run.pk}/capacity/",
        "/desk/people/new/",
    ):  # fmt: skip
        page.goto(address)
        assert (address, accessibility_violations(page), overflow(page)) == (address, [], 0)
