"""Enrolling, moving, giving back, cancelling and undoing at the desk."""

import pytest
from django.utils import timezone

from accounts.outbox.models import Message
from courses.models import RuleKind
from enrollment.models import Enrollment, EnrollmentState as State, LedgerEntry
from tests.enrollment.views.desk import client_of, form_key, make_desk, open_run
from tests.factories import enroll, make_child, make_course, make_rule, states_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return client_of(make_desk())


def post_enroll(client, learner, run, **more):
    return client.post(f"/desk/people/{learner.pk}/enroll/", {"run": run.pk, "key": form_key()} | more)


def page_of(answer):
    return answer.content.decode()


def test_a_known_child_is_enrolled_by_one_press(client):
    child, run = make_child(), open_run()

    answer = post_enroll(client, child, run)

    assert (answer.status_code, answer["Location"]) == (302, f"/desk/people/{child.pk}/")
    assert states_of(run) == [State.CONFIRMED]


def test_the_first_fitting_group_is_chosen_before_anything_is_typed(client):
    run = open_run(code="R-2")
    child = make_child()

    page = page_of(client.get(f"/desk/people/{child.pk}/enroll/"))

    assert f'value="{run.pk}" id="run-{run.pk}" checked' in page


def test_the_same_form_sent_twice_enrolls_once(client):
    child, run, key = make_child(), open_run(), form_key()

    for _ in range(2):
        assert post_enroll(client, child, run, key=key).status_code == 302

    assert states_of(run) == [State.CONFIRMED]


def test_a_full_group_puts_the_child_into_its_queue_and_says_the_number(client):
    run = open_run(capacity=1)
    enroll(run)

    answer = client.post(f"/desk/people/{make_child().pk}/enroll/", {"run": run.pk, "key": form_key()}, follow=True)

    assert states_of(run) == [State.CONFIRMED, State.WAITLISTED]
    assert [str(message).endswith(": 1") for message in answer.context["messages"]] == [True]


def test_a_misfit_needs_a_written_reason_which_the_ledger_keeps(client):
    child, course = make_child(grade=4), make_course()
    make_rule(course, RuleKind.GRADE, minimum=9, maximum=12)
    run = open_run(course=course)

    refused = post_enroll(client, child, run)
    assert (refused.status_code, states_of(run)) == (409, [])

    assert post_enroll(client, child, run, reason="Mācās ar vecākiem").status_code == 302
    assert LedgerEntry.objects.get().reason == "Mācās ar vecākiem"


def test_what_cannot_be_overridden_is_refused_kindly(client):
    run = open_run()
    enrollment = enroll(run)

    answer = post_enroll(client, enrollment.learner, run, reason="Tomēr")

    assert answer.status_code == 409
    assert states_of(run) == [State.CONFIRMED]


@pytest.mark.parametrize("sent", [{}, {"run": "x", "key": "x"}, {"run": 999, "key": "1"}])
def test_a_form_without_a_group_is_asked_again(client, sent):
    assert client.post(f"/desk/people/{make_child().pk}/enroll/", sent).status_code == 422


def test_a_personal_code_in_a_reason_is_refused(client):
    child, run = make_child(), open_run()

    assert post_enroll(client, child, run, reason="kods 270316-12345").status_code == 422
    assert states_of(run) == []


# -- Moving ---------------------------------------------------------------------------------------


def move(client, enrollment, run, **more):
    return client.post(f"/desk/enrollments/{enrollment.pk}/move/", {"run": run.pk} | more)


def test_a_child_is_moved_and_the_undo_bar_offers_the_way_back(client):
    old, new = open_run(code="R-2"), open_run(code="R-3")
    enrollment = enroll(old)

    answer = move(client, enrollment, new, message="Ērtāks laiks")

    moved = Enrollment.objects.get(moved_from=enrollment)
    assert answer["Location"] == f"/desk/groups/{old.pk}/?done={moved.pk}"
    page = page_of(client.get(answer["Location"]))
    assert f'action="/desk/enrollments/{moved.pk}/undo/"' in page
    assert "R-2 → R-3" in page


def test_undo_brings_the_child_back_and_stops_the_letter(client):
    old, new = open_run(), open_run()
    enrollment = enroll(old)
    move(client, enrollment, new)
    moved = Enrollment.objects.get(moved_from=enrollment)

    for _ in range(2):  # pressed twice, undone once
        assert client.post(f"/desk/enrollments/{moved.pk}/undo/")["Location"] == f"/desk/groups/{old.pk}/"

    assert (states_of(old), states_of(new)) == ([State.CONFIRMED], [State.CANCELLED])
    assert not Message.objects.waiting().filter(kind="enrollment.group_changed").exists()


def test_a_move_sent_twice_moves_once(client):
    enrollment, new = enroll(open_run()), open_run()

    answers = [move(client, enrollment, new) for _ in range(2)]

    assert answers[0]["Location"] == answers[1]["Location"]
    assert states_of(new) == [State.CONFIRMED]


def test_a_move_never_jumps_a_queue(client):
    enrollment, full = enroll(open_run()), open_run(capacity=1)
    enroll(full)

    answer = move(client, enrollment, full, reason="Lūdzu")

    assert answer.status_code == 409
    assert states_of(enrollment.run) == [State.CONFIRMED]


def test_from_the_family_it_goes_back_to_the_family(client):
    enrollment, new = enroll(open_run()), open_run()

    answer = move(client, enrollment, new, back="family")

    assert answer["Location"].startswith(f"/desk/people/{enrollment.learner_id}/?done=")
    assert "/undo/" in page_of(client.get(answer["Location"]))


# -- Giving back and cancelling ---------------------------------------------------------------------


def test_a_place_is_given_back_with_a_minute_to_undo(client):
    enrollment = enroll(open_run())

    answer = client.post(f"/desk/enrollments/{enrollment.pk}/withdraw/")

    enrollment.refresh_from_db()
    assert enrollment.state == State.LEAVING
    assert 55 < (enrollment.releases_at - timezone.now()).total_seconds() <= 60
    assert "/undo/" in page_of(client.get(answer["Location"]))

    client.post(f"/desk/enrollments/{enrollment.pk}/undo/")
    enrollment.refresh_from_db()
    assert enrollment.state == State.CONFIRMED


def test_a_place_in_the_queue_is_given_up_at_once(client):
    run = open_run(capacity=1)
    enroll(run)

    client.post(f"/desk/enrollments/{enroll(run).pk}/withdraw/")

    assert states_of(run) == [State.CONFIRMED, State.WITHDRAWN]


def test_cancelling_needs_a_reason(client):
    enrollment = enroll(open_run())
    address = f"/desk/enrollments/{enrollment.pk}/cancel/"

    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "Dubults pieteikums"}).status_code == 302

    assert (enrollment.ledger.last().reason, states_of(enrollment.run)) == ("Dubults pieteikums", [State.LEAVING])


def test_what_has_ended_is_answered_kindly(client):
    enrollment = enroll(open_run())
    client.post(f"/desk/enrollments/{enrollment.pk}/cancel/", {"reason": "Kļūda"})
    Enrollment.objects.filter(pk=enrollment.pk).update(releases_at=timezone.now())

    for action, sent in (("undo", {}), ("cancel", {"reason": "Vēlreiz"})):
        assert client.post(f"/desk/enrollments/{enrollment.pk}/{action}/", sent).status_code == 409
