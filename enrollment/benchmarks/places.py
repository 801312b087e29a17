"""How many enrollments a process answers per second, beside the least that could record one.

    enroll(database name)    a signed-in family's POST through the whole stack, to the receipt; the floor is a bare
                             view in the same stack that does the same UPDATE and INSERT and answers with a redirect

Every request comes from a family of its own, as on an opening morning, and all want the same group.
"""

import itertools
from importlib import import_module
from uuid import uuid4

from django.conf import settings
from django.test.utils import override_settings
from django.utils import timezone

from courses.models import CourseRun
from enrollment.benchmarks.harness import Measure, alternate, call, handler
from enrollment.models import Submission
from enrollment.rehearsal import requests
from enrollment.rehearsal.crowd import make_families

WARM_UP = 20


def enroll(name: str, *, run: CourseRun, calls: int = 400) -> Measure:
    """Answers per second of one process; `run` is a group for grade 4 with room for all."""
    families = make_families(count=calls + 2 * WARM_UP, now=timezone.now())
    for family in families:
        _remember(family.session)
    floor_submission = _submission(families[0])
    ours, floor = iter(families), itertools.cycle(families)

    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses"):
        answer = handler()

        def one_of_ours():
            family = next(ours)
            _redirected(answer, family, requests.press(family, run))

        def one_of_the_floor():
            family = next(floor)
            _redirected(answer, family, requests.press_of_the_floor(family, run, floor_submission))

        for _ in range(WARM_UP):
            one_of_ours()
            one_of_the_floor()
        return alternate(name, one_of_ours, one_of_the_floor, calls=calls, unit="answers/s")


def _remember(session):
    """The process knows the session from showing the page that has the button."""
    import_module(settings.SESSION_ENGINE).SessionStore(session).load()


def _submission(family):
    return Submission.objects.create(key=uuid4(), submitted_by_id=family.user_id, received_at=timezone.now())


def _redirected(answer, family, request):
    status, headers, _ = call(answer, "POST", request["path"], form=request["form"], cookies=requests.cookies(family))
    if status != 302 or "login" in headers["Location"]:
        raise RuntimeError(f"The measurement expected a receipt and got {status}.")
