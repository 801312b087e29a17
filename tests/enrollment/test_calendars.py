"""Private calendars: what they hold of whom, and in which words."""

import logging

import icalendar
import pytest
import time_machine
import vobject
from django.core.cache import cache
from django.db import connection

from accounts.flows import families
from accounts.logs import masked
from accounts.models import Role
from enrollment.models import EnrollmentState as State, FeedKind
from tests.calendars import events, header, link_for, make_siblings, titles
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    enroll,
    make_course,
    make_guardian,
    make_lesson,
    make_room,
    make_run,
    make_user,
)
from tests.keys import without_keys

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """An hour after everything was made; tests move it."""
    cache.clear()
    with time_machine.travel(NOON + HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def family():
    return make_siblings()


# -- What it holds ----------------------------------------------------------------------------------


def test_a_family_has_one_event_per_child_and_lesson_each_with_its_own_uid(client, family):
    mother, annija, bruno, run = family
    lesson = run.lessons.get()
    refs = [child.enrollments.get().calendar_ref for child in (annija, bruno)]

    response = client.get(link_for(mother))

    assert titles(response) == ["Annija: Robotika 4.–6. klasei", "Bruno: Robotika 4.–6. klasei"]
    assert [str(event["UID"]) for event in events(response)] == [f"lesson-{lesson.pk}-{ref}@testserver" for ref in refs]
    assert {str(event["CLASS"]) for event in events(response)} == {"PRIVATE"}
    assert len({str(event["COLOR"]) for event in events(response)}) == 2
    assert len(vobject.readOne(response.content.decode()).vevent_list) == 2


def test_both_guardians_and_the_childs_own_calendar_agree_on_the_uid(client, family):
    mother, annija, _bruno, _run = family
    father = make_guardian(first_name="Andris")
    families.add_guardian(learner=annija, guardian=father, now=NOON)

    shown = [
        {str(event["UID"]) for event in events(client.get(address)) if str(event["SUMMARY"]).startswith("Annija")}
        for address in (
            link_for(mother),
            link_for(father),
            link_for(mother, FeedKind.LEARNER, learner=annija),
            link_for(father, FeedKind.LEARNER, learner=annija),
        )
    ]

    assert len(shown[0]) == 1
    assert shown == [shown[0]] * 4


def test_one_childs_calendar_holds_that_child_alone(client, family):
    mother, _annija, bruno, _run = family

    response = client.get(link_for(mother, FeedKind.LEARNER, learner=bruno))

    assert titles(response) == ["Bruno: Robotika 4.–6. klasei"]
    assert icalendar.Calendar.from_ical(response.content)["X-WR-CALNAME"] == "Nodarbības: Bruno"


def test_an_adults_own_learning_is_in_the_familys_calendar(client, family):
    mother, *_ = family
    run = make_run(course=make_course(title_lv="Datora pamati"), lessons=1, starts_at=NOON + 20 * DAY)
    own = families.own_learner(user=mother)
    enroll(run, own, by=mother)

    assert titles(client.get(link_for(mother)))[-1] == "Līga: Datora pamati"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ({"state": State.CONFIRMED}, ["Annija: Robotika 4.–6. klasei", "Bruno: Robotika 4.–6. klasei"]),
        ({"state": State.WAITLISTED}, ["Bruno: Robotika 4.–6. klasei"]),
        ({"state": State.OFFERED}, ["Bruno: Robotika 4.–6. klasei"]),
        (
            {"state": State.LEAVING, "releases_at": NOON + DAY, "releases_to": State.WITHDRAWN},
            ["Bruno: Robotika 4.–6. klasei"],
        ),
        ({"state": State.CANCELLED, "ended_at": NOON}, ["Bruno: Robotika 4.–6. klasei"]),
    ],
)
def test_only_confirmed_places_are_in_it(client, family, columns, shown):
    mother, annija, *_ = family
    annija.enrollments.update(**columns)

    assert titles(client.get(link_for(mother))) == shown


def test_a_family_without_children_has_an_empty_calendar(client):
    response = client.get(link_for(make_guardian()))

    assert (response.status_code, titles(response)) == (200, [])
    assert b"BEGIN:VTIMEZONE" in response.content


def test_an_instructor_sees_the_lessons_they_lead_with_head_counts_and_no_names(client, family):
    _mother, _annija, _bruno, run = family
    instructor = make_user(roles=[Role.INSTRUCTOR])
    lesson = run.lessons.get()
    lesson.instructors.add(instructor)
    make_run(lessons=1)

    response = client.get(link_for(instructor, FeedKind.INSTRUCTOR))

    [event] = events(response)
    assert str(event["UID"]) == f"lesson-{lesson.pk}@testserver"
    assert str(event["SUMMARY"]) == f"Robotika 4.–6. klasei ({run.code})"
    assert str(event["DESCRIPTION"]).splitlines()[0] == "Dalībnieki: 2"
    assert "Annija" not in response.content.decode()


def test_a_room_holds_the_lessons_held_there(client, family):
    run = family[3]
    other_room = make_room(name_lv="Studija")
    moved = make_lesson(run, NOON + 30 * DAY, room=other_room)
    desk = make_user(roles=[Role.DESK])

    response = client.get(link_for(desk, FeedKind.ROOM, room=other_room))

    assert [str(event["UID"]) for event in events(response)] == [f"lesson-{moved.pk}@testserver"]


def test_the_language_is_the_links_own(client, family):
    mother = family[0]
    client.cookies["django_language"] = "lv"

    response = client.get(link_for(mother, language="en") + "?lang=lv", headers={"accept-language": "lv"})

    assert titles(response)[0] == "Annija: Robotics for grades 4–6"
    assert header(response, "Content-Language", "Vary") == ("en", "Accept-Encoding")


# -- Privacy ----------------------------------------------------------------------------------


def test_it_carries_the_first_name_and_nothing_else_of_a_person(client, family):
    mother, annija, *_ = family
    annija.refresh_from_db()
    secrets = [
        annija.last_name, annija.school.name, "2016", "20160327", mother.email, mother.phone, mother.first_name, "Mammas telefons",
    ]  # fmt: skip
    assert all(secrets)

    text = client.get(link_for(mother)).content.decode().replace("\r\n ", "")

    assert [secret for secret in secrets if secret in without_keys(text)] == []
    assert "Annija" in text


def test_a_nickname_takes_the_place_of_the_first_name(client, family):
    mother, annija, *_ = family
    annija.calendar_name = "A."
    annija.save()

    text = client.get(link_for(mother)).content.decode()

    assert "SUMMARY:A.: Robotika" in text
    assert "Annija" not in text


def test_only_the_hash_of_an_address_is_kept(family):
    address = link_for(family[0])
    token = address.removeprefix("/k/").removesuffix(".ics")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM enrollment_feedlink")
        stored = repr(cursor.fetchall())

    assert len(token) == 43  # 32 octets
    assert token not in stored


def test_an_address_never_gets_into_the_log(client, family, caplog):
    caplog.set_level(logging.DEBUG)
    client.get(link_for(family[0]))
    client.get("/k/not-a-token-of-ours.ics")

    assert not any("not-a-token-of-ours" in masked(record.getMessage()) for record in caplog.records)
