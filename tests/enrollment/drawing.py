"""Makes draws, and families that take part in them, through the flows."""

from datetime import timedelta

from courses.models import Allocation
from enrollment.allocation import number
from enrollment.flows import applications, draws
from enrollment.models import Enrollment
from tests.factories import DAY, NOON, WEEK, make_child, make_course, make_guardian, make_program, make_run, make_user

OPENS, CLOSES = NOON + DAY, NOON + 3 * DAY
DURING = NOON + 2 * DAY
HELD = CLOSES + timedelta(seconds=1)


def make_draw_program(**fields):
    return make_program(**{"allocation": Allocation.DRAW} | fields)


def drawn_group(course=None, *, days=0, **fields):
    """A group that opens by itself after the draw; every other one on another day of the week."""
    defaults = {
        "course": course or make_course(program=make_draw_program()), "starts_at": NOON + 3 * WEEK + days * DAY,
        "enrollment_opens_at": CLOSES + DAY, "capacity": 1,
    }  # fmt: skip
    return make_run(**defaults | fields)


def drawn_groups(*capacities, program=None, **fields):
    """Groups of one course, a day apart, named A, B, C …"""
    course = make_course(program=program or make_draw_program())
    return [
        drawn_group(course, days=index, capacity=capacity, code=chr(ord("A") + index), **fields)
        for index, capacity in enumerate(capacities)
    ]


def announce(*runs, **fields):
    defaults = {
        "program": runs[0].course.program, "term": runs[0].term, "runs": runs, "name_lv": "Robotikas izloze",
        "name_en": "Robotics draw", "opens_at": OPENS, "closes_at": CLOSES, "now": NOON,
    }  # fmt: skip
    by = fields.pop("by", None) or make_user()
    return draws.announce(by=by, **defaults | fields)


def prepare(*runs, learners=None, by=None, now=DURING, **options):
    by = by or make_guardian()
    learners = learners or [make_child(by)]
    return applications.prepare(learners=learners, runs=list(runs), by=by, now=now, **options)


def send(application, now=DURING):
    return applications.send(application=application, by=application.prepared_by, now=now)


def apply(*runs, now=DURING, **options):
    """An application that was sent to the draw, of a new family unless told otherwise."""
    return send(prepare(*runs, now=now, **options), now)


def hold(draw, now=HELD, **options):
    """Hold it and read it again."""
    assert draws.hold(draw=draw, now=now, **options)
    draw.refresh_from_db()
    return draw


def outcomes(application):
    return list(application.wishes.order_by("rank").values_list("outcome", flat=True))


def seated(run):
    """Ids of those with a place."""
    return set(run.enrollments.confirmed().values_list("learner_id", flat=True))


def queue(run):
    """Ids of those who wait, in their order."""
    return list(Enrollment.objects.filter(run=run).waitlisted().values_list("learner_id", flat=True))


def learners_of(application):
    return sorted(application.learners.values_list("pk", flat=True))


def by_number(draw, *sent):
    """Applications in the order in which the draw serves them."""
    return sorted(sent, key=lambda one: number(draw.seed, str(one.key)))


def entry_of(draw, application):
    return next(one for one in draw.record["applications"] if one["pseudonym"] == str(application.key))
