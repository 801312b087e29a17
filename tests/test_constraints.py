"""Every constraint of every model is broken once, and the database says no by its name."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import translation

from accounts.models import User
from courses.models import (
    RuleKind,
)
from tests.factories import (
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_course,
    make_rule,
    make_run,
    make_term,
)
from tests.sound import OURS, SOUND, an_application

pytestmark = pytest.mark.django_db

CONSTRAINTS = {constraint.name: (model, constraint) for model in OURS for constraint in model._meta.constraints}
TOLD = sorted(
    name for name, (_, one) in CONSTRAINTS.items() if one.violation_error_message != one.default_violation_error_message
)  # those with words for a person

YEAR = 52 * WEEK


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
    "courserun_is_copied_once_into_a_term": {"slug": "r-9"},
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
    "timetablechange_kind_is_known": {"kind": "wished", "key": uuid4},
    "lessonchange_is_noted_once": {},
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
    "courserun_is_copied_once_into_a_term": lambda: make_run(copied_from=make_run(), term=make_term()),
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
