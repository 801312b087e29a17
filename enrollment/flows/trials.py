"""Trying one lesson: a place like any other, until the family has decided (docs/decisions/0007)."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Learner, User
from accounts.outbox import flows as outbox
from courses.flows import seats
from courses.models import CourseRun, Lesson, LessonState
from enrollment import eligibility, emails
from enrollment.deadlines import trial_deadline
from enrollment.flows import places, turns, waitlist
from enrollment.models import (
    Enrollment,
    EnrollmentState as State,
    LedgerEntry,
    LedgerEvent,
    Submission,
)
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

LESSONS_TO_CHOOSE = 3  # the next ones


def lessons_to_try(run: CourseRun, *, now: datetime) -> list[Lesson]:
    """The next lessons that one could try; none where the program has no trial lessons."""
    if run.course.program.trial_answer_hours is None:
        return []
    upcoming = Lesson.objects.scheduled().filter(run=run, starts_at__gt=now).select_related("room__venue")
    return list(upcoming.order_by("starts_at", "pk")[:LESSONS_TO_CHOOSE])


def why_not(*, run: CourseRun, learners: list[Learner], now: datetime) -> dict[int, Refusal | None]:
    """{learner id: why they may not try a lesson of this group}; a full group is a reason here. Constant queries."""
    facts = eligibility.Facts.load(runs=[run], learners=learners, now=now)
    tried = _tried(run, learners)
    return {one.pk: _refusal(run, one, facts, tried, now) for one in learners}


def _refusal(run, learner, facts, tried, now):
    if run.course.program.trial_answer_hours is None:
        return Refusal(Reason.NO_TRIAL, learner)
    if refusal := facts.why_not(run, learner, now):
        return refusal
    if facts.is_leaving(run, learner):  # then that is taken back instead
        return Refusal(Reason.ALREADY, learner, {"at": _left(facts, run, learner).received_at, "has_place": True})
    if learner.pk in tried:
        return Refusal(Reason.TRIED, learner)
    return Refusal(Reason.FULL, learner, {"free": 0}) if run.is_full else None


def _left(facts, run, learner):
    return next(one for one in facts.enrollments[learner.pk] if one.run_id == run.pk)


def _tried(run, learners) -> set[int]:
    """Ids of those who try or have tried a lesson of this course; one given back before its lesson does not count."""
    trials = Enrollment.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=F("trial_lesson__starts_at")),
        learner__in=learners, run__course=run.course_id, trial_lesson__isnull=False,
    )  # fmt: skip
    return set(trials.values_list("learner_id", flat=True))


def begin_trial(*, run: CourseRun, learner: Learner, lesson: Lesson, key: UUID, by: User, now: datetime) -> Enrollment:
    """Take a seat for one lesson; the family decides afterwards. The same key again finds the same trial.

    Only where a seat is free, and once per learner and course. Locks the learner, then the run by the very update
    that takes the seat. Tells everybody who acts for the learner. Raises EnrollmentRefused (FULL: there is the queue)
    and places.NotTheirs.
    """
    try:
        return _begin(run, learner, lesson, key, by, now)
    except IntegrityError:
        # Somebody was faster with the same form (its key is known now) or with the same child.
        known = Enrollment.objects.filter(submission__key=key, submission__submitted_by=by, learner=learner, run=run)
        if (trial := known.first()) is not None:
            return trial
        if refusal := eligibility.why_not(run=run, learner=learner, now=now):
            raise EnrollmentRefused(refusal) from None
        raise


@transaction.atomic
def _begin(run, learner, lesson, key, by, now):
    submission = Submission.objects.create(key=key, submitted_by=by, received_at=now)
    (learner,) = places.lock_learners_of(by, [learner], now=now)
    if refusal := why_not(run=run, learners=[learner], now=now)[learner.pk]:
        raise EnrollmentRefused(refusal)
    if lesson.run_id != run.pk or lesson not in lessons_to_try(run, now=now):
        raise EnrollmentRefused(Refusal(Reason.NO_TRIAL, learner))
    if not seats.take(run):
        raise EnrollmentRefused(Refusal(Reason.FULL, learner, {"free": 0}))
    if turns.somebody_is_before([run.pk], now=now):
        raise EnrollmentRefused(Refusal(Reason.BUSY))
    trial = Enrollment(
        run=run, learner=learner, submission=submission, received_at=now, entered_by=by, changed_at=now,
        state=State.TRIAL, trial_lesson=lesson, trial_ends_at=ends_at(run, lesson),
    )  # fmt: skip
    places.begin([trial], by=by)
    outbox.enqueue(*emails.trial_agreed(trial, now=now))
    return trial


def ends_at(run: CourseRun, lesson: Lesson) -> datetime:
    """Until when the family decides: the program's hours after the lesson, never at night."""
    return trial_deadline(lesson_ends_at=lesson.ends_at, answer_hours=run.course.program.trial_answer_hours or 0)


def keep(*, enrollment: Enrollment, by: User | None, now: datetime) -> Enrollment:
    """Keep the place after (or before) the trial lesson. Pressed twice it is kept once.

    Locks the learner and the run. Raises EnrollmentRefused: TOO_LATE_TO_ANSWER when the time is up (the trial is ended on
    the spot and the seat goes on), ENDED when there is no trial any more.
    """
    answer = _keep(enrollment, by, now)
    if isinstance(answer, Refusal):
        raise EnrollmentRefused(answer)
    return answer


@transaction.atomic
def _keep(enrollment, by, now):
    """The enrollment, or a refusal; an end that was due on the way is kept, so this never raises one."""
    enrollment = places.lock(enrollment)
    places.refuse_minor(enrollment, by=by, now=now)
    if enrollment.state == State.CONFIRMED:
        return enrollment
    if enrollment.state != State.TRIAL:
        is_late = enrollment.ledger.get(number=enrollment.version).event == LedgerEvent.TRIAL_ENDED
        return Refusal(Reason.TOO_LATE_TO_ANSWER if is_late else Reason.ENDED, enrollment.learner)
    if _is_over(enrollment, now):
        at = enrollment.trial_ends_at
        _end(enrollment, now)
        return Refusal(Reason.TOO_LATE_TO_ANSWER, enrollment.learner, {"at": at})
    places.change(enrollment, State.CONFIRMED, LedgerEvent.KEPT, by=by, now=now)
    outbox.enqueue(*emails.place_given([enrollment], now=now))
    return enrollment


def _is_over(trial, now):
    """Whether its time is up. A lesson that was moved moves the end of the trial with it."""
    lesson = Lesson.objects.get(pk=trial.trial_lesson_id)
    if not lesson.is_cancelled and (until := ends_at(trial.run, lesson)) > trial.trial_ends_at:
        Enrollment.objects.filter(pk=trial.pk).update(trial_ends_at=until)
        trial.trial_ends_at = until
    return trial.trial_ends_at <= now


def _end(trial, now):
    places.change(trial, State.EXPIRED, LedgerEvent.TRIAL_ENDED, by=None, now=now)
    outbox.enqueue(*emails.trial_ended(trial, now=now))
    waitlist.promote_locked(trial.run, now=now)


@transaction.atomic
def expire(*, enrollment: Enrollment, now: datetime) -> bool:
    """End a trial without a word and pass its seat on; False when the family answered first or it is not due."""
    enrollment = places.lock(enrollment)
    if enrollment.state != State.TRIAL or not _is_over(enrollment, now):
        return False
    _end(enrollment, now)
    return True


# -- What the worker does ------------------------------------------------------------------------


def due(*, now: datetime):
    """Trials whose time is up."""
    return Enrollment.objects.filter(state=State.TRIAL, trial_ends_at__lte=now).order_by("trial_ends_at")


def to_ask(*, now: datetime):
    """Trials whose lesson is over and whose family was not asked yet."""
    asked = LedgerEntry.objects.filter(enrollment=OuterRef("pk"), event=LedgerEvent.ASKED)
    trials = Enrollment.objects.filter(
        ~Exists(asked), state=State.TRIAL, trial_ends_at__gt=now, trial_lesson__ends_at__lte=now,
        trial_lesson__state=LessonState.SCHEDULED,
    )  # fmt: skip
    return trials.order_by("trial_ends_at")


def to_postpone(*, now: datetime):
    """Trials whose lesson was cancelled, where there is another one to try."""
    others = Lesson.objects.scheduled().filter(run=OuterRef("run"), starts_at__gt=now)
    trials = Enrollment.objects.filter(
        Exists(others), state=State.TRIAL, trial_lesson__state=LessonState.CANCELLED, trial_ends_at__gt=now
    )
    return trials.order_by("pk")


@transaction.atomic
def ask(*, enrollment: Enrollment, now: datetime) -> bool:
    """After the lesson: does the family keep the place? Asked once; False when it was, or has answered."""
    enrollment = places.lock(enrollment)
    if not to_ask(now=now).filter(pk=enrollment.pk).exists():
        return False
    places.note(enrollment, LedgerEvent.ASKED, now=now)
    outbox.enqueue(*emails.trial_question(enrollment, now=now))
    return True


@transaction.atomic
def postpone(*, enrollment: Enrollment, now: datetime) -> bool:
    """Try the next lesson instead of a cancelled one. Without a next one the trial ends in its time."""
    enrollment = places.lock(enrollment)
    if not to_postpone(now=now).filter(pk=enrollment.pk).exists():
        return False
    upcoming = Lesson.objects.scheduled().filter(run=enrollment.run_id, starts_at__gt=now)
    lesson = upcoming.earliest("starts_at", "pk")
    enrollment.trial_lesson, enrollment.trial_ends_at = lesson, ends_at(enrollment.run, lesson)
    enrollment.save(update_fields=["trial_lesson", "trial_ends_at"])
    outbox.enqueue(*emails.trial_agreed(enrollment, now=now))
    return True
