"""What `rehearse prepare` and `make_scale_data` put into the configured database, and take out again (docs/operations.md)."""

import io
import json
import stat

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import Client

from accounts.models import Guardianship, Learner, User
from accounts.outbox.models import Message
from courses.models import Course, CourseRun, Lesson, Program, Term
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry, Submission
from enrollment.reconciliation import reconcile
from enrollment.rehearsal import crowd, scale
from tests.factories import HOUR, NOON, enroll, make_run

pytestmark = pytest.mark.django_db

TABLES = [
    *(
        User,
        Learner,
        Guardianship,
        Program,
        Course,
        Term,
        CourseRun,
        Lesson,
        Submission,
        Enrollment,
        LedgerEntry,
        Message,
    ),
]


def run(name, *arguments):
    """(the JSON document or None, exit code, what was said beside it)."""
    written, said, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(name, *map(str, arguments), stdout=written, stderr=said)
    except SystemExit as ended:
        code = ended.code
    except CommandError as refused:
        code, said = refused.returncode, io.StringIO(str(refused))
    return json.loads(written.getvalue() or "null"), code, said.getvalue()


def prepare(out, *, families=6, groups=2, capacity=2):
    _, code, said = run(
        "rehearse",
        "prepare",
        "--families",
        families,
        "--groups",
        groups,
        "--capacity",
        capacity,
        "--out",
        out,
        "--json",
    )
    assert code == 0, said
    return json.loads(out.read_text())


def press(family):
    """What a load tool does with one family of the document: the status of the answer."""
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(family["cookies"])
    request = family["request"]
    assert request["method"] == "POST"
    return client.post(request["path"], request["form"], headers=family["headers"] | {"Host": "testserver"}).status_code


def rows():
    return {model.__name__: set(model.objects.values_list("pk", flat=True)) for model in TABLES}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "plan.json"


# -- For any load tool -------------------------------------------------------------------------------


def test_the_document_has_exactly_what_a_load_tool_relies_on(out):
    document = prepare(out)

    assert set(document) == {"base", "groups", "families", "success", "refused"}
    assert [set(one) for one in document["groups"]] == [{"id", "capacity"}] * 2
    assert [one["capacity"] for one in document["groups"]] == [2, 2]
    assert {frozenset(one) for one in document["families"]} == {frozenset({"cookies", "headers", "request"})}
    assert {frozenset(one["request"]) for one in document["families"]} == {frozenset({"method", "path", "form"})}
    assert (document["success"], document["refused"]) == ({"status": [302, 200]}, {"status": [409, 422]})
    assert (document["base"], len(document["families"])) == ("http://testserver", 6)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_every_family_gets_a_place_or_a_place_in_the_queue_also_when_it_presses_twice(out):
    document = prepare(out)

    answered = {press(family) for family in document["families"] for _time in range(2)}

    assert answered == {302}
    states = {
        one["id"]: sorted(Enrollment.objects.filter(run=one["id"]).values_list("state", flat=True))
        for one in document["groups"]
    }
    assert list(states.values()) == [[State.CONFIRMED, State.CONFIRMED, State.WAITLISTED]] * 2
    assert reconcile().differences == []


def test_a_group_that_closed_refuses(out):
    document = prepare(out)
    crowd.groups_made().update(enrollment_closes_at=F("enrollment_opens_at") + HOUR)

    assert {press(family) for family in document["families"]} <= set(document["refused"]["status"])


def test_repeating_replaces_what_was_made_and_touches_nothing_else(out):
    enroll(make_run())
    others = rows()
    for family in prepare(out)["families"]:
        press(family)

    again = prepare(out, families=3, groups=1)

    assert (crowd.users_made().count(), crowd.children_made().count(), crowd.groups_made().count()) == (3, 3, 1)
    assert Enrollment.objects.filter(run__in=crowd.groups_made()).count() == 0
    assert {press(family) for family in again["families"]} == {302}
    assert run("rehearse", "remove")[1] == 0
    assert rows() == others
    assert reconcile().differences == []


def test_where_the_demonstration_is_off_everything_is_refused_with_1(settings, out):
    settings.DEMO = False

    for arguments in (
        ["rehearse"], ["rehearse", "remove"], ["rehearse", "prepare", "--out", out], ["make_scale_data", "--remove"],
        ["make_scale_data", "--people", 10, "--runs", 4],
    ):  # fmt: skip
        document, code, said = run(*arguments)
        assert (document, code) == (None, 1)
        assert "DEMO" in said
    assert not out.exists()
    assert rows() == {model.__name__: set() for model in TABLES}


@pytest.mark.parametrize(
    "arguments",
    [
        ["rehearse", "prepare"],
        ["rehearse", "--out", "x.json"],
        ["rehearse", "prepare", "--out", "/no/such/folder/x.json"],
        ["rehearse", "--families", 0],
        ["rehearse", "--capacity", 40_000],
        ["rehearse", "--seconds", -1],
        ["rehearse", "--families", 5, "--instant", 6],
        ["make_scale_data"],
        ["make_scale_data", "--people", 10],
        ["make_scale_data", "--people", 10, "--runs", 0],
        ["make_scale_data", "--people", 1_000_000, "--runs", 1],
        ["make_scale_data", "--people", 10, "--runs", 4, "--remove"],
        ["bench", "no_such_measure"],
        ["bench", "promotion", "--enrollments", 5],
    ],
)
def test_wrong_use_ends_with_2(arguments):
    assert run(*arguments)[:2] == (None, 2)


# -- At size -----------------------------------------------------------------------------------------


def make(people, runs):
    document, code, _ = run("make_scale_data", "--people", people, "--runs", runs, "--json")
    assert code == 0
    return document


def test_what_is_made_at_size_is_as_consistent_as_what_was_lived():
    made = make(60, 12)

    assert set(made) == {"people", "runs", "enrollments", "seconds"}
    assert (made["people"], made["runs"], made["enrollments"]) == (60, 12, 240)
    assert set(Enrollment.objects.values_list("state", flat=True)) == {
        State.CONFIRMED,
        State.WITHDRAWN,
        State.WAITLISTED,
    }
    assert reconcile().differences == []
    assert Learner.objects.exclude(guardianships__ended_at=None).count() == 0
    assert Submission.objects.filter(enrollments=None).count() == 0
    assert CourseRun.objects.filter(waitlist_length__gt=0).with_seats_left().count() == 0


def test_the_next_call_goes_on_where_the_last_one_was_interrupted(monkeypatch):
    monkeypatch.setattr(scale, "PEOPLE_IN_A_LOT", 20)

    def interrupt(text):
        if text == "people: 40 of 60":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scale.make(people=60, runs=8, now=NOON, progress=interrupt)
    assert (scale.people_made().count(), reconcile().differences) == (40, [])

    made = make(61, 8)

    assert (made["people"], made["enrollments"], reconcile().differences) == (61, 244, [])
    assert make(61, 8)["enrollments"] == 244


def test_it_is_taken_out_again_and_nothing_else(monkeypatch):
    enroll(make_run())
    others = rows()
    make(60, 8)
    monkeypatch.setattr(scale, "PEOPLE_IN_A_LOT", 20)

    assert run("make_scale_data", "--remove", "--json")[:2] == (
        {"people": 0, "runs": 0, "enrollments": 0, "seconds": 0.0},
        0,
    )

    assert rows() == others
    assert reconcile().differences == []


def test_ids_given_afterwards_are_new_ones():
    make(60, 8)

    assert enroll(make_run()).pk > Enrollment.objects.filter(run__in=scale.runs_made()).latest("pk").pk
