"""Every constraint of every model is broken once, and the database says no by its name."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import translation

from accounts.models import Learner, Role, School, TeacherProfile, User
from accounts.outbox.models import Heartbeat, Message
from courses.models import (
    Break,
    Course,
    CourseRun,
    EligibilityRule,
    FeePolicy,
    FirstServed,
    Lesson,
    PriorityWindow,
    Program,
    PublicFeed,
    Room,
    RuleKind,
    Term,
    Venue,
)
from enrollment.models import (
    Applicant,
    Application,
    ApplicationState,
    Draw,
    Enrollment,
    FairnessReport,
    FeedLink,
    FormDraft,
    LedgerEntry,
    Submission,
    WaitlistOffer,
    Wish,
)
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_room,
    make_rule,
    make_run,
    make_school,
    make_term,
    make_user,
)

pytestmark = pytest.mark.django_db

OURS = [model for label in ("accounts", "outbox", "courses", "enrollment") for model in apps.get_app_config(label).get_models()]  # fmt: skip
CONSTRAINTS = {constraint.name: (model, constraint) for model in OURS for constraint in model._meta.constraints}
TOLD = sorted(
    name for name, (_, one) in CONSTRAINTS.items() if one.violation_error_message != one.default_violation_error_message
)  # those with words for a person

YEAR = 52 * WEEK


def an_application():
    child = make_child()
    application = Application.objects.create(
        prepared_by=child.guardianships.get().guardian, prepared_at=NOON, draw=a_draw(), state=ApplicationState.PREPARED
    )
    Applicant.objects.create(application=application, learner=child, draw=application.draw)
    Wish.objects.create(application=application, run=make_run(), rank=1)
    return application


def a_draw():
    return Draw.objects.create(
        slug=f"draw-{uuid4().hex}", name_lv="Izloze", name_en="Draw", program=make_program(), seed_sha256="0" * 64,
        announced_at=NOON, opens_at=NOON, closes_at=NOON + DAY,
    )  # fmt: skip


def a_letter():
    user = make_guardian()
    return Message.objects.create(
        event_key="e", recipient=user, address=user.email, kind="enrollment.place_given", created_at=NOON, send_after=NOON
    )  # fmt: skip


def an_offer():
    return WaitlistOffer.objects.create(
        enrollment=enroll(make_run()), offered_at=NOON, remind_at=NOON + HOUR, expires_at=NOON + DAY
    )


def a_feed():
    return FeedLink.objects.create(user=make_guardian(), name="Telefons", token_sha256="0" * 64, created_at=NOON)


def a_break():
    return make_term(breaks=[(NOON.date(), NOON.date())]).breaks.get()


def a_window():
    return PriorityWindow.objects.create(
        program=make_program(), term=make_term(), who=FirstServed.SIBLING, opens_at=NOON
    )


def figures():
    return FairnessReport.objects.create(program=make_program(), term=make_term(), opened_at=NOON, computed_at=NOON)


# A row of each model that keeps every constraint.
SOUND = {
    User: make_guardian, Learner: make_child, School: make_school,
    TeacherProfile: lambda: TeacherProfile.objects.create(user=make_user(), school=make_school()),
    Heartbeat: lambda: Heartbeat.objects.create(name="worker", beat_at=NOON), Message: a_letter,
    Program: make_program, Course: make_course, CourseRun: make_run, Room: make_room, Term: make_term, Break: a_break,
    Venue: lambda: make_room().venue, PriorityWindow: a_window, Lesson: lambda: make_run().lessons.first(),
    EligibilityRule: lambda: make_rule(make_program(), RuleKind.GRADE, minimum=1, maximum=12),
    FeePolicy: lambda: FeePolicy.objects.create(slug="fee", name_lv="Maksa", name_en="Fee"),
    PublicFeed: lambda: PublicFeed.objects.create(path="/feeds/all.ics", language="lv"),
    Enrollment: lambda: enroll(make_run()), Submission: lambda: enroll(make_run()).submission,
    LedgerEntry: lambda: enroll(make_run()).ledger.get(), WaitlistOffer: an_offer, FeedLink: a_feed,
    Draw: a_draw, Application: an_application, Applicant: lambda: an_application().applicants.get(),
    Wish: lambda: an_application().wishes.get(), FairnessReport: figures,
    FormDraft: lambda: FormDraft.objects.create(user=make_guardian(), form="child", data={}, saved_at=NOON),
    apps.get_model("accounts.Guardianship"): lambda: make_child().guardianships.get(),
    apps.get_model("accounts.RoleGrant"): lambda: make_user(roles=[Role.DESK]).role_grants.get(),
}  # fmt: skip

# What to change in a copy of such a row, so that this constraint alone is broken; nothing, when the copy itself is one
# too many. A function gives the value when the test runs.
BROKEN = {
    "learner_residency_is_known": {"residency": "mars"},
    "learner_grade_is_1_to_12": {"grade": 13},
    "learner_grade_names_its_school_year": {"grade_school_year": None},
    "guardianship_is_live_once": {},
    "rolegrant_role_is_known": {"role": "king"},
    "rolegrant_is_live_once": {},
    "user_email_is_unique_in_any_case": {"email": lambda: User.objects.get().email.upper()},
    "message_is_sent_once_per_event": {},
    "message_is_sent_or_stopped": {"sent_at": NOON, "stopped_at": NOON},
    "message_is_for_somebody": {"address": ""},
    "program_kind_is_known": {"kind": "circus"},
    "program_offer_lasts_2_hours": {"offer_hours": 1},
    "program_trial_leaves_2_hours_to_decide": {"trial_answer_hours": 1},
    "program_asks_again_a_day_before_at_the_latest": {"reconfirm_days": 0},
    "feepolicy_amount_is_not_negative": {"amount": -1},
    "course_kind_is_known": {"kind": "circus"},
    "course_status_is_known": {"status": "lost"},
    "course_topic_is_known": {"topic": "magic"},
    "course_price_is_not_negative": {"price": -1},
    "course_grades_are_in_order": {"grade_min": 5, "grade_max": 4},
    "publicfeed_is_kept_once": {},
    "room_has_seats": {"capacity": 0},
    "term_ends_after_it_starts": {"ends_on": NOON.date() - timedelta(days=365)},
    "break_is_named_once_per_term": {},
    "break_ends_after_it_starts": {"ends_on": NOON.date() - timedelta(days=1)},
    "window_is_for_known_people": {"who": "friends"},
    "window_is_set_once_per_program_term_and_people": {},
    "courserun_address_is_unique": {},
    "courserun_state_is_known": {"state": "dreamt"},
    "courserun_kind_is_known": {"kind": "crowd"},
    "courserun_is_not_overbooked": {"seats_taken": 3},
    "courserun_offers_hold_seats": {"seats_offered": 1},
    "courserun_ends_after_it_starts": {"ends_at": NOON},
    "courserun_enrollment_closes_after_it_opens": {"enrollment_closes_at": NOON - WEEK},
    "courserun_reason_is_for_a_cancelled_one": {"cancellation_reason": "too few"},
    "courserun_weekday_is_0_to_6": {"weekday": 7},
    "lesson_state_is_known": {"state": "dreamt"},
    "lesson_ends_after_it_starts": {"ends_at": NOON},
    "rule_kind_is_known": {"kind": "height"},
    "rule_has_one_scope": {"program": None},
    "rule_range_is_complete": {"maximum": None},
    "rule_names_its_evidence": {"kind": RuleKind.VENTSPILS},
    "rule_names_its_prerequisite": {"kind": RuleKind.PREREQUISITE},
    "rule_is_once_per_program": {},
    "rule_is_once_per_course": {},
    "draw_state_is_known": {"state": "rigged"},
    "draw_closes_after_it_opens": {"closes_at": NOON},
    "draw_is_announced_before_it_opens": {"announced_at": NOON + HOUR},
    "draw_has_a_record_when_held": {"state": "held"},
    "enrollment_state_is_known": {"state": "hoped"},
    "enrollment_has_seats": {"seats": 0, "learner": None, "guest_email": "viesis@example.lv"},
    "enrollment_is_of_a_learner_or_of_guests": {"learner": None},
    "enrollment_ended_at_is_set_when_ended": {"ended_at": NOON},
    "enrollment_release_is_planned_when_leaving": {"releases_at": NOON},
    "enrollment_trial_has_a_lesson_and_an_end": {"state": "trial"},
    "enrollment_is_reconfirmed_when_asked": {"reconfirmed_at": NOON},
    "enrollment_is_live_once_per_learner_and_run": {},
    "application_state_is_known": {"state": "wished"},
    "application_wants_a_place": {"places_wanted": 0},
    "application_received_at_is_set_when_received": {"received_at": NOON},
    "application_ended_at_is_set_when_ended": {"ended_at": NOON},
    "application_leads_to_places_when_decided": {"submission": lambda: enroll(make_run()).submission},
    "applicant_is_named_once": {"draw": None},
    "applicant_is_in_a_draw_once": {"application": an_application},
    "wish_names_a_group_once": {"rank": 2},
    "wish_order_is_clear": {"run": make_run},
    "wish_rank_begins_with_1": {"rank": 0},
    "draft_is_kept_once_per_form": {},
    "fairness_is_counted_once_per_program_and_term": {},
    "feedlink_kind_is_known": {"kind": "spy"},
    "feedlink_names_its_learner": {"kind": "learner"},
    "feedlink_names_its_room": {"kind": "room"},
    "ledger_rows_are_numbered": {},
    "ledger_event_is_known": {"event": "dreamt"},
    "ledger_state_is_known": {"to_state": "hoped"},
    "offer_state_is_known": {"state": "hoped", "answered_at": NOON},
    "offer_is_open_once_per_enrollment": {},
    "offer_ends_after_it_begins": {"expires_at": NOON},
    "offer_answered_at_is_set_when_answered": {"answered_at": NOON},
}
OTHERWISE = {  # where another sound row than the model's usual one is to be broken
    "rule_is_once_per_course": lambda: make_rule(make_course(), RuleKind.GRADE, minimum=1, maximum=12),
}
# An unknown state has no place in this one either, and PostgreSQL names whichever comes first in the alphabet.
TOGETHER = {"application_state_is_known": {"application_ended_at_is_set_when_ended"}}


def broken(name):
    """An unsaved copy of a sound row, which breaks the constraint."""
    model, _constraint = CONSTRAINTS[name]
    row = OTHERWISE.get(name, SOUND[model])()
    row.pk, row._state.adding = None, True
    for field, value in BROKEN[name].items():
        setattr(row, field, value() if callable(value) else value)
    return row


def refused_by(error, model) -> set[str]:
    """Which constraints of the model the database may mean: PostgreSQL gives the name, SQLite the columns of an index."""
    cause = error.__cause__
    if hasattr(cause, "diag"):
        return {cause.diag.constraint_name}
    _, _, told = str(error).partition(" constraint failed: ")
    columns = told.replace(f"{model._meta.db_table}.", "").split(", ")
    unique = [one for one in model._meta.constraints if isinstance(one, models.UniqueConstraint)]
    by_columns = {one.name for one in unique if [model._meta.get_field(name).column for name in one.fields] == columns}
    return by_columns or {told.removeprefix("index '").removesuffix("'")}


def test_every_constraint_is_broken_here():
    """A new constraint without an entry in BROKEN, or an entry without its constraint, stops here."""
    assert sorted(set(CONSTRAINTS) - set(BROKEN)) == [], "constraints that nothing provokes"
    assert sorted(set(BROKEN) - set(CONSTRAINTS)) == [], "names of no constraint"
    assert [model._meta.label for model in OURS if model not in SOUND] == []


@pytest.mark.parametrize("model", SOUND, ids=lambda model: model._meta.label_lower)
def test_a_sound_row_keeps_them_all(model):
    row = SOUND[model]()

    for constraint in model._meta.constraints:
        constraint.validate(model, row)


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses_what_breaks_it(name):
    model, constraint = CONSTRAINTS[name]
    row = broken(name)

    with pytest.raises(ValidationError):
        constraint.validate(model, row)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        model._base_manager.bulk_create([row])  # past save(), which mends some of it

    assert refused_by(refused.value, model) <= {name} | TOGETHER.get(name, set())


@pytest.mark.parametrize("name", TOLD)
def test_a_person_is_told_why_in_both_languages(name):
    model, constraint = CONSTRAINTS[name]
    row = broken(name)

    told = {}
    for language in ("en", "lv"):
        with translation.override(language), pytest.raises(ValidationError) as refused:
            constraint.validate(model, row)
        (told[language],) = refused.value.messages
    with translation.override(None):
        assert told["en"] == str(constraint.violation_error_message)
    assert told["lv"] not in ("", told["en"])
