"""Draws: the record, which anybody can verify, and the rows that were written by it."""

from collections import defaultdict
from collections.abc import Iterator

from accounts.snapshots import snapshot
from enrollment import allocation, causes
from enrollment.models import (
    Applicant,
    Application,
    ApplicationState as Stage,
    Draw,
    DrawState,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
)

from .outcome import Difference, Outcome


def check(outcome: Outcome) -> None:
    for pk in Draw.objects.order_by("pk").values_list("pk", flat=True):
        with snapshot():
            draw = Draw.objects.get(pk=pk)
            runs = list(draw.runs.select_related("course").order_by("pk"))
            found = list(_of_draw(draw, {run.get_absolute_url(): run.pk for run in runs}))
        first = runs[0].pk if runs else None
        for run, what, expected, seen in found:
            outcome.differences.append(Difference(run or first, f"draw {draw.slug}: {what}", expected, seen))
    with snapshot():
        outcome.differences += _drawn_without_a_draw()


def _of_draw(draw, by_path) -> Iterator[tuple]:
    """(run id or None, what, expected, found)."""
    if (promised := allocation.commitment(draw.seed)) != draw.seed_sha256:
        yield None, "seed_sha256", promised, draw.seed_sha256
    if draw.state != DrawState.HELD:
        return
    for one in allocation.verify(draw.record).differences:
        yield None, f"record, {one.where}, {one.what}", one.expected, one.found
    if not isinstance(draw.record, dict) or not draw.record.keys() >= {"seed", "groups", "applications"}:
        return
    for column in ("seed", "seed_sha256"):
        if draw.record.get(column) != getattr(draw, column):
            yield None, f"record, {column}", getattr(draw, column), draw.record.get(column)
    try:
        groups = {one["group"]: by_path.get(one["path"]) for one in draw.record["groups"]}
        entries = {one["pseudonym"]: one for one in draw.record["applications"]}
        results = {key: (one["order"], one["given"], one["queued"]) for key, one in entries.items()}
    except (KeyError, TypeError):  # its form is wrong, which stands above
        return
    if unknown := sorted(name for name, run in groups.items() if run is None):
        yield None, "groups of the record that are not the draw's", [], unknown
    yield from _of_applications(draw, results)
    yield from _of_rows(draw, results, groups)


def _of_applications(draw, results):
    took_part = Application.objects.filter(draw=draw).exclude(state__in=(Stage.PREPARED, Stage.DROPPED))
    stages = {str(key): stage for key, stage in took_part.values_list("key", "state")}
    for key in sorted(results.keys() - stages.keys()):
        yield None, f"application {key}", "received", "nothing"
    for key in sorted(stages.keys() - results.keys()):
        yield None, f"application {key}", "in the record", "not in it"


def _of_rows(draw, results, groups):
    """Who got a place and who waits, and the order of the queues, by the rows that the draw wrote."""
    learners = defaultdict(list)
    for key, pk in Applicant.objects.filter(application__draw=draw).values_list("application__key", "learner"):
        learners[str(key)].append(pk)
    expected, reasons, queues = {}, {}, defaultdict(list)
    for key, (order, given, queued) in sorted(results.items(), key=lambda item: item[1][0]):
        for name in (*given, *queued):
            if (run := groups.get(name)) is None:
                continue
            for pk in sorted(learners[key]):
                expected[run, pk] = State.WAITLISTED if name in queued else State.CONFIRMED
                reasons[run, pk] = order
            if name in queued:
                queues[run].append(order)
    rows = LedgerEntry.objects.filter(event=LedgerEvent.DRAWN, at=draw.held_at, run__in=set(groups.values()) - {None})
    found, found_queues = {}, defaultdict(list)
    served = rows.order_by("run", "enrollment__priority", "enrollment__received_at", "enrollment")
    for run, learner, state, reason in served.values_list("run", "enrollment__learner", "to_state", "reason"):
        found[run, learner] = state
        code, facts = causes.read(reason) or ("", {})
        order = int(facts["order"]) if code == causes.DRAWN else None
        if (run, learner) in reasons and order != reasons[run, learner]:
            yield run, f"learner {learner}, order in the ledger", reasons[run, learner], order
        if state == State.WAITLISTED and (run, learner) in expected:
            found_queues[run].append(reasons[run, learner])
    for run, learner in sorted(expected.keys() | found.keys()):
        if expected.get((run, learner)) != found.get((run, learner)):
            yield (
                run, f"learner {learner}", expected.get((run, learner), "nothing"), found.get((run, learner), "nothing")
            )  # fmt: skip
    for run, orders in found_queues.items():
        if orders != sorted(orders):
            yield run, "order of its queue", sorted(orders), orders


def _drawn_without_a_draw() -> list[Difference]:
    rows = LedgerEntry.objects.filter(event=LedgerEvent.DRAWN).order_by("pk")
    held = Draw.objects.filter(state=DrawState.HELD)
    known = set(held.values_list("runs", "held_at"))
    return [
        Difference(run, f"enrollment {pk}: draw that gave it", "a draw held at that moment", "none")
        for pk, run, at in rows.values_list("enrollment", "run", "at").iterator(chunk_size=2000)
        if (run, at) not in known
    ]
