"""Writing down what will be sent later, changing it, and taking it back."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError, transaction

from accounts.models import Learner, User
from courses.models import CourseRun
from enrollment import eligibility
from enrollment.flows import places
from enrollment.models import Applicant, Application, ApplicationState as Stage, Draw, Wish
from enrollment.refusals import EnrollmentRefused, Reason, Refusal

MOST_WISHES = 10  # groups in one application
MOST_PENDING = 20  # applications of one learner that are not decided yet


def keys_of(key: UUID, parties: list[list[Learner]]) -> list[UUID]:
    """One press sends several applications: the first has the form's key, the others have keys made from it."""
    return [key, *(uuid5(key, str(party[0].pk)) for party in parties[1:])]


def parties_of(learners: list[Learner], together: bool) -> list[list[Learner]]:
    """Those who go together in one application, otherwise each in one of their own."""
    return [learners] if together else [[one] for one in learners]


def prepare_each(
    *, learners: list[Learner], runs: list[CourseRun], by: User, now: datetime, key: UUID | None = None, together=False,
    waits_for: Iterable[int] | None = None, places_wanted=1,
) -> list[Application]:  # fmt: skip
    """Write down what will be sent later: groups in the order of liking, for each of the children or for all together.

    waits_for: ids of the groups whose queue they join when fewer places came than wanted; None means all of them.
    places_wanted: for each child; never more than there are groups, or than the program allows.
    The same key again finds the same applications. All are written or none. Checked for fit already now.
    Locks the learners. Raises EnrollmentRefused with what does not fit, PREPARED when there is such an application
    already, TOO_MANY, IN_DRAW, MIXED when groups of a draw meet others; and places.NotTheirs.
    """
    try:
        return _prepare_each(learners, runs, by, now, key or uuid4(), together, waits_for, places_wanted)
    except IntegrityError:  # another family's key is no key
        return _prepare_each(learners, runs, by, now, uuid4(), together, waits_for, places_wanted)


@transaction.atomic
def _prepare_each(learners, runs, by, now, key, together, waits_for, places_wanted):
    learners = places.lock_learners_of(by, learners, now=now)
    parties = parties_of(learners, together)
    keys = keys_of(key, parties)
    known = {one.key: one for one in Application.objects.filter(key__in=keys, prepared_by=by)}
    if len(known) == len(keys):
        return [known[one] for one in keys]
    runs = _distinct(runs)
    draw = _draw_of(runs)
    _insist_on_fit(learners, runs, now)
    _insist_on_news(learners, runs, draw)
    prepared = []
    for one_key, party in zip(keys, parties, strict=True):
        application = known.get(one_key) or Application.objects.create(
            key=one_key, state=Stage.PREPARED, prepared_by=by, prepared_at=now, draw=draw,
            places_wanted=_possible(places_wanted, runs),
        )  # fmt: skip
        if one_key not in known:
            Applicant.objects.bulk_create(Applicant(application=application, learner=one) for one in party)
            _write_wishes(application, runs, waits_for)
        prepared.append(application)
    return prepared


def prepare(
    *, learners: list[Learner] = (), runs: list[CourseRun], by: User, now: datetime, waits_for: Iterable[int] | None = None,
    places_wanted=1, application: Application | None = None, key: UUID | None = None,
) -> Application:  # fmt: skip
    """One application, for a child or for siblings who go together; or, with an application, its wishes anew.

    What was prepared can be changed, and what was sent to a draw while it collects. Raises like prepare_each, and
    ENDED when it was sent or decided meanwhile.
    """
    if application is None:
        return prepare_each(
            learners=learners, runs=runs, by=by, now=now, key=key, together=True, waits_for=waits_for,
            places_wanted=places_wanted,
        )[0]  # fmt: skip
    return _prepare_anew(application, runs, by, now, waits_for, places_wanted)


@transaction.atomic
def _prepare_anew(application, runs, by, now, waits_for, places_wanted):
    learners = places.lock_learners_of(by, list(application.learners.all()), now=now)
    application = lock(application, now=now)
    if application.state == Stage.RECEIVED and application.draw_id is None:
        raise EnrollmentRefused(Refusal(Reason.ENDED))  # with its early second it would pass those of another group
    runs = _distinct(runs)
    draw = _draw_of(runs)
    if application.state == Stage.RECEIVED and application.draw_id != (draw and draw.pk):
        raise EnrollmentRefused(Refusal(Reason.MIXED))
    _insist_on_fit(learners, runs, now)
    _insist_on_news(learners, runs, draw, besides=application)
    Application.objects.filter(pk=application.pk).update(
        prepared_by=by, prepared_at=now, places_wanted=_possible(places_wanted, runs), draw=draw
    )
    application.wishes.all().delete()
    _write_wishes(application, runs, waits_for)
    application.refresh_from_db()
    return application


def _distinct(runs):
    return list({run.pk: run for run in runs}.values())[:MOST_WISHES]


def _possible(wanted, runs):
    """Nobody gets more places than there are groups, or than the program of the first allows."""
    limit = runs[0].course.program.max_places_per_term
    return max(1, min(wanted, len(runs), limit if limit is not None else wanted))


def _write_wishes(application, runs, waits_for):
    waits = {run.pk for run in runs} if waits_for is None else set(waits_for)
    Wish.objects.bulk_create(
        Wish(application=application, run=run, rank=rank, joins_waitlist=run.pk in waits)
        for rank, run in enumerate(runs, start=1)
    )


def _draw_of(runs) -> Draw | None:
    """The draw that all the groups belong to; none when none does."""
    draws = eligibility.draws_of(runs)
    found = {draws.get(run.pk) for run in runs}
    if len(found) != 1:
        raise EnrollmentRefused(Refusal(Reason.MIXED))
    return found.pop()


def _insist_on_fit(learners, runs, now):
    facts = eligibility.Facts.load(runs=runs, learners=learners, now=now)
    refusals = [refusal for run in runs for one in learners if (refusal := facts.why_unfit(run, one, now))]
    if refusals:
        raise EnrollmentRefused(*refusals)


def _insist_on_news(learners, runs, draw, besides=None):
    """Raise when one of them has such an application already, or more than anybody needs."""
    pending = Application.objects.pending().exclude(pk=besides and besides.pk)
    mine = list(
        Applicant.objects.filter(application__in=pending, learner__in=learners)
        .select_related("application")
        .prefetch_related("application__wishes")
    )
    refusals = []
    for learner in learners:
        theirs = [one.application for one in mine if one.learner_id == learner.pk]
        same = next((one for one in theirs if [wish.run_id for wish in one.wishes.all()][:1] == [runs[0].pk]), None)
        if same is not None:
            refusals.append(Refusal(Reason.PREPARED, learner, {"application": same}))
        elif len(theirs) >= MOST_PENDING:
            refusals.append(Refusal(Reason.TOO_MANY, learner, {"limit": MOST_PENDING}))
        elif draw and any(one.draw_id == draw.pk for one in theirs):
            refusals.append(Refusal(Reason.IN_DRAW, learner))
    if refusals:
        raise EnrollmentRefused(*refusals)


@transaction.atomic
def drop(*, application: Application, by: User, now: datetime) -> Application:
    """The family takes back what was not decided yet. Repeating it changes nothing.

    Raises EnrollmentRefused(ENDED) once it is decided, or its draw has closed: then the place is given back instead.
    """
    places.lock_learners_of(by, list(application.learners.all()), now=now)
    application.refresh_from_db()
    if application.state == Stage.DROPPED:
        return application
    application = lock(application, now=now)
    Application.objects.filter(pk=application.pk).update(state=Stage.DROPPED, ended_at=now)
    application.applicants.update(draw=None)
    application.refresh_from_db()
    return application


def lock(application: Application, *, now: datetime) -> Application:
    """Lock what is not decided yet, and its draw before it: while a draw is held nothing in it moves.

    The learners are locked already, so that nobody else changes it between being read and being locked.
    """
    draw_id = Application.objects.values_list("draw_id", flat=True).get(pk=application.pk)
    draw = Draw.objects.select_for_update().get(pk=draw_id) if draw_id else None
    locked = Application.objects.select_for_update(of=("self",)).pending().filter(pk=application.pk).first()
    if locked is None:
        raise EnrollmentRefused(Refusal(Reason.ENDED))
    locked.draw = draw
    if draw and locked.state == Stage.RECEIVED and not draw.is_collecting(now=now):
        raise EnrollmentRefused(Refusal(Reason.ENDED))
    return locked


def opens_at(application: Application, *, now: datetime) -> datetime:
    """From when it can be sent: the opening of its draw, or of the last of its groups to open for these learners."""
    if application.draw_id:
        return application.draw.opens_at
    runs = [wish.run for wish in application.wishes.select_related("run__course__program")]
    learners = list(application.learners.all())
    facts = eligibility.Facts.load(runs=runs, learners=learners, now=now)
    return max(facts.opens_at(run, learner) for run in runs for learner in learners)
