"""Who may use which address: every route of the site in one table, and five people trying each of them.

A route that is not in the table fails with its name, so that a new page cannot be forgotten here.
"""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.audiences import Audience, declared
from accounts.flows import sign_in
from accounts.models import Role
from accounts.outbox.models import Message
from courses.flows import changes
from enrollment import links
from enrollment.fairness import publishing
from enrollment.fairness.counting import Counts
from enrollment.flows import applications, bookings, calendar_links, enrollments
from enrollment.management.commands.routes import methods
from enrollment.models import Enrollment, EnrollmentState as State, FairnessReport
from tests.enrollment.drawing import announce, drawn_group
from tests.factories import (
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_run,
    make_slot,
    make_term,
    make_user,
)

PEOPLE = ("anonymous", "other family", "family", "instructor", "desk")

# What becomes of their requests, in the order of PEOPLE. `in`: the page or the action itself answers; `sign in`: they are
# asked to, and brought back; `no`: 403; `hidden`: 404, as if it did not exist.
EVERYBODY = ("in", "in", "in", "in", "in")
SIGNED_IN = ("sign in", "in", "in", "in", "in")
OF_THE_FAMILY = ("sign in", "hidden", "in", "hidden", "hidden")  # its children, places and letters
TEACHING = ("sign in", "no", "no", "in", "no")
DESK = ("sign in", "no", "no", "no", "in")
BUILDERS = ("sign in", "no", "no", "no", "no")
ADMIN = ("sign in", "no", "no", "no", "no")
WITH_SECOND_FACTOR = ("sign in", "no", "no", "no", "no")  # nobody here has one
BY_API = tuple(outcome.replace("sign in", "401") for outcome in SIGNED_IN)
OF_THE_FAMILY_BY_API = tuple(outcome.replace("sign in", "401") for outcome in OF_THE_FAMILY)

# {route name: (who may, names of what stands in its address)}; the things are made by `things`.
TABLE = {
    "home": (EVERYBODY, ()),
    "help": (EVERYBODY, ()),
    "privacy": (EVERYBODY, ()),
    "accessibility": (EVERYBODY, ()),
    "draws": (EVERYBODY, ()),
    "draw": (EVERYBODY, ("draw",)),
    "draw_record": (EVERYBODY, ("draw",)),
    "fairness": (EVERYBODY, ()),
    "fairness_of": (EVERYBODY, ("fair_program", "fair_term")),
    "fairness_csv": (EVERYBODY, ("fair_program", "fair_term")),
    "healthz": (EVERYBODY, ()),
    "gallery": (EVERYBODY, ()),
    "courses:catalogue": (EVERYBODY, ()),
    "courses:course": (EVERYBODY, ("course",)),
    "courses:run": (EVERYBODY, ("course", "run_slug")),
    "courses:book": (EVERYBODY, ("slot_course", "slot")),
    "courses:catalogue_calendar": (EVERYBODY, ()),
    "courses:program_calendar": (EVERYBODY, ("program",)),
    "courses:course_calendar": (EVERYBODY, ("course",)),
    "courses:run_calendar": (EVERYBODY, ("course", "run_slug")),
    "courses:lesson_calendar": (EVERYBODY, ("course", "run_slug", "lesson")),
    # Families
    "enrollment:family_home": (SIGNED_IN, ()),
    "enrollment:family_week": (SIGNED_IN, ()),
    "enrollment:family_week_export": (SIGNED_IN, ("file",)),
    "enrollment:messages": (SIGNED_IN, ()),
    "enrollment:messages_read": (SIGNED_IN, ()),
    "enrollment:message": (OF_THE_FAMILY, ("message",)),
    "enrollment:child_new": (SIGNED_IN, ()),
    "enrollment:child": (OF_THE_FAMILY, ("child",)),
    "enrollment:profile": (SIGNED_IN, ()),
    "enrollment:draft_save": (SIGNED_IN, ("form",)),
    "enrollment:enroll": (SIGNED_IN, ("other_run",)),
    "enrollment:enroll_check": (SIGNED_IN, ("other_run",)),
    "enrollment:applications": (SIGNED_IN, ()),
    "enrollment:application": (OF_THE_FAMILY, ("application",)),
    "enrollment:application_new": (SIGNED_IN, ("other_run",)),
    "enrollment:application_edit": (OF_THE_FAMILY, ("application",)),
    "enrollment:application_drop": (OF_THE_FAMILY, ("application",)),
    "enrollment:result": (OF_THE_FAMILY, ("submission",)),
    "enrollment:enrollment": (OF_THE_FAMILY, ("enrollment",)),
    "enrollment:withdraw": (OF_THE_FAMILY, ("enrollment",)),
    "enrollment:undo_withdrawal": (OF_THE_FAMILY, ("leaving",)),
    "enrollment:pass_on": (OF_THE_FAMILY, ("leaving",)),
    "enrollment:change_group": (OF_THE_FAMILY, ("enrollment",)),
    "enrollment:try_lesson": (SIGNED_IN, ("other_run",)),
    "enrollment:calendar_links": (SIGNED_IN, ()),
    "enrollment:calendar_link_new": (SIGNED_IN, ()),
    "enrollment:calendar_link_revoke": (OF_THE_FAMILY, ("feed",)),
    "enrollment:calendar_link_replace": (OF_THE_FAMILY, ("feed",)),
    # What a link opens, whoever has it
    "enrollment:offer": (EVERYBODY, ("offer_token",)),
    "enrollment:trial": (EVERYBODY, ("trial_token",)),
    "enrollment:still_coming": (EVERYBODY, ("coming_token",)),
    "enrollment:ticket": (EVERYBODY, ("ticket_token",)),
    "enrollment:ticket_calendar": (EVERYBODY, ("ticket_token",)),
    "enrollment:feed": (EVERYBODY, ("feed_token",)),
    "sign_in_link": (EVERYBODY, ("sign_in_token",)),
    # Instructors
    "enrollment:teaching_home": (TEACHING, ()),
    "enrollment:teaching_week": (TEACHING, ()),
    "enrollment:teaching_week_export": (TEACHING, ("file",)),
    "enrollment:teaching_run": (TEACHING, ("run",)),
    # The desk
    "enrollment:desk_home": (DESK, ()),
    "enrollment:desk_people": (DESK, ()),
    "enrollment:desk_family_new": (DESK, ()),
    "enrollment:desk_family": (DESK, ("child",)),
    "enrollment:desk_facts": (DESK, ("child",)),
    "enrollment:desk_evidence": (DESK, ("child",)),
    "enrollment:desk_phone": (DESK, ("child", "guardian")),
    "enrollment:desk_enroll": (DESK, ("child",)),
    "enrollment:desk_family_week": (DESK, ("child",)),
    "enrollment:desk_schedule": (DESK, ()),
    "enrollment:desk_schedule_free": (DESK, ()),
    "enrollment:desk_schedule_export": (DESK, ("file",)),
    "enrollment:desk_groups": (DESK, ()),
    "enrollment:desk_run": (DESK, ("run",)),
    "enrollment:desk_run_lessons": (DESK, ("run",)),
    "enrollment:desk_run_history": (DESK, ("run",)),
    "enrollment:desk_capacity": (DESK, ("run",)),
    "enrollment:desk_offer_next": (DESK, ("run",)),
    "enrollment:desk_door": (DESK, ("run",)),
    "enrollment:desk_give_place": (DESK, ("enrollment",)),
    "enrollment:desk_no_show": (DESK, ("enrollment",)),
    "enrollment:desk_undo_no_show": (DESK, ("enrollment",)),
    "enrollment:desk_decision": (BUILDERS, ("run",)),
    "enrollment:desk_cancel_run": (BUILDERS, ("run",)),
    "enrollment:desk_lesson": (DESK, ("lesson",)),
    "enrollment:desk_changes": (DESK, ()),
    "enrollment:desk_change": (DESK, ("change",)),
    "enrollment:desk_change_undo": (DESK, ("change",)),
    "enrollment:desk_mass": (BUILDERS, ()),
    "enrollment:desk_why": (DESK, ("enrollment",)),
    "enrollment:desk_move": (DESK, ("enrollment",)),
    "enrollment:desk_withdraw": (DESK, ("enrollment",)),
    "enrollment:desk_cancel": (DESK, ("enrollment",)),
    "enrollment:desk_undo": (DESK, ("leaving",)),
    # The season, for those who build it
    "enrollment:desk_season": (BUILDERS, ()),
    "enrollment:desk_term_new": (BUILDERS, ()),
    "enrollment:desk_season_copy": (BUILDERS, ()),
    "enrollment:desk_term": (BUILDERS, ("term",)),
    "enrollment:desk_term_edit": (BUILDERS, ("term",)),
    "enrollment:desk_breaks": (BUILDERS, ("term",)),
    "enrollment:desk_breaks_import": (BUILDERS, ("term",)),
    "enrollment:desk_break": (BUILDERS, ("break",)),
    "enrollment:desk_break_remove": (BUILDERS, ("break",)),
    "enrollment:desk_group_new": (BUILDERS, ("term",)),
    "enrollment:desk_group_preview": (BUILDERS, ("term",)),
    "enrollment:desk_group": (BUILDERS, ("run",)),
    "enrollment:desk_group_place": (BUILDERS, ("run",)),
    "enrollment:desk_group_dates": (BUILDERS, ("run",)),
    "enrollment:desk_season_shift": (BUILDERS, ("term",)),
    "enrollment:desk_season_remove": (BUILDERS, ("term",)),
    "enrollment:desk_season_publish": (BUILDERS, ("term",)),
    "enrollment:desk_venues": (BUILDERS, ()),
    "enrollment:desk_venue_new": (BUILDERS, ()),
    "enrollment:desk_venue": (BUILDERS, ("venue",)),
    "enrollment:desk_room_new": (BUILDERS, ("venue",)),
    "enrollment:desk_room": (BUILDERS, ("room",)),
    # Draws: the desk looks, those who build the season hold them
    "enrollment:desk_draws": (DESK, ()),
    "enrollment:desk_draw": (DESK, ("drawing",)),
    "enrollment:desk_draw_new": (BUILDERS, ()),
    "enrollment:desk_draw_change": (BUILDERS, ("drawing",)),
    "enrollment:desk_draw_cancel": (BUILDERS, ("drawing",)),
    "enrollment:desk_draw_hold": (BUILDERS, ("drawing",)),
    "enrollment:desk_draw_rehearsal": (BUILDERS, ()),
    # Signing in
    "account_login": (EVERYBODY, ()),
    "account_request_login_code": (EVERYBODY, ()),
    "account_confirm_login_code": (EVERYBODY, ()),
    "account_logout": (EVERYBODY, ()),
    "account_inactive": (EVERYBODY, ()),
    "account_reauthenticate": (WITH_SECOND_FACTOR, ()),
    "account_email": (EVERYBODY, ()),
    "account_signup": (EVERYBODY, ()),
    "mfa_authenticate": (EVERYBODY, ()),  # who gives the second factor is not signed in yet
    "mfa_index": (SIGNED_IN, ()),
    "mfa_reauthenticate": (WITH_SECOND_FACTOR, ()),
    "mfa_activate_totp": (SIGNED_IN, ()),
    "mfa_deactivate_totp": (("sign in", *["hidden"] * 4), ()),  # nobody here has one
    "mfa_view_recovery_codes": (("sign in", *["hidden"] * 4), ()),
    "mfa_generate_recovery_codes": (SIGNED_IN, ()),
    "mfa_download_recovery_codes": (("sign in", *["hidden"] * 4), ()),
    # Programs
    "api:root": (EVERYBODY, ()),
    "api:schema": (EVERYBODY, ()),
    "api:docs": (EVERYBODY, ()),
    "api:programs": (EVERYBODY, ()),
    "api:courses": (EVERYBODY, ()),
    "api:course": (EVERYBODY, ("course",)),
    "api:runs": (EVERYBODY, ()),
    "api:run": (EVERYBODY, ("run",)),
    "api:family": (BY_API, ()),
    "api:enrollments": (BY_API, ()),
    "api:enrollment": (OF_THE_FAMILY_BY_API, ("enrollment",)),
    "api:withdraw": (OF_THE_FAMILY_BY_API, ("enrollment",)),
    "api:undo": (OF_THE_FAMILY_BY_API, ("leaving",)),
    "api:keep": (OF_THE_FAMILY_BY_API, ("enrollment",)),
    "api:still_coming": (OF_THE_FAMILY_BY_API, ("enrollment",)),
    "api:transfer": (OF_THE_FAMILY_BY_API, ("enrollment",)),
    "api:trials": (BY_API, ()),
    "api:applications": (BY_API, ()),
    "api:application": (OF_THE_FAMILY_BY_API, ("application",)),
    "api:send_application": (OF_THE_FAMILY_BY_API, ("application",)),
    "api:drop_application": (OF_THE_FAMILY_BY_API, ("application",)),
    "api:accept_offer": (OF_THE_FAMILY_BY_API, ("offer",)),
    "api:decline_offer": (OF_THE_FAMILY_BY_API, ("offer",)),
    # The demonstration, where it is on
    "demo_people": (EVERYBODY, ()),
    "demo_sign_in": (("hidden",) * 5, ("form",)),  # there are no such people without its data
    "demo_inbox": (EVERYBODY, ()),
    "demo_letter": (("hidden",) * 5, ("form",)),
    "demo_letter_html": (("hidden",) * 5, ("form",)),
}

ROUTES = {
    name: view
    for _route, name, view, _who in declared(get_resolver().url_patterns)
    if name.partition(":")[0] != "admin"
}


@pytest.fixture(scope="module")
def people(kept_for_the_module):
    teacher, officer = make_user(roles=[Role.INSTRUCTOR]), make_user(roles=[Role.DESK])
    return dict(zip(PEOPLE, (None, make_guardian(), make_guardian(), teacher, officer), strict=True))


@pytest.fixture(scope="module")
def things(people):
    """One of everything that belongs to the family, in a group of the instructor."""
    family, now = people["family"], timezone.now()
    soon = now + WEEK  # near enough for the instructor to see the group
    make_child(people["other family"])
    child = make_child(family, first_name="Anna")
    run = make_run(starts_at=soon, capacity=3)
    run.instructors.add(people["instructor"])
    for lesson in run.lessons.all():
        lesson.instructors.add(people["instructor"])
    mine = enroll(run, child)
    leaving = enroll(make_run(starts_at=soon + WEEK / 7), child)
    enrollments.withdraw(enrollment=leaving, by=family, now=now)
    full = make_run(starts_at=soon + WEEK / 3, capacity=1)
    seated, offered = enroll(full), enroll(full, child)
    enrollments.withdraw(enrollment=seated, by=None, now=now, hold_seconds=0)
    enrollments.pass_on(enrollment=seated, by=None, now=now)
    offer = offered.offers.get()
    slot = make_slot(starts_at=soon)
    booked = bookings.book(run=slot, seats_wanted=2, name="Līga", email="liga@example.lv", key=uuid4(), now=now)
    prepared = applications.prepare(
        learners=[child],
        runs=[make_run(starts_at=soon + 5 * WEEK / 7, enrollment_opens_at=now + WEEK / 7)],
        by=family,
        now=now,
    )
    feed, token = calendar_links.create(user=family, name="Telefons", language="lv", now=now)
    letter = Message.objects.create(
        kind="enrollment.place_given", event_key="a", recipient=family, address=family.email, language="lv", subject="Vieta",
        text="Vieta ir piešķirta.", created_at=NOON, send_after=NOON, sent_at=NOON,
    )  # fmt: skip
    opened = FairnessReport.objects.create(
        program=run.course.program, term=make_term(), opened_at=now, computed_at=now,
        figures=publishing.figures(Counts([], [], [], [], None)),
    )  # fmt: skip
    topic = changes.plan(changes.SetTopic(topic="Sensori"), run.lessons.for_change(), now=now)
    change = changes.apply(topic, key=uuid4(), by=None, now=now)
    year = make_term(breaks=[(NOON.date(), NOON.date())])
    draw = announce(drawn_group())
    return {
        "term": year.pk, "break": year.breaks.get().pk, "venue": run.room.venue_id, "room": run.room_id,
        "change": change.pk,
        "draw": draw.slug, "drawing": draw.pk, "fair_program": opened.program.slug, "fair_term": opened.term.slug,
        "program": run.course.program.slug, "course": run.course.slug, "run_slug": run.slug, "run": run.pk, "lesson": run.lessons.first().pk,
        "slot_course": slot.course.slug, "slot": slot.slug, "other_run": make_run(starts_at=soon, course=make_course()).pk,
        "child": child.pk, "guardian": family.pk, "enrollment": mine.pk, "leaving": leaving.pk, "submission": mine.submission.key,
        "offer": offer.pk, "offer_token": links.offer_path(offer, family).split("/")[2], "feed": feed.pk, "feed_token": token,
        "trial_token": links.question_path(links.TRIAL, mine, family).split("/")[2],
        "coming_token": links.question_path(links.STILL_COMING, mine, family).split("/")[2],
        "application": prepared.key, "ticket_token": links.ticket_path(booked).split("/")[2], "message": letter.pk, "form": "child", "file": "ics",
        "sign_in_token": sign_in.link_path(make_guardian()).split("/")[3],
    }  # fmt: skip


def outcome(user, name, address):
    client = Client()
    if user is not None:
        client.force_login(user)
    response = client.get(address) if "GET" in methods(ROUTES[name]) else client.post(address)
    if response.headers.get("Location", "").startswith("/accounts/login/?next="):
        return "sign in"
    return {401: "401", 403: "no", 404: "hidden"}.get(response.status_code, "in")


def test_every_route_declares_its_audience_and_stands_in_the_table():
    undeclared = [name for _route, name, _view, who in declared(get_resolver().url_patterns) if who is None]

    assert undeclared == []
    assert sorted(set(ROUTES) - set(TABLE)) == [], "routes that are missing in the table"
    assert sorted(set(TABLE) - set(ROUTES)) == [], "routes of the table that the site does not have"


@pytest.mark.django_db
@pytest.mark.parametrize("name", TABLE)
def test_who_may_use_it(name, people, things, settings, tmp_path):
    settings.MAIL_DIR = tmp_path
    cache.clear()
    expected, parts = TABLE[name]
    address = reverse(name, args=[things[part] for part in parts])

    found = tuple(outcome(user, name, address) for user in people.values())

    assert dict(zip(PEOPLE, found, strict=True)) == dict(zip(PEOPLE, expected, strict=True))


@pytest.mark.django_db
def test_the_admin_is_open_to_none_of_them(people):
    pages = {
        name: view
        for _route, name, view, who in declared(get_resolver().url_patterns)
        if name.partition(":")[0] == "admin"
    }

    assert {view.audience for view in pages.values()} == {Audience.ADMIN}
    for address in ("/admin/", "/admin/login/", "/admin/enrollment/ledgerentry/"):
        shown = [Client() for _ in PEOPLE]
        for client, user in zip(shown, people.values(), strict=True):
            if user is not None:
                client.force_login(user)
        assert [client.get(address).status_code for client in shown] == [302, 403, 403, 403, 403]


@pytest.mark.django_db
def test_nothing_of_the_familys_changed_while_others_tried(people, things):
    """The table's `hidden` is no empty answer after the deed."""
    for person in ("anonymous", "other family", "instructor"):
        for name in (
            "enrollment:withdraw",
            "enrollment:pass_on",
            "api:withdraw",
            "api:decline_offer",
            "enrollment:desk_cancel",
        ):
            part = TABLE[name][1][0]
            client = Client()
            if people[person] is not None:
                client.force_login(people[person])
            client.post(reverse(name, args=[things[part]]), {"reason": "x"})

    states = Enrollment.objects.filter(learner=things["child"]).order_by("pk").values_list("state", flat=True)
    assert list(states) == [State.CONFIRMED, State.LEAVING, State.OFFERED]
