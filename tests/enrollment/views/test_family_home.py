"""The family's home, one enrollment, and the letters to read again."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.outbox import delivery
from accounts.outbox.models import Message
from courses.models import LessonState
from enrollment.flows import enrollments
from enrollment.models import EnrollmentState as State, LedgerEntry, WaitlistOffer
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_lesson,
    make_program,
    make_run,
    make_user,
    states_of,
    try_lesson,
)

pytestmark = pytest.mark.django_db

HOME = "/my/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def guardian(client):
    user = make_guardian()
    client.force_login(user)
    return user


@pytest.fixture
def child(guardian):
    return make_child(guardian)


def words(response):
    return " ".join(response.content.decode().split())


def offered(child, **run_fields):
    """An open offer for the child, in a group of one."""
    run = make_run(capacity=1, **run_fields)
    seated = enroll(run)
    waiting = enroll(run, child)
    enrollments.withdraw(enrollment=seated, by=seated.entered_by, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    return WaitlistOffer.objects.get(enrollment=waiting)


def act(client, name, enrollment):
    return client.post(reverse(f"enrollment:{name}", args=[enrollment.pk]))


# -- Home ---------------------------------------------------------------------------------------


def test_a_new_family_sees_one_thing_to_do(client, guardian):
    page = client.get(HOME)

    assert page.context["home"].is_new
    assert words(page).count("button button-primary") == 1


def test_signed_out_it_asks_to_sign_in(client):
    assert client.get(HOME).url == f"{reverse('account_login')}?next={HOME}"


def test_everything_of_the_family_is_there_and_nothing_of_others(client, guardian, child):
    place = enroll(make_run(starts_at=NOON + DAY), child)
    queue_run = make_run(capacity=1, starts_at=NOON + 2 * DAY)
    enroll(queue_run)
    waiting = enroll(queue_run, child)
    enroll(make_run())  # another family's

    home = client.get(HOME).context["home"]

    assert [row.enrollment for row in home.places] == [place]
    assert [(row.enrollment, row.position) for row in home.queue] == [(waiting, 1)]
    assert [(one.lesson.starts_at, one.member.pk) for one in home.next_lessons] == [(NOON + DAY, child.pk)]


def test_what_must_be_decided_comes_first_with_its_deadline(client, child):
    offer = offered(child)

    page = client.get(HOME)

    assert [decision.offer for decision in page.context["home"].decisions] == [offer]
    assert "Jums jāizlemj: 1" in words(page)
    assert "(vēl 48 h)" in words(page)


def test_an_offer_is_answered_from_home(client, child):
    offer = offered(child)
    answer_path = client.get(HOME).context["home"].decisions[0].answer_path

    client.post(answer_path, {"answer": "accept"})

    offer.enrollment.refresh_from_db()
    assert offer.enrollment.state == State.CONFIRMED


def test_an_offer_whose_time_is_up_is_no_decision(client, clock, child):
    offered(child)
    clock.shift(timedelta(days=4))

    assert client.get(HOME).context["home"].decisions == []


def test_a_lesson_cancelled_today_stands_above_an_offer_with_more_time(client, child):
    run = make_run(starts_at=NOON + 4 * HOUR, course=make_course(program=make_program(forbids_clash=False)))
    enroll(run, child)
    lesson = run.lessons.order_by("starts_at").first()
    run.lessons.filter(pk=lesson.pk).update(state=LessonState.CANCELLED, cancel_reason="pasniedzēja slimība")
    make_lesson(run, NOON + 3 * DAY, replaces=lesson)
    offered(child)

    page = client.get(HOME)

    home = page.context["home"]
    assert ([one.lesson for one in home.cancelled_first], home.cancelled_later) == ([lesson], [])
    assert "Aizstās: piektdien, 27.11.2026., plkst. 12:00" in words(page)
    assert words(page).index("Šodien nenotiks") < words(page).index("Jums jāizlemj")


def test_a_cancelled_lesson_of_a_group_one_only_waits_for_is_no_news(client, child):
    run = make_run(capacity=1, starts_at=NOON + HOUR)
    enroll(run)
    enroll(run, child)
    run.lessons.update(state=LessonState.CANCELLED)

    assert client.get(HOME).context["home"].cancelled_later == []


def test_earlier_years_are_folded(client, child):
    with time_machine.travel(NOON - 30 * WEEK, tick=False):
        old = make_run(starts_at=NOON - 20 * WEEK, enrollment_opens_at=NOON - 40 * WEEK)
        past = enroll(old, child, now=NOON - 30 * WEEK)

    home = client.get(HOME).context["home"]

    assert (home.places, [row.enrollment for row in home.past]) == ([], [past])
    assert home.past[0].pill[1] == "Pabeigts"


def test_the_next_visit_tells_what_is_new_and_how_the_queue_moved(client, clock, child):
    run = make_run(capacity=1)
    enroll(run)
    ahead = enroll(run)
    enroll(run, child)
    first = client.get(HOME).context["home"]
    enrollments.withdraw(enrollment=ahead, by=ahead.entered_by, now=NOON + HOUR)
    clock.shift(timedelta(hours=2))

    second = client.get(HOME).context["home"]

    assert (first.queue[0].position, first.queue[0].position_before) == (2, None)
    assert (second.queue[0].position, second.queue[0].position_before) == (1, 2)
    assert (first.has_news, second.has_news, [change.seen for change in second.changes]) == (False, False, [True])


def test_a_pupil_with_an_own_login_sees_but_does_not_decide(client, child):
    offered(child)
    pupil = make_user()
    type(child).objects.filter(pk=child.pk).update(user=pupil)
    client.force_login(pupil)

    home = client.get(HOME).context["home"]

    assert (len(home.places), home.decisions) == (1, [])


def test_the_number_of_queries_does_not_grow_with_the_family(client, guardian, django_assert_max_num_queries):
    def count(children):
        free = make_program(forbids_clash=False)
        for index in range(children):
            one = make_child(guardian, first_name=f"Bērns {chr(65 + index)}{children}")
            run = make_run(starts_at=NOON + HOUR, course=make_course(program=free))
            enroll(run, one)
            run.lessons.filter(starts_at=NOON + HOUR).update(state=LessonState.CANCELLED)
            full = make_run(capacity=1, course=make_course(program=free))
            enroll(full)
            enroll(full, one)
            offered(one, starts_at=NOON + 2 * WEEK + 4 * HOUR)
        client.get(HOME)
        with django_assert_max_num_queries(60) as captured:
            page = client.get(HOME)
        home = page.context["home"]
        assert [len(part) for part in (home.decisions, home.queue, home.cancelled_first)] == [children] * 3
        return len(captured)

    one = count(1)
    guardian.guardianships.update(ended_at=NOON)
    assert count(3) == one


# -- One enrollment -----------------------------------------------------------------------------


def test_giving_a_place_back_holds_it_and_can_be_undone(client, child):
    run = make_run(capacity=1)
    place = enroll(run, child)

    given = act(client, "withdraw", place)
    page = client.get(given.url)
    undone = act(client, "undo_withdrawal", place)

    assert (given.url, undone.url) == (place.get_absolute_url(), place.get_absolute_url())
    assert "Tā tiek turēta līdz plkst. 12:10" in words(page)
    assert "Atsaukt" in words(page)
    assert states_of(run) == ["confirmed"]


def test_a_place_given_back_can_be_passed_on_at_once(client, child):
    run = make_run(capacity=1)
    place, waiting = enroll(run, child), enroll(run)
    act(client, "withdraw", place)

    act(client, "pass_on", place)

    waiting.refresh_from_db()
    assert (states_of(run), waiting.state) == (["withdrawn", "offered"], State.OFFERED)


def test_every_press_twice_is_as_one(client, child):
    run = make_run(capacity=1)
    place = enroll(run, child)

    for name in ("withdraw", "withdraw", "pass_on", "pass_on"):
        assert act(client, name, place).status_code == 302

    assert (states_of(run), LedgerEntry.objects.filter(enrollment=place).count()) == (["withdrawn"], 3)


def test_undoing_too_late_says_what_is_so(client, clock, child):
    place = enroll(make_run(), child)
    act(client, "withdraw", place)
    clock.shift(timedelta(minutes=11))

    late = act(client, "undo_withdrawal", place)

    assert late.status_code == 409
    assert "Atsaukt vairs nevar." in words(late)


def test_a_family_does_not_undo_what_the_centre_cancelled(client, child):
    run = make_run()
    place = enroll(run, child)
    enrollments.cancel(enrollment=place, by=make_user(), reason="tests", now=NOON)

    refused = [act(client, name, place).status_code for name in ("undo_withdrawal", "pass_on", "withdraw")]

    assert (refused, states_of(run)) == ([409, 409, 409], ["leaving"])


def test_leaving_the_queue_takes_effect_at_once(client, child):
    run = make_run(capacity=1)
    enroll(run)
    waiting = enroll(run, child)

    page = client.get(act(client, "withdraw", waiting).url)

    assert states_of(run) == ["confirmed", "withdrawn"]
    assert "Rinda pamesta." in words(page)


def test_history_says_what_happened_and_who_without_naming_anybody(client, guardian, child):
    other = make_guardian(first_name="Jānis", last_name="Zariņš")
    child.guardianships.create(guardian=other, started_at=NOON)
    place = enroll(make_run(), child, by=other)
    enrollments.withdraw(enrollment=place, by=guardian, now=NOON)
    enrollments.pass_on(enrollment=place, by=None, now=NOON)

    page = client.get(place.get_absolute_url())

    assert [(change.title, change.meta.rpartition(" ")[2]) for change in page.context["history"]] == [
        ("Vieta nodota tālāk.", "sistēma"),
        ("Vieta atbrīvota.", "Jūs"),
        ("Pieteikums saņemts.", "ģimene"),
    ]
    assert "Zariņš" not in words(page)


@pytest.mark.parametrize("name", ["withdraw", "undo_withdrawal", "pass_on"])
def test_another_familys_enrollment_does_not_exist(client, guardian, name):
    theirs = enroll(make_run())

    assert (client.get(theirs.get_absolute_url()).status_code, act(client, name, theirs).status_code) == (404, 404)
    theirs.refresh_from_db()
    assert theirs.state == State.CONFIRMED


@pytest.mark.parametrize("name", ["withdraw", "undo_withdrawal", "pass_on"])
def test_opening_an_address_that_acts_does_nothing(client, child, name):
    place = enroll(make_run(), child)

    assert client.get(reverse(f"enrollment:{name}", args=[place.pk])).status_code == 405


@pytest.mark.parametrize("state", [state for state in State if state not in (State.MOVED, State.CANCELLED)])
def test_every_state_has_a_page(client, child, state):
    run = make_run(capacity=1)
    if state in (State.WAITLISTED,):
        enroll(run)
    if state in (State.OFFERED, State.DECLINED, State.EXPIRED):
        place = offered(child).enrollment
        if state != State.OFFERED:
            type(place).objects.filter(pk=place.pk).update(state=state, ended_at=NOON)
    elif state == State.TRIAL:
        place = try_lesson(make_run(course=make_course(program=make_program(trial_answer_hours=48))), child)
    else:
        place = enroll(run, child)
        if state in (State.LEAVING, State.WITHDRAWN):
            enrollments.withdraw(enrollment=place, by=None, now=NOON)
        if state == State.WITHDRAWN:
            enrollments.pass_on(enrollment=place, by=None, now=NOON)

    page = client.get(place.get_absolute_url())

    assert (page.status_code, page.context["enrollment"].state) == (200, state)


# -- Letters ------------------------------------------------------------------------------------


def test_letters_are_read_again_as_they_were_sent(client, child):
    enroll(make_run(), child)
    list(delivery.send_due(now=NOON))
    letter = Message.objects.get()

    listed, opened = (
        client.get(reverse("enrollment:messages")),
        client.get(reverse("enrollment:message", args=[letter.pk])),
    )

    assert [one.pk for one in listed.context["page"]] == [letter.pk]
    assert "Vieta apstiprināta" in words(opened)


def test_opening_a_letter_marks_nothing_but_its_button_does(client, child):
    enroll(make_run(), child)
    list(delivery.send_due(now=NOON))
    letter = Message.objects.get()

    client.get(reverse("enrollment:message", args=[letter.pk]))
    unread = Message.objects.filter(read_at=None).count()
    client.post(reverse("enrollment:messages_read"), {"message": letter.pk})

    assert (unread, Message.objects.filter(read_at=None).count()) == (1, 0)


def test_other_peoples_letters_do_not_exist(client, guardian):
    enroll(make_run())
    list(delivery.send_due(now=NOON))
    theirs = Message.objects.get()

    assert client.get(reverse("enrollment:message", args=[theirs.pk])).status_code == 404
    client.post(reverse("enrollment:messages_read"), {"message": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_letters_that_wait_or_were_stopped_are_not_shown(client, guardian):
    place = enroll(make_run(), make_child(guardian))
    Message.objects.update(stopped_at=NOON)

    assert list(client.get(reverse("enrollment:messages")).context["page"]) == []
    assert place.state == State.CONFIRMED


def test_new_letters_are_counted_until_they_are_read(client, child):
    enroll(make_run(), child)
    list(delivery.send_due(now=NOON))

    before = client.get(HOME).context["unread_count"]
    client.post(reverse("enrollment:messages_read"))

    assert (before, client.get(HOME).context["unread_count"]) == (1, 0)
