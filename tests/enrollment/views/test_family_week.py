"""The family's week: lessons of everybody, queues and offers, what overlaps and what is closed."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from courses.models import LessonState
from enrollment.flows import enrollments
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_lesson,
    make_program,
    make_run,
)

pytestmark = pytest.mark.django_db

WEEK_PAGE = "/my/week/"


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


def lessons_of(week):
    return [(day.date, entry.kind, entry.run.code) for day in week.days for entry in day.entries]


def free_run(**fields):
    return make_run(course=make_course(program=make_program(forbids_clash=False)), **fields)


def test_places_queues_and_offers_are_told_apart(client, child):
    held = free_run(starts_at=NOON, code="H")
    enroll(held, child)
    full = free_run(capacity=1, starts_at=NOON + DAY, code="Q")
    enroll(full)
    enroll(full, child)
    freed = free_run(capacity=1, starts_at=NOON + 2 * DAY, code="O")
    seated = enroll(freed)
    enroll(freed, child)
    enrollments.withdraw(enrollment=seated, by=None, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    enroll(free_run(starts_at=NOON + 3 * DAY))  # another family's

    week = client.get(WEEK_PAGE).context["week"]

    assert lessons_of(week) == [
        (date(2026, 11, 24), "held", "H"),
        (date(2026, 11, 25), "queue", "Q"),
        (date(2026, 11, 26), "decide", "O"),
    ]


def test_an_overlap_of_one_child_is_a_clash_and_of_two_children_is_not(client, guardian, child):
    sibling = make_child(guardian, first_name="Roberts")
    enroll(free_run(starts_at=NOON, code="A"), child)
    enroll(free_run(starts_at=NOON + HOUR, code="B"), child)
    enroll(free_run(starts_at=NOON, code="C"), sibling)

    page = client.get(WEEK_PAGE)

    clashes = [[entry.run.code for entry in group.entries] for _day, group in page.context["week"].clashes]
    assert clashes == [["A", "B"]]
    assert "Laiki pārklājas: otrdien, 24.11.2026., 13:00–13:30." in " ".join(page.content.decode().split())


def test_siblings_in_one_group_share_a_block(client, guardian, child):
    sibling = make_child(guardian, first_name="Roberts")
    run = make_run(starts_at=NOON)
    enroll(run, child)
    enroll(run, sibling)

    (entry,) = client.get(WEEK_PAGE).context["week"].days[1].entries

    assert [member.pk for member in entry.members] == [child.pk, sibling.pk]


def test_a_cancelled_lesson_stays_with_what_replaces_it(client, child):
    run = make_run(starts_at=NOON)
    enroll(run, child)
    lesson = run.lessons.order_by("starts_at").first()
    run.lessons.filter(pk=lesson.pk).update(state=LessonState.CANCELLED)
    new = make_lesson(run, NOON + 4 * DAY, replaces=lesson)

    entries = [entry for day in client.get(WEEK_PAGE).context["week"].days for entry in day.entries]

    assert [(entry.kind, entry.replacement, entry.replaces) for entry in entries] == [
        ("cancelled", new, None),
        ("held", None, lesson),
    ]


def test_the_tab_of_a_day_says_that_a_lesson_will_not_take_place(client, child):
    run = free_run(lessons=1)
    enroll(run, child)
    run.lessons.update(state=LessonState.CANCELLED)
    day = timezone.localdate(run.lessons.get().starts_at)

    page = client.get(WEEK_PAGE, {"week": f"{day:%G-W%V}"})

    tab = next(one for one in page.context["week"].days if one.date == day)
    assert (tab.colors, tab.cancelled) == ([], 1)
    assert "nodarbības: 1, nenotiks: 1" in page.content.decode()
    assert page.content.decode().count('class="dot-cancelled"') == 1


def test_holidays_have_names(client, child):
    week = client.get(WEEK_PAGE, {"week": "2027-W18"}).context["week"]

    assert {day.date: day.closed for day in week.days if day.closed} == {
        date(2027, 5, 4): "Latvijas Republikas Neatkarības atjaunošanas diena"
    }


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", "2026-W48"), ("2026-W50", "2026-W50"), ("2026-W53", "2026-W53"), ("2027-W53", "2026-W48"), ("2026-W99", "2026-W48"),
        ("yesterday", "2026-W48"), ("0001-W01", "2026-W48"), ("9999-W52", "2026-W48"), ("2026-11-2", "2026-W48"),
    ],
)  # fmt: skip
def test_any_week_may_be_asked_for(client, child, asked, shown):
    page = client.get(WEEK_PAGE, {"week": asked, "day": "x", "child": "x", "view": "x"})

    assert (page.status_code, page.context["week"].name) == (200, shown)


def test_weeks_follow_each_other_over_the_new_year(client, child):
    week = client.get(WEEK_PAGE, {"week": "2026-W53"}).context["week"]

    assert (week.before, week.after) == ("2026-W52", "2027-W01")


def test_sunday_is_shown_only_with_a_lesson(client, child):
    ordinary = client.get(WEEK_PAGE).context["week"]
    enroll(make_run(starts_at=NOON + 5 * DAY), child)

    assert (len(ordinary.days), len(client.get(WEEK_PAGE).context["week"].days)) == (6, 7)


def test_one_child_may_be_looked_at_alone(client, guardian, child):
    sibling = make_child(guardian, first_name="Roberts")
    enroll(make_run(starts_at=NOON, code="A"), child)
    enroll(make_run(starts_at=NOON, code="B"), sibling)

    week = client.get(WEEK_PAGE, {"child": sibling.pk}).context["week"]

    assert [code for _day, _kind, code in lessons_of(week)] == ["B"]


def test_another_familys_child_shows_nothing_of_theirs(client, child):
    theirs = make_child()
    enroll(make_run(starts_at=NOON), theirs)

    assert lessons_of(client.get(WEEK_PAGE, {"child": theirs.pk}).context["week"]) == []


@pytest.mark.parametrize("view", ["", "list"])
def test_the_number_of_queries_does_not_grow_with_the_lessons(client, guardian, view, django_assert_max_num_queries):
    def count(children):
        for index in range(children):
            one = make_child(guardian, first_name=f"Bērns {chr(65 + index)}{children}")
            enroll(make_run(starts_at=NOON + index * HOUR), one)
            full = make_run(capacity=1, starts_at=NOON + DAY + timedelta(minutes=index))
            enroll(full)
            enroll(full, one)
        client.get(WEEK_PAGE, {"view": view})
        with django_assert_max_num_queries(30) as captured:
            page = client.get(WEEK_PAGE, {"view": view})
        assert len(lessons_of(page.context["week"])) == 2 * children
        return len(captured)

    one = count(1)
    guardian.guardianships.update(ended_at=NOON)
    assert count(3) == one
