"""A rehearsal from the empty database to the figures: docs/operations.md says what they mean."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from uuid import uuid4

from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from accounts.outbox import heartbeats
from courses.models import CourseRun
from enrollment import worker
from enrollment.models import HOLDING, Application, ApplicationState, Enrollment, EnrollmentState, Submission
from enrollment.reconciliation import reconcile
from enrollment.rehearsal import arrivals, crowd, database, requests, serving
from enrollment.rehearsal.crowd import Family
from enrollment.rehearsal.playing import Answer, Played, percentile, phase, play

ROUNDS = 5  # of ours and of the floor, taking turns
FEWEST_IN_A_ROUND, MOST_IN_A_ROUND = 20, 300
CONNECTIONS = 16  # under way at a time while the most that the site can do is measured
WARM_UP = 40  # requests before anything is measured: a thread's first opens its connection to the database
SECONDS_TO_DECIDE = 120  # for the worker, what was received while too many came

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What `rehearse --json` answers."""

    families: int
    groups: int
    capacity: int
    accepted: int
    queued: int
    refused: int
    errors: int
    oversold: int
    answers_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    floor_answers_per_second: float
    ratio: float

    @property
    def is_clean(self) -> bool:
        return self.errors == 0 and self.oversold == 0

    def as_json(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Fates:
    """What became of the families, by the database."""

    accepted: int
    queued: int
    refused: int
    errors: int
    oversold: int


def rehearse(
    *, families: int, groups: int, capacity: int, seconds: float, at_once: int | None = None, say: Say
) -> Outcome:
    """Play an opening on a database of its own, then measure the most that the site answers beside its floor."""
    in_a_round = max(FEWEST_IN_A_ROUND, min(MOST_IN_A_ROUND, families))
    with database.of_our_own() as url:
        prepare_database(say)
        say(f"families: {families}, groups: {groups}, places in each: {capacity}")
        now = timezone.now()
        runs = crowd.make_groups(count=groups, capacity=capacity, now=now)
        pressing = crowd.make_families(count=families, now=now)
        with serving.site(url, application=serving.SITE_AND_FLOOR) as site:
            played = play_opening(site, runs, pressing, arrivals.peak(families, seconds=seconds, at_once=at_once), say)
            await_decisions(say)
            fates = fates_of(runs, pressing, played.answers)
            hot = Hot.prepare(in_a_round)
            ours, floor = hot.play(site, say)
            hot.forget_floor()
        lost = sum(not requests.is_receipt(one.status, one.location) for part in ours for one in part.answers)
        differences = reconcile().differences
        for one in differences:
            say(f"group {one.run}, {one.what}: expected {one.expected}, found {one.found}")
    per_second, floor_per_second = best(ours), best(floor)
    return Outcome(
        families=families, groups=groups, capacity=capacity, accepted=fates.accepted, queued=fates.queued,
        refused=fates.refused, errors=fates.errors + lost + len(differences), oversold=fates.oversold,
        answers_per_second=round(per_second, 1), p50_ms=round(percentile(played.answers, 0.5), 1),
        p95_ms=round(percentile(played.answers, 0.95), 1), p99_ms=round(percentile(played.answers, 0.99), 1),
        floor_answers_per_second=round(floor_per_second, 1), ratio=round(per_second / floor_per_second, 3),
    )  # fmt: skip


def prepare_database(say: Say = lambda text: None) -> None:
    say(f"a database of its own: {connection.settings_dict['NAME']}")
    call_command("migrate", verbosity=0, interactive=False)
    heartbeats.beat(worker.NIGHTLY, now=timezone.now())  # the books are compared here when it is over, not in between


# -- The opening itself ----------------------------------------------------------------------------


def play_opening(site, runs: list[CourseRun], families: list[Family], at: list[float], say: Say) -> Played:
    """Each family presses once at its moment; they want the groups in turn."""
    pressed = [
        requests.octets(requests.press(one, runs[index % len(runs)]), host=site.host, family=one)
        for index, one in enumerate(families)
    ]
    (played,) = warmly(site, [phase("opening", pressed, at=at)], say)
    say(
        f"the client: {played.client_share:.0%} of a core, {played.cpu_seconds / len(at) * 1000:.2f} ms a request, "
        f"at most {played.late_ms:.0f} ms late"
    )
    return played


def warmly(site, phases: list[dict], say: Say) -> list[Played]:
    """Play the phases after the processes have answered something: their first answers are not what is asked."""
    visit = f"GET /courses/ HTTP/1.1\r\nHost: {site.host}\r\nConnection: close\r\n\r\n"

    def watch(name, done, of):
        site.insist()
        say(f"{name}: {done} of {of}")

    played = play(site, [phase("warming up", [visit] * WARM_UP, connections=CONNECTIONS), *phases], progress=watch)
    return played[1:]


def await_decisions(say: Say = lambda text: None) -> None:
    """Until the worker has decided what was received while too many came."""
    deadline = time.monotonic() + SECONDS_TO_DECIDE
    while (waiting := Application.objects.undecided().count()) and time.monotonic() < deadline:
        say(f"received and not decided yet: {waiting}")
        time.sleep(0.5)


def fates_of(runs: list[CourseRun], families: list[Family], answers: list[Answer]) -> Fates:
    """What the families were told, held against what is so."""
    states = dict(
        Enrollment.objects.filter(run__in=runs, ended_at=None, learner__in=crowd.children_made()).values_list(
            "learner_id", "state"
        )
    )
    turned_down = set(
        Application.objects.filter(state=ApplicationState.DECIDED, submission=None).values_list("learners", flat=True)
    )
    count = Counter(
        _fate(one, states.get(family.learner_id), family.learner_id in turned_down)
        for family, one in zip(families, answers, strict=True)
    )
    return Fates(count["accepted"], count["queued"], count["refused"], count["errors"], oversold(runs))


def _fate(answer, state, was_turned_down):
    if requests.is_receipt(answer.status, answer.location):
        if state in HOLDING:
            return "accepted"
        if state == EnrollmentState.WAITLISTED:
            return "queued"
        return "refused" if was_turned_down else "errors"
    return "refused" if answer.status in requests.REFUSAL and state is None else "errors"


def oversold(runs: list[CourseRun]) -> int:
    """Seats held beyond the capacity, counted from the enrollments themselves."""
    held = Enrollment.objects.filter(run__in=runs).holding().order_by().values("run").annotate(held=Sum("seats"))
    by_run = dict(held.values_list("run", "held"))
    return sum(max(0, by_run.get(run.pk, 0) - run.capacity) for run in runs)


# -- The most that it can do -----------------------------------------------------------------------


@dataclass
class Hot:
    """One group that everybody wants, with room for all, and one for the floor's rows."""

    run: CourseRun
    floor_run: CourseRun
    submission: Submission
    families: list[Family]
    in_a_round: int

    @classmethod
    def prepare(cls, in_a_round: int) -> "Hot":
        now = timezone.now()
        run, floor_run = crowd.make_groups(count=2, capacity=crowd.MOST_SEATS, now=now)
        families = crowd.make_families(count=in_a_round * ROUNDS, now=now)
        submission = Submission.objects.create(key=uuid4(), submitted_by_id=families[0].user_id, received_at=now)
        return cls(run, floor_run, submission, families, in_a_round)

    def play(self, site, say: Say) -> tuple[list[Played], list[Played]]:
        """Rounds of ours and of the floor's, taking turns."""
        phases = []
        for number in range(ROUNDS):
            families = self.families[number * self.in_a_round : (number + 1) * self.in_a_round]
            ours = [requests.octets(requests.press(one, self.run), host=site.host, family=one) for one in families]
            floor = [
                requests.octets(
                    requests.press_of_the_floor(one, self.floor_run, self.submission), host=site.host, family=one
                )
                for one in families
            ]
            phases += [
                phase("as fast as it can", ours, connections=CONNECTIONS),
                phase("the floor", floor, connections=CONNECTIONS),
            ]
        played = warmly(site, phases, say)
        if lost := [one for part in played[1::2] for one in part.answers if one.status != 302]:
            raise serving.NotServed(f"The floor answered {lost[0].status}.")
        return played[::2], played[1::2]

    def forget_floor(self) -> None:
        """The floor keeps no ledger: its rows would be differences."""
        Enrollment.objects.filter(run=self.floor_run).delete()
        CourseRun.objects.filter(pk=self.floor_run.pk).update(seats_taken=0)


def best(parts: list[Played]) -> float:
    """Answers per second of the best round: what else the machine did meanwhile falls out."""
    return max(part.per_second for part in parts)
