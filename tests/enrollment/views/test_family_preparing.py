"""Preparing an application: whom for, which groups in which order; and several wishes for what is open now."""

from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Learner
from courses.models import Audience, RuleKind
from enrollment.models import Application, ApplicationState as Stage
from tests.enrollment.flows.applications import OPENS, soon
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
    make_rule,
    make_run,
    make_user,
    states_of,
)  # fmt: skip

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


@pytest.fixture
def child(guardian):
    return make_child(guardian)


def new(run, *learners, query=""):
    ids = "&".join(f"learner={one.pk}" for one in learners)
    return reverse("enrollment:application_new", args=[run.pk]) + (f"?{ids}{query}" if ids else "")


def prepare(client, run, *learners, key=None, **more):
    data = {"learner": [one.pk for one in learners], "key": key or uuid4(), "waits_1": "on", **more}
    return client.post(new(run), data)


def words(response):
    return " ".join(response.content.decode().split())


def wishes_of(application):
    return list(application.wishes.order_by("rank").values_list("run", "joins_waitlist"))


# -- Three presses --------------------------------------------------------------------------------


def test_a_known_child_is_prepared_for_with_three_presses_and_no_typing(client, guardian, child):
    run = soon()

    group = client.get(run.get_absolute_url())
    chosen = client.get(group.context["page"].action.url)
    looked_at = client.get(chosen.context["next_page"], {"learner": chosen.context["picked_ids"]})
    sent = prepare(client, run, child, key=looked_at.context["key"])

    assert group.context["page"].action.text == "Sagatavot pieteikumu"
    assert "Pieteikšanās sāksies otrdien, 24.11.2026., plkst. 13:00" in words(chosen)
    assert (looked_at.status_code, sent.url) == (200, "/my/applications/")
    application = Application.objects.get()
    assert (application.state, application.key, wishes_of(application)) == (
        Stage.PREPARED, looked_at.context["key"], [(run.pk, True)],
    )  # fmt: skip
    assert client.get(run.get_absolute_url()).context["page"].action.url == "/my/applications/"


def test_siblings_get_one_each_or_one_together(client, guardian, child):
    sibling, course = make_child(guardian, first_name="Roberts"), make_course()

    prepare(client, soon(course), child, sibling)
    prepare(client, soon(course, days=1), child, sibling, together="1")

    assert sorted(one.learners.count() for one in Application.objects.all()) == [1, 1, 2]


def test_the_form_sent_twice_prepares_once_and_a_second_tab_finds_it(client, guardian, child):
    run, key = soon(), uuid4()

    first, again = prepare(client, run, child, key=key), prepare(client, run, child, key=key)
    tab = prepare(client, run, child)

    assert (first.url, again.url, tab.url) == (
        "/my/applications/", "/my/applications/", Application.objects.get().get_absolute_url(),
    )  # fmt: skip


def test_who_is_prepared_for_already_is_shown_where_to_look(client, guardian, child):
    run = soon()
    prepare(client, run, child)

    page = client.get(reverse("enrollment:enroll", args=[run.pk]))

    assert (page.context["choice"].fitting, page.context["choice"].is_done) == ([], True)
    assert Application.objects.get().get_absolute_url() in words(page)


def test_who_does_not_fit_is_told_before_preparing(client, guardian):
    course = make_course()
    make_rule(course, RuleKind.GRADE, minimum=7, maximum=9)
    child, run = make_child(guardian), soon(course)

    chosen, looked_at = client.get(reverse("enrollment:enroll", args=[run.pk])), client.get(new(run, child))

    assert [one.refusal.code for one in chosen.context["choice"].candidates] == ["grade"]
    assert looked_at.url == f"{reverse('enrollment:enroll', args=[run.pk])}?learner={child.pk}"


def test_a_family_that_is_new_tells_of_the_child_and_comes_back(client):
    user = make_user(first_name="", last_name="", phone="")
    client.force_login(user)
    run = soon()

    first = client.get(reverse("enrollment:enroll", args=[run.pk]))
    child = {
        "first_name": "Emīls", "last_name": "Ozols", "birth_date_0": "27", "birth_date_1": "3", "birth_date_2": "2016",
        "grade": "4", "residency": "ventspils", "school": "",
    }  # fmt: skip
    second = client.post(first.url, child)
    third = client.get(second.url)
    fourth = client.post(third.url, {"first_name": "Elīna", "last_name": "Ozola", "phone": "29123456"})
    fifth = client.get(fourth.url)
    sent = prepare(client, run, Learner.objects.get(), key=fifth.context["key"])

    assert first.url.startswith("/my/children/new/")
    assert second.url == new(run, Learner.objects.get())
    assert third.url.startswith("/my/profile/")
    assert (fourth.url, fifth.status_code, sent.status_code) == (second.url, 200, 302)
    assert Application.objects.get().state == Stage.PREPARED


def test_nobody_is_prepared_for_who_is_not_theirs(client, guardian, child):
    run = soon()

    answer = prepare(client, run, make_child())

    assert answer.url == reverse("enrollment:enroll", args=[run.pk])
    assert Application.objects.count() == 0


def test_an_adult_prepares_for_oneself(client, guardian):
    run = soon(make_course(audience=Audience.ADULTS))

    first = client.get(reverse("enrollment:enroll", args=[run.pk]))
    page = client.get(first.url)
    client.post(new(run), {"learner": "0", "waits_1": "on", "key": page.context["key"]})

    assert page.context["of_oneself"] is True
    assert Application.objects.get().learners.get().user == guardian


# -- Further wishes -------------------------------------------------------------------------------


def test_other_times_of_the_course_come_first_then_similar_groups_that_open_no_later(client, guardian, child):
    program = make_program()
    course, similar = make_course(program=program), make_course(program=program, title_lv="Droni")
    run, other = soon(course), soon(course, days=1)
    like, open_now = soon(similar, days=2), make_run(course=similar, starts_at=NOON + 2 * WEEK + 3 * DAY)
    soon(course, days=4, enrollment_opens_at=OPENS + HOUR)  # would delay the first
    soon(make_course(), days=5)  # of another program
    enroll(make_run(starts_at=NOON + 2 * WEEK + 6 * DAY), child)
    soon(course, days=6)  # overlaps with what the child has

    wished = client.get(new(run, child)).context["wished"]

    assert wished.same_course == [other]
    assert wished.similar == [like, open_now]


def test_wishes_are_kept_in_order_with_the_queues_that_were_ticked(client, guardian, child):
    course = make_course()
    run, second, third = (soon(course, days=day) for day in range(3))

    prepare(client, run, child, wish_2=third.pk, wish_3=second.pk, waits_3="on", wish_4=third.pk)

    assert wishes_of(Application.objects.get()) == [(run.pk, True), (third.pk, False), (second.pk, True)]


def test_a_group_that_is_not_offered_is_not_taken(client, guardian, child):
    course = make_course()
    run, elsewhere = soon(course), soon()
    soon(course, days=1)

    page = prepare(client, run, child, wish_2=elsewhere.pk)

    assert (page.status_code, Application.objects.count()) == (422, 0)


def test_places_wanted_are_asked_only_where_several_are_allowed(client, guardian, child):
    one, several = (
        make_course(program=make_program(max_places_per_term=1)),
        make_course(program=make_program(max_places_per_term=2)),
    )
    asked = [
        client.get(new(soon(course), child)).context["form"].places for course in (one, several) if soon(course, days=1)
    ]

    assert [field is not None for field in asked] == [False, True]


def test_the_number_of_queries_does_not_grow_with_the_groups(client, guardian, child):
    course = make_course()
    run = soon(course)
    client.get(new(run, child))

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(new(run, child))
        return len(found)

    soon(course, days=1)
    few = queries()
    for day in range(2, 6):
        soon(course, days=day)

    assert queries() == few


# -- Open now -------------------------------------------------------------------------------------


def test_several_wishes_for_what_is_open_are_sent_at_once(client, guardian, child):
    course = make_course()
    full, other = make_run(course=course, capacity=1), make_run(course=course, starts_at=NOON + 2 * WEEK + DAY)
    enroll(full)

    check = client.get(reverse("enrollment:enroll_check", args=[full.pk]), {"learner": child.pk})
    page = client.get(check.context["more_wishes"])
    answer = prepare(client, full, child, key=page.context["key"], wish_2=other.pk)

    assert page.context["is_open"] is True
    assert "Iesniegt pieteikumu: 1" in words(page)
    assert (answer.url, states_of(other)) == (Application.objects.get().get_absolute_url(), ["confirmed"])


def test_what_cannot_be_sent_at_once_stays_prepared_with_the_reason(client, guardian, child):
    full = make_run(capacity=1)
    enroll(full)

    page = prepare(client, full, child, waits_1="")

    assert page.status_code == 409
    assert [refusal.code for refusal in page.context["card"].refused] == ["full"]
    assert Application.objects.get().state == Stage.PREPARED


# -- Changing -------------------------------------------------------------------------------------


def test_wishes_are_changed_where_they_were_left(client, guardian, child):
    course = make_course()
    run, second, third = (soon(course, days=day) for day in range(3))
    prepare(client, run, child, wish_2=second.pk, waits_2="on")
    application = Application.objects.get()
    edit = reverse("enrollment:application_edit", args=[application.key])

    form = client.get(edit).context["form"]
    answer = client.post(edit, {"wish_2": third.pk, "wish_3": second.pk})

    assert (form.initial["waits_1"], form.initial["wish_2"], form.initial["waits_2"]) == (True, second.pk, True)
    assert answer.url == "/my/applications/"
    assert wishes_of(application) == [(run.pk, False), (third.pk, False), (second.pk, False)]


def test_what_was_sent_is_not_changed(client, guardian, child, clock):
    run = soon()
    prepare(client, run, child)
    application = Application.objects.get()
    clock.move_to(OPENS)
    client.post("/my/applications/", {"application": application.key})

    answer = client.post(reverse("enrollment:application_edit", args=[application.key]), {})

    assert answer.url == application.get_absolute_url()
    assert wishes_of(application) == [(run.pk, True)]
