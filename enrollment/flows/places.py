"""The life of an enrollment: which states hold a seat, and the one way from a state to another.

Every change moves the run's counters, the enrollment and the ledger together, or nothing at all.
"""

from datetime import datetime

from django.utils import timezone

from accounts.models import Learner, User
from accounts.statements import Insertion, Statement
from courses.flows import seats
from courses.models import CourseRun
from enrollment.models import ATTENDING, ENDED, Enrollment, EnrollmentState as State, LedgerEntry, LedgerEvent

# {state: (taken, offered, waiting)}: what one seat of an enrollment in that state counts for on its run.
COUNTS = {
    State.CONFIRMED: (1, 0, 0),
    State.TRIAL: (1, 0, 0),
    State.LEAVING: (1, 0, 0),
    State.OFFERED: (1, 1, 0),
    State.WAITLISTED: (0, 0, 1),
}
NOTHING = (0, 0, 0)


def lock(enrollment: Enrollment, *more_runs: CourseRun, with_learners=()) -> Enrollment:
    """Lock the enrollment's learner (and the others, by id), then its run and the others by id, and read it again.

    The run of a place that it is to replace is one of the others. That order is the same everywhere, so that two
    flows never wait for each other.
    """
    if ids := {enrollment.learner_id, *with_learners} - {None}:
        _locked(sorted(ids))
    run_ids = [enrollment.run_id, *(run.pk for run in more_runs)]
    if enrollment.replaces_id:  # which place that is changes only under the learner's lock
        run_ids += Enrollment.objects.filter(replaced_by=enrollment.pk).values_list("run_id", flat=True)
    runs = seats.lock(*run_ids)
    fresh = Enrollment.objects.select_related("learner", "submission", "replaces").get(pk=enrollment.pk)
    fresh.run = runs[fresh.run_id]
    if fresh.replaces_id and fresh.replaces.run_id in runs:
        fresh.replaces.run, fresh.replaces.learner = runs[fresh.replaces.run_id], fresh.learner
    return fresh


def lock_learners_of(by: User, learners, *, now: datetime) -> list[Learner]:
    """The same for learners whom this user may enroll: their family's, themself once of age, or anybody for staff.

    Raises NotTheirs for anybody else, as if they did not exist. Only the ids of what is given are read.
    """
    ids = [learner.pk for learner in learners]
    today = timezone.localdate(now)
    found = [one for one in _locked_of(by.pk, ids) if one.user_id != by.pk or one.decides_on(today)]
    if len(found) < len(set(ids)) and by.is_desk_staff:
        found = _locked(ids)
    if len(found) < len(set(ids)):
        raise NotTheirs
    return found


def lock_learners(ids) -> list[Learner]:
    """Lock learners by id, whoever's they are: for what the system itself decides."""
    return _locked(sorted(set(ids)))


def lock_at_once(learner_id: int) -> bool:
    """Lock a learner although a run is locked already; False, without waiting, when somebody else has them."""
    free = Learner.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=learner_id)
    return bool(free.values_list("pk", flat=True))


class NotTheirs(Exception):
    """Somebody wants to act for a learner who is not theirs."""


def refuse_minor(enrollment: Enrollment, *, by: User | None, now: datetime) -> None:
    """Raise NotTheirs when a pupil's own login acts: deciding stays with the guardian until 18 (PRODUCT, People)."""
    learner = enrollment.learner
    if learner and by and learner.user_id == by.pk and not learner.decides_on(timezone.localdate(now)):
        raise NotTheirs


_locked_of = Statement(
    lambda user_id, ids: (
        Learner.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school")
        .visible_to(user_id)
        .filter(pk__in=ids)
        .order_by("pk")
    )
)
_locked = Statement(
    lambda ids: (
        Learner.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school")
        .filter(pk__in=ids)
        .order_by("pk")
    )
)


_write_enrollments, _write_ledger = Insertion(Enrollment), Insertion(LedgerEntry)


def begin(
    enrollments: list[Enrollment], *, by, reason="", reasons=None, overrides="", event=LedgerEvent.RECEIVED
) -> list[Enrollment]:
    """Write new enrollments whose seats are already counted, each with the first row of its ledger.

    reasons: {learner id: reason} where nothing was written for all. overrides: the codes of the refusals that staff
    overrode, "limit,clash"; the reason is then what they wrote.
    """
    _write_enrollments(enrollments)
    _write_ledger([
        LedgerEntry(
            enrollment_id=one.pk, run_id=one.run_id, number=1, event=event, to_state=one.state,
            seats=COUNTS[one.state][0] * one.seats, by_id=by and by.pk, at=one.changed_at,
            reason=reason or (reasons or {}).get(one.learner_id, ""), overrides=overrides,
        )
        for one in enrollments
    ])  # fmt: skip
    return enrollments


def change(
    enrollment: Enrollment,
    to: State,
    event: LedgerEvent,
    *,
    by,
    now: datetime,
    reason="",
    overrides="",
    releases_at=None,
    releases_to="",
    trial_ends_at=None,
) -> bool:
    """Move a locked enrollment to another state; False, and nothing changed, when there is no seat for it.

    overrides: like in `begin`. releases_at, releases_to: of LEAVING. trial_ends_at: of TRIAL.
    """
    before, after = COUNTS.get(enrollment.state, NOTHING), COUNTS.get(to, NOTHING)
    taken, offered, waiting = ((new - old) * enrollment.seats for old, new in zip(before, after, strict=True))
    if (taken, offered, waiting) != NOTHING and not seats.shift(
        enrollment.run, taken=taken, offered=offered, waiting=waiting
    ):
        return False
    moved = Enrollment.objects.filter(pk=enrollment.pk, state=enrollment.state, version=enrollment.version).update(
        state=to, version=enrollment.version + 1, changed_at=now, ended_at=now if to in ENDED else None,
        releases_at=releases_at, releases_to=releases_to, trial_ends_at=trial_ends_at,
    )  # fmt: skip
    if not moved:
        raise RuntimeError(f"enrollment {enrollment.pk} changed under the lock of its run")
    LedgerEntry.objects.create(
        enrollment=enrollment, run_id=enrollment.run_id, number=enrollment.version + 1, event=event,
        from_state=enrollment.state, to_state=to, seats=taken, by=by, at=now, reason=reason, overrides=overrides,
    )  # fmt: skip
    enrollment.state, enrollment.version, enrollment.changed_at = to, enrollment.version + 1, now
    enrollment.ended_at = now if to in ENDED else None
    enrollment.releases_at, enrollment.releases_to, enrollment.trial_ends_at = releases_at, releases_to, trial_ends_at
    return True


def note(enrollment: Enrollment, event: LedgerEvent, *, now: datetime, by=None, reason="") -> None:
    """Write a row that changes no state: why somebody was passed over, or that they still come."""
    Enrollment.objects.filter(pk=enrollment.pk).update(version=enrollment.version + 1)
    LedgerEntry.objects.create(
        enrollment=enrollment, run_id=enrollment.run_id, number=enrollment.version + 1, event=event,
        from_state=enrollment.state, to_state=enrollment.state, seats=0, by=by, at=now, reason=reason,
    )  # fmt: skip
    enrollment.version += 1


def gives_up(enrollment: Enrollment) -> bool:
    """Whether getting this place ends another one that the learner still has. Needs `replaces` loaded."""
    return bool(enrollment.replaces_id) and enrollment.replaces.state in ATTENDING


def hand_over_waits(old: Enrollment, new: Enrollment) -> None:
    """Whoever waits elsewhere to leave the old place now waits to leave the new one. Needs the learner's lock."""
    Enrollment.objects.filter(replaces=old, ended_at=None).exclude(pk=new.pk).update(replaces=new)
