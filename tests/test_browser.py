"""The browser of tests/browser.py: it is real, and no complaint of a page goes unnoticed."""

import pytest
from playwright.sync_api import Error

from tests.browser import DESKTOP, PHONE, Complaints, accessibility_violations, overflow
from tests.factories import make_guardian

pytestmark = [pytest.mark.browser, pytest.mark.once]

PAGE = '<!doctype html><html lang="lv"><head><title>Proba</title><link rel="icon" href="data:,"></head><body>{}</body></html>'


@pytest.fixture
def show(new_context, live_server):
    """Show this body as a page of the site, under a strict policy, and return the page and its complaints."""

    def show_body(body, device=DESKTOP):
        page, complaints = new_context(**device).new_page(), Complaints()
        complaints.listen_to(page, live_server.url)
        headers = {"content-security-policy": "default-src 'none'; img-src data:; script-src 'self'"}
        address = f"{live_server.url}/proba/"
        page.route(
            address, lambda route: route.fulfill(body=PAGE.format(body), headers=headers, content_type="text/html")
        )
        page.goto(address)
        return page, complaints

    return show_body


def test_a_quiet_page_has_no_complaint(show):
    page, complaints = show("<main><h1>Labdien</h1></main>")

    assert page.evaluate("[innerWidth, innerHeight]") == [1280, 900]
    assert (complaints.unexpected(), accessibility_violations(page), overflow(page)) == ([], [], 0)


def test_a_phone_is_narrow_and_touched(show):
    page, _ = show(
        '<meta name="viewport" content="width=device-width"><p style="width: 10px">Labdien</p>', device=PHONE
    )

    assert page.evaluate("[innerWidth, navigator.maxTouchPoints > 0]") == [360, True]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<script>1</script>", "Content Security Policy"),
        ('<p style="color: red">x</p>', "Content Security Policy"),
        ('<script src="/static/missing.js"></script>', "status of 404"),
    ],
)
def test_what_the_page_reports_is_seen(show, body, complaint):
    _, complaints = show(body)

    (seen,) = complaints.unexpected()
    assert complaint in seen


def test_an_exception_of_a_script_is_seen(show):
    page, complaints = show("")
    page.evaluate("setTimeout(() => { throw new Error('broken') })")
    page.wait_for_timeout(100)

    assert complaints.unexpected() == ["uncaught: broken"]


def test_a_request_to_another_machine_is_seen_and_goes_nowhere(show):
    page, complaints = show("")
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://other.example/")

    assert "request to another machine: http://other.example/" in complaints.unexpected()


def test_an_announced_complaint_is_expected(show):
    _, complaints = show('<script src="/static/missing.js"></script>')
    complaints.expect(r"status of 404")

    assert complaints.unexpected() == []


def test_what_people_cannot_use_is_found(show):
    page, _ = show("<main><h1>Labdien</h1><input></main>")

    assert accessibility_violations(page) == ["label: <input>"]


def test_a_page_wider_than_the_phone_is_measured(show):
    body = '<meta name="viewport" content="width=device-width, minimum-scale=1"><table width="400"><td>x</td></table>'
    page, _ = show(body, device=PHONE)

    assert overflow(page) > 0


def test_a_person_is_signed_in_and_two_people_are_apart(open_page):
    family, visitor = open_page(device=PHONE, user=make_guardian()), open_page()
    family.goto("/my/")
    visitor.goto("/my/")

    assert [page.evaluate("location.pathname") for page in (family, visitor)] == ["/my/", "/accounts/login/"]
