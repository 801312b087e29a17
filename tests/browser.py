"""A real Chromium for tests marked `browser`: a phone, a desktop, and everything a page complains about.

    @pytest.mark.browser
    def test_...(phone_page, site):
        phone_page.goto("/courses/")

Whatever a page reports (console errors, refused by the content policy, uncaught exceptions, requests to other machines)
fails the test when it ends, unless announced: `complaints.expect(r"status of 404")`.
"""

import re
import shutil
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
AXE = Axe().axe_script
VIOLATIONS = """async options => (await axe.run(options)).violations.flatMap(
  violation => violation.nodes.map(node => `${violation.id}: ${node.html.slice(0, 200)}`)
)"""


def find_chromium() -> str | None:
    """The system's Chromium; None means that Playwright must have fetched its own."""
    return next((path for name in CHROMIUMS if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    arguments = [
        "--no-sandbox",  # refused to root otherwise, and tests run as root in containers
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",  # containers have a small /dev/shm
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ]
    path = {"executable_path": chromium} if (chromium := find_chromium()) else {}
    return {**browser_type_launch_args, **path, "args": arguments}


# What htmx says of a request that is under way while the page is left. An answer that is an error is another event.
CUT_OFF = r"console: htmx:(afterRequest|sendError|sendAbort)\b"


@dataclass
class Complaints:
    """What pages reported, and the patterns of what the test announced."""

    seen: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=lambda: [CUT_OFF])

    def expect(self, pattern: str) -> None:
        """Announce a complaint, such as the 404 that the test asks for."""
        self.expected.append(pattern)

    def unexpected(self) -> list[str]:
        return [text for text in self.seen if not any(re.search(pattern, text) for pattern in self.expected)]

    def listen_to(self, page, site: str) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda problem: self.seen.append(f"uncaught: {problem}"))
        page.on("request", lambda request: self._request(request.url, site))

    def _console(self, message):
        if message.type == "error":
            self.seen.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, url, site):
        if not url.startswith((f"{site}/", "data:", "blob:")):
            self.seen.append(f"request to another machine: {url}")


@pytest.fixture
def complaints():
    complaints = Complaints()
    yield complaints
    assert complaints.unexpected() == []


@pytest.fixture
def site(live_server, settings) -> str:
    """The address of the running site, which its e-mails and calendars name as well."""
    settings.SITE_ADDRESS = live_server.url
    return live_server.url


@pytest.fixture
def open_page(new_context, site, complaints):
    """Open a page for one more person (cookies of its own): `open_page()`, `open_page(device=PHONE, locale="en")`."""

    def open_one(device=DESKTOP, user=None, locale="lv-LV", **options):
        context = new_context(base_url=site, locale=locale, timezone_id="Europe/Riga", **device, **options)
        context.set_default_timeout(30_000)  # milliseconds; a busy machine takes its time
        page = context.new_page()
        complaints.listen_to(page, site)
        if user:
            sign_in(page, user, site)
        return page

    return open_one


@pytest.fixture
def phone_page(open_page):
    return open_page(device=PHONE)


@pytest.fixture
def desktop_page(open_page):
    return open_page(device=DESKTOP)


def sign_in(page, user, site: str) -> None:
    """Give the page's context the session of this user, without the way through the sign-in pages."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])


def accessibility_violations(page) -> list[str]:
    """What axe finds against WCAG 2.1 AA, one line per element: "rule: element"; compare with []."""
    page.evaluate(AXE)
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"], "preload": False}
    return page.evaluate(VIOLATIONS, options)


def overflow(page) -> int:
    """By how many CSS pixels the page is wider than its window; 0 is what a phone needs."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
