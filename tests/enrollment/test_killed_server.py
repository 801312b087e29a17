"""SIGKILL in the middle of an opening: what a family was told is so, nothing is half done, pressing again helps.

With a server and a client of their own. Beside it twins without the guard, which lose.
"""

import os
import signal
import time
from collections import Counter
from dataclasses import dataclass

import pytest
from django.db import connection
from django.utils import timezone

from accounts.outbox.models import Message
from courses.models import CourseRun
from enrollment.models import Enrollment, LedgerEntry, Submission
from enrollment.reconciliation import Difference, reconcile
from enrollment.rehearsal import crowd, database, opening, requests, serving
from enrollment.rehearsal.playing import Answer, phase, play

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

FAMILIES, GROUPS, CAPACITY = 480, 4, 100  # more families than places: some queue
AT_ONCE = 24
FIRST = 20  # before the kill


@dataclass
class Morning:
    families: list
    presses: list[dict]  # one per family
    answers: list[Answer]  # from the server that was killed
    differences: list[Difference]  # of the books, right after

    @property
    def told(self) -> set[int]:
        """The learners whose family was told where the receipt is."""
        return {
            family.learner_id
            for family, one in zip(self.families, self.answers, strict=True)
            if requests.is_receipt(one.status, one.location)
        }


@pytest.fixture
def ground(monkeypatch):
    """The address of the test's database, for servers with the settings of a real one."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "enrollment.settings.development")
    opening.prepare_database()
    return database.url()


def first_are_answered(done):
    return done >= FIRST


def first_are_over(_done):
    """Somebody is entered of whom the careless twin, which finishes the FIRST, makes no more."""
    return Enrollment.objects.count() > FIRST


def morning_with_a_kill(url, application=serving.SITE, when=first_are_answered):
    now = timezone.now()
    runs = crowd.make_groups(count=GROUPS, capacity=CAPACITY, now=now)
    families = crowd.make_families(count=FAMILIES, now=now)
    presses = [requests.press(one, runs[index % GROUPS]) for index, one in enumerate(families)]
    with serving.site(url, application=application) as site:

        def kill(_name, done, _of):
            if when(done):
                for process in site.processes:
                    os.killpg(process.pid, signal.SIGKILL)

        (played,) = play(site, [press_all(site, families, presses)], progress=kill)
    wait_until_nobody_is_connected()
    return Morning(families, presses, played.answers, reconcile().differences)


def press_all(site, families, presses):
    octets = [requests.octets(press, host=site.host, family=one) for one, press in zip(families, presses, strict=True)]
    return phase("pressing", octets, connections=AT_ONCE)


def wait_until_nobody_is_connected():
    """PostgreSQL ends what the killed processes had begun; it notices that they are gone a moment later."""
    deadline = time.monotonic() + 20
    while connection.vendor == "postgresql" and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            if cursor.fetchone() == (1,):
                return
        time.sleep(0.1)


def kept():
    """The learners who have an enrollment."""
    return set(Enrollment.objects.values_list("learner_id", flat=True))


def test_what_was_told_is_so_nothing_is_half_done_and_pressing_again_is_pressing_once(ground):
    morning = morning_with_a_kill(ground)
    assert 0 < len(morning.told) < FAMILIES

    assert morning.told - kept() == set()
    assert morning.differences == []
    halves = [
        Submission.objects.filter(enrollments=None).count(),
        Enrollment.objects.filter(ledger=None).count(),
        Enrollment.objects.exclude(pk__in=LedgerEntry.objects.values("enrollment")).count(),
        Enrollment.objects.exclude(learner__in=Message.objects.values("learner")).count(),
    ]
    assert halves == [0, 0, 0, 0]

    with serving.site(ground) as site:
        (again,) = play(site, [press_all(site, morning.families, morning.presses)])

    addresses = {one.location for one in again.answers if requests.is_receipt(one.status, one.location)}
    assert len(addresses) == FAMILIES
    assert Counter(Enrollment.objects.values_list("learner_id", flat=True)) == {
        family.learner_id: 1 for family in morning.families
    }
    assert Submission.objects.count() == FAMILIES
    assert reconcile().differences == []
    assert list(CourseRun.objects.values_list("seats_taken", "waitlist_length")) == [(100, 20)] * GROUPS


def test_a_twin_that_answers_before_it_has_done_the_work_loses_places(ground):
    morning = morning_with_a_kill(ground, "tests.enrollment.careless:answers_first")

    assert morning.told - kept() != set()


def test_a_twin_that_does_it_in_pieces_leaves_halves(ground):
    morning = morning_with_a_kill(ground, "tests.enrollment.careless:in_pieces", when=first_are_over)

    assert morning.differences != []
