"""Applications for programs: prepared, sent, received in turn, taken back; by the rules of the flows."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import CourseRun, RunState
from enrollment.flows import applications, upkeep
from enrollment.models import Application, ApplicationState as Stage
from tests.factories import (
    DAY,
    HOUR,
    WEEK,
    enroll,
    make_child,
    make_children,
    make_course,
    make_guardian,
    make_run,
    make_user,
    states_of,
)

pytestmark = pytest.mark.django_db

ALL = "/api/v1/applications/"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def guardian():
    return make_guardian()


@pytest.fixture
def child(guardian):
    return make_child(guardian)


@pytest.fixture
def client(guardian):
    client = Client()
    client.force_login(guardian)
    return client


def group(*, opens_in=HOUR, days=0, course=None, **fields):
    """A group that opens in an hour by the real clock."""
    now = timezone.now()
    return make_run(
        starts_at=now + 2 * WEEK + days * DAY,
        enrollment_opens_at=now + opens_in,
        course=course or make_course(),
        **fields,
    )


def call(client, method, address, data=None, key=None):
    headers = {"Accept-Language": "en"} | ({"Idempotency-Key": str(key)} if key else {})
    body = {"content_type": "application/json"} | ({"data": data} if data is not None else {})
    return getattr(client, method)(address, headers=headers, **body)


def prepare(client, *runs, learners, key=None, **more):
    data = {"runs": [run.pk for run in runs], "learners": [one.pk for one in learners], **more}
    return call(client, "post", ALL, data, key or uuid4())


def open_now(*runs):
    CourseRun.objects.filter(pk__in=[run.pk for run in runs]).update(enrollment_opens_at=timezone.now() - HOUR)
    for run in runs:
        run.refresh_from_db()


def test_it_is_prepared_once_per_key(client, child):
    run, key = group(), uuid4()

    first, again = prepare(client, run, learners=[child], key=key), prepare(client, run, learners=[child], key=key)

    assert (first.status_code, again.status_code, Application.objects.count()) == (201, 200, 1)
    (shown,) = first.json()
    assert (shown["key"], shown["state"], shown["learners"], shown["received_at"]) == (
        str(key),
        "prepared",
        [child.pk],
        None,
    )
    assert [(wish["run"], wish["joins_waitlist"], wish["outcome"], wish["refusal"]) for wish in shown["wishes"]] == [
        (run.pk, True, "", None)
    ]


def test_siblings_get_one_each_or_one_together(client, guardian):
    children, course = make_children(2, guardian), make_course()

    each = prepare(client, group(course=course), learners=children)
    together = prepare(client, group(course=course, days=1), learners=children, together=True)

    assert [one["learners"] for one in each.json()] == [[one.pk] for one in children]
    assert [one["learners"] for one in together.json()] == [[one.pk for one in children]]


def test_it_is_sent_once_it_is_open(client, child):
    run, other = group(capacity=1), group(days=1)
    (shown,) = prepare(client, run, other, learners=[child], waits_for=[]).json()

    early = call(client, "post", f"{ALL}{shown['key']}/send/")
    open_now(run, other)
    enroll(run, now=timezone.now())
    sent, again = (call(client, "post", f"{ALL}{shown['key']}/send/") for _ in range(2))

    assert (early.status_code, early.json()["code"]) == (409, "not_open_yet")
    assert (sent.status_code, sent.json()["state"]) == (200, "decided")
    assert [wish["outcome"] for wish in sent.json()["wishes"]] == ["full", "place"]
    assert [(one["run"]["id"], one["state"]) for one in sent.json()["enrollments"]] == [(other.pk, "confirmed")]
    assert again.json() == sent.json()


def test_wishes_are_replaced_and_it_is_taken_back(client, child):
    run, other = group(), group(days=1)
    (shown,) = prepare(client, run, learners=[child]).json()
    address = f"{ALL}{shown['key']}/"

    changed = call(client, "put", address, {"runs": [other.pk, run.pk], "waits_for": [run.pk]})
    dropped, again = (call(client, "post", f"{address}drop/") for _ in range(2))

    assert [(wish["run"], wish["joins_waitlist"]) for wish in changed.json()["wishes"]] == [
        (other.pk, False),
        (run.pk, True),
    ]
    assert (dropped.json()["state"], again.json()["state"]) == ("dropped", "dropped")
    assert call(client, "put", address, {"runs": [run.pk]}).status_code == 409
    assert call(client, "get", ALL).json() == []


def test_what_is_in_the_way_is_named_with_its_group(client, child):
    run = group(code="G-1")
    prepare(client, run, learners=[child])
    CourseRun.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)

    (shown,) = call(client, "get", ALL).json()

    assert [(wish["code"], wish["refusal"]["code"], wish["refusal"]["learner"]) for wish in shown["wishes"]] == [
        ("G-1", "cancelled", child.pk)
    ]


def test_enrolling_while_others_wait_gives_a_receipt_that_tells_later(client, guardian, child):
    run, other, key = group(opens_in=-HOUR), make_guardian(), uuid4()
    first = applications.prepare(learners=[make_child(other)], runs=[run], by=other, now=timezone.now())
    Application.objects.filter(pk=first.pk).update(state=Stage.RECEIVED, received_at=timezone.now())
    data = {"run": run.pk, "learners": [child.pk]}

    received = call(client, "post", "/api/v1/enrollments/", data, key)
    again = call(client, "post", "/api/v1/enrollments/", data, key)
    waiting = call(client, "get", received.json()["status_url"])
    upkeep.run_due(now=timezone.now() + HOUR)
    decided = call(client, "get", received.json()["status_url"])
    answered = call(client, "post", "/api/v1/enrollments/", data, key)

    assert (received.status_code, again.status_code) == (202, 202)
    assert (received.json()["code"], received.json()["key"]) == ("received", str(key))
    assert received.json() == again.json()
    assert (waiting.json()["state"], decided.json()["state"]) == ("received", "decided")
    assert decided.json()["received_at"] == received.json()["received_at"]
    assert (answered.status_code, answered.json()["key"]) == (200, str(key))
    assert states_of(run) == ["confirmed", "confirmed"]


def test_a_prepared_one_is_received_in_its_turn_too(client, child):
    run, other = group(), make_guardian()
    (shown,) = prepare(client, run, learners=[child]).json()
    first = applications.prepare(learners=[make_child(other)], runs=[run], by=other, now=timezone.now())
    open_now(run)
    Application.objects.filter(pk=first.pk).update(state=Stage.RECEIVED, received_at=timezone.now())

    sent = call(client, "post", f"{ALL}{shown['key']}/send/")

    assert (sent.status_code, sent.json()["key"]) == (202, shown["key"])
    assert sent.json()["status_url"].endswith(f"{ALL}{shown['key']}/")


def test_what_is_anothers_does_not_exist(client, child):
    other, run = make_guardian(), group()
    theirs = applications.prepare(learners=[make_child(other)], runs=[run], by=other, now=timezone.now())
    address = f"{ALL}{theirs.key}/"

    answers = [
        call(client, "get", address), call(client, "put", address, {"runs": [run.pk]}), call(client, "post", f"{address}send/"),
        call(client, "post", f"{address}drop/"), prepare(client, run, learners=[make_child(other, first_name="Cits")]),
        call(client, "get", f"{ALL}{uuid4()}/"),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [404] * 6
    assert Application.objects.get().state == Stage.PREPARED


def test_a_group_that_is_none_and_nonsense_are_refused(client, child):
    assert call(client, "post", ALL, {"runs": [10**6], "learners": [child.pk]}, uuid4()).status_code == 404
    assert call(client, "post", ALL, {"runs": [], "learners": [child.pk]}, uuid4()).status_code == 400
    assert call(client, "post", ALL, {"runs": list(range(1, 12)), "learners": [child.pk]}, uuid4()).status_code == 400
    assert call(client, "post", ALL, {"runs": [group().pk], "learners": [child.pk]}).status_code == 400


def test_a_minors_own_login_looks_only(guardian, child):
    pupil = make_user()
    type(child).objects.filter(pk=child.pk).update(user=pupil)
    one = applications.prepare(learners=[child], runs=[group()], by=guardian, now=timezone.now())
    client = Client()
    client.force_login(pupil)

    assert [shown["key"] for shown in call(client, "get", ALL).json()] == [str(one.key)]
    assert call(client, "post", f"{ALL}{one.key}/drop/").status_code == 403
    assert call(client, "post", f"{ALL}{one.key}/send/").status_code == 403


def test_the_list_asks_the_same_for_one_and_for_many(client, child):
    course = make_course()
    runs = [group(course=course, days=day) for day in range(4)]
    (first,) = prepare(client, runs[0], learners=[child]).json()
    prepare(client, runs[1], learners=[child])
    open_now(runs[0])
    call(client, "post", f"{ALL}{first['key']}/send/")

    def queries():
        cache.clear()
        with CaptureQueriesContext(connection) as found:
            assert call(client, "get", ALL).status_code == 200
        return len(found)

    queries()
    few = queries()
    for run in runs[2:]:
        prepare(client, run, runs[1], learners=[child])

    assert queries() == few
