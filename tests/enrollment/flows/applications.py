"""What tests of applications share: groups that open in an hour, a family, and what becomes of a wish."""

from enrollment.flows import applications
from enrollment.models import Application, ApplicationState as Stage
from tests.factories import DAY, HOUR, NOON, WEEK, make_course, make_run

OPENS = NOON + HOUR
LATER = OPENS + 10 * HOUR  # the worker comes


def soon(course=None, *, days=0, **fields):
    """A group that opens in an hour."""
    defaults = {"enrollment_opens_at": OPENS, "course": course or make_course()}
    return make_run(starts_at=NOON + 2 * WEEK + days * DAY, **defaults | fields)


def prepare(by, *runs, learners, **options):
    return applications.prepare_each(learners=learners, runs=list(runs), by=by, now=NOON, **options)


def send(application, by, now=OPENS):
    return applications.send(application=application, by=by, now=now)


def outcomes_of(application):
    return list(application.wishes.order_by("rank").values_list("outcome", flat=True))


def places_of(learner):
    """{code of the group: state} of what a learner has."""
    return dict(learner.enrollments.filter(ended_at=None).values_list("run__code", "state"))


def in_line(run, child, by, *, at=OPENS):
    """An application that was received while the group was out of reach."""
    application = applications.prepare(learners=[child], runs=[run], by=by, now=NOON)
    Application.objects.filter(pk=application.pk).update(state=Stage.RECEIVED, received_at=at)
    application.refresh_from_db()
    return application
