"""How many enrollments a process answers per second, beside the least that could record one.

    enroll(database name)    a signed-in family's POST through the whole stack, to the receipt; the floor is a bare
                             view in the same stack that does the same UPDATE and INSERT and answers with a redirect

Every request comes from a family of its own, as on an opening morning, and all want the same group.
"""

import itertools
from importlib import import_module
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Guardianship, Learner, Residency, User
from courses.models import CourseRun
from enrollment.benchmarks import addresses
from enrollment.benchmarks.harness import Measure, alternate, call, handler
from enrollment.models import Submission

CSRF = "b" * 32  # any secret that is the same in cookie and form
GRADE = 4


def enroll(name: str, *, run: CourseRun, requests: int = 400) -> Measure:
    """Answers per second of one process; `run` is a group for grade 4 with room for all."""
    families = signed_in_families(requests + 40)
    ours, floor = iter(families), itertools.cycle(families)
    address = reverse("enrollment:enroll_check", args=[run.pk])
    addresses.run, addresses.submission = (
        run,
        Submission.objects.create(key=uuid4(), submitted_by=families[0][0], received_at=timezone.now()),
    )

    def one_of_ours():
        _user, learner, session = next(ours)
        form = {"learner": learner.pk, "key": uuid4(), "csrfmiddlewaretoken": CSRF}
        _redirected(call(answer, "POST", address, form=form, cookies=_cookies(session)))

    def one_of_the_floor():
        _user, learner, session = next(floor)
        form = {"learner": learner.pk, "csrfmiddlewaretoken": CSRF}
        _redirected(call(answer, "POST", "/floor/enroll/", form=form, cookies=_cookies(session)))

    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses"):
        answer = handler()
        for _ in range(20):
            one_of_ours()
            one_of_the_floor()
        return alternate(name, one_of_ours, one_of_the_floor, calls=requests, unit="answers/s")


def _redirected(answered):
    status, headers, _ = answered
    if status != 302 or "login" in headers["Location"]:
        raise RuntimeError(f"The measurement expected a receipt and got {status}.")


def _cookies(session):
    return {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: CSRF}


@transaction.atomic
def signed_in_families(count: int) -> list[tuple[User, Learner, str]]:
    """Families of one guardian and one child of grade 4 in Ventspils: (guardian, child, session key)."""
    now = timezone.now()
    year = timezone.localtime(now).year - (timezone.localtime(now).month < 9)
    batch = uuid4().hex[:8]
    users = User.objects.bulk_create(
        User(
            email=f"measure-{batch}-{number}@example.lv",
            first_name="Vecāks",
            last_name="Mērījums",
            phone="+37120000000",
            password="!",  # noqa: S106 - nobody has a password
        )
        for number in range(count)
    )
    children = Learner.objects.bulk_create(
        Learner(
            first_name="Bērns", last_name="Mērījums", birth_date=f"{year - 10}-05-05", grade=GRADE, grade_school_year=year,
            residency=Residency.VENTSPILS,
        )
        for _ in range(count)
    )  # fmt: skip
    Guardianship.objects.bulk_create(
        Guardianship(guardian=user, learner=child, started_at=now) for user, child in zip(users, children, strict=True)
    )
    return [(user, child, _session(user)) for user, child in zip(users, children, strict=True)]


def _session(user):
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key
