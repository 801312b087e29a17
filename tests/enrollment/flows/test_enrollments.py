from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.outbox import flows as outbox
from accounts.outbox.models import Message
from courses.models import RuleKind, RunState, VentspilsEvidence
from enrollment.flows import enrollments, upkeep
from enrollment.flows.places import NotTheirs
from enrollment.models import Enrollment, EnrollmentState, LedgerEntry, Submission
from enrollment.refusals import EnrollmentRefused, Reason
from tests.factories import (
    HOUR,
    NOON,
    WEEK,
    codes_of,
    counters_of,
    enroll,
    make_child,
    make_children,
    make_course,
    make_guardian,
    make_program,
    make_rule,
    make_run,
    make_user,
    states_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db

CONFIRMED, WAITLISTED, LEAVING = EnrollmentState.CONFIRMED, EnrollmentState.WAITLISTED, EnrollmentState.LEAVING
OFFERED, WITHDRAWN, MOVED, CANCELLED = (
    EnrollmentState.OFFERED, EnrollmentState.WITHDRAWN, EnrollmentState.MOVED, EnrollmentState.CANCELLED,
)  # fmt: skip


def test_a_child_gets_a_seat_while_there_is_one_and_then_a_place_in_the_queue():
    run = make_run(capacity=1)

    enroll(run)
    enroll(run)

    assert states_of(run) == [CONFIRMED, WAITLISTED]
    assert counters_of(run) == (1, 0, 1)


def test_nobody_passes_those_who_wait_although_a_seat_is_free():
    run = make_run(capacity=1)
    seated, _waiting = enroll(run), enroll(run)
    run.refresh_from_db()
    run.capacity = 2
    run.save()

    enroll(run)

    assert states_of(run) == [CONFIRMED, WAITLISTED, WAITLISTED]
    assert seated.run_id == run.pk


def test_the_same_form_sent_twice_is_one_submission():
    run, child, key = make_run(), make_child(), uuid4()

    first = enroll(run, child, key=key)
    second = enroll(run, child, key=key, now=NOON + HOUR)

    assert first == second
    assert Submission.objects.count() == 1
    assert counters_of(run) == (1, 0, 0)


def test_another_familys_key_finds_nothing_of_theirs():
    run, key = make_run(capacity=5), uuid4()
    theirs = enroll(run, key=key)

    ours = enroll(run, key=key)

    assert ours.submission != theirs.submission
    assert states_of(run) == [CONFIRMED, CONFIRMED]


def test_the_same_child_from_a_second_tab_is_told_that_there_is_a_place_already():
    run, child = make_run(), make_child()
    enroll(run, child)

    with pytest.raises(EnrollmentRefused) as refused:
        enroll(run, child)

    assert codes_of(refused) == [Reason.ALREADY]
    assert counters_of(run) == (1, 0, 0)


def test_siblings_sent_together_are_all_seated_or_all_queued():
    guardian = make_guardian()
    run = make_run(capacity=1)

    enroll(run, *make_children(2, guardian), together=True)

    assert states_of(run) == [WAITLISTED, WAITLISTED]
    assert counters_of(run) == (0, 0, 2)


def test_siblings_sent_apart_take_what_there_is():
    guardian = make_guardian()
    run = make_run(capacity=1)

    enroll(run, *make_children(2, guardian))

    assert states_of(run) == [CONFIRMED, WAITLISTED]


def test_one_sibling_who_may_not_stops_the_whole_submission():
    guardian = make_guardian()
    course = make_course()
    make_rule(course, RuleKind.GRADE, minimum=4, maximum=6)
    fits, too_young = make_child(guardian), make_child(guardian, first_name="Roberts", grade=1)
    run = make_run(course=course)

    with pytest.raises(EnrollmentRefused) as refused:
        enroll(run, fits, too_young)

    assert [(one.code, one.learner) for one in refused.value.refusals] == [(Reason.GRADE, too_young)]
    assert (Enrollment.objects.count(), Submission.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"enrollment_opens_at": NOON + HOUR}, Reason.NOT_OPEN_YET),
        ({"enrollment_closes_at": NOON}, Reason.CLOSED),
        ({"state": RunState.CANCELLED}, Reason.CANCELLED),
        ({"state": RunState.DRAFT}, Reason.NOT_OPEN_YET),
        ({"starts_at": NOON - 9 * WEEK, "enrollment_opens_at": NOON - 20 * WEEK}, Reason.FINISHED),
    ],
)
def test_a_run_that_is_not_open_refuses_with_its_reason(fields, reason):
    run = make_run(**fields)

    with pytest.raises(EnrollmentRefused) as refused:
        enroll(run)

    assert codes_of(refused) == [reason]
    assert counters_of(run) == (0, 0, 0)


def test_a_run_opens_at_its_very_second():
    run = make_run(enrollment_opens_at=NOON)

    enroll(run, now=NOON)

    assert states_of(run) == [CONFIRMED]


def test_a_run_cancelled_between_reading_and_writing_gives_no_seat():
    run = make_run()
    stale = type(run).objects.select_related("course__program").get(pk=run.pk)
    type(run).objects.filter(pk=run.pk).update(state=RunState.CANCELLED)

    with pytest.raises(EnrollmentRefused) as refused:
        enroll(stale)

    assert codes_of(refused) == [Reason.CANCELLED]


def test_staff_may_override_a_rule_with_a_reason_that_the_ledger_keeps():
    course = make_course()
    make_rule(course, RuleKind.VENTSPILS, evidence=VentspilsEvidence.EITHER)
    child, desk = make_child(residency="elsewhere"), make_user(roles=["desk"])
    run = make_run(course=course)

    enroll(run, child, by=desk, override_reason="Pārceļas uz Ventspili janvārī")

    assert states_of(run) == [CONFIRMED]
    assert list(LedgerEntry.objects.values_list("event", "reason", "by")) == [
        ("received", "Pārceļas uz Ventspili janvārī", desk.pk)
    ]


def test_every_rule_that_was_overridden_is_written_down_also_for_a_place_taken_back():
    course = make_course(program=make_program(max_places_per_term=1))
    child, desk = make_child(), make_user(roles=["desk"])
    first, at_the_same_time = make_run(course=course), make_run(course=course)
    seated = enroll(first, child)
    enroll(at_the_same_time, child, by=desk, override_reason="Vecāku lūgums")
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)

    enroll(first, child, by=desk, override_reason="Tomēr abas")

    assert states_of(first) == [CONFIRMED]
    overridden = LedgerEntry.objects.exclude(overrides="").values_list("event", "reason", "overrides")
    assert list(overridden) == [
        ("received", "Vecāku lūgums", "clash,limit"), ("restored", "Tomēr abas", "clash,limit")
    ]  # fmt: skip


def test_no_reason_overrides_the_capacity():
    run = make_run(capacity=1)
    enroll(run)

    enroll(run, by=make_user(roles=["desk"]), override_reason="Ļoti vajag")

    assert states_of(run) == [CONFIRMED, WAITLISTED]


def test_nobody_enrolls_a_child_who_is_not_theirs():
    run = make_run()

    with pytest.raises(NotTheirs):
        enroll(run, make_child(), by=make_guardian())

    assert (Enrollment.objects.count(), Submission.objects.count()) == (0, 0)


@pytest.mark.parametrize(("birth_date", "may"), [(date(2008, 11, 24), True), (date(2008, 11, 25), False)])
def test_a_pupils_own_login_enrolls_from_the_eighteenth_birthday_on(birth_date, may):
    run, pupil = make_run(), make_child(birth_date=birth_date)
    pupil.user = make_user()
    pupil.save()

    if may:
        assert enroll(run, pupil, by=pupil.user).state == CONFIRMED
    else:
        with pytest.raises(NotTheirs):
            enroll(run, pupil, by=pupil.user)


def test_every_guardian_is_told_once_in_their_own_language():
    first, second = make_guardian(language="lv"), make_guardian(language="en", first_name="Andris")
    child = make_child(first)
    child.guardianships.create(guardian=second, started_at=NOON)
    run = make_run()

    enroll(run, child, by=first)
    for letter in Message.objects.to_address(now=NOON):
        outbox.address(letter)

    letters = Message.objects.order_by("pk").values_list("kind", "recipient", "language")
    assert list(letters) == [("enrollment.place_given", first.pk, "lv"), ("enrollment.place_given", second.pk, "en")]


def test_a_seat_given_back_is_held_for_undo_and_then_offered_to_the_first_who_waits():
    run = make_run(capacity=1)
    seated, _first, _second = enroll(run), enroll(run), enroll(run)

    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    held = states_of(run)
    upkeep.run_due(now=NOON + timedelta(minutes=11))

    assert held == [LEAVING, WAITLISTED, WAITLISTED]
    assert states_of(run) == [WITHDRAWN, OFFERED, WAITLISTED]
    assert counters_of(run) == (1, 1, 1)


def test_a_seat_that_is_held_for_undo_is_not_free_for_others():
    run = make_run(capacity=1)
    enrollments.withdraw(enrollment=enroll(run), by=None, now=NOON)

    enroll(run)

    assert states_of(run) == [LEAVING, WAITLISTED]


def test_undo_brings_the_place_back_and_stops_the_letter():
    run = make_run(capacity=1)
    seated = enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)

    enrollments.undo_withdrawal(enrollment=seated, by=None, now=NOON + timedelta(minutes=9))

    assert states_of(run) == [CONFIRMED]
    assert counters_of(run) == (1, 0, 0)
    assert list(Message.objects.waiting().values_list("kind", flat=True)) == ["enrollment.place_given"]


def test_undo_after_the_seat_was_passed_on_is_refused():
    run = make_run(capacity=1)
    seated = enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)

    with pytest.raises(EnrollmentRefused) as refused:
        enrollments.undo_withdrawal(enrollment=seated, by=None, now=NOON + timedelta(minutes=10))

    assert codes_of(refused) == [Reason.TOO_LATE]


def test_giving_back_twice_is_giving_back_once():
    run = make_run()
    seated = enroll(run)

    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON + timedelta(minutes=1))

    assert list(seated.ledger.values_list("event", flat=True)) == ["received", "given_back"]


def test_applying_again_while_the_seat_is_held_brings_the_same_place_back():
    run, child = make_run(capacity=1), make_child()
    seated = enroll(run, child)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)

    again = enroll(run, child)

    assert again == seated
    assert states_of(run) == [CONFIRMED]


def test_leaving_the_queue_takes_effect_at_once():
    run = make_run(capacity=1)
    _seated, waiting = enroll(run), enroll(run)

    enrollments.withdraw(enrollment=waiting, by=None, now=NOON)

    assert states_of(run) == [CONFIRMED, WITHDRAWN]
    assert counters_of(run) == (1, 0, 0)


def test_cancelling_by_the_centre_keeps_the_reason_and_waits_with_the_letter():
    run, desk = make_run(), make_user()
    seated = enroll(run)

    enrollments.cancel(enrollment=seated, by=desk, reason="Dubults pieteikums", now=NOON)

    letter = Message.objects.get(kind="enrollment.place_ended")
    assert letter.send_after == NOON + timedelta(seconds=60)
    assert list(seated.ledger.values_list("event", "reason", "by"))[-1] == ("cancelled", "Dubults pieteikums", desk.pk)


def test_the_ledger_replays_to_the_state():
    run = make_run(capacity=1)
    seated = enroll(run)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.undo_withdrawal(enrollment=seated, by=None, now=NOON)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)

    rows = list(seated.ledger.order_by("number").values_list("number", "from_state", "to_state", "seats"))

    assert rows == [
        (1, "", CONFIRMED, 1),
        (2, CONFIRMED, LEAVING, 0),
        (3, LEAVING, CONFIRMED, 0),
        (4, CONFIRMED, LEAVING, 0),
        (5, LEAVING, WITHDRAWN, -1),
    ]


def test_the_number_of_queries_does_not_grow_with_the_children(django_assert_num_queries):
    guardian = make_guardian()
    run = make_run(capacity=10)
    only, *others = make_children(4, guardian)
    with CaptureQueriesContext(connection) as for_one:
        enroll(run, only, by=guardian)

    with django_assert_num_queries(len(for_one)):
        enroll(run, *others, by=guardian)
