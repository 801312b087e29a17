"""Whether the amount of what is there makes what is done slower: the same work beside little and beside very much.

promotion(ground)        promotions a second out of a queue of 10 000; the floor: out of queues of 10
take_at_scale(ground)    places taken a second, POST to receipt, beside a million enrollments; the floor: beside 1 000
"""

import itertools
from contextlib import contextmanager
from uuid import uuid4

from django.db import connection
from django.db.models import F
from django.utils import timezone

from courses.models import CourseRun
from enrollment.benchmarks.ground import Ground
from enrollment.benchmarks.harness import Measure, alternate, call, handler
from enrollment.flows import waitlist
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry, LedgerEvent, Submission
from enrollment.models.enrollment import new_calendar_ref
from enrollment.rehearsal import crowd, database, opening, requests, scale
from enrollment.rehearsal.bulk import new_ids, write
from enrollment.rehearsal.crowd import Family

LONG, SHORT, SHORT_QUEUES = 10_000, 10, 50
FEW = 1000  # enrollments
WARM_UP = 20


# -- Promoting -------------------------------------------------------------------------------------


def promotion(ground: Ground, *, calls: int = 200) -> Measure:
    """Each call lets one more in and passes the seat on."""
    now = timezone.now()
    (long,) = crowd.make_groups(count=1, capacity=1, now=now)
    short = crowd.make_groups(count=SHORT_QUEUES, capacity=1, now=now)
    ground.say(f"a queue of {LONG}, and {SHORT_QUEUES} of {SHORT}")
    families = crowd.make_families(count=LONG + SHORT_QUEUES * (SHORT + 2), now=now)
    _queue(long, families[:LONG], now)
    for index, run in enumerate(short):
        first = LONG + index * (SHORT + 2)
        _queue(run, families[first : first + SHORT + 2], now)
    turns = itertools.cycle(short)
    handler()  # as a serving process is: what is there now is not looked at for garbage, and tables are counted
    return alternate(
        "promotion", lambda: _let_one_in(long), lambda: _let_one_in(next(turns)), calls=calls, unit="promotions/s"
    )


def _queue(run: CourseRun, families: list[Family], now) -> None:
    submission = Submission.objects.create(key=uuid4(), submitted_by_id=families[0].user_id, received_at=now)
    ids = new_ids(Enrollment, len(families))
    write(
        Enrollment,
        ("id", "run_id", "submission_id", "learner_id", "state", "received_at", "changed_at", "calendar_ref"),
        [
            (pk, run.pk, submission.pk, one.learner_id, State.WAITLISTED.value, now, now, new_calendar_ref())
            for pk, one in zip(ids, families, strict=True)
        ],
    )
    write(
        LedgerEntry,
        ("enrollment_id", "run_id", "number", "event", "to_state", "seats", "at"),
        [(pk, run.pk, 1, LedgerEvent.RECEIVED.value, State.WAITLISTED.value, 0, now) for pk in ids],
    )
    CourseRun.objects.filter(pk=run.pk).update(capacity=0, waitlist_length=len(families))


def _let_one_in(run):
    CourseRun.objects.filter(pk=run.pk).update(capacity=F("capacity") + 1)
    if len(waitlist.promote(run=run, now=timezone.now())) != 1:
        raise RuntimeError("The measurement expected one promotion.")


# -- Taking a place --------------------------------------------------------------------------------


def take_at_scale(ground: Ground, *, calls: int = 400) -> Measure:
    """In two databases that differ in nothing but how much is in them, taking turns."""
    small = connection.settings_dict["NAME"]
    with database.of_our_own():
        large = connection.settings_dict["NAME"]
        opening.prepare_database(ground.say)
        places = {large: _places(ground.enrollments, calls, ground.say)}
        with database.pointed_at(small):
            places[small] = _places(FEW, calls, ground.say)
        answer = handler()

        @contextmanager
        def turn(name):
            with database.pointed_at(name):
                for _ in range(WARM_UP):  # a new connection plans its statements anew
                    _take(answer, *places[name])
                yield

        return alternate(
            "take_at_scale", lambda: _take(answer, *places[large]), lambda: _take(answer, *places[small]), calls=calls,
            turns=(lambda: turn(large), lambda: turn(small)),
        )  # fmt: skip


def _places(enrollments, calls, say):
    """(a group with room, families to come) in a database that has that many enrollments."""
    now = timezone.now()
    people = enrollments // scale.EACH
    scale.make(people=people, runs=max(scale.EACH, people // scale.CLASS), now=now, progress=say)
    (run,) = crowd.make_groups(count=1, capacity=crowd.MOST_SEATS, now=now)
    families = crowd.make_families(count=calls + (WARM_UP + 1) * 10, now=now)
    with connection.cursor() as cursor:  # as it is after a night
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return run, iter(families)


def _take(answer, run, families):
    family = next(families)
    press = requests.press(family, run)
    status, headers, _ = call(answer, "POST", press["path"], form=press["form"], cookies=requests.cookies(family))
    if not requests.is_receipt(status, headers.get("Location", "")):
        raise RuntimeError(f"The measurement expected a receipt and got {status}.")
