"""Enrolling: from the group's page to the receipt, with everything that can come between."""

from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from courses.models import CourseRun, RuleKind, RunState
from enrollment.flows import enrollments
from enrollment.models import Enrollment, Submission
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_rule,
    make_run,
    make_slot,
    states_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def guardian(client):
    user = make_guardian()
    client.force_login(user)
    return user


def choose(run, query=""):
    return reverse("enrollment:enroll", args=[run.pk]) + query


def check(run, *learners, **more):
    query = "&".join(
        [*(f"learner={learner.pk}" for learner in learners), *(f"{name}={value}" for name, value in more.items())]
    )
    return reverse("enrollment:enroll_check", args=[run.pk]) + (f"?{query}" if query else "")


def send(client, run, *learners, key=None, **more):
    ids = [learner.pk for learner in learners]
    return client.post(check(run), {"learner": ids, "key": key or uuid4(), **more})


def words(response):
    return " ".join(response.content.decode().split())


# -- A known child ------------------------------------------------------------------------------


def test_a_known_child_is_enrolled_with_three_presses_and_no_typing(client, guardian):
    child, run = make_child(guardian), make_run()

    chosen = client.get(choose(run))
    looked_at = client.get(check(run, child))
    sent = send(client, run, child, key=looked_at.context["key"])

    assert (chosen.status_code, looked_at.status_code, sent.status_code) == (200, 200, 302)
    assert chosen.context["picked_ids"] == [child.pk]
    assert states_of(run) == ["confirmed"]
    assert sent.url == Submission.objects.get().get_absolute_url()
    assert "Vieta apstiprināta" in words(client.get(sent.url))


def test_siblings_get_one_answer_each(client, guardian):
    first, second = make_child(guardian), make_child(guardian, first_name="Roberts")
    run = make_run(capacity=1)

    receipt = client.get(send(client, run, first, second).url)

    assert [(one.member.pk, one.headline[1]) for one in receipt.context["receipt"].answers] == [
        (first.pk, "Vieta apstiprināta"),
        (second.pk, "Grupa ir pilna. Vieta rindā: 1"),
    ]


def test_together_is_kept_from_choosing_to_sending(client, guardian):
    first, second = make_child(guardian), make_child(guardian, first_name="Roberts")
    run = make_run(capacity=1)

    page = client.get(check(run, first, second, together=1))
    send(client, run, first, second, together="1")

    assert page.context["together"] is True
    assert "Visiem kopā nepietiek" in words(page)
    assert states_of(run) == ["waitlisted", "waitlisted"]


def test_a_full_group_says_so_before_and_after(client, guardian):
    run, child = make_run(capacity=1), make_child(guardian)
    enroll(run)
    other = make_run(course=run.course, capacity=5, starts_at=NOON + 2 * WEEK + DAY)

    before, looked_at = client.get(choose(run)), client.get(check(run, child))
    after = client.get(send(client, run, child).url)

    assert "Brīvu vietu nav." in words(before)
    assert [one.run for one in before.context["others"]] == [other]
    assert "Pievienoties rindai: 1" in words(looked_at)
    assert [one.run for one in after.context["receipt"].answers[0].others] == [other]


@pytest.mark.parametrize("times", [2, 3])
def test_a_form_sent_again_shows_the_same_receipt(client, guardian, times):
    child, run, key = make_child(guardian), make_run(), uuid4()

    answers = {send(client, run, child, key=key).url for _press in range(times)}

    assert (len(answers), states_of(run)) == (1, ["confirmed"])


def test_a_second_tab_with_another_key_ends_on_the_same_receipt(client, guardian):
    child, run = make_child(guardian), make_run()

    first, second = send(client, run, child), send(client, run, child)

    assert (first.status_code, second.status_code) == (302, 302)
    assert second.url == first.url


def test_going_back_to_the_page_that_confirmed_shows_the_receipt(client, guardian):
    child, run = make_child(guardian), make_run()
    sent = send(client, run, child)

    assert client.get(check(run, child)).url == sent.url


def test_the_second_guardian_is_led_to_the_place_that_is_there(client, guardian):
    child, run = make_child(guardian), make_run()
    place = enroll(run, child)
    other = make_guardian()
    child.guardianships.create(guardian=other, started_at=NOON)
    client.force_login(other)

    sent = send(client, run, child)

    assert (sent.status_code, sent.url) == (302, place.get_absolute_url())


def test_somebody_elses_key_does_not_show_their_receipt(client, guardian):
    theirs = enroll(make_run()).submission
    child, run = make_child(guardian), make_run()

    sent = send(client, run, child, key=theirs.key)

    assert sent.url == Submission.objects.get(submitted_by=guardian).get_absolute_url()
    assert sent.url != theirs.get_absolute_url()


# -- When the answer is no ----------------------------------------------------------------------


def test_a_clash_that_arose_meanwhile_is_told_on_the_same_page_and_nobody_is_enrolled(client, guardian):
    child, sibling, run = make_child(guardian), make_child(guardian, first_name="Roberts"), make_run()
    client.get(check(run, child, sibling))
    enroll(make_run(course=make_course(program=run.course.program), code="P-2"), child)

    refused = send(client, run, child, sibling)

    assert refused.status_code == 409
    assert states_of(run) == []
    assert [refusal.code for refusal in refused.context["refusals"]] == ["clash"]
    assert [one.pk for one in refused.context["picked"]] == [sibling.pk]
    assert "Apstiprināt pieteikumu: 1" in words(refused)


def test_when_nobody_fits_any_more_the_reasons_are_shown(client, guardian):
    child, run = make_child(guardian), make_run()
    enroll(make_run(course=make_course(program=run.course.program)), child)

    refused = send(client, run, child)

    assert refused.status_code == 409
    assert "Laiki pārklājas" in words(refused)


def test_the_wrong_grade_is_told_with_a_way_to_correct_it_and_groups_that_fit(client, guardian):
    child, run = make_child(guardian, grade=1), make_run()
    make_rule(run.course, RuleKind.GRADE, minimum=4, maximum=6)
    fitting = make_run()

    page = client.get(choose(run))

    assert page.context["choice"].fitting == []
    assert page.context["suitable"] == [fitting]
    assert reverse("enrollment:child", args=[child.pk]) in words(page)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"enrollment_closes_at": NOON - DAY}, "closed"),
        ({"state": RunState.CANCELLED}, "cancelled"),
    ],
)
def test_a_group_that_takes_nobody_says_why(client, guardian, fields, code):
    child, run = make_child(guardian), make_run(**fields)

    page, straight, sent = client.get(choose(run)), client.get(check(run, child)), send(client, run, child)

    assert page.context["choice"].closed.code == code
    assert straight.url == choose(run, f"?learner={child.pk}")
    assert (sent.status_code, states_of(run)) == (409, [])


def test_a_group_that_is_not_open_yet_lets_the_application_be_prepared(client, guardian):
    child, run = make_child(guardian), make_run(enrollment_opens_at=NOON + DAY)

    page, straight, sent = client.get(choose(run)), client.get(check(run, child)), send(client, run, child)

    prepare = reverse("enrollment:application_new", args=[run.pk])
    assert (page.context["choice"].closed.code, page.context["next_page"]) == ("not_open_yet", prepare)
    assert straight.url == f"{prepare}?learner={child.pk}"
    assert (sent.status_code, sent.context["picked_ids"], states_of(run)) == (409, [child.pk], [])


def test_a_finished_group_says_so(client, guardian):
    make_child(guardian)
    run = make_run(starts_at=NOON - 8 * WEEK, enrollment_opens_at=NOON - 20 * WEEK)

    assert client.get(choose(run)).context["choice"].closed.code == "finished"


def test_a_group_that_is_not_public_does_not_exist(client, guardian):
    make_child(guardian)

    assert client.get(choose(make_run(state=RunState.DRAFT))).status_code == 404


def test_a_timed_slot_is_booked_elsewhere(client, guardian):
    slot = make_slot()

    for address in (choose(slot), check(slot)):
        assert client.get(address).url == reverse("courses:book", args=[slot.course.slug, slot.slug])


# -- Wrong input --------------------------------------------------------------------------------


def test_another_familys_child_is_not_enrolled(client, guardian):
    own, foreign, run = make_child(guardian), make_child(), make_run()

    mixed = send(client, run, own, foreign)
    alone = send(client, run, foreign)

    assert mixed.status_code == 302
    assert alone.status_code == 422
    assert list(Enrollment.objects.values_list("learner", flat=True)) == [own.pk]


@pytest.mark.parametrize("ids", [[], ["x"], ["999999999999999999999"], ["-1"], [""]])
def test_nobody_chosen_is_told_and_changes_nothing(client, guardian, ids):
    make_child(guardian)
    run = make_run()

    sent = client.post(check(run), {"learner": ids, "key": uuid4()})
    seen = client.get(check(run), {"learner": ids})

    assert (sent.status_code, seen.status_code, states_of(run)) == (422, 422, [])
    assert "Izvēlieties vismaz vienu bērnu." in words(sent)


@pytest.mark.parametrize("key", ["", "not-a-key", "1" * 500])
def test_a_broken_key_still_enrolls_once(client, guardian, key):
    child, run = make_child(guardian), make_run()

    client.post(check(run), {"learner": [child.pk], "key": key})
    client.post(check(run), {"learner": [child.pk], "key": key})

    assert states_of(run) == ["confirmed"]


def test_looking_enrolls_nobody(client, guardian):
    child, run = make_child(guardian), make_run()

    client.get(choose(run))
    client.get(check(run, child))

    assert (states_of(run), Submission.objects.count()) == ([], 0)


def test_a_receipt_is_only_its_senders(client, guardian):
    theirs = enroll(make_run()).submission

    assert client.get(theirs.get_absolute_url()).status_code == 404


def test_a_receipt_leaves_out_a_child_one_no_longer_acts_for(client, guardian):
    child = make_child(guardian)
    submission = enroll(make_run(), child).submission
    child.guardianships.update(ended_at=NOON)

    assert client.get(submission.get_absolute_url()).context["receipt"].answers == []


# -- How much it costs --------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["choose", "check", "result"])
def test_the_number_of_queries_does_not_grow_with_the_children(client, guardian, page, django_assert_max_num_queries):
    run = make_run(capacity=1)
    enroll(run)
    for _other in range(3):
        make_run(course=run.course, capacity=5, starts_at=NOON + 3 * WEEK + DAY)

    def count(children):
        learners = [make_child(guardian, first_name=f"Bērns {chr(65 + index)}") for index in range(children)]
        for learner in learners:
            enroll(make_run(starts_at=NOON + 2 * WEEK + 3 * HOUR), learner, by=guardian)
        if page == "choose":
            address = choose(run)
        elif page == "check":
            address = check(run, *learners)
        else:
            address = enrollments.enroll(
                run=run, learners=learners, key=uuid4(), by=guardian, now=NOON
            ).get_absolute_url()
        client.get(address)
        with django_assert_max_num_queries(60) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    one = count(1)
    guardian.guardianships.update(ended_at=NOON)
    assert count(3) == one


def test_places_are_counted_on_the_page_that_confirms(client, guardian):
    child, run = make_child(guardian), make_run(capacity=3)
    CourseRun.objects.filter(pk=run.pk).update(seats_taken=1)

    assert "Brīvas vietas: 2 no 3" in words(client.get(check(run, child)))
