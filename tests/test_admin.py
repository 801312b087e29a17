"""The admin: open to few, shows little, repairs through flows, and never touches counters or the ledger."""

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, RoleGrant, School, TeacherProfile, User
from accounts.outbox import flows as outbox, heartbeats
from accounts.outbox.models import Message
from courses.models import Break, CourseRun, FeePolicy, Program, RuleKind, RunState, Term
from enrollment.flows import enrollments
from enrollment.models import Enrollment, EnrollmentState as State, FeedLink, LedgerEntry, WaitlistOffer
from tests.factories import (
    NOON,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_room,
    make_rule,
    make_run,
    make_school,
    make_user,
    states_of,
)

pytestmark = pytest.mark.django_db

MODELS = [
    model for model in admin.site._registry if model._meta.app_label in ("accounts", "outbox", "courses", "enrollment")
]
BUILT = {"program", "course", "courserun", "term", "venue", "room", "eligibilityrule", "feepolicy", "school"}


def name_of(model):
    return model._meta.model_name


def address(model, page="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{name_of(model)}_{page}", args=args)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def coordinator():
    return make_user(roles=[Role.COORDINATOR], is_staff=True)


@pytest.fixture
def client(coordinator):
    return signed_in(coordinator)


def one_of_each():
    """A row (at least) of every model that the admin shows."""
    now = timezone.now()
    guardian, program = make_guardian(roles=[Role.DESK]), make_program()
    run = make_run(capacity=1, course=make_course(program=program), room=make_room())
    seated = enroll(run, make_child(guardian, school=make_school()))
    enroll(run, make_child(make_guardian()))
    enrollments.withdraw(enrollment=seated, by=None, now=NOON, hold_seconds=0)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    make_rule(program, RuleKind.GRADE, minimum=1, maximum=12)
    term = Term.objects.create(
        slug=f"term-{run.pk}",
        name_lv="Rudens",
        name_en="Autumn",
        starts_on=NOON.date(),
        ends_on=NOON.date() + timedelta(days=90),
    )
    Break.objects.create(
        term=term, slug="b", name_lv="B", name_en="B", starts_on=term.starts_on, ends_on=term.starts_on
    )
    CourseRun.objects.filter(pk=run.pk).update(term=term)
    FeePolicy.objects.create(slug=f"fee-{run.pk}", name_lv="Maksa", name_en="Fee")
    FeedLink.objects.create(user=guardian, name="Telefons", token_sha256=f"{run.pk:064d}", created_at=now)
    TeacherProfile.objects.create(user=guardian, school=School.objects.first())
    heartbeats.beat(f"beat-{run.pk}", now=now)
    outbox.enqueue(outbox.draft(kind="enrollment.place_given", event_key=f"e-{run.pk}", recipient=guardian, now=now))
    return run


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_every_list_and_page_opens_and_a_longer_list_takes_no_more_queries(
    client, model, django_assert_max_num_queries
):
    one_of_each()
    client.get(address(model))  # whatever is read once
    with CaptureQueriesContext(connection) as few:
        assert client.get(address(model)).status_code == 200
    one_of_each()
    one_of_each()
    with django_assert_max_num_queries(len(few)):
        assert client.get(address(model)).status_code == 200

    assert client.get(address(model, "change", model.objects.first().pk)).status_code == 200


def test_what_can_be_added_edited_and_deleted_is_the_season_alone(rf, coordinator):
    request = rf.get("/")
    request.user = coordinator
    site = {name_of(model): admin.site._registry[model] for model in MODELS}

    assert {name for name, shown in site.items() if shown.has_add_permission(request)} == BUILT
    assert {name for name, shown in site.items() if shown.has_change_permission(request)} == BUILT | {"user"}
    assert {name for name, shown in site.items() if shown.has_delete_permission(request)} == set()


@pytest.mark.parametrize("roles", [[], [Role.INSTRUCTOR], [Role.DESK], [Role.COORDINATOR]])
def test_others_are_refused(roles):
    assert signed_in(make_user(roles=roles)).get("/admin/").status_code == 403


def test_signing_in_is_on_the_sites_own_page():
    assert Client().get("/admin/").headers["Location"] == "/accounts/login/?next=/admin/"


def test_lists_show_no_contacts_and_no_surnames(client):
    run = one_of_each()
    make_run()
    somebody = User.objects.filter(phone="29123456").first()
    User.objects.filter(pk=somebody.pk).update(last_name="Neparastā")

    pages = "".join(client.get(address(model)).content.decode() for model in MODELS if name_of(model) != "rolegrant")

    assert [text in pages for text in (somebody.email, somebody.phone, "Neparastā", run.code)] == [
        False,
        False,
        False,
        True,
    ]


def test_letters_are_never_shown(client):
    letter = Message.objects.create(
        kind="accounts.sign_in_code", event_key="a", address="secret@example.lv", language="lv", facts={"code": "482913"},
        created_at=NOON, send_after=NOON,
    )  # fmt: skip

    page = client.get(address(Message, "change", letter.pk)).content.decode()

    assert ("482913" in page, "secret@example.lv" in page, "accounts.sign_in_code" in page) == (False, False, True)


# -- Building ----------------------------------------------------------------------------------


def form_of(client, model, pk):
    """What the edit page would send when nothing is touched."""
    form = client.get(address(model, "change", pk)).context["adminform"].form
    data = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, list) and bound.name != "information":
            value = ",".join(str(getattr(one, "pk", one)) for one in value)
        for part, text in zip_parts(bound, value):
            data[part] = text
    for inline in client.get(address(model, "change", pk)).context["inline_admin_formsets"]:
        for name, value in inline.formset.management_form.initial.items():
            data[f"{inline.formset.prefix}-{name}"] = value
    return {name: value for name, value in data.items() if value is not None}


def zip_parts(bound, value):
    """The fields of a split date and time, or the one field."""
    widget = bound.field.widget
    if hasattr(widget, "decompress"):
        return [(f"{bound.html_name}_{index}", part) for index, part in enumerate(widget.decompress(value))]
    return [(bound.html_name, widget.format_value(value) if hasattr(widget, "format_value") else value)]


def test_editing_a_program_says_that_its_groups_changed(client):
    run, untouched = make_run(), make_run()
    program = run.course.program

    response = client.post(
        address(Program, "change", program.pk), form_of(client, Program, program.pk) | {"name_lv": "Jauns nosaukums"}
    )

    assert (response.status_code, Program.objects.get(pk=program.pk).name_lv) == (302, "Jauns nosaukums")
    assert [CourseRun.objects.get(pk=one.pk).changed_at > NOON for one in (run, untouched)] == [True, False]


def test_saving_a_group_writes_what_was_edited_and_leaves_the_counters(client):
    run = make_run(capacity=3)
    data = form_of(client, CourseRun, run.pk) | {"code": "R-77", "minimum_size": 2, "seats_taken": 0, "capacity": 90}
    enroll(run)  # after the page was opened

    response = client.post(address(CourseRun, "change", run.pk), data)

    run.refresh_from_db()
    assert (response.status_code, run.code, run.seats_taken, run.capacity) == (302, "R-77", 1, 3)
    assert run.minimum_size == 1  # the desk decides about that, with a reason


def test_publishing_drafts(client):
    draft = make_run(state=RunState.DRAFT)
    cancelled = make_run(state=RunState.CANCELLED)

    client.post(address(CourseRun), {"action": "publish", "_selected_action": [draft.pk, cancelled.pk]})

    assert [CourseRun.objects.get(pk=one.pk).state for one in (draft, cancelled)] == [
        RunState.PUBLISHED,
        RunState.CANCELLED,
    ]


# -- Repairing -----------------------------------------------------------------------------------


def test_the_ledger_and_places_cannot_be_edited(client):
    one = enroll(make_run())
    row = one.ledger.get()

    answers = [
        client.post(address(Enrollment, "change", one.pk), {"state": "withdrawn"}),
        client.post(address(Enrollment, "delete", one.pk), {"post": "yes"}),
        client.post(address(LedgerEntry, "change", row.pk), {"reason": "x"}),
        client.post(address(LedgerEntry, "add"), {}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert Enrollment.objects.get(pk=one.pk).state == State.CONFIRMED


def test_actions_go_through_the_flows(client):
    run = make_run(capacity=1)
    seated, _waiting = enroll(run), enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=timezone.now())

    client.post(address(Enrollment), {"action": "pass_on", "_selected_action": [seated.pk]})
    offered = states_of(run)
    WaitlistOffer.objects.update(offered_at=NOON - timedelta(days=2), expires_at=NOON)
    offer = WaitlistOffer.objects.get()
    WaitlistOffer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    client.post(address(WaitlistOffer), {"action": "expire", "_selected_action": [offer.pk]})

    assert (offered, states_of(run)) == ([State.WITHDRAWN, State.OFFERED], [State.WITHDRAWN, State.EXPIRED])


def test_letters_that_were_given_up_are_tried_again_and_undone_ones_are_not(client):
    given_up, undone = (
        Message.objects.create(
            kind="enrollment.place_given", event_key=str(uuid4()), address="a@example.lv", language="lv", created_at=NOON,
            send_after=NOON, stopped_at=NOON, attempts=6, last_error=error,
        )
        for error in ("SMTPServerDisconnected", "")
    )  # fmt: skip

    client.post(address(Message), {"action": "send_again", "_selected_action": [given_up.pk, undone.pk]})

    assert [Message.objects.get(pk=one.pk).stopped_at for one in (given_up, undone)] == [None, NOON]


def test_managers_grant_and_end_roles_and_coordinators_do_not(client):
    manager = signed_in(make_user(roles=[Role.MANAGER], is_staff=True))
    somebody = make_user()

    refused = client.post(address(RoleGrant, "add"), {"user": somebody.pk, "role": Role.DESK}).status_code
    manager.post(address(RoleGrant, "add"), {"user": somebody.pk, "role": Role.DESK})
    granted = list(somebody.role_grants.live().values_list("role", flat=True))
    chosen = {"action": "end", "_selected_action": [somebody.role_grants.get().pk]}
    ended_by_coordinator = client.post(address(RoleGrant), chosen).status_code
    manager.post(address(RoleGrant), chosen)

    assert (refused, granted, ended_by_coordinator) == (403, ["desk"], 403)
    assert not somebody.role_grants.live().exists()


def test_nobody_gives_themself_a_role():
    user = make_user(roles=[Role.MANAGER], is_staff=True)

    response = signed_in(user).post(address(RoleGrant, "add"), {"user": user.pk, "role": Role.COORDINATOR})

    assert (response.status_code, user.role_grants.count()) == (403, 1)


def test_an_account_can_be_closed_but_not_ones_own_or_an_operators(client, coordinator):
    somebody, operator = make_user(), make_user(is_staff=True, is_superuser=True)

    answers = [
        client.post(address(User, "change", one.pk), {"email": "x@example.lv"}).status_code
        for one in (somebody, coordinator, operator)
    ]

    assert answers == [302, 403, 403]
    assert [User.objects.get(pk=one.pk).is_active for one in (somebody, coordinator, operator)] == [False, True, True]
    assert User.objects.get(pk=somebody.pk).email == somebody.email


def test_second_factors_show_no_secret_and_are_deleted_by_operators_alone():
    keeper = make_user(is_staff=True, is_superuser=True)
    factor = Authenticator.objects.create(user=make_user(), type="totp", data={"secret": "NB2HI4DTHIXS6"})
    page, delete = (f"/admin/mfa/authenticator/{factor.pk}/{what}/" for what in ("change", "delete"))

    assert "NB2HI4DTHIXS6" not in signed_in(keeper).get(page).text
    coordinator = signed_in(make_user(roles=[Role.COORDINATOR], is_staff=True))
    assert (coordinator.get(page).status_code, coordinator.get(delete).status_code) == (200, 403)
    signed_in(keeper).post(delete, {"post": "yes"})
    assert Authenticator.objects.count() == 0
