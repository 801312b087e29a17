"""Groups of a term: built, copied, changed in place, published, by a coordinator on the pages."""

from datetime import date, time

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from courses.flows.season import dates
from courses.flows.season.versions import version_of
from courses.models import CourseRun, RunState
from tests.courses.flows.season.drafting import AUTUMN, days_of, make_draft, make_instructor
from tests.enrollment.views.desk import client_of, make_desk
from tests.factories import NOON, make_course, make_room, make_run, make_term, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def coordinator():
    return client_of(make_user(roles=[Role.COORDINATOR]))


@pytest.fixture
def term():
    return make_term(**AUTUMN)


def words(response):
    return " ".join(response.content.decode().split())


def typed(**more):
    sent = {
        "weekday": "1", "start_time": "16:00", "duration_minutes": "90", "capacity": "12", "minimum_size": "6",
        "enrollment_opens_at": "2027-08-23T10:00", "enrollment_closes_at": "2027-09-10T18:00",
    }  # fmt: skip
    return sent | more


def fresh(run):
    return CourseRun.objects.get(pk=run.pk)


# -- One group ---------------------------------------------------------------------------------------


def test_a_draft_is_made_and_its_dates_are_seen_before(coordinator, term):
    room, teacher, course = make_room(), make_instructor(), make_course(lessons_planned=2)
    sent = typed(course=course.pk, room=room.pk, instructors=[teacher.pk])

    looked = coordinator.post(f"/desk/season/{term.pk}/groups/new/", sent | {"look": "1"})
    part = coordinator.get(f"/desk/season/{term.pk}/preview/", sent)
    made = coordinator.post(f"/desk/season/{term.pk}/groups/new/", sent)

    run = CourseRun.objects.get()
    assert [len(one.context["preview"]["times"]) for one in (looked, part)] == [2, 2]
    assert "07.09." in words(part)
    assert (made["Location"], run.state, days_of(run)) == (
        f"/desk/season/groups/{run.pk}/", RunState.DRAFT, ["07.09. 16:00", "14.09. 16:00"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"starts_on": "2027-08-01"}, 409),
        ({"starts_on": "2029-08-01"}, 409),
        ({"decision_on": "2027-10-01"}, 409),
        ({"enrollment_closes_at": "2027-08-01T10:00"}, 409),
        ({"weekday": "7"}, 422),
        ({"start_time": "25:00"}, 422),
        ({"duration_minutes": "0"}, 422),
        ({"capacity": "0"}, 422),
        ({"minimum_size": "13"}, 422),
        ({"room": "99999"}, 422),
        ({"instructors": ["99999"]}, 422),
        ({"course": "99999"}, 422),
        ({"enrollment_opens_at": "2027-03-28T03:30"}, 422),
    ],
)
def test_a_group_that_makes_no_sense_is_answered_kindly_and_keeps_what_was_typed(coordinator, term, sent, status):
    course = make_course(lessons_planned=2)

    answer = coordinator.post(f"/desk/season/{term.pk}/groups/new/", typed(course=course.pk) | sent)

    assert (answer.status_code, CourseRun.objects.count()) == (status, 0)
    assert 'value="2027-08-23T10:00"' in words(answer) or "enrollment_opens_at" in sent


def test_the_hour_that_the_clock_leaves_out_is_named_with_its_day(coordinator):
    term = make_term(starts_on=date(2028, 3, 1), ends_on=date(2028, 5, 31))
    sent = typed(course=make_course(lessons_planned=9).pk, weekday="6", start_time="03:30")

    part = coordinator.get(f"/desk/season/{term.pk}/preview/", sent)

    assert "26.03.2028." in part.context["preview"]["refused"]


def test_the_second_of_two_editors_of_a_draft_is_told_and_nothing_typed_is_lost(coordinator, term, clock):
    draft = make_draft(term=term)
    seen, address = version_of(fresh(draft)), f"/desk/season/groups/{draft.pk}/"
    assert coordinator.post(address, typed(room=draft.room_id, seen=seen, capacity="10")).status_code == 302

    second = coordinator.post(address, typed(room=draft.room_id, seen=seen, capacity="9"))
    seen_now = second.context["form"]["seen"].value()
    again = coordinator.post(address, typed(room=draft.room_id, seen=seen_now, capacity="9"))

    assert (second.status_code, second.context["form"]["capacity"].value(), again.status_code) == (409, "9", 302)
    assert "Kāds to tikmēr ir mainījis" in words(second)
    assert fresh(draft).capacity == 9


def test_odd_dates_are_named_before_they_are_lost(coordinator, term):
    draft = make_draft(term=term, course=make_course(lessons_planned=2))
    address = f"/desk/season/groups/{draft.pk}/"
    coordinator.post(f"{address}dates/", {"what": "add", "day": "2027-10-02", "at": "10:00"})
    sent = typed(room=draft.room_id, weekday="0")

    told = coordinator.post(address, sent)
    assert (told.status_code, "02.10.2027., 10:00" in words(told), len(days_of(draft))) == (409, True, 3)
    agreed = coordinator.post(address, sent | {"lose_odd_dates": "on"})

    assert (agreed.status_code, days_of(draft)) == (302, ["06.09. 16:00", "13.09. 16:00"])


def test_dates_are_moved_and_dropped_and_what_makes_no_sense_is_answered_kindly(coordinator, term):
    draft = make_draft(term=term, course=make_course(lessons_planned=2))
    first, second = draft.lessons.order_by("starts_at")
    address = f"/desk/season/groups/{draft.pk}/dates/"

    sent = [
        {"what": "move", "lesson": first.pk, "day": "2027-09-08", "at": "17:00"},
        {"what": "move", "lesson": first.pk, "day": "2028-09-08", "at": "17:00"},
        {"what": "move", "lesson": 999999, "day": "2027-09-08", "at": "17:00"},
        {"what": "add", "day": "vakar", "at": "x"},
        {"what": "drop", "lesson": second.pk},
        {"what": "drop", "lesson": first.pk},
        {"what": "drop", "lesson": "x"},
        {},
    ]
    statuses = [coordinator.post(address, one).status_code for one in sent]

    assert statuses == [302, 409, 409, 422, 302, 409, 302, 422]
    assert days_of(draft) == ["08.09. 17:00"]


def test_a_free_time_that_was_found_is_where_the_new_group_begins(coordinator, term):
    room = make_room()

    page = coordinator.get(
        f"/desk/season/{term.pk}/groups/new/", {"weekday": "3", "start_time": "17:15", "room": room.slug}
    )
    spoilt = coordinator.get(
        f"/desk/season/{term.pk}/groups/new/", {"weekday": "x", "start_time": "?", "room": "nowhere"}
    )

    initial = page.context["form"].initial
    assert (initial["weekday"], initial["start_time"], initial["room"]) == ("3", "17:15", room.pk)
    assert '<option value="3" selected' in page.content.decode()
    assert spoilt.status_code == 200


def test_a_published_group_is_no_draft(coordinator, term):
    run = make_run(term=term)
    foreign = make_run()  # of no term

    page = coordinator.get(f"/desk/season/groups/{run.pk}/")
    saved = coordinator.post(f"/desk/season/groups/{run.pk}/place/", {"weekday": "0", "start_time": "10:00"})
    dated = coordinator.post(
        f"/desk/season/groups/{run.pk}/dates/", {"what": "add", "day": "2027-10-02", "at": "10:00"}
    )

    assert (page["Location"], saved.status_code, dated.status_code) == (f"/desk/groups/{run.pk}/", 302, 409)
    assert (fresh(run).weekday, run.lessons.count()) == (1, 3)
    assert coordinator.get(f"/desk/season/groups/{foreign.pk}/").status_code == 404


# -- The list ----------------------------------------------------------------------------------------


def test_the_list_is_narrowed_and_a_draft_is_changed_beside_it(coordinator, term):
    room, other = make_room(), make_room()
    one, two = make_draft(term=term, room=room), make_draft(term=term, room=room)
    make_run(term=term)
    address = f"/desk/season/{term.pk}/"
    listed = coordinator.get(f"{address}?state=draft&look=on&open={two.pk}")
    sent = {
        "weekday": "1", "start_time": "16:00", "room": other.pk, "seen": listed.context["form"]["seen"].value(),
        "back": "state=draft&step=2&evil=//x",
    }  # fmt: skip

    saved = coordinator.post(f"/desk/season/groups/{two.pk}/place/", sent)
    stale = coordinator.post(f"/desk/season/groups/{two.pk}/place/", sent | {"start_time": "18:30"})

    assert [row.run for row in listed.context["rows"]] == [one, two]
    assert listed.context["standing"] == 2
    assert saved["Location"] == f"{address}?state=draft&step=2&open={two.pk}"
    assert (stale.status_code, stale.context["form"]["start_time"].value()) == (409, "18:30")
    assert coordinator.get(f"{address}?state=draft&look=on").context["standing"] == 0
    assert {lesson.room for lesson in two.lessons.all()} == {other}


def test_a_filter_that_makes_no_sense_is_left_out(coordinator, term):
    make_draft(term=term)

    page = coordinator.get(f"/desk/season/{term.pk}/?day=9&room=x&person=-1&open=abc&tick=x&step=5")

    assert (page.status_code, len(page.context["rows"])) == (200, 1)


def test_a_longer_list_takes_no_more_queries(coordinator, term):
    counts = []
    for _ in range(2):
        for _ in range(2):
            make_draft(term=term, instructors=(make_instructor().pk,))
        with CaptureQueriesContext(connection) as queries:
            coordinator.get(f"/desk/season/{term.pk}/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


# -- Many at once ------------------------------------------------------------------------------------


def test_a_year_is_copied_looked_through_and_published(coordinator, term):
    before = make_term(starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 22))
    room = make_room()
    for number in range(3):
        make_run(
            term=before, lessons=0, room=room, starts_on=date(2026, 9, 1), start_time=time(14 + number, 0),
            course=make_course(lessons_planned=3),
        )  # fmt: skip
    chosen = {"source": before.pk, "target": term.pk}

    lines = coordinator.get("/desk/season/copy/", chosen).context["lines"]
    copied = coordinator.post("/desk/season/copy/", chosen | {"group": [line.run.pk for line in lines]})
    list_page = coordinator.get(copied["Location"])
    assert (len(lines), list_page.context["drafts"], list_page.context["standing"]) == (3, 3, 3)
    drafts = list(CourseRun.objects.filter(term=term).order_by("start_time"))

    refused = coordinator.post(f"/desk/season/{term.pk}/publish/", {"group": [run.pk for run in drafts], "all": "1"})
    assert (refused.status_code, refused.context["refusals"][0][:9]) == (409, f"{drafts[0].code}: Telpa"[:9])
    assert [int(one) for one in refused.context["rows"] and [row.run.pk for row in refused.context["rows"]]] == [
        run.pk for run in drafts
    ]
    moved = coordinator.post(
        f"/desk/season/{term.pk}/shift/", {"group": [drafts[1].pk], "minutes_later": "120", "weekday": "3"}
    )
    published = coordinator.post(f"/desk/season/{term.pk}/publish/", {"group": [run.pk for run in drafts], "all": "1"})

    assert (moved.status_code, published.status_code) == (302, 302)
    assert {run.state for run in CourseRun.objects.filter(term=term)} == {RunState.PUBLISHED}
    again = coordinator.post("/desk/season/copy/", chosen | {"group": [line.run.pk for line in lines]})
    assert (again.status_code, CourseRun.objects.filter(term=term).count()) == (302, 3)


def test_many_are_done_in_parts_that_say_how_far_they_are(coordinator, term):
    before = make_term(starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 22))
    course = make_course(lessons_planned=2)
    for number in range(12):
        make_run(term=before, lessons=0, course=course, starts_on=date(2026, 9, 1), start_time=time(8 + number, 0))
    chosen = {"source": before.pk, "target": term.pk}
    chosen["group"] = [line.run.pk for line in coordinator.get("/desk/season/copy/", chosen).context["lines"]]

    first = coordinator.post("/desk/season/copy/", chosen | {"part": "1"})
    made = CourseRun.objects.filter(term=term).count()
    page = coordinator.post("/desk/season/copy/", chosen | {"before": "10"}, follow=True)
    drafts = [run.pk for run in CourseRun.objects.filter(term=term)]
    address = f"/desk/season/{term.pk}/publish/"
    parts = [coordinator.post(address, {"group": drafts, "all": "1", "part": "1"}).json() for _part in range(2)]
    end = coordinator.post(address, {"group": drafts, "all": "1", "before": "12"}, follow=True)

    assert (first.json(), made, len(drafts)) == ({"before": 0, "done": 10, "of": 12}, 10, 12)
    assert "Izveidoti melnraksti: 12." in words(page)
    assert parts == [{"before": 0, "done": 10, "of": 12}, {"before": 10, "done": 12, "of": 12}]
    assert "Publicētas grupas: 12." in words(end)
    assert {run.state for run in CourseRun.objects.filter(term=term)} == {RunState.PUBLISHED}


def test_a_part_of_what_stands_in_its_own_way_publishes_nothing(coordinator, term):
    room = make_room()
    drafts = [make_draft(term=term) for _number in range(10)]
    drafts += [make_draft(term=term, room=room), make_draft(term=term, room=room)]
    chosen = {"group": [run.pk for run in drafts], "all": "1", "part": "1"}

    answer = coordinator.post(f"/desk/season/{term.pk}/publish/", chosen)

    assert answer.status_code == 409
    assert not CourseRun.objects.filter(term=term, state=RunState.PUBLISHED).exists()


@pytest.mark.parametrize("before", ["-1", "x", "99", "9" * 40])
def test_what_a_page_says_was_done_before_is_not_believed_beyond_what_is_done(coordinator, term, before):
    draft = make_draft(term=term)
    chosen = {"group": [draft.pk], "all": "1", "before": before}

    answer = coordinator.post(f"/desk/season/{term.pk}/publish/", chosen, follow=True)

    assert "Publicētas grupas: 1." in words(answer)


def test_those_without_a_clash_are_published_and_the_others_stay(coordinator, term):
    room = make_room()
    one, two, three = make_draft(term=term, room=room), make_draft(term=term, room=room), make_draft(term=term)

    page = coordinator.get(f"/desk/season/{term.pk}/publish/")
    answer = coordinator.post(f"/desk/season/{term.pk}/publish/", {"free": "1"}, follow=True)

    assert (page.context["free"][0].run, len(page.context["standing"])) == (three, 2)
    assert [fresh(run).state for run in (one, two, three)] == [RunState.DRAFT, RunState.DRAFT, RunState.PUBLISHED]
    assert f"{one.code}, {two.code}." in words(answer)


@pytest.mark.parametrize(
    ("sent", "status"),
    [({}, 422), ({"minutes_later": "7"}, 422), ({"room": "99999"}, 422), ({"instructor": "99999"}, 422)],
)
def test_a_move_that_says_nothing_is_answered_kindly(coordinator, term, sent, status):
    draft = make_draft(term=term)

    answer = coordinator.post(f"/desk/season/{term.pk}/shift/", sent | {"group": [draft.pk]})

    assert (answer.status_code, fresh(draft).start_time) == (status, time(16))


def test_groups_of_another_term_are_neither_moved_removed_nor_published(coordinator, term):
    foreign, make_own = make_draft(), make_draft(term=term)
    sent = {"group": [foreign.pk], "minutes_later": "60"}

    for what in ("shift", "remove", "publish"):
        coordinator.post(f"/desk/season/{term.pk}/{what}/", sent | {"all": "1"})

    assert [(fresh(run).state, fresh(run).start_time) for run in (foreign, make_own)] == [
        (RunState.DRAFT, time(16))
    ] * 2


def test_drafts_are_removed_after_a_look(coordinator, term):
    draft, kept = make_draft(term=term), make_draft(term=term)

    page = coordinator.get(f"/desk/season/{term.pk}/remove/?group={draft.pk}")
    coordinator.post(f"/desk/season/{term.pk}/remove/", {"group": [draft.pk]})

    assert (page.context["chosen"], list(CourseRun.objects.all())) == ([(draft.pk, draft.code)], [kept])


def test_copying_a_term_into_itself_is_answered_kindly(coordinator, term):
    answers = [
        coordinator.post("/desk/season/copy/", sent)
        for sent in ({"source": term.pk, "target": term.pk}, {"source": "x", "target": "9999"})
    ]

    assert [answer.status_code for answer in answers] == [422, 422]


# -- Nobody else -------------------------------------------------------------------------------------


def test_a_draft_is_seen_by_nobody_but_who_builds(coordinator, term, client):
    teacher = make_instructor()
    draft = make_draft(term=term, instructors=(teacher.pk,))
    dates.add_date(run=draft, day=date(2027, 10, 2), at=time(10), by=teacher, now=NOON)
    public = [f"/courses/{draft.course.slug}/{draft.slug}/", f"/courses/{draft.course.slug}/{draft.slug}.ics"]

    assert [client.get(address).status_code for address in public] == [404, 404]
    assert draft.code not in words(client.get(f"/courses/{draft.course.slug}/"))
    assert draft.code not in words(client_of(teacher).get("/teach/"))
    desk = client_of(make_desk())
    assert draft.code not in words(desk.get("/desk/groups/"))
    assert [desk.get(f"/desk/season/{what}").status_code for what in ("", f"{term.pk}/", f"groups/{draft.pk}/")] == [
        403
    ] * 3
    assert draft.code in words(coordinator.get(f"/desk/season/{term.pk}/"))
