"""Applications and the enrollments they led to."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from accounts.snapshots import snapshot
from enrollment.flows.applications import PLACE, QUEUE
from enrollment.models import (
    Applicant,
    Application,
    ApplicationState as Stage,
    DrawState,
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
    Wish,
)

from .outcome import Difference, Outcome

PAIRED = (Stage.RECEIVED, Stage.DECIDED)  # while its applicants count in a draw


def check(outcome: Outcome, *, at_once: int) -> None:
    last = 0
    while True:
        with snapshot():
            lot = list(Application.objects.filter(pk__gt=last).with_draw().order_by("pk")[:at_once])
            books = _Books.read(lot) if lot else None
        if not lot:
            return
        last = lot[-1].pk
        for one in lot:
            wishes = books.wishes[one.pk]
            run = wishes[0].run_id if wishes else None
            for found in _of_application(one, wishes, books):
                outcome.differences.append(found if isinstance(found, Difference) else Difference(run, *found))


@dataclass
class _Given:
    """An enrollment of a submission."""

    pk: int
    run: int
    learner: int | None
    began_as: str  # the state of its first row
    is_moved: bool  # it came from another place of the submission
    was_restored: bool  # and may have begun with another submission


@dataclass
class _Books:
    wishes: dict[int, list[Wish]] = field(default_factory=lambda: defaultdict(list))  # by application
    applicants: dict[int, list[Applicant]] = field(default_factory=lambda: defaultdict(list))
    given: dict[int, list[_Given]] = field(default_factory=lambda: defaultdict(list))  # by submission
    restored: set[tuple[int, int]] = field(default_factory=set)  # (run, learner): it went on to another submission

    @classmethod
    def read(cls, lot) -> "_Books":
        books = cls()
        for wish in Wish.objects.filter(application__in=lot).order_by("rank"):
            books.wishes[wish.application_id].append(wish)
        for one in Applicant.objects.filter(application__in=lot).order_by("pk"):
            books.applicants[one.application_id].append(one)
        undone = LedgerEntry.objects.filter(enrollment=OuterRef("pk"), event=LedgerEvent.RESTORED)
        begun = Enrollment.objects.filter(ledger__number=1).annotate(undone=Exists(undone))
        columns = ("pk", "run", "learner", "ledger__to_state", "moved_from", "undone")
        of_submission = begun.filter(submission__in={one.submission_id for one in lot if one.submission_id})
        for submission, pk, run, learner, state, moved_from, restored in of_submission.values_list(
            "submission", *columns
        ):
            books.given[submission].append(_Given(pk, run, learner, state, moved_from is not None, restored))
        of_learners = Enrollment.objects.filter(
            Exists(undone), learner__in={one.learner_id for several in books.applicants.values() for one in several}
        )
        books.restored = set(of_learners.values_list("run", "learner"))
        return books


def _of_application(one, wishes, books) -> Iterator[tuple | Difference]:
    name = f"application {one.pk}: "
    learners = [applicant.learner_id for applicant in books.applicants[one.pk]]
    if not learners:
        yield f"{name}applicants", "at least 1", 0
    if not wishes:
        yield f"{name}wishes", "at least 1", 0
    counted = {applicant.draw_id for applicant in books.applicants[one.pk]}
    expected = {one.draw_id if one.state in PAIRED else None}
    if learners and counted != expected:
        yield f"{name}draw in which its applicants count", *(sorted(map(str, some)) for some in (expected, counted))
    if one.draw_id and one.state == Stage.RECEIVED and one.draw.state != DrawState.ANNOUNCED:
        yield f"{name}state after the draw", Stage.DECIDED, one.state
    if one.state == Stage.DECIDED:
        yield from _of_decided(one, name, wishes, learners, books)
    elif given := [wish.rank for wish in wishes if wish.outcome]:
        yield f"{name}outcomes of an application that is {one.state}", [], given


def _of_decided(one, name, wishes, learners, books):
    if open_ones := [wish.rank for wish in wishes if not wish.outcome]:
        yield f"{name}wishes without an outcome", [], open_ones
    came_true = [wish for wish in wishes if wish.outcome == PLACE]
    if len(came_true) > one.places_wanted:
        yield f"{name}places given of those wanted", one.places_wanted, len(came_true)
    led_to = [wish for wish in wishes if wish.outcome in (PLACE, QUEUE)]
    if bool(led_to) != bool(one.submission_id):
        yield f"{name}submission", "one" if led_to else "none", "one" if one.submission_id else "none"
    expected = {(wish.run_id, pk): wish.outcome for wish in led_to for pk in learners}
    theirs = sorted(books.given.get(one.submission_id, ()), key=lambda given: not given.is_moved)
    found = {(given.run, given.learner): given for given in theirs}  # what was moved back there does not count
    for (run, learner), outcome in expected.items():
        given = found.pop((run, learner), None)
        what = f"{name}learner {learner}, outcome"
        if given is None:
            if (run, learner) not in books.restored:
                yield Difference(run, what, outcome, "nothing")
        elif not given.was_restored and (given.began_as == State.WAITLISTED) != (outcome == QUEUE):
            yield Difference(run, what, outcome, given.began_as)
    for given in found.values():
        if not given.is_moved and not given.was_restored:
            yield Difference(
                given.run, f"{name}enrollment {given.pk} of no wish that came true", "none", given.began_as
            )
