"""Who can be played in the demonstration: the command that lists them, the page that signs in, the start."""

import io
import json

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.management import call_command

from enrollment.demo import people
from enrollment.models import FeedLink
from tests.factories import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]

KEYS = [
    *("parent", "parent_second", "parent_other", "new_parent", "adult", "teacher"),
    *("instructor", "instructor_other", "desk", "coordinator", "manager"),
]


# -- The command for programs -----------------------------------------------------------------------


def demo_people(*options):
    answer = io.StringIO()
    call_command("demo_people", "--json", *options, stdout=answer)
    return json.loads(answer.getvalue())


def test_demo_people_lists_everybody_with_a_link(demo):
    rows = demo_people()

    assert [row["key"] for row in rows] == KEYS
    assert {tuple(row) for row in rows} == {("key", "role", "name", "email", "sign_in_url", "feed_url", "session")}
    assert rows[0] | {"feed_url": None} == {
        "key": "parent", "role": "guardian", "name": "Līga Bērziņa", "email": "parent@demo.example",
        "sign_in_url": "http://testserver/demo/sign-in/parent/", "feed_url": None, "session": None,
    }  # fmt: skip


def test_feeds_of_demo_people_stand_and_only_hashes_are_stored(demo, client):
    feeds = {row["key"]: row["feed_url"] for row in demo_people()}

    assert [key for key in KEYS if feeds[key] is None] == ["new_parent", "desk", "coordinator", "manager"]
    assert feeds["parent"] == demo_people()[0]["feed_url"]
    assert client.get(feeds["parent"]).status_code == 200
    token = feeds["parent"].rpartition("/")[2].removesuffix(".ics")
    assert (len(token), FeedLink.objects.filter(token_sha256=token).exists()) == (43, False)


def test_a_revoked_feed_is_not_listed(demo):
    FeedLink.objects.filter(user=demo["parent"]).update(revoked_at=NOON)

    assert demo_people()[0]["feed_url"] is None


def test_a_session_signs_in(demo, client):
    row = next(row for row in demo_people("--sessions") if row["key"] == "desk")

    client.cookies[django_settings.SESSION_COOKIE_NAME] = row["session"]

    assert client.get("/desk/").status_code == 200
    assert Session.objects.filter(session_key=row["session"]).exists()


# -- The pages --------------------------------------------------------------------------------------


def test_the_page_has_everybody_and_signs_in_with_one_press(demo, client):
    page = client.get("/demo/").content.decode()

    for person in people.PEOPLE:
        assert person.name in page
        assert f'href="/demo/sign-in/{person.key}/"' in page


@pytest.mark.parametrize(
    ("key", "address"),
    [("parent", "/my/"), ("new_parent", "/my/"), ("instructor", "/teach/"), ("desk", "/desk/"), ("manager", "/desk/")],
)
def test_signing_in_leads_to_where_the_day_begins(demo, client, key, address):
    answer = client.get(f"/demo/sign-in/{key}/")

    assert (answer.status_code, answer.url) == (302, address)
    assert client.session["_auth_user_id"] == str(demo[key].pk)
    assert client.get(address).status_code == 200


def test_signing_in_as_somebody_else_begins_a_new_session(demo, client):
    client.get("/demo/sign-in/parent/")
    before = client.session.session_key

    client.get("/demo/sign-in/desk/")

    assert client.session.session_key != before
    assert client.session["_auth_user_id"] == str(demo["desk"].pk)


@pytest.mark.parametrize(
    ("asked", "address"), [("/courses/", "/courses/"), ("https://evil.example/", "/my/"), ("//evil.example/", "/my/")]
)
def test_signing_in_goes_on_within_the_site_only(demo, client, asked, address):
    assert client.get("/demo/sign-in/parent/", {"next": asked}).url == address


def test_there_is_nobody_else_to_be(demo, client):
    assert client.get("/demo/sign-in/admin/").status_code == 404


def test_the_pages_are_not_there_where_the_demonstration_is_off(demo, client, settings):
    settings.DEMO = False

    assert [client.get(path).status_code for path in ("/demo/", "/demo/sign-in/parent/")] == [404, 404]


# -- Starting it ------------------------------------------------------------------------------------


def test_the_command_tells_where_to_look(demo, settings, tmp_path):
    settings.MAIL_DIR = tmp_path
    out = io.StringIO()

    call_command("demo", "--no-serve", stdout=out, stderr=io.StringIO())

    told = out.getvalue()
    assert "http://testserver/demo/inbox/" in told
    assert [person.key for person in people.PEOPLE if f"http://testserver{person.sign_in_path}" not in told] == []
