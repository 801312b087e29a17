"""The desk looks at a lesson, sees what a change would do, does it, and takes it back."""

import re
from datetime import time, timedelta

import pytest
import time_machine

from accounts.models import Role
from courses.flows import changes
from courses.models import LessonState, TimetableChange
from tests.enrollment.flows.timetable.changing import carry_out, letters, make_coordinator, these
from tests.enrollment.views.desk import client_of, make_desk, publish, sent_with, words
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_guardian,
    make_room,
    make_run,
    make_term,
    make_user,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk():
    return client_of(make_desk())


@pytest.fixture
def coordinator():
    return client_of(make_coordinator())


@pytest.fixture
def run():
    run = make_run(lessons=3, capacity=5, term=make_term())
    enroll(run)
    enroll(run)
    return run


def first_of(run):
    return run.lessons.earliest("starts_at")


def address_of(lesson):
    return f"/desk/lessons/{lesson.pk}/"


# -- Three taps ------------------------------------------------------------------------------------


def test_a_lesson_is_cancelled_in_three_taps_from_the_group(desk, run):
    lesson = first_of(run)
    group = desk.get(f"/desk/groups/{run.pk}/")
    assert f'href="{address_of(lesson)}"' in group.content.decode()

    page = desk.get(address_of(lesson))
    reason = re.search(r'href="(\?what=cancel&amp;reason=[^"]+)"', page.content.decode()).group(1)
    preview = desk.get(address_of(lesson) + reason.replace("&amp;", "&"))
    assert "Atcelt un paziņot: 2" in words(preview)
    done = desk.post(address_of(lesson), sent_with(preview))

    change = TimetableChange.objects.get()
    assert (done.status_code, done.url) == (302, f"/desk/changes/{change.pk}/")
    lesson.refresh_from_db()
    assert (lesson.state, lesson.cancel_reason) == (LessonState.CANCELLED, "pasniedzēja slimība")
    assert len(letters()) == 2


def test_todays_lessons_lead_to_each_lesson(desk):
    lesson = make_run(lessons=1, starts_at=NOON + HOUR).lessons.get()

    assert f'href="{address_of(lesson)}"' in desk.get("/desk/").content.decode()


# -- Preview ---------------------------------------------------------------------------------------


def test_a_preview_says_what_it_was_and_will_be_whom_it_touches_and_how_the_letter_reads(desk, run):
    room = make_room(name_lv="Laboratorija", name_en="Laboratory", capacity=16)

    page = desk.get(address_of(first_of(run)), {"starts": "15:00", "room": room.slug})

    text = words(page)
    assert page.status_code == 200
    for part in (
        "Otrdien, 08.12., 12:00–13:30", "Otrdien, 08.12., 15:00–16:30", "VIZIUM, Laboratorija",
        "Skar ģimenes: 2 · jauni pārklājumi: 0", "Telpa brīva, vietas: 16", "Mainīts laiks un telpa 08.12.",
        "E-pasts: 2 · nosūtīs pēc 60 s", "Publicēt un paziņot: 2",
    ):  # fmt: skip
        assert part in text
    assert TimetableChange.objects.count() == 0


def test_scripts_ask_for_the_panel_alone(desk, run):
    page = desk.get(address_of(first_of(run)), {"starts": "15:00"}, headers={"HX-Request": "true"})

    assert page.content.decode().lstrip().startswith('<div id="preview"')
    assert "<h1" not in page.content.decode()


def test_a_room_that_is_taken_is_named_with_its_group_and_free_ones_are_offered(desk, run):
    taken, free = make_run(lessons=1, capacity=5), make_room(name_lv="Darbnīca", name_en="Workshop")

    page = desk.get(address_of(first_of(run)), {"room": taken.room.slug})

    text = words(page)
    assert f"telpa aizņemta: Robotika 4.–6. klasei, {taken.code}, 12:00–13:30" in text
    assert "Publicēt" not in text
    assert f"room={free.slug}" in page.content.decode()
    assert "aizņemta" in page.content.decode()


def test_all_from_a_day_on_are_changed_together(desk, run):
    second = run.lessons.order_by("starts_at")[1]

    response = publish(desk, address_of(second), {"scope": "all", "starts": "17:00"})

    assert response.status_code == 302
    assert [f"{one.starts_at:%d.%m. %H:%M}" for one in run.lessons.order_by("starts_at")] == [
        "08.12. 10:00", "15.12. 15:00", "22.12. 15:00",
    ]  # fmt: skip
    assert len(letters()) == 2


def test_families_whose_lessons_would_overlap_are_shown_and_must_be_seen(desk):
    run, later = make_run(lessons=1), make_run(lessons=1, starts_at=NOON + 2 * WEEK + 3 * HOUR)
    child = make_child(first_name="Krists")
    enroll(run, child)
    enroll(later, child)
    address, query = address_of(first_of(run)), {"starts": "15:30"}

    assert "Krists Bērziņa." in words(desk.get(address, query))
    refused = publish(desk, address, query)
    done = publish(desk, address, query, clashes_seen="on")

    assert (refused.status_code, done.status_code) == (409, 302)
    assert "Atzīmējiet, ka tas ir redzēts" in words(refused)


@pytest.mark.parametrize(
    "query",
    [
        {"what": "cancel", "reason": "slimība", "day": "2026-12-12", "starts": "11:00"},
        {"what": "remote", "reason": "Nav apkures"},
        {"what": "topic", "topic": "Sensori"},
        {"what": "move", "day": "2026-12-09"},
    ],
)
def test_each_kind_of_change_is_published(desk, run, query):
    assert publish(desk, address_of(first_of(run)), query).status_code == 302


def test_who_might_teach_instead_is_shown_with_who_is_free_then(desk, run):
    lesson = first_of(run)
    busy, free = make_user(roles=[Role.INSTRUCTOR]), make_user(roles=[Role.INSTRUCTOR])
    make_run(lessons=1, starts_at=lesson.starts_at + HOUR).lessons.get().instructors.add(busy)
    make_run(lessons=1, starts_at=lesson.ends_at + DAY).lessons.get().instructors.add(free)

    text = words(desk.get(address_of(lesson), {"what": "instructor"}))

    assert [f"{busy} · tobrīd māca" in text, f"{free} · brīvs" in text] == [True, True]


def test_a_substitute_is_chosen_among_those_who_teach(desk, run):
    teacher, somebody = make_user(roles=[Role.INSTRUCTOR]), make_user()

    refused = desk.get(address_of(first_of(run)), {"what": "instructor", "instead": somebody.pk})
    done = publish(desk, address_of(first_of(run)), {"what": "instructor", "instead": teacher.pk})

    assert (refused.status_code, done.status_code) == (422, 302)
    assert [one.recipient for one in letters("substitution")] == [teacher]


def test_a_cancelled_lesson_offers_to_take_place_after_all_and_a_past_one_its_topic(desk, run, clock):
    lesson = first_of(run)
    carry_out(changes.Cancel(reason="slimība"), these(lesson), by=make_coordinator())

    assert publish(desk, address_of(lesson), {"what": "restore"}).status_code == 302
    clock.move_to(lesson.ends_at)
    assert desk.get(address_of(lesson)).context["kinds"] == ["topic"]


# -- Wrong input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"starts": "15:00", "ends": "14:00"}, "Nodarbībai jābeidzas pēc sākuma"),
        ({"day": "2026-11-10"}, "Šis laiks jau pagājis"),
        ({"day": "2027-07-01"}, "Šī diena ir ārpus mācību perioda"),
        ({"day": "2027-03-28", "starts": "03:30"}, "Šajā dienā pulkstenis šo stundu izlaiž"),
        ({"day": "9999-12-31"}, "Pārbaudiet gadu."),
        ({"day": "nav"}, "Jāievada diena."),
        ({"starts": "25:61"}, "Ierakstiet laiku, piemēram, 16:30."),
        ({"room": "nav-tādas"}, ""),
        ({"what": "cancel", "reason": ""}, "Ierakstiet iemeslu: ģimenes to lasīs."),
        ({"what": "cancel", "reason": "x", "day": "2026-12-12"}, "Aizstāšanai vajag gan dienu, gan laiku."),
        ({"what": "cancel", "reason": "270316-12345"}, "personas kod"),
        ({"what": "restore"}, "nav atcelta"),
    ],
)
def test_whatever_is_wrong_is_said_in_words_and_changes_nothing(desk, run, query, said):
    lesson = first_of(run)
    before = changes.Snapshot.of(lesson)

    pages = [desk.get(address_of(lesson), query), desk.post(address_of(lesson), query)]

    assert [page.status_code for page in pages] == [422, 422]
    assert said in words(pages[0])
    lesson.refresh_from_db()
    assert changes.Snapshot.of(lesson) == before


def test_a_room_that_is_too_small_is_said(desk, run):
    small = make_room(capacity=3)

    assert "telpa par mazu: vietas 3, grupā 5" in words(desk.get(address_of(first_of(run)), {"room": small.slug}))


def test_a_past_lesson_is_not_changed(desk, run, clock):
    lesson = first_of(run)
    asked = sent_with(desk.get(address_of(lesson), {"starts": "15:00"}))
    clock.move_to(lesson.ends_at)

    response = desk.post(address_of(lesson), asked)

    assert response.status_code in (409, 422)
    assert TimetableChange.objects.count() == 0


@pytest.mark.parametrize("address", ["/desk/lessons/999999/", "/desk/changes/999999/"])
def test_what_is_not_there_is_not_found(desk, address):
    assert desk.get(address).status_code == 404


def test_nobody_but_staff_opens_a_lesson(run):
    mother, teacher = make_guardian(), make_user(roles=[Role.INSTRUCTOR])

    assert [client_of(who).get(address_of(first_of(run))).status_code for who in (mother, teacher)] == [403, 403]


# -- Two at once -----------------------------------------------------------------------------------


def test_the_second_of_two_browsers_sees_the_new_plan_and_keeps_what_was_typed(desk, coordinator, run, clock):
    lesson = first_of(run)
    query = {"starts": "16:00", "reason": "pasniedzējs kavēsies"}
    seen = sent_with(desk.get(address_of(lesson), query))
    clock.shift(SECOND)
    assert publish(coordinator, address_of(lesson), {"starts": "17:00"}).status_code == 302

    told = desk.post(address_of(lesson), seen)
    text = words(told)
    again = desk.post(address_of(lesson), sent_with(told))

    assert told.status_code == 409
    assert "Kāds tikmēr ir mainījis šo nodarbību." in text
    assert ["Otrdien, 08.12., 17:00–18:30" in text, "Otrdien, 08.12., 16:00" in text] == [True, True]
    assert 'value="pasniedzējs kavēsies"' in told.content.decode()
    assert again.status_code == 302


def test_who_moves_a_lesson_that_was_cancelled_meanwhile_reads_who_was_first_and_when(desk, coordinator, run, clock):
    lesson = first_of(run)
    seen = sent_with(desk.get(address_of(lesson), {"starts": "16:00", "reason": "pasniedzējs kavēsies"}))
    clock.shift(SECOND)
    publish(coordinator, address_of(lesson), {"what": "cancel", "reason": "laikapstākļi"})

    told = desk.post(address_of(lesson), seen)

    first = TimetableChange.objects.get()
    assert told.status_code == 409
    assert "Kāds tikmēr ir mainījis šo nodarbību. Pēdējās izmaiņas: Nenotiks" in words(told)
    assert str(first.made_by) in words(told)
    assert f'href="/desk/changes/{first.pk}/"' in told.content.decode()
    assert 'value="pasniedzējs kavēsies"' in told.content.decode()


def test_the_button_pressed_twice_is_one_change(desk, run):
    seen = sent_with(desk.get(address_of(first_of(run)), {"starts": "16:00"}))

    answers = [desk.post(address_of(first_of(run)), seen).url for _ in range(2)]

    assert answers[0] == answers[1]
    assert (TimetableChange.objects.count(), len(letters())) == (1, 2)


# -- Back ------------------------------------------------------------------------------------------


def test_what_was_changed_can_be_undone_for_a_minute_and_then_is_only_told(desk, run, clock):
    answer = publish(desk, address_of(first_of(run)), {"starts": "16:00"})
    page = desk.get(answer.url)
    assert "Ziņa ģimenēm tiks nosūtīta pēc 60 s." in words(page)

    clock.shift(30 * SECOND)
    undone = desk.post(answer.url + "undo/")
    assert (undone.status_code, undone.url) == (302, answer.url)
    assert [one.stopped_at is not None for one in letters()] == [True, True]
    assert "Atsaukts" in words(desk.get(answer.url))

    again = publish(desk, address_of(first_of(run)), {"starts": "16:00"})
    clock.shift(60 * SECOND)
    late = desk.post(again.url + "undo/")
    assert late.status_code == 409
    assert "Nav atsaukts." in words(late)


def test_changes_are_listed_the_newest_first(desk, run):
    by = make_coordinator()
    for hour in (15, 16):
        carry_out(changes.Move(at=time(hour)), these(first_of(run)), by=by, now=NOON + hour * SECOND)

    page = desk.get("/desk/changes/")

    assert [one.change.pk for one in page.context["changes"]] == sorted(
        TimetableChange.objects.values_list("pk", flat=True), reverse=True
    )
    assert [one.groups for one in page.context["changes"]] == [[run.code]] * 2
    assert desk.get("/desk/changes/?before=x").status_code == 200


def test_pages_take_as_many_queries_for_many_people_as_for_few(desk, run, django_assert_max_num_queries):
    busy = make_run(lessons=12, capacity=30, starts_at=NOON + 2 * WEEK + DAY)
    for _ in range(15):
        enroll(busy)

    for group in (run, busy):
        with django_assert_max_num_queries(25) as few:
            desk.get(address_of(first_of(group)), {"scope": "all", "starts": "16:00"})
    assert len(few) <= 25


@pytest.mark.parametrize("typed", ["18:30", "18.30", "1830", " 18:30 "])
def test_hours_are_read_as_people_write_them(desk, run, typed):
    page = desk.get(address_of(first_of(run)), {"starts": typed, "ends": "2000"})

    assert (page.status_code, page.context["form"].cleaned_data["starts"]) == (200, time(18, 30))


@pytest.mark.parametrize("typed", ["25:00", "18:60", "183", "zz", "１８:30"])
def test_hours_that_are_none_are_said_beside_their_field(desk, run, typed):
    page = desk.get(address_of(first_of(run)), {"starts": typed, "ends": "20:00"})

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["starts"])


def test_a_day_outside_the_term_is_said_beside_the_day(desk, run):
    page = desk.get(address_of(first_of(run)), {"day": "2029-03-27"})

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["day"])
