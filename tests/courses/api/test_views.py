import pytest
from django.core.cache import cache
from django.utils import timezone

from courses.models import RunState, Topic
from tests.factories import DAY, WEEK, enroll, make_child, make_course, make_program, make_room, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def soon():
    """The API reads the clock itself, so that its groups have to be in the real future."""
    return timezone.now().replace(microsecond=0) + 2 * WEEK


def results(client, address):
    return client.get(address).json()["results"]


def slugs(client, query):
    return [course["slug"] for course in results(client, f"/api/v1/courses/{query}")]


def test_a_run_tells_when_where_and_how_many_places(client, soon):
    run = make_run(capacity=2, starts_at=soon, weekday=None, start_time=None, lessons=1)
    enroll(run, make_child())

    shown = results(client, "/api/v1/runs/")

    assert [(one["id"], one["places"], one["place"]["venue_name"], one["url"]) for one in shown] == [
        (run.pk, {"capacity": 2, "free": 1, "waiting": 0}, "VIZIUM", f"http://testserver{run.get_absolute_url()}")
    ]


def test_drafts_are_shown_nowhere(client, soon):
    draft = make_run(starts_at=soon, state=RunState.DRAFT)

    assert results(client, "/api/v1/runs/") == []
    assert results(client, "/api/v1/courses/")[0]["runs"] == []
    assert client.get(f"/api/v1/runs/{draft.pk}/").status_code == 404


def test_a_run_is_shown_with_its_lessons(client, soon):
    run = make_run(starts_at=soon, lessons=2)

    shown = client.get(f"/api/v1/runs/{run.pk}/").json()["lessons"]

    assert [one["starts_at"] for one in shown] == [
        timezone.localtime(moment).isoformat() for moment in (soon, soon + WEEK)
    ]


def test_the_language_is_the_one_asked_for(client, soon):
    make_run(starts_at=soon)

    titles = [results_in(client, language)[0]["title"] for language in ("lv", "en")]

    assert titles == ["Robotika 4.–6. klasei", "Robotics for grades 4–6"]


def results_in(client, language):
    return client.get("/api/v1/courses/", headers={"Accept-Language": language}).json()["results"]


def test_filters(client, soon):
    robots = make_course(topic=Topic.ROBOTICS, grade_min=4, grade_max=6)
    ceramics = make_course(topic=Topic.DESIGN, title_lv="Ķīniešu keramika", grade_min=1, grade_max=3)
    make_run(course=robots, starts_at=soon, weekday=1)
    full = make_run(course=ceramics, starts_at=soon + DAY, weekday=2, capacity=1)
    enroll(full)

    answers = {
        query: slugs(client, query)
        for query in (
            "", "?topic=design", "?grade=5", "?grade=1", "?q=kiniesu", "?q=KERAMIKA", "?q=nothing", "?weekday=1",
            f"?program={ceramics.program.slug}", f"?venue={full.room.venue.slug}", "?free_places=true",
            "?free_places=true&weekday=2", "?weekday=1&grade=4",
        )
    }  # fmt: skip

    assert answers == {
        "": [robots.slug, ceramics.slug], "?topic=design": [ceramics.slug], "?grade=5": [robots.slug],
        "?grade=1": [ceramics.slug], "?q=kiniesu": [ceramics.slug], "?q=KERAMIKA": [ceramics.slug], "?q=nothing": [],
        "?weekday=1": [robots.slug], f"?program={ceramics.program.slug}": [ceramics.slug],
        f"?venue={full.room.venue.slug}": [ceramics.slug], "?free_places=true": [robots.slug],
        "?free_places=true&weekday=2": [], "?weekday=1&grade=4": [robots.slug],
    }  # fmt: skip


def test_runs_have_the_same_filters(client, soon):
    robots = make_run(starts_at=soon, weekday=1, course=make_course(grade_min=4, grade_max=6))
    full = make_run(starts_at=soon + DAY, weekday=2, capacity=1)
    enroll(full)

    answers = {
        query: [one["id"] for one in results(client, f"/api/v1/runs/{query}")]
        for query in (
            "?weekday=2",
            "?grade=4",
            f"?course={full.course.slug}",
            "?free_places=true",
            "?free_places=false",
        )
    }

    assert answers == {
        "?weekday=2": [full.pk], "?grade=4": [robots.pk], f"?course={full.course.slug}": [full.pk],
        "?free_places=true": [robots.pk], "?free_places=false": [full.pk],
    }  # fmt: skip


@pytest.mark.parametrize(
    "query", ["weekday=9", "grade=x", "topic=cooking", "q=%00", "weekday=1e400", "grade=" + "9" * 400]
)
def test_a_filter_that_cannot_be_is_400_and_names_itself(client, query):
    response = client.get(f"/api/v1/courses/?{query}")

    assert (response.status_code, response.json()["code"], list(response.json()["errors"])) == (
        400, "invalid", [query.partition("=")[0]],
    )  # fmt: skip


@pytest.mark.parametrize("query", ["limit=100000", "offset=" + "9" * 40, "limit=-1", "offset=x"])
def test_pages_are_bounded_whatever_is_asked(client, query):
    assert client.get(f"/api/v1/runs/?{query}").status_code == 200


def test_a_page_has_at_most_100(client):
    program = make_program()
    for _ in range(101):
        make_course(program=program)

    assert len(results(client, "/api/v1/courses/?limit=5000")) == 100


@pytest.mark.parametrize("address", ["/api/v1/courses/", "/api/v1/runs/", "/api/v1/programs/"])
def test_a_longer_list_takes_no_more_queries(client, soon, address, django_assert_num_queries):
    def add():
        make_run(starts_at=soon, course=make_course(program=make_program()), room=make_room())

    add()
    with django_assert_num_queries(3 if "courses" in address else 2):
        client.get(address)
    add()
    add()
    with django_assert_num_queries(3 if "courses" in address else 2):
        assert len(results(client, address)) == 3


def test_the_catalogue_needs_no_session_and_sets_no_cookie(client, soon):
    make_run(starts_at=soon)
    client.cookies["sessionid"] = "somebody's"

    response = client.get("/api/v1/runs/")

    assert (response.cookies, response.headers["Vary"]) == ({}, "Accept-Language")
