"""What time alone makes due and nobody has done: the worker stands still, or fails at one thing again and again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from accounts.snapshots import snapshot
from enrollment.flows import decisions, reconfirmations, trials
from enrollment.models import Application, Draw, Enrollment, EnrollmentState as State, WaitlistOffer

from .outcome import Difference, Outcome

PATIENCE = timedelta(hours=1)  # the worker comes round every second


def check(outcome: Outcome, *, now: datetime) -> None:
    with snapshot():
        outcome.differences += [
            Difference(run, f"{what} overdue", f"done by {due.isoformat()}", found)
            for run, what, due, found in _left_undone(now - PATIENCE)
        ]


def _left_undone(then) -> Iterator[tuple]:
    """(run id, what, when it was due, how it is) of everything that was due by then."""
    offers = WaitlistOffer.objects.overdue(now=then).order_by("pk")
    for pk, enrollment, run, due in offers.values_list("pk", "enrollment", "enrollment__run", "expires_at"):
        yield run, f"enrollment {enrollment}: end of offer {pk}", due, "open"
    leaving = Enrollment.objects.filter(state=State.LEAVING, releases_at__lte=then).order_by("pk")
    for pk, run, due in leaving.values_list("pk", "run", "releases_at"):
        yield run, f"enrollment {pk}: end of the hold", due, State.LEAVING
    for pk, run, due in trials.due(now=then).values_list("pk", "run", "trial_ends_at"):
        yield run, f"enrollment {pk}: end of the trial", due, State.TRIAL
    for pk, run, due in reconfirmations.overdue(now=then).values_list("pk", "run", "reconfirm_by"):
        yield run, f"enrollment {pk}: answer whether they still come", due, "none"
    undecided = Application.objects.undecided().filter(received_at__lte=then)
    for one in undecided.prefetch_related("wishes"):
        run = next((wish.run_id for wish in one.wishes.all()), None)
        yield run, f"application {one.pk}: decision", one.received_at, one.state
    for draw in Draw.objects.due(now=then).defer("record").order_by("pk"):
        run = draw.runs.order_by("pk").values_list("pk", flat=True).first()
        yield run, f"draw {draw.slug}: holding it", draw.closes_at, draw.state
    for run in decisions.due(now=then):
        yield run.pk, "decision whether the group takes place", run.decision_on, "none"
