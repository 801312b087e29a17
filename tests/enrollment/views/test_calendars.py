"""Private calendars at /k/<token>.ics: who may read them, what a fetch costs and leaves behind."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import http_date

from accounts.models import Guardianship, Role, RoleGrant
from courses.flows.publishing import runs_showing, touch_runs
from courses.models import CourseRun, Lesson
from enrollment.flows import calendar_links, enrollments
from enrollment.models import FeedKind, FeedLink
from enrollment.views.calendars import MISSES_ALLOWED, program_of
from tests.calendars import events, header, link_for, make_siblings, titles
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    enroll,
    make_child,
    make_guardian,
    make_lesson,
    make_room,
    make_run,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """An hour after everything was made; tests move it."""
    cache.clear()
    with time_machine.travel(NOON + HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def family():
    return make_siblings()


# -- Who may read it ----------------------------------------------------------------------------------


def outcome(response):
    return response.status_code, response.content, sorted(response.headers.items())


def test_unknown_revoked_and_malformed_addresses_are_answered_alike(client, family):
    mother = family[0]
    revoked = link_for(mother)
    calendar_links.revoke(link=FeedLink.objects.get(), now=NOON)

    answers = [
        outcome(client.get(address))
        for address in (
            revoked,
            f"/k/{'A' * 43}.ics",
            "/k/x.ics",
            "/k/a/b.ics",
            "/k/%00%ff'.ics",
            f"/k/{'A' * 3000}.ics",
        )
    ]

    assert answers == [answers[0]] * 6
    assert answers[0][:2] == (404, b"Not found\n")
    assert ("X-Robots-Tag", "noindex, nofollow") in answers[0][2]


def end_guardianship(mother, annija):
    Guardianship.objects.filter(guardian=mother, learner=annija).update(ended_at=NOON)


def test_a_right_that_has_ended_is_gone_at_the_next_fetch(client, family):
    mother, annija, *_ = family
    whole, one = link_for(mother), link_for(mother, FeedKind.LEARNER, learner=annija)
    tags = [client.get(address).headers["ETag"] for address in (whole, one)]

    end_guardianship(mother, annija)
    answers = [client.get(a, headers={"if-none-match": tag}) for a, tag in zip((whole, one), tags, strict=True)]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert titles(answers[0]) == ["Bruno: Robotika 4.–6. klasei"]


def test_an_account_that_was_closed_has_no_calendar(client, family):
    mother = family[0]
    address = link_for(mother)
    type(mother).objects.filter(pk=mother.pk).update(is_active=False)

    assert client.get(address).status_code == 404


@pytest.mark.parametrize(("kind", "role"), [(FeedKind.INSTRUCTOR, Role.INSTRUCTOR), (FeedKind.ROOM, Role.DESK)])
def test_without_the_role_staff_calendars_end(client, kind, role):
    person = make_user(roles=[role])
    address = link_for(person, kind, room=make_room() if kind == FeedKind.ROOM else None)
    before = client.get(address).status_code

    RoleGrant.objects.update(ended_at=NOON)

    assert (before, client.get(address).status_code) == (200, 404)


def test_wrong_addresses_are_limited_per_network_but_a_real_one_always_works(client, family):
    real = link_for(family[0])
    near, far = {"REMOTE_ADDR": "198.51.100.7"}, {"REMOTE_ADDR": "203.0.113.7"}
    for number in range(MISSES_ALLOWED):
        assert client.get(f"/k/{number}.ics", **near).status_code == 404

    beyond = client.get("/k/more.ics", REMOTE_ADDR="198.51.100.200")

    assert (beyond.status_code, beyond.headers["Retry-After"]) == (429, "600")
    assert client.get("/k/more.ics", **far, HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 404
    assert client.get(real, **near).status_code == 200


# -- HTTP -----------------------------------------------------------------------------------------


def test_an_answer_is_for_its_fetcher_alone_and_touches_no_session(family):
    mother = family[0]
    client = Client(enforce_csrf_checks=True)
    client.force_login(mother)
    address = link_for(mother)

    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)

    assert not any("session" in query["sql"] for query in captured)
    assert response.cookies == {}
    assert header(response, "Content-Type", "Cache-Control", "X-Robots-Tag", "Referrer-Policy", "Vary") == (
        "text/calendar; charset=utf-8", "private, no-cache", "noindex, nofollow", "no-referrer", "Accept-Encoding",
    )  # fmt: skip


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_only_reading_is_allowed(family, method):
    response = getattr(Client(enforce_csrf_checks=True), method)(link_for(family[0]))

    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_two_readings_are_equal_and_a_third_hears_304(client, family, clock):
    address = link_for(family[0])
    first = client.get(address)
    clock.shift(2 * HOUR)
    second = client.get(address)
    third = client.get(address, headers={"if-none-match": first.headers["ETag"], "accept": "text/html"})
    fourth = client.head(address, headers={"if-modified-since": first.headers["Last-Modified"]})

    assert first.content == second.content
    assert (third.status_code, fourth.status_code) == (304, 304)
    names = ("ETag", "Last-Modified", "Cache-Control", "Vary", "X-Robots-Tag", "Referrer-Policy")
    assert header(first, *names) == header(second, *names) == header(third, *names) == header(fourth, *names)


# -- What makes it new --------------------------------------------------------------------------


def withdraw(mother, annija, run, now):
    place = annija.enrollments.get()
    enrollments.withdraw(enrollment=place, by=mother, now=now)


def rename_child(mother, annija, run, now):
    annija.calendar_name = "Anniņa"
    annija.save()


def rename_course(mother, annija, run, now):
    run.course.title_lv = "Roboti"
    run.course.save()
    touch_runs(runs_showing(run.course), now=now)


def move_lesson(mother, annija, run, now):
    lesson = run.lessons.get()
    Lesson.objects.filter(pk=lesson.pk).update(
        starts_at=lesson.starts_at + HOUR, ends_at=lesson.ends_at + HOUR, sequence=1, changed_at=now
    )
    touch_runs(CourseRun.objects.filter(pk=run.pk), now=now)


def add_place(mother, annija, run, now):
    enroll(make_run(lessons=1, starts_at=NOON + 17 * DAY), annija, by=mother, now=now)


@pytest.mark.parametrize("change", [withdraw, rename_child, rename_course, move_lesson, add_place])
def test_after_a_change_the_old_tag_brings_the_new_calendar(client, family, clock, change):
    mother, annija, _bruno, run = family
    address = link_for(mother)
    before = client.get(address)
    clock.move_to(NOON + 2 * HOUR)

    change(mother, annija, run, NOON + 2 * HOUR)
    after = client.get(address, headers={"if-none-match": before.headers["ETag"]})

    assert after.status_code == 200
    assert after.content != before.content
    assert after.headers["Last-Modified"] == http_date((NOON + 2 * HOUR).timestamp())


def test_a_changed_head_count_is_a_new_instructors_calendar(client, family):
    run = family[3]
    instructor = make_user(roles=[Role.INSTRUCTOR])
    run.lessons.get().instructors.add(instructor)
    address = link_for(instructor, FeedKind.INSTRUCTOR)
    before = client.get(address)

    enroll(run, now=NOON + timedelta(minutes=30))
    after = client.get(address, headers={"if-none-match": before.headers["ETag"]})

    assert str(events(after)[0]["DESCRIPTION"]).splitlines()[0] == "Dalībnieki: 3"
    assert events(after)[0]["DTSTAMP"].dt == NOON + timedelta(minutes=30)


def test_with_a_new_month_the_window_moves_and_the_calendar_with_it(client, family, clock):
    mother, _annija, _bruno, run = family
    make_lesson(run, NOON.replace(month=10, day=1))
    address = link_for(mother)
    before = client.get(address)
    clock.move_to(NOON.replace(month=12, day=1))

    after = client.get(address, headers={"if-none-match": before.headers["ETag"]})

    assert (len(events(before)), len(events(after))) == (4, 2)


# -- Cost and traces ----------------------------------------------------------------------------------


def test_unchanged_costs_a_family_one_query(client, family, django_assert_num_queries):
    address = link_for(family[0])
    headers = {"if-none-match": client.get(address).headers["ETag"]}

    with django_assert_num_queries(1):
        assert client.get(address, headers=headers).status_code == 304


def test_unchanged_costs_staff_three_queries(client, family, django_assert_num_queries):
    instructor = make_user(roles=[Role.INSTRUCTOR])
    family[3].lessons.get().instructors.add(instructor)
    address = link_for(instructor, FeedKind.INSTRUCTOR)
    headers = {"if-none-match": client.get(address).headers["ETag"]}

    with django_assert_num_queries(3):
        assert client.get(address, headers=headers).status_code == 304


def test_rendering_costs_the_same_for_one_child_and_for_three(client, django_assert_num_queries):
    for children in (1, 3):
        mother = make_guardian()
        for number in range(children):
            enroll(make_run(), make_child(mother, first_name=f"Bērns {number}"), by=mother)
        address = link_for(mother)
        client.get(address)
        with django_assert_num_queries(6):
            assert len(events(client.get(address))) == 3 * children


def test_a_fetch_is_noted_every_few_minutes_with_the_name_of_the_program(client, family, clock):
    address = link_for(family[0])
    google = {
        "user-agent": "Mozilla/5.0 (compatible; Google-Calendar-Importer/1.0; +http://example.com/person@example.com)"
    }
    etag = client.get(address, headers=google).headers["ETag"]
    seen = []
    for minutes in (0, 4, 5):
        clock.move_to(NOON + HOUR + timedelta(minutes=minutes))
        client.get(address, headers={"if-none-match": etag, "user-agent": "iOS/19.1 (23B85) dataaccessd/1.0"})
        link = FeedLink.objects.get()
        seen.append((link.last_fetched_at - NOON - HOUR, link.last_fetched_by))

    assert seen == [(timedelta(0), "Google"), (timedelta(0), "Google"), (timedelta(minutes=5), "Apple")]


@pytest.mark.parametrize(
    ("user_agent", "program"),
    [
        ("Google-Calendar-Importer", "Google"),
        ("iOS/19.1 (23B85) dataaccessd/1.0", "Apple"),
        ("macOS/15.1 (24B83) CalendarAgent/1140", "Apple"),
        ("Mac+OS+X/10.15.7 (19H2) CalendarAgent/930.5", "Apple"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)", "Outlook"),
        ("Microsoft.Exchange.Services", "Outlook"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0", "Thunderbird"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Thunderbird/128.4.0", "Thunderbird"),
        ("ICSx5/2.2.5 (ical4j/3.2.19 okhttp) Android/15", "other"),
        ("", "other"),
    ],
)
def test_programs_are_told_apart_by_what_they_call_themselves(user_agent, program):
    assert program_of(user_agent) == program
