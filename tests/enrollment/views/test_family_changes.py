"""A family tries a lesson, changes the group, and sees what is asked of it."""

from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from enrollment import links
from enrollment.flows import aftercare, decisions, enrollments
from enrollment.models import Enrollment, EnrollmentState as State
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    change_group,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_user,
    states_of,
    try_lesson,
)

pytestmark = pytest.mark.django_db

START = NOON + 2 * WEEK
LATER = START + DAY


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


@pytest.fixture
def course():
    return make_course(program=make_program(trial_answer_hours=48, reconfirm_days=7))


def words(response):
    return " ".join(response.content.decode().split())


def try_page(run):
    return reverse("enrollment:try_lesson", args=[run.pk])


def change_page(enrollment):
    return reverse("enrollment:change_group", args=[enrollment.pk])


# -- Trying a lesson -----------------------------------------------------------------------------


def test_the_groups_page_offers_it_where_the_program_has_trials_and_a_place_is_free(client, course):
    free, full, without = make_run(course=course), make_run(course=course, capacity=1), make_run()
    enroll(full)

    offers = [try_page(run) in words(client.get(run.get_absolute_url())) for run in (free, full, without)]

    assert offers == [True, False, False]


def test_choosing_whom_to_enroll_offers_it_too(client, child, course):
    run = make_run(course=course)

    assert try_page(run) in words(client.get(reverse("enrollment:enroll", args=[run.pk])))


def test_one_page_and_one_press_agree_a_trial(client, child, course):
    run = make_run(course=course)
    page = client.get(try_page(run))
    lesson = page.context["lessons"][1]

    sent = {"learner": child.pk, "lesson": lesson.pk, "key": str(page.context["key"])}
    answers = [client.post(try_page(run), sent) for _ in range(2)]

    trial = Enrollment.objects.get()
    assert [answer.url for answer in answers] == [trial.get_absolute_url()] * 2
    assert (trial.state, trial.trial_lesson) == (State.TRIAL, lesson)
    shown = words(client.get(trial.get_absolute_url()))
    assert "Izmēģinājuma nodarbība pieteikta" in shown
    assert "Jāizlemj līdz ceturtdienai, 17.12.2026., plkst. 13:30" in shown


def test_without_a_choice_nothing_is_sent(client, child, course):
    run = make_run(course=course)

    assert client.post(try_page(run), {"learner": child.pk}).status_code == 422
    assert client.post(try_page(run), {"learner": "x", "lesson": run.lessons.first().pk}).status_code == 422
    assert states_of(run) == []


def test_a_full_group_leads_to_the_queue_and_who_tried_already_is_told(client, child, course):
    full, run = make_run(course=course, capacity=1), make_run(course=course, starts_at=LATER)
    enroll(full)
    no_place = words(client.get(try_page(full)))
    try_lesson(run, child)

    tried = words(client.get(try_page(make_run(course=course, starts_at=LATER + DAY))))

    assert "Var pievienoties rindai." in no_place
    assert "Izmēģinājuma nodarbība jau izmantota" in tried


def test_a_place_that_went_meanwhile_is_refused_on_the_same_page(client, child, course):
    run = make_run(course=course, capacity=1)
    lesson = run.lessons.first()
    enroll(run)

    page = client.post(try_page(run), {"learner": child.pk, "lesson": lesson.pk, "key": str(uuid4())})

    assert (page.status_code, page.context["refusal"].code) == (409, "full")


def test_somebody_elses_child_cannot_be_sent(client, guardian, child, course):
    run = make_run(course=course)

    answer = client.post(try_page(run), {"learner": make_child().pk, "lesson": run.lessons.first().pk})

    assert (answer.status_code, states_of(run)) == (422, [])


def test_a_family_without_a_child_adds_one_first(client, guardian, course):
    run = make_run(course=course)

    assert client.get(try_page(run)).url == f"/my/children/new/?next={try_page(run)}"


# -- What is asked -------------------------------------------------------------------------------


def test_home_shows_a_trial_with_its_deadline_and_asks_after_the_lesson(client, clock, child, course):
    trial = try_lesson(make_run(course=course), child)
    before = client.get("/my/")
    clock.move_to(START + 2 * HOUR)

    after = client.get("/my/")

    home = before.context["home"]
    assert [(row.pill, row.enrollment) for row in home.places] == [(("offer", "Izmēģina, jāizlemj līdz 10.12."), trial)]
    assert [one.lesson for one in home.next_lessons] == [trial.trial_lesson]
    assert home.decisions == []
    (question,) = after.context["home"].decisions
    assert (question.enrollment, question.urgent_at) == (trial, trial.trial_ends_at)
    assert "Paturēt vietu? Robotika 4.–6. klasei" in words(after)


def test_a_question_is_answered_from_home(client, clock, child, course):
    trial = try_lesson(make_run(course=course), child)
    clock.move_to(START + 2 * HOUR)
    (question,) = client.get("/my/").context["home"].decisions

    client.post(question.answer_path, {"answer": "accept"})

    trial.refresh_from_db()
    assert (trial.state, client.get("/my/").context["home"].decisions) == (State.CONFIRMED, [])


def test_home_and_the_places_page_ask_whether_they_still_come(client, clock, child, course):
    place = enroll(make_run(course=course), child)
    aftercare.run_due(now=START - 7 * DAY)
    clock.move_to(START - 7 * DAY)

    (question,) = client.get("/my/").context["home"].decisions
    page = client.get(place.get_absolute_url())

    assert question.enrollment == place
    assert page.context["question"] == links.STILL_COMING
    assert "Vai vieta vēl vajadzīga?" in words(page)


def test_a_pupils_own_login_is_not_asked(client, clock, child, course):
    trial = try_lesson(make_run(course=course), child)
    clock.move_to(START + 2 * HOUR)
    pupil = make_user()
    type(child).objects.filter(pk=child.pk).update(user=pupil)
    client.force_login(pupil)

    assert client.get("/my/").context["home"].decisions == []
    assert client.get(trial.get_absolute_url()).context["question_path"] == ""


def test_what_nobody_answered_says_so(client, clock, child, course):
    trial = try_lesson(make_run(course=course), child)
    place = enroll(make_run(course=course, starts_at=LATER), child)
    aftercare.run_due(now=LATER - 7 * DAY)
    aftercare.run_due(now=LATER - 5 * DAY)
    aftercare.run_due(now=START + 3 * DAY)
    clock.move_to(START + 3 * DAY)

    titles = [client.get(one.get_absolute_url()).context["title"] for one in (trial, place)]

    assert titles == ["Izmēģinājums ir beidzies", "Vieta nodota tālāk"]


def test_the_week_shows_only_the_lesson_that_is_tried(client, child, course):
    run = make_run(course=course)
    try_lesson(run, child)

    shown = [
        sum(len(day.entries) for day in client.get(f"/my/week/?week=2026-W{week}").context["week"].days)
        for week in (50, 51)
    ]

    assert shown == [1, 0]


# -- Changing the group --------------------------------------------------------------------------


def test_three_taps_change_the_group(client, child, course):
    one, other = make_run(course=course), make_run(course=course, starts_at=LATER)
    place = enroll(one, child)
    assert change_page(place) in words(client.get(place.get_absolute_url()))
    page = client.get(change_page(place))

    sent = {"run": other.pk, "key": str(page.context["key"])}
    answers = [client.post(change_page(place), sent) for _ in range(2)]

    new = Enrollment.objects.get(run=other)
    assert [group.run for group in page.context["groups"]] == [other]
    assert [answer.url for answer in answers] == [new.get_absolute_url()] * 2
    assert (states_of(one), states_of(other)) == ([State.MOVED], [State.CONFIRMED])
    assert "Atvērt jauno vietu" in words(client.get(place.get_absolute_url()))


def test_the_same_course_comes_first_then_what_has_places(client, child, course):
    place = enroll(make_run(course=course), child)
    elsewhere = make_run(course=make_course(program=course.program), starts_at=LATER)
    full = make_run(course=course, starts_at=LATER, capacity=1)
    enroll(full)
    free = make_run(course=course, starts_at=LATER)
    make_run(course=make_course(), starts_at=LATER)  # of another program
    closed = make_run(course=course, starts_at=LATER, enrollment_opens_at=NOON + DAY)

    groups = [group.run for group in client.get(change_page(place)).context["groups"]]

    assert groups == [free, full, elsewhere]
    assert closed not in groups


def test_a_full_group_keeps_both_in_sight(client, child, course):
    one, other = make_run(course=course), make_run(course=course, starts_at=LATER, capacity=1)
    enroll(other)
    place = enroll(one, child)

    answer = client.post(change_page(place), {"run": other.pk, "key": str(uuid4())}, follow=True)

    assert answer.context["instead_of"] == place
    old = client.get(place.get_absolute_url())
    assert [(new.run, number) for new, number in old.context["changing_to"]] == [(other, 1)]
    assert f"Gaida maiņu uz: {other}. Vieta rindā: 1." in words(old)


def test_an_offer_instead_says_what_accepting_ends(client, child, course):
    one, other = make_run(course=course), make_run(course=course, starts_at=LATER, capacity=1)
    seated = enroll(other)
    new = change_group(enroll(one, child), other)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    (decision,) = client.get("/my/").context["home"].decisions

    page = words(client.get(decision.answer_path))
    client.post(decision.answer_path, {"answer": "accept"})

    assert f"Pieņemot šo vietu, beidzas vieta grupā: {one.code}." in page
    new.refresh_from_db()
    assert (new.state, states_of(one)) == (State.CONFIRMED, [State.MOVED])


@pytest.mark.parametrize(("run", "status"), [("", 422), ("x", 422), ("9" * 30, 422)])
def test_what_is_no_group_is_asked_for_again(client, child, course, run, status):
    place = enroll(make_run(course=course), child)

    assert client.post(change_page(place), {"run": run}).status_code == status


def test_a_group_that_does_not_fit_is_refused_on_the_same_page(client, child, course):
    place = enroll(make_run(course=course), child)
    enroll(make_run(starts_at=LATER), child)

    page = client.post(change_page(place), {"run": make_run(course=course, starts_at=LATER).pk})

    assert (page.status_code, page.context["refusal"].code) == (409, "clash")


def test_a_place_in_a_queue_is_not_changed(client, child, course):
    full = make_run(course=course, capacity=1)
    enroll(full)
    waiting = enroll(full, child)

    page = client.get(change_page(waiting))

    assert (page.status_code, page.context["groups"]) == (200, [])


def test_the_number_of_queries_does_not_grow_with_the_groups(client, child, course, django_assert_max_num_queries):
    place = enroll(make_run(course=course), child)
    make_run(course=course, starts_at=LATER)
    client.get(change_page(place))
    with django_assert_max_num_queries(30) as few:
        client.get(change_page(place))
    for _ in range(3):
        make_run(course=course, starts_at=LATER)

    with django_assert_max_num_queries(len(few)):
        client.get(change_page(place))


# -- Decided and cancelled -----------------------------------------------------------------------


def test_the_groups_page_says_what_is_decided(client):
    run = make_run(minimum_size=3, decision_on=NOON.date() + DAY)
    enroll(run)
    before = words(client.get(run.get_absolute_url()))

    decisions.decide_to_run(run=run, by=make_user(), reason="x", now=NOON)

    assert "Notiks, ja pieteiksies vēl 2. Lēmums: 25.11.2026." in before
    assert "Izlemts: grupa notiks." in words(client.get(run.get_absolute_url()))


@pytest.mark.parametrize(
    ("by_staff", "reason"), [(True, "pasniedzēja slimība"), (False, "pieteicās par maz dalībnieku")]
)
def test_a_cancelled_group_says_why_to_everybody(client, child, by_staff, reason):
    run = make_run(minimum_size=3, decision_on=NOON.date())
    place = enroll(run, child)
    if by_staff:
        decisions.cancel_run(run=run, by=make_user(), reason="pasniedzēja slimība", now=NOON)
    else:
        decisions.decide(run=run, now=NOON)

    own = client.get(place.get_absolute_url())
    client.logout()

    assert f"Iemesls: {reason}." in words(client.get(run.get_absolute_url()))
    assert (own.context["title"], own.context["sentence"]) == ("Grupa ir atcelta", f"Iemesls: {reason}.")
