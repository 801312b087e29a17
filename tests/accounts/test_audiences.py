import json
from types import SimpleNamespace

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import include, path

from accounts.audiences import Audience, AudienceMiddleware, audience, declared, for_all
from accounts.models import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def a_view(who=None):
    def view(request):
        return HttpResponse("in")

    return view if who is None else audience(who)(view)


def answer(view, user=None, address="/desk/", method="get", session=()):
    """None when the request may go on to the view, otherwise what it gets instead."""
    request = getattr(RequestFactory(), method)(address)
    request.user, request.session = user or AnonymousUser(), dict(session)
    return AudienceMiddleware(lambda request: None).process_view(request, view, (), {})


PEOPLE = {
    "nobody": lambda: None,
    "family": make_user,
    "instructor": lambda: make_user(roles=[Role.INSTRUCTOR]),
    "desk": lambda: make_user(roles=[Role.DESK]),
    "coordinator": lambda: make_user(roles=[Role.COORDINATOR]),
    "manager": lambda: make_user(roles=[Role.MANAGER]),
    "flagged coordinator": lambda: make_user(roles=[Role.COORDINATOR], is_staff=True),
    "flagged family": lambda: make_user(is_staff=True),
    "operator": lambda: make_user(is_staff=True, is_superuser=True),
}
LET_IN = {
    Audience.PUBLIC: [*PEOPLE],
    Audience.LINK: [*PEOPLE],
    Audience.DEMO: [*PEOPLE],
    Audience.SIGNED_IN: [name for name in PEOPLE if name != "nobody"],
    Audience.INSTRUCTOR: ["instructor"],
    Audience.DESK: ["desk", "coordinator", "manager", "flagged coordinator"],
    Audience.BUILDER: ["coordinator", "manager", "flagged coordinator"],
    Audience.ADMIN: ["flagged coordinator", "operator"],
}


@pytest.mark.parametrize("who", Audience)
def test_who_is_let_in(who):
    let_in = []
    for name, make in PEOPLE.items():
        try:
            if answer(a_view(who), make()) is None:
                let_in.append(name)
        except PermissionDenied:
            pass

    assert let_in == LET_IN[who]


def test_a_view_that_declares_nothing_answers_nobody():
    for make in PEOPLE.values():
        with pytest.raises(PermissionDenied):
            answer(a_view(), make())


def test_the_demonstration_does_not_exist_elsewhere(settings):
    settings.DEMO = False

    with pytest.raises(Http404):
        answer(a_view(Audience.DEMO))


def test_signed_out_people_are_brought_back_to_what_they_wanted():
    view = a_view(Audience.SIGNED_IN)

    shown = [answer(view, address="/my/week/?day=2", method=method).headers["Location"] for method in ("get", "post")]

    assert shown == ["/accounts/login/?next=/my/week/%3Fday%3D2", "/accounts/login/?next=/my/week/"]


def test_programs_are_told_to_sign_in_with_a_401():
    response = answer(a_view(Audience.SIGNED_IN), address="/api/v1/my/family/")

    assert (response.status_code, json.loads(response.content)["code"]) == (401, "not_signed_in")


def test_a_role_that_ended_lets_nobody_in():
    user = make_user(roles=[Role.DESK])
    grant = user.role_grants.get()
    grant.ended_at = grant.granted_at
    grant.save()

    with pytest.raises(PermissionDenied):
        answer(a_view(Audience.DESK), user)


@pytest.mark.parametrize("who", [Audience.INSTRUCTOR, Audience.DESK, Audience.BUILDER, Audience.ADMIN])
def test_staff_need_a_second_factor(settings, who):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    user = make_user(roles=[Role.INSTRUCTOR, Role.COORDINATOR], is_staff=True)
    by_code, by_both = session_of(user, "code"), session_of(user, "code", "mfa")

    not_set_up = answer(a_view(who), user, session=by_code).headers["Location"]
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    set_up = answer(a_view(who), user, address="/desk/?day=2", session=by_code).headers["Location"]

    assert (not_set_up, set_up, answer(a_view(who), user, session=by_both)) == (
        "/accounts/2fa/totp/activate/", "/accounts/2fa/reauthenticate/?next=/desk/%3Fday%3D2", None,
    )  # fmt: skip


def session_of(user, *methods):
    """What a session knows after signing in by these methods."""
    request = SimpleNamespace(session={})
    for method in methods:
        record_authentication(request, user, method)
    return request.session


def test_families_need_none(settings):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True

    assert answer(a_view(Audience.SIGNED_IN), make_user(roles=[Role.DESK])) is None


# -- Declaring ---------------------------------------------------------------------------------


class Site:
    def page(self, request):
        return HttpResponse("in")


def test_declaring_for_somebody_elses_routes_keeps_what_is_declared():
    patterns = for_all(
        Audience.SIGNED_IN, [path("a/", a_view()), path("b/", a_view(Audience.DESK)), path("c/", Site().page)]
    )

    assert [pattern.callback.audience for pattern in patterns] == [
        Audience.SIGNED_IN,
        Audience.DESK,
        Audience.SIGNED_IN,
    ]
    assert patterns[2].callback(SimpleNamespace()).content == b"in"


def test_every_route_is_listed_with_its_declaration():
    home, desk = a_view(Audience.PUBLIC), a_view()
    patterns = [path("", home, name="home"), path("desk/", include(([path("<int:pk>/", desk, name="run")], "desk")))]

    assert list(declared(patterns)) == [("", "home", home, Audience.PUBLIC), ("desk/<int:pk>/", "desk:run", desk, None)]
