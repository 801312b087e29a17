"""A rehearsal on the wishes of a term: the rule of real draws, wishes from what is there, and nothing written."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from courses.models import CourseRun, RunState
from enrollment.draws.rehearsal import rehearse
from enrollment.flows import enrollments
from enrollment.models import Draw, Enrollment, LedgerEntry
from tests.enrollment.drawing import announce, apply, drawn_groups, hold, learners_of, seated
from tests.enrollment.views.desk import client_of, make_desk, words
from tests.factories import (
    DAY,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_children,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_term,
    make_user,
)

pytestmark = pytest.mark.django_db

SEED = "ab"


@pytest.fixture
def term():
    return make_term()


@pytest.fixture
def by_receipt(term):
    """Two groups of one place each, a day apart, of a program that gives places by time of receipt."""
    course = make_course(program=make_program())
    return [
        make_run(course=course, term=term, capacity=1, code=code, starts_at=NOON + 2 * WEEK + days * DAY)
        for days, code in enumerate("AB")
    ]


def of(run, seed=SEED):
    return rehearse(program=run.course.program, term=run.term, seed=seed)


def learners(turns):
    return [turn.learner_id for turn in turns]


def test_with_the_key_of_a_real_draw_it_gives_what_the_draw_gave(term):
    runs = drawn_groups(1, 2, term=term)
    draw = announce(*runs)
    guardian = make_guardian()
    apply(*runs, learners=make_children(2, guardian), by=guardian)
    for _ in range(4):
        apply(*runs)

    draw = hold(draw)
    found = of(runs[0], seed=draw.seed)

    assert [set(learners(group.placed)) for group in found.groups] == [seated(run) for run in runs]
    assert [len(group.waiting) for group in found.groups] == [group["waiting"] for group in draw.record["groups"]]


def test_it_repeats_with_a_seed_and_differs_with_another(term):
    (run,) = drawn_groups(1, term=term)
    announce(run)
    for _ in range(5):
        apply(run)

    results = [tuple(learners(of(run, seed=seed).groups[0].placed)) for seed in "abcdefghabcdefgh"]

    assert results[:8] == results[8:]
    assert len(set(results)) > 1


def test_nothing_is_written_and_nothing_locked(term):
    (run,) = drawn_groups(1, term=term)
    announce(run)
    apply(run)

    with CaptureQueriesContext(connection) as queries:
        of(run)

    assert all(one["sql"].startswith("SELECT") and "FOR " not in one["sql"] for one in queries)
    assert (Enrollment.objects.count(), LedgerEntry.objects.count(), Draw.objects.get().record) == (0, 0, None)


def test_places_and_queues_in_the_order_of_receipt_stand_for_wishes(by_receipt):
    first, second = by_receipt
    enroll(first)
    child = make_child()
    enroll(first, child, now=NOON)  # full: waits
    enroll(second, child, now=NOON + DAY)

    found = of(first)

    assert (found.applications, found.ranked, found.children) == (2, 0, 2)
    assert [(group.first, group.wanted) for group in found.groups] == [(2, 2), (0, 1)]
    assert [group.run for group in found.groups] == by_receipt


def test_a_child_that_kept_two_places_wants_two_within_the_limit(by_receipt):
    first, second = by_receipt
    child = make_child()
    enroll(first, child, now=NOON), enroll(second, child, now=NOON + DAY)

    assert [len(group.placed) for group in of(first).groups] == [1, 1]
    first.course.program.max_places_per_term = 1
    first.course.program.save()
    assert [len(group.placed) for group in of(CourseRun.objects.get(pk=first.pk)).groups] == [1, 0]


def test_what_was_given_back_is_still_a_wish(by_receipt):
    first, _second = by_receipt
    enrollments.withdraw(enrollment=enroll(first), by=None, now=NOON, hold_seconds=0)

    assert of(first).children == 1


def test_a_cancelled_group_is_left_out_with_the_wishes_for_it(by_receipt):
    first, second = by_receipt
    child = make_child()
    enroll(first, child), enroll(second, child)
    CourseRun.objects.filter(pk=first.pk).update(state=RunState.CANCELLED)

    (group,) = of(first).groups

    assert (group.run, learners(group.placed), group.first) == (second, [child.pk], 1)


def test_siblings_who_went_together_get_places_together_or_none(term):
    (run,) = drawn_groups(1, term=term)
    announce(run)
    guardian = make_guardian()
    pair = apply(run, learners=make_children(2, guardian), by=guardian)

    (group,) = of(run).groups

    assert (group.placed, sorted(learners(group.waiting))) == ([], learners_of(pair))


def test_a_term_without_wishes_is_an_empty_rehearsal(term):
    found = rehearse(program=make_program(), term=term, seed=SEED)

    assert (found.groups, found.applications, found.without) == ([], 0, 0)


def test_queries_do_not_grow_with_wishes_and_groups(term):
    def count(run):
        with CaptureQueriesContext(connection) as queries:
            of(run)
        return len(queries)

    few = drawn_groups(1, term=term)
    announce(*few)
    apply(*few)
    many = drawn_groups(1, 1, 2, term=term)
    announce(*many)
    for _ in range(6):
        apply(*many)

    assert count(many[0]) == count(few[0]) <= 8


# -- The page ----------------------------------------------------------------------------------------


def test_the_page_says_that_the_key_is_thrown_away_and_names_the_children_of_one_group(by_receipt):
    first, _second = by_receipt
    enroll(first, make_child(first_name="Ilze"))
    coordinator = client_of(make_user(roles=[Role.COORDINATOR]))
    where = f"/desk/draws/rehearsal/?program={first.course.program_id}&term={first.term_id}&seed={SEED}"

    page, opened = coordinator.get(where), coordinator.get(f"{where}&group={first.pk}")

    assert (page.status_code, opened.status_code) == (200, 200)
    assert f"Vienreizēja atslēga: {SEED}." in words(page)
    assert ("Ilze" in words(page), "Ilze" in words(opened)) == (False, True)
    assert page.context["other_seed"] != SEED


@pytest.mark.parametrize("query", ["?program=x&term=", "?program=0&term=0", "?program={program}&term={term}&seed=<b>"])
def test_a_wrong_choice_is_said_beside_its_field(by_receipt, query):
    first, _second = by_receipt
    coordinator = client_of(make_user(roles=[Role.COORDINATOR]))
    query = query.format(program=first.course.program_id, term=first.term_id)

    answer = coordinator.get(f"/desk/draws/rehearsal/{query}")

    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert client_of(make_desk()).get(f"/desk/draws/rehearsal/{query}").status_code == 403
