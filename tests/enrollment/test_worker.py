import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from accounts.outbox import heartbeats
from accounts.outbox.models import Message
from courses.models import CourseRun
from enrollment import worker as module
from enrollment.flows import enrollments
from enrollment.models import EnrollmentState as State, LedgerEntry
from enrollment.worker import NIGHTLY, Worker
from tests.factories import NOON, enroll, make_run, make_user, states_of
from tests.races import race

pytestmark = pytest.mark.django_db

QUIET = dict.fromkeys(
    (
        "decided",
        "drawn",
        "released",
        "expired",
        "reminded",
        "promoted",
        "announced",
        "asked",
        "ended",
        "settled",
        "sent",
        "not_sent",
        "nightly",
        "differences",
        "failed",
    ),
    0,
)


@pytest.fixture(autouse=True)
def _letters(settings, tmp_path):
    """Letters of a kind of our own, so that these tests do not hang on anybody's wording."""
    (tmp_path / "test" / "emails").mkdir(parents=True)
    for ending in ("subject.txt", "txt", "html"):
        (tmp_path / "test" / "emails" / f"note.{ending}").write_text("Note")
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    for name in (heartbeats.WORKER, NIGHTLY):
        heartbeats.beat(name, now=NOON)


def write_letter(key="a", kind="test.note", now=NOON):
    return Message.objects.create(
        kind=kind, event_key=key, address=f"{key}@example.lv", language="lv", created_at=now, send_after=now
    )


def a_round(now=NOON, stop=None):
    return Worker(stop=stop or threading.Event()).round(now=now)


def forget_letters():
    Message.objects.all().delete()


def test_a_round_without_work_says_so():
    assert a_round() == QUIET


def test_a_round_passes_seats_on_and_sends_letters():
    run = make_run(capacity=1)
    seated, _waiting = enroll(run), enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON, hold_seconds=0)
    forget_letters()
    write_letter()
    connection_of_release = a_round()
    forget_letters()

    assert (connection_of_release["released"], states_of(run)) == (1, [State.WITHDRAWN, State.OFFERED])
    assert [letter.to for letter in mail.outbox] == [["a@example.lv"]]


def test_a_second_round_changes_nothing():
    write_letter()
    a_round()

    assert (a_round(), len(mail.outbox)) == (QUIET, 1)


def test_a_part_that_fails_keeps_nobody_else_from_getting_theirs(caplog):
    run = make_run(capacity=1)
    seated = enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON, hold_seconds=0)
    forget_letters()
    write_letter("broken", kind="test.has_no_template", now=NOON - timedelta(minutes=1))
    write_letter("whole")

    first, second = a_round(), a_round(now=NOON + timedelta(seconds=1))

    assert (first["released"], first["failed"], second["sent"], second["failed"]) == (1, 1, 1, 0)
    assert [letter.to for letter in mail.outbox] == [["whole@example.lv"]]


def test_a_round_leaves_a_sign_of_life():
    a_round(now=NOON + timedelta(hours=1))

    assert heartbeats.last(heartbeats.WORKER) == NOON + timedelta(hours=1)


def test_a_stopped_worker_ends_after_the_letter_at_hand():
    stop = threading.Event()
    stop.set()
    for key in "abc":
        write_letter(key)

    assert a_round(stop=stop)["sent"] == 1


# -- At night --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "is_due"),
    [
        (datetime(2026, 11, 25, 0, 59, tzinfo=UTC), False),  # 02:59 in Riga; last done the noon before
        (datetime(2026, 11, 25, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 25, 22, 30, tzinfo=UTC), True),  # half past midnight, and nobody did it all day
    ],
)
def test_the_nightly_round_is_due_from_three_on(now, is_due):
    assert [a_round(now=now)["nightly"], a_round(now=now)["nightly"]] == [int(is_due), 0]


def test_at_night_the_books_are_compared_and_what_nobody_needs_is_forgotten(caplog):
    run = make_run()
    CourseRun.objects.filter(pk=run.pk).update(seats_taken=1)
    unused = make_user(first_name="", last_name="", date_joined=NOON - timedelta(days=8))
    Session.objects.create(session_key="old", session_data="", expire_date=NOON)
    Session.objects.create(session_key="new", session_data="", expire_date=NOON + timedelta(days=9))

    summary = a_round(now=NOON + timedelta(days=1))

    assert (summary["nightly"], summary["differences"]) == (1, 1)
    assert [record.run_id for record in caplog.records if record.levelname == "ERROR"] == [run.pk]
    assert not User.objects.filter(pk=unused.pk).exists()
    assert [session.session_key for session in Session.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_only_one_of_many_workers_gets_the_night(is_known):
    name = NIGHTLY if is_known else "never done"
    now = NOON + timedelta(days=1)

    claims = race(
        6, lambda index: heartbeats.claim(name, since=NOON + timedelta(hours=13), now=now + timedelta(seconds=index))
    )

    assert sorted(claims) == [False] * 5 + [True]


# -- Running ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_do_everything_once():
    runs = [make_run(capacity=1) for _ in range(6)]
    for run in runs:
        seated, _waiting = enroll(run), enroll(run)
        enrollments.withdraw(enrollment=seated, by=None, now=NOON, hold_seconds=0)
    forget_letters()
    for number in range(20):
        write_letter(f"letter-{number}")
    mail.outbox = []

    summaries = race(3, lambda _: parts_of_a_round())

    assert sum(one["sent"] for one in summaries) == len(mail.outbox) == 20
    assert [states_of(run) for run in runs] == [[State.WITHDRAWN, State.OFFERED]] * 6
    assert LedgerEntry.objects.filter(event="released").count() == 6


def parts_of_a_round():
    """Letters first: those that the released seats cause have no templates here."""
    worker = Worker(stop=threading.Event())
    return worker._send(now=NOON) | module.upkeep.run_due(now=NOON)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_away_is_waited_for(monkeypatch, caplog):
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0)
    write_letter(now=timezone.now() - timedelta(seconds=1))
    stop, told, failures = threading.Event(), [], iter("xx")

    def away(execute, *args):
        if next(failures, None):
            raise OperationalError("the server closed the connection")
        return execute(*args)

    def tell(summary):
        told.append(summary)
        stop.set()

    with connection.execute_wrapper(away):
        Worker(stop=stop, tell=tell).run()

    assert [one["sent"] for one in told] == [1]
    assert [record.levelname for record in caplog.records if record.name == module.__name__] == [
        "ERROR",
        "ERROR",
        "WARNING",
    ]
