"""Public calendars over HTTP: who hears 304 and who does not, and what the answers carry."""

import gzip
from datetime import timedelta

import icalendar
import pytest
import time_machine
from django.test import Client
from django.utils.http import http_date

from courses.flows.publishing import runs_showing, touch_runs
from courses.models import Lesson, LessonState
from tests.calendars import header
from tests.factories import DAY, HOUR, NOON, make_course, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """An hour after everything was made; tests move it."""
    with time_machine.travel(NOON + HOUR, tick=False) as traveller:
        yield traveller


def address_of(run):
    return f"/courses/{run.course.slug}/{run.slug}.ics"


# -- HTTP -----------------------------------------------------------------------------------------


def test_an_answer_can_be_shared_and_sets_no_cookie():
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = "somebody"

    response = client.get(address_of(make_run()))

    assert header(response, "Content-Type", "Cache-Control", "Vary", "Set-Cookie", "X-Robots-Tag") == (
        "text/calendar; charset=utf-8", "public, max-age=900", "Accept-Encoding", None, None,
    )  # fmt: skip
    assert response.cookies == {}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_only_reading_is_allowed_and_no_form_page_comes(method):
    client = Client(enforce_csrf_checks=True)
    run = make_run()

    response = getattr(client, method)(address_of(run))

    assert (response.status_code, response.headers["Allow"], response.content) == (405, "GET, HEAD", b"")


def test_two_readings_without_a_change_are_equal(client, clock):
    run = make_run()

    first = client.get(address_of(run))
    clock.shift(3 * HOUR)
    second = client.get(address_of(run))

    assert first.content == second.content
    assert header(first, "ETag", "Last-Modified") == header(second, "ETag", "Last-Modified")


def test_head_has_the_headers_alone(client):
    run = make_run()

    whole, head = client.get(address_of(run)), client.head(address_of(run))

    assert head.content == b""
    assert head.headers == whole.headers
    assert head.headers["Content-Length"] == str(len(whole.content))


def test_packed_only_for_those_who_ask_and_the_tag_still_matches(client):
    run = make_run()
    plain = client.get(address_of(run))

    packed = client.get(address_of(run), headers={"accept-encoding": "br, gzip;q=0.8"})
    refused = client.get(address_of(run), headers={"accept-encoding": "gzip;q=0, identity"})
    again = client.get(address_of(run), headers={"accept-encoding": "gzip", "if-none-match": packed.headers["ETag"]})
    plain_again = client.get(address_of(run), headers={"if-none-match": packed.headers["ETag"]})

    assert gzip.decompress(packed.content) == plain.content == refused.content
    assert header(packed, "Content-Encoding", "Vary", "Content-Length") == (
        "gzip",
        "Accept-Encoding",
        str(len(packed.content)),
    )
    assert header(packed, "ETag") == ("W/" + plain.headers["ETag"],)
    assert (again.status_code, plain_again.status_code) == (304, 304)


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"other", {etag}', 304),
        ('"other",W/{etag} , "third"', 304),
        ("*", 304),
        ('"other"', 200),
        ("rubbish", 200),
        ("", 200),
    ],
)
def test_a_fetcher_that_names_the_current_tag_hears_304(client, tags, status):
    run = make_run()
    current = client.get(address_of(run))

    response = client.get(address_of(run), headers={"if-none-match": tags.format(etag=current.headers["ETag"])})

    assert response.status_code == status
    names = ("ETag", "Last-Modified", "Cache-Control", "Vary")
    assert header(response, *names) == header(current, *names)
    if status == 304:
        assert response.content == b""


@pytest.mark.parametrize(("shift", "status"), [(0, 304), (60, 304), (-1, 200)])
def test_a_fetcher_that_names_the_time_hears_304_when_nothing_came_later(client, shift, status):
    run = make_run()
    client.get(address_of(run))

    since = http_date((NOON + HOUR).timestamp() + shift)

    assert client.get(address_of(run), headers={"if-modified-since": since}).status_code == status


def test_the_tag_wins_over_the_time(client):
    run = make_run()
    current = client.get(address_of(run))
    late, early = http_date((NOON + DAY).timestamp()), http_date((NOON - DAY).timestamp())

    other = client.get(address_of(run), headers={"if-none-match": '"other"', "if-modified-since": late})
    same = client.get(address_of(run), headers={"if-none-match": current.headers["ETag"], "if-modified-since": early})

    assert (other.status_code, same.status_code) == (200, 304)


def test_a_malformed_time_is_as_none(client):
    assert client.get(address_of(make_run()), headers={"if-modified-since": "yesterday"}).status_code == 200


# -- What makes a calendar new ----------------------------------------------------------------------


def rename_room(run):
    room = run.room
    room.name_lv = "Mācību klase 3"
    room.save()
    touch_runs(runs_showing(room), now=NOON + 2 * HOUR)


def rename_venue(run):
    venue = run.room.venue
    venue.address = "Jauna iela 1, Ventspils"
    venue.save()
    touch_runs(runs_showing(venue), now=NOON + 2 * HOUR)


def rename_course(run):
    run.course.title_lv = "Roboti"
    run.course.save()
    touch_runs(runs_showing(run.course), now=NOON + 2 * HOUR)


def rename_program(run):
    run.course.program.name_lv = "Pulciņi"
    run.course.program.save()
    touch_runs(runs_showing(run.course.program), now=NOON + 2 * HOUR)


def cancel_lesson(run):
    lesson = run.lessons.first()
    Lesson.objects.filter(pk=lesson.pk).update(state=LessonState.CANCELLED, sequence=1, changed_at=NOON + 2 * HOUR)
    touch_runs(type(run).objects.filter(pk=run.pk), now=NOON + 2 * HOUR)


def delete_lesson(run):
    run.lessons.last().delete()
    touch_runs(type(run).objects.filter(pk=run.pk), now=NOON + 2 * HOUR)


CHANGES = [rename_room, rename_venue, rename_course, rename_program, cancel_lesson, delete_lesson]


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_the_old_tag_brings_the_new_calendar(client, clock, change):
    run = make_run()
    before = client.get(address_of(run))
    clock.move_to(NOON + 2 * HOUR)

    change(run)
    after = client.get(
        address_of(run),
        headers={"if-none-match": before.headers["ETag"], "if-modified-since": before.headers["Last-Modified"]},
    )

    assert after.status_code == 200
    assert after.content != before.content
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.headers["Last-Modified"] == http_date((NOON + 2 * HOUR).timestamp())


def test_the_time_of_change_never_goes_back_also_after_the_newest_lesson_is_deleted(client, clock):
    run = make_run()
    touch_runs(type(run).objects.filter(pk=run.pk), now=NOON + 3 * DAY)
    Lesson.objects.filter(pk=run.lessons.last().pk).update(changed_at=NOON + 3 * DAY)
    clock.move_to(NOON + 4 * DAY)
    before = client.get(address_of(run))

    clock.shift(HOUR)
    run.lessons.last().delete()
    touch_runs(type(run).objects.filter(pk=run.pk), now=NOON + 4 * DAY + HOUR)
    after = client.get(address_of(run), headers={"if-modified-since": before.headers["Last-Modified"]})

    assert after.status_code == 200
    assert after.headers["Last-Modified"] == http_date((NOON + 4 * DAY + HOUR).timestamp())


def test_two_changes_within_a_second_have_different_times(client):
    run = make_run()
    seen = {client.get(address_of(run)).headers["Last-Modified"]}

    for count in (1, 2):
        Lesson.objects.filter(run=run).update(topic="", change_note=f"Izmaiņa {count}")
        touch_runs(type(run).objects.filter(pk=run.pk), now=NOON + HOUR + count * timedelta(milliseconds=100))
        seen.add(client.get(address_of(run)).headers["Last-Modified"])

    assert len(seen) == 3


def test_a_restored_lesson_is_a_new_version_with_the_old_uid(client, clock):
    run = make_run(lessons=1)
    lesson = run.lessons.get()
    versions = []
    for sequence, state in enumerate([LessonState.SCHEDULED, LessonState.CANCELLED, LessonState.SCHEDULED]):
        now = NOON + sequence * HOUR
        clock.move_to(now + HOUR)
        Lesson.objects.filter(pk=lesson.pk).update(state=state, sequence=sequence, changed_at=now)
        touch_runs(type(run).objects.filter(pk=run.pk), now=now)
        event = icalendar.Calendar.from_ical(client.get(address_of(run)).content).walk("VEVENT")[0]
        versions.append((str(event["UID"]), event["SEQUENCE"], str(event["STATUS"]), event["DTSTAMP"].dt))

    uid = f"lesson-{lesson.pk}@testserver"
    assert versions == [
        (uid, 0, "CONFIRMED", NOON),
        (uid, 1, "CANCELLED", NOON + HOUR),
        (uid, 2, "CONFIRMED", NOON + 2 * HOUR),
    ]


def test_a_change_that_is_written_late_with_an_early_time_is_not_missed(client, clock):
    """Two requests change two groups; the one that began first commits last, with the older time."""
    course = make_course()
    slow, quick = make_run(course=course), make_run(course=course)
    address = f"/courses/{course.slug}.ics"
    clock.move_to(NOON + 2 * HOUR)
    touch_runs(type(quick).objects.filter(pk=quick.pk), now=NOON + 2 * HOUR)
    before = client.get(address)

    Lesson.objects.filter(run=slow).update(change_note="Cita telpa")
    touch_runs(type(slow).objects.filter(pk=slow.pk), now=NOON + 2 * HOUR - timedelta(seconds=5))
    after = client.get(address, headers={"if-none-match": before.headers["ETag"]})

    assert after.status_code == 200


# -- Cost -----------------------------------------------------------------------------------------


def test_unchanged_is_answered_without_reading_a_lesson(client, django_assert_num_queries):
    run = make_run()
    headers = {"if-none-match": client.get(address_of(run)).headers["ETag"]}

    with django_assert_num_queries(2) as captured:
        assert client.get(address_of(run), headers=headers).status_code == 304
    assert not any("courses_lesson" in query["sql"] for query in captured)


def test_the_catalogue_costs_the_same_with_one_group_and_with_three(client, django_assert_num_queries):
    make_run()
    client.get("/courses.ics")
    with django_assert_num_queries(5):
        assert client.get("/courses.ics").status_code == 200

    for _ in range(2):
        make_run()
    client.get("/courses.ics")
    with django_assert_num_queries(5):
        assert client.get("/courses.ics").status_code == 200
