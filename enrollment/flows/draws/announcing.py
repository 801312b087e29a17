"""Announcing a draw, changing it before applications begin, and cancelling it before it is held."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Min
from django.utils.text import slugify

from accounts import staff_log
from accounts.models import User
from accounts.outbox import flows as outbox
from courses.flows import seats
from courses.models import Allocation, CourseRun, PriorityWindow, Program, RunKind, RunState, Term
from enrollment import emails
from enrollment.allocation import commitment
from enrollment.flows.draws import locking
from enrollment.models import Applicant, Application, ApplicationState as Stage, Draw, DrawState, Wish
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

SEED_OCTETS = 32


@transaction.atomic
def announce(
    *, program: Program, term: Term | None, runs: Iterable[CourseRun], name_lv: str, name_en: str, opens_at: datetime,
    closes_at: datetime, by: User, now: datetime,
) -> Draw:  # fmt: skip
    """Announce that places in these groups are drawn among all who apply within the window.

    The seed is made now and only its hash is shown. What families prepared for these groups alone takes part in the
    draw once they send it. Locks the groups. Raises EnrollmentRefused: DRAW_GROUPS with the codes that are in the way,
    DRAW_WINDOW.
    """
    if not now <= opens_at < closes_at:
        raise EnrollmentRefused(Refusal(Reason.DRAW_WINDOW))
    seed = secrets.token_hex(SEED_OCTETS)
    draw = Draw.objects.create(
        slug=_free_slug(program, term), name_lv=name_lv, name_en=name_en, program=program, term=term, seed=seed,
        seed_sha256=commitment(seed), announced_at=now, opens_at=opens_at, closes_at=closes_at,
    )  # fmt: skip
    _set_groups(draw, runs)
    staff_log.write(by=by, about=draw, what="announced", now=now)
    return draw


@transaction.atomic
def change(
    *, draw: Draw, runs: Iterable[CourseRun], name_lv: str, name_en: str, opens_at: datetime, closes_at: datetime,
    by: User, now: datetime,
) -> Draw:  # fmt: skip
    """Change what was announced, before applications begin; the seed stays. Locks the draw and the groups.

    Raises EnrollmentRefused like `announce`, and DRAW_BEGUN.
    """
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    if draw.state != DrawState.ANNOUNCED or draw.opens_at <= now:
        raise EnrollmentRefused(Refusal(Reason.DRAW_BEGUN))
    if not now <= opens_at < closes_at:
        raise EnrollmentRefused(Refusal(Reason.DRAW_WINDOW))
    draw.name_lv, draw.name_en, draw.opens_at, draw.closes_at = name_lv, name_en, opens_at, closes_at
    draw.save(update_fields=["name_lv", "name_en", "opens_at", "closes_at"])
    _set_groups(draw, runs)
    staff_log.write(by=by, about=draw, what="changed before it opened", now=now)
    return draw


def _free_slug(program, term):
    base = slugify(f"{program.slug} {term.slug if term else ''}")[:40]
    taken = set(Draw.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for slug in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))) if slug not in taken
    )


def _set_groups(draw, runs):
    """Let the draw be for these groups, and only for what can be drawn. Locks them."""
    ids = {run.pk for run in runs}
    draw.runs.set(ids)
    _attach_what_was_prepared(draw, ids)
    locked = seats.lock(*ids)
    others = Draw.objects.filter(state=DrawState.ANNOUNCED).exclude(pk=draw.pk)
    wanted_elsewhere = set(CourseRun.objects.filter(pk__in=ids, draws__in=others).values_list("pk", flat=True))
    applied = Application.objects.filter(state=Stage.RECEIVED, draw=None, wishes__run__in=ids)
    begun = set(applied.values_list("wishes__run", flat=True))
    in_the_way = [
        run.code for run in locked.values()
        if not _can_be_drawn(run, draw) or run.pk in wanted_elsewhere or run.pk in begun
    ]  # fmt: skip
    if in_the_way or not locked:
        raise EnrollmentRefused(Refusal(Reason.DRAW_GROUPS, facts={"codes": ", ".join(in_the_way) or "–"}))
    if (opening := _first_opening(draw, locked.values())) < draw.closes_at:
        raise EnrollmentRefused(Refusal(Reason.DRAW_WINDOW, facts={"at": opening}))


def _can_be_drawn(run, draw):
    """A published group of the draw's program and term, in which nobody has a place and nobody waits for one."""
    return (
        run.course.program_id == draw.program_id and run.term_id == draw.term_id
        and run.course.program.allocation == Allocation.DRAW
        and run.kind == RunKind.GROUP and run.state == RunState.PUBLISHED and run.starts_at > draw.closes_at
        and not run.seats_taken and not run.waitlist_length
    )  # fmt: skip


def _first_opening(draw, runs):
    """When the first of the groups opens by itself, for anybody."""
    earlier = PriorityWindow.objects.filter(program=draw.program_id, term=draw.term_id)
    first = earlier.aggregate(first=Min("opens_at"))["first"]
    return min([*(run.enrollment_opens_at for run in runs), *([first] if first else [])])


def _attach_what_was_prepared(draw, run_ids):
    """Prepared applications whose groups are all drawn together take part; those with other groups do not any more."""
    prepared = Application.objects.filter(state=Stage.PREPARED)
    elsewhere = Wish.objects.exclude(run__in=run_ids).values("application")
    prepared.filter(draw=draw, pk__in=elsewhere).update(draw=None)
    here = Wish.objects.filter(run__in=run_ids).values("application")
    prepared.filter(draw=None, pk__in=here).exclude(pk__in=elsewhere).update(draw=draw)


def cancel(*, draw: Draw, by: User, reason: str, now: datetime) -> Draw:
    """The draw does not take place: its groups open by themselves, in the order of receipt, at their own time.

    Applications that were received are dropped, and everybody who acts for one of the learners is told with the reason;
    what was only prepared can be sent when the groups open. Cancelling again changes nothing. Locks the learners, then
    the draw. Raises EnrollmentRefused(DRAW_BEGUN) once it is held.
    """
    return locking.again_when_somebody_is_new(lambda: _cancel(draw, by, reason, now))


@transaction.atomic
def _cancel(draw, by, reason, now):
    draw, learners = locking.lock(draw)
    if draw.state == DrawState.CANCELLED:
        return draw
    if draw.state == DrawState.HELD:
        raise EnrollmentRefused(Refusal(Reason.DRAW_BEGUN))
    parties = locking.parties_of(draw, learners)
    Draw.objects.filter(pk=draw.pk).update(state=DrawState.CANCELLED)
    draw.state = DrawState.CANCELLED
    Applicant.objects.filter(draw=draw).update(draw=None)
    Application.objects.filter(draw=draw, state=Stage.RECEIVED).update(state=Stage.DROPPED, ended_at=now)
    Application.objects.filter(draw=draw, state=Stage.PREPARED).update(draw=None)
    outbox.enqueue(*emails.draw_cancelled(draw, parties, reason=reason, now=now))
    staff_log.write(by=by, about=draw, what=f"cancelled: {reason}", now=now)
    return draw
