"""Why somebody has a place: what the ledger tells about it, and the sentences it gives."""

from datetime import timedelta

import pytest
from django.utils import translation

from accounts import staff_log
from accounts.models import Role
from accounts.outbox import delivery
from courses.models import FirstServed, PriorityWindow
from enrollment.desk import answers, reasons
from enrollment.flows import applications, capacity, enrollments, standby, transfers, upkeep, waitlist
from enrollment.models import Enrollment, LedgerEntry, LedgerEvent
from tests.enrollment import drawing
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
    make_run,
    make_term,
    make_user,
)

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def officer():
    return make_user(first_name="Inga", last_name="Lapiņa", roles=[Role.DESK])


def child(name):
    return make_child(first_name=name, last_name="Liepa")


def why(enrollment):
    return reasons.why(enrollment=Enrollment.objects.for_display().select_related("trial_lesson").get(pk=enrollment.pk))


def short(enrollment):
    return answers.short_answer(why(enrollment))


def told(enrollment, *kinds):
    """(title, by, lines) of the timeline."""
    return [
        (one.title, one.by, [" ".join(filter(None, [line.label, line.name, line.text])) for line in one.lines])
        for one in answers.timeline(why(enrollment), now=NOON)
        if one.kind in kinds
    ]


def leave(enrollment, *, by=None, now):
    enrollments.withdraw(enrollment=enrollment, by=by, now=now, hold_seconds=0)
    enrollments.pass_on(enrollment=enrollment, by=None, now=now)


def test_a_place_that_was_free_is_answered_with_how_many_there_were():
    run = make_run(capacity=12)
    enroll(run, now=NOON)
    second = enroll(run, now=NOON + 3 * SECOND)

    assert short(second) == [
        "Received: Tuesday 24.11.2026, 12:00:03.", "Places free then: 11 of 12. Nobody was waiting.",
    ]  # fmt: skip


def test_the_capacity_of_that_moment_is_told_and_not_todays(officer):
    run = make_run(capacity=2)
    first = enroll(run, now=NOON)
    capacity.change_capacity(run=run, capacity=9, by=officer, reason="Lielāka telpa", now=NOON + HOUR)

    assert short(first)[1] == "Places free then: 2 of 2. Nobody was waiting."


def test_a_place_from_the_queue_says_its_number_what_became_free_and_that_it_was_first():
    run = make_run(capacity=1)
    seated = enroll(run, child("Anna"))
    first, second = enroll(run, child("Elza"), now=NOON + SECOND), enroll(run, child("Jānis"), now=NOON + 2 * SECOND)
    family = seated.submission.submitted_by
    leave(seated, by=family, now=NOON + HOUR)

    assert short(second)[1:] == [
        "The group was full. Number in the queue then: 2.", "Waits still. Number in the queue now: 1.",
    ]  # fmt: skip
    assert short(first)[1:] == [
        "The group was full. Number in the queue then: 1.",
        "A place became free; this one was the first in the queue.",
    ]
    assert told(first, answers.GROUP) == [
        ("A place became free: given back", str(family),
         ["It was the place of Anna Liepa", "Offered to Elza Liepa", "First in the queue."]),
    ]  # fmt: skip
    assert [title for title, _by, _lines in told(first, answers.OWN)] == [
        "Application received: the group was full", "A freed place was offered",
    ]  # fmt: skip


def test_every_place_that_became_free_meanwhile_says_how_and_where_it_went(officer):
    """Declined, expired, ended by the centre, and more places: each is told to who waits, in its order."""
    run = make_run(capacity=2)
    seated, ended = enroll(run, child("Anna")), enroll(run, child("Ilze"))
    for index, name in enumerate(("Elza", "Jānis", "Kārlis", "Marta", "Nora"), 1):
        last = enroll(run, child(name), now=NOON + index * SECOND)
    leave(seated, by=None, now=NOON + HOUR)
    waitlist.decline(offer=run.enrollments.get(state="offered").offers.get(), by=None, now=NOON + 2 * HOUR)
    offer = run.enrollments.get(state="offered").offers.get()
    upkeep.run_due(now=offer.expires_at + MINUTE)
    enrollments.cancel(enrollment=ended, by=officer, reason="Dubults pieteikums", now=offer.expires_at + HOUR)
    upkeep.run_due(now=offer.expires_at + 2 * HOUR)
    capacity.change_capacity(run=run, capacity=3, by=officer, reason="Lielāka telpa", now=offer.expires_at + 3 * HOUR)

    found = told(last, answers.GROUP)

    assert [(title, by) for title, by, _lines in found] == [
        ("A place became free: given back", "the system"),
        ("A place became free: an offer was declined", "the system"),
        ("A place became free: an offer ended without an answer", "the system"),
        ("A place became free: ended by the centre", "Inga Lapiņa"),
        ("The group got more places", "Inga Lapiņa"),
    ]
    assert [line for _title, _by, lines in found for line in lines if line.startswith("Offered")] == [
        f"Offered to {name} Liepa" for name in ("Elza", "Jānis", "Kārlis", "Marta", "Nora")
    ]
    assert "Reason: Dubults pieteikums." in found[3][2]
    assert found[4][2][:2] == ["Places added: 1.", "Reason: Lielāka telpa."]


def test_who_was_passed_over_is_named_with_why():
    run, family = make_run(capacity=1), make_guardian()
    seated = enroll(run, child("Anna"))
    together = [make_child(family, first_name=name, last_name="Ozola") for name in ("Asnate", "Beāte")]
    twins = enroll(run, *together, now=NOON + SECOND, together=True)
    alone = enroll(run, child("Jānis"), now=NOON + 2 * SECOND)
    leave(seated, now=NOON + HOUR)

    passed = "Passed over {} Ozola Places free: 1, needed together: 2."
    assert told(alone, answers.OWN)[-1][2] == [passed.format("Asnate"), passed.format("Beāte")]
    assert short(alone)[-1] == "A place became free; who stood before needed more places than were free."
    assert told(twins, answers.OWN)[-1] == (
        "Passed over: not enough places for all together", "the system",
        ["Places free: 1, needed together: 2.", "The number in the queue stays."],
    )  # fmt: skip


def test_siblings_who_go_together_are_served_together_and_pass_nobody(officer):
    run, family = make_run(capacity=2), make_guardian()
    enroll(run, child("Anna")), enroll(run, child("Ilze"))
    asnate, beate = (make_child(family, first_name=name, last_name="Ozola") for name in ("Asnate", "Beāte"))
    twins = enroll(run, asnate, now=NOON + SECOND)
    Enrollment.objects.filter(pk=twins.pk).update(received_at=NOON + SECOND)
    between = enroll(run, child("Jānis"), now=NOON + 2 * SECOND)
    second = enroll(run, beate, now=NOON + 3 * SECOND)
    second.submission.__class__.objects.filter(pk=twins.submission_id).update(is_together=True)
    Enrollment.objects.filter(pk=second.pk).update(submission=twins.submission)
    capacity.change_capacity(run=run, capacity=4, by=officer, reason="Lielāka telpa", now=NOON + HOUR)

    assert told(between, answers.GROUP)[0][2][2:] == [
        "Offered to Asnate Ozola", "First in the queue.", "Offered to Beāte Ozola", "Together with a brother or sister.",
    ]  # fmt: skip


def test_a_rule_that_staff_overrode_is_named_with_the_written_reason(officer):
    run = make_run(enrollment_opens_at=NOON + WEEK)

    early = enroll(run, child("Anna"), by=officer, override_reason="Brāļa grupa")

    assert short(early)[1] == "Staff gave it past a rule: Not open yet."
    assert told(early, answers.OWN) == [
        ("Application received: a place was free", "Inga Lapiņa",
         ["Places free then: 2 of 2. Nobody was waiting.", "Reason: Brāļa grupa.", "Past the rule: Not open yet."]),
    ]  # fmt: skip


def test_the_class_in_the_queue_is_told():
    term, course = make_term(), make_course()
    pupil = child("Elza")
    enroll(make_run(course=course, starts_at=NOON + DAY), pupil)
    run = make_run(course=course, term=term, capacity=1, starts_at=NOON + 20 * DAY)
    PriorityWindow.objects.create(program=course.program, term=term, who=FirstServed.CURRENT, opens_at=NOON - 9 * DAY)
    enroll(run)
    stranger = enroll(run, child("Jānis"), now=NOON + 10 * DAY)

    assert told(stranger, answers.OWN)[0][2] == ["Number in the queue then: 1.", "Class in the queue: everybody else."]
    waiting = enroll(run, pupil, now=NOON + 10 * DAY + SECOND)
    assert told(waiting, answers.OWN)[0][2][0] == "Number in the queue then: 2."


def test_a_change_of_the_group_leads_to_the_other_place():
    program = make_program()
    old_run, new_run = (make_run(course=make_course(program=program), lessons=1) for _ in range(2))
    old = enroll(old_run, child("Anna"))
    new = transfers.transfer(
        enrollment=old, to_run=new_run, key="00000000-0000-0000-0000-000000000007", by=old.submission.submitted_by,
        now=NOON + HOUR,
    )  # fmt: skip

    change = f"Reason: Change of the group: {old_run.code} → {new_run.code}."
    assert told(new, answers.OWN)[0][2][1:] == [change, f"Came from {old_run.code}"]
    assert told(old, answers.OWN)[-1] == (
        "Changed for a place in another group", str(old.submission.submitted_by),
        [change, f"The other place {new_run.code}"],
    )  # fmt: skip


def test_a_place_given_at_the_door_past_somebody_says_why(officer):
    program = make_program(has_standby=True)
    run = make_run(
        course=make_course(program=program), capacity=1, starts_at=NOON + HOUR, offers_end_at=NOON + HOUR, lessons=1
    )
    absent = enroll(run, child("Anna"))
    enroll(run, child("Elza"), now=NOON + SECOND)
    there = enroll(run, child("Jānis"), now=NOON + 2 * SECOND)
    start = NOON + HOUR + MINUTE
    standby.note_no_show(enrollment=absent, by=officer, now=start)
    standby.give_place(enrollment=there, by=officer, now=start + MINUTE, reason="Elza nav atnākusi")

    assert told(there, answers.GROUP)[0][2][1:] == [
        "Given at the door to Jānis Liepa", "Passed over Elza Liepa Elza nav atnākusi.",
    ]  # fmt: skip
    assert short(there)[-1] == "A place that stayed empty was given at the door."


def test_letters_say_to_whom_when_and_whether_they_were_answered():
    run = make_run(capacity=1)
    seated, waiting = enroll(run, child("Anna")), enroll(run, child("Elza"), now=NOON + SECOND)
    family = waiting.submission.submitted_by
    leave(seated, now=NOON + HOUR)
    list(delivery.send_due(now=NOON + HOUR + MINUTE))
    waitlist.accept(offer=waiting.offers.get(), by=family, now=NOON + 2 * HOUR)

    lines = [lines for _title, _by, lines in told(waiting, answers.LETTER)]

    assert lines[1] == [
        f"To whom {family} Sent: 24.11.2026, 13:01:00.", "Answered: 24.11.2026, 14:00. The offer was accepted.",
    ]  # fmt: skip
    assert [one.first.kind for one in why(waiting).letters] == [
        "enrollment.joined_waitlist", "enrollment.seat_offered", "enrollment.place_given",
    ]  # fmt: skip


def test_a_long_history_takes_no_more_queries(django_assert_max_num_queries):
    """A group in which thousands of rows were written before and while somebody waited."""
    run = make_run(capacity=1)
    seated = enroll(run)
    waiting = enroll(run, now=NOON + SECOND)
    first = [
        LedgerEntry(
            enrollment=seated, run=run, number=number, event=LedgerEvent.ASKED, from_state="confirmed", to_state="confirmed",
            seats=0, at=NOON + MINUTE,
        )
        for number in range(2, 10_002)
    ]  # fmt: skip
    LedgerEntry.objects.bulk_create(first, batch_size=500)
    Enrollment.objects.filter(pk=seated.pk).update(version=10_001)

    with django_assert_max_num_queries(16):
        few = short(waiting)
    leave(Enrollment.objects.get(pk=seated.pk), now=NOON + HOUR)
    with django_assert_max_num_queries(16):
        many = told(waiting, answers.GROUP)

    assert (few[-1], len(many)) == ("Waits still. Number in the queue now: 1.", 1)


def test_the_newest_places_are_shown_when_there_were_very_many(monkeypatch, officer):
    monkeypatch.setattr(reasons, "SHOWN", 2)
    run = make_run(capacity=1)
    seated = enroll(run)
    for index in range(4):
        last = enroll(run, child(f"Bērns {index}"), now=NOON + (index + 1) * SECOND)
    leave(seated, now=NOON + HOUR)
    for index in range(2):
        waitlist.decline(
            offer=run.enrollments.get(state="offered").offers.get(), by=None, now=NOON + (index + 2) * HOUR
        )

    found = why(last)

    assert (len(found.freed), found.left_out) == (2, 1)
    assert staff_log.rows_about(run).count() == 0


def test_the_wishes_of_an_application_are_told_with_what_came_of_each():
    family, course = make_guardian(), make_course()
    full, free = (
        make_run(course=course, capacity=1, starts_at=NOON + 2 * WEEK + days * DAY, lessons=1) for days in range(2)
    )
    enroll(full)
    prepared = applications.prepare(learners=[make_child(family)], runs=[full, free], by=family, now=NOON)
    sent = applications.send(application=prepared, by=family, now=NOON + HOUR)

    (place,) = sent.submission.enrollments.all()

    assert told(place, answers.OWN)[0][2][-1] == f"Wishes: 1. {full.code}: no place was free; 2. {free.code}: a place."


def test_a_place_that_was_drawn_says_its_number_among_all_and_leads_to_the_draw():
    (group,) = drawing.drawn_groups(1)
    draw = drawing.announce(group)
    sent = [drawing.apply(group) for _ in range(3)]
    drawing.hold(draw)
    first, _second, last = (
        one.submission.enrollments.get()
        for one in drawing.by_number(draw, *(type(one).objects.get(pk=one.pk) for one in sent))
    )

    assert short(first)[1:] == ["Place in the order of the draw: 1 of 3."]
    assert short(last)[1:] == [
        "Place in the order of the draw: 3 of 3.", "The group was full. Number in the queue then: 2.",
        "Waits still. Number in the queue now: 2.",
    ]  # fmt: skip
    assert told(first, answers.OWN)[0] == (
        "Drawn by lot: a place",
        "the system",
        ["Place in the order of the draw: 1 of 3."],
    )
    assert why(first).draw == draw
