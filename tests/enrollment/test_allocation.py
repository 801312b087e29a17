"""The rule of a draw, by hand and by chance."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from enrollment import allocation
from enrollment.allocation import allocate, verify
from tests.enrollment.records import SEED, application, draws, group, record_of

pytestmark = pytest.mark.once


# -- By hand -------------------------------------------------------------------------------------


def test_each_in_turn_gets_the_best_wish_that_is_free():
    outcome = allocate(
        [group("A"), group("B"), group("C")], [application("A", "B"), application("A", "B"), application("B", "C")]
    )

    assert outcome == [(["A"], []), (["B"], []), (["C"], [])]


def test_whoever_gets_nothing_joins_every_queue_it_asked_for():
    outcome = allocate(
        [group("A"), group("B", 0)], [application("A"), application("B", "A"), application("A", "B", waits_for="B")]
    )

    assert outcome == [(["A"], []), ([], ["B", "A"]), ([], ["B"])]


def test_nobody_has_two_places_while_somebody_could_have_one():
    outcome = allocate([group("A"), group("B")], [application("A", "B", places=2), application("A", "B")])

    assert outcome == [(["A"], ["B"]), (["B"], [])]


def test_second_places_come_in_a_second_round_in_the_same_order():
    outcome = allocate(
        [group("A", 2), group("B", 2)],
        [application("A", "B", places=2), application("A", places=1), application("B", "A", places=2)],
    )

    assert outcome == [(["A", "B"], []), (["A"], []), (["B"], ["A"])]


def test_what_overlaps_is_neither_given_nor_waited_for():
    groups = [group("A", 1, "B"), group("B", 5, "A"), group("C", 0)]

    assert allocate(groups, [application("A", "B", "C", places=3)]) == [(["A"], ["C"])]


def test_siblings_get_a_place_for_all_or_go_on():
    outcome = allocate([group("A", 1), group("B", 2)], [application("A", "B", children=2), application("A")])

    assert outcome == [(["B"], []), (["A"], [])]


def test_siblings_wait_together_and_a_place_that_is_left_goes_to_the_next():
    outcome = allocate([group("A", 2)], [application("A"), application("A", children=2), application("A")])

    assert outcome == [(["A"], []), ([], ["A"]), (["A"], [])]


def test_wishes_that_did_not_fit_leave_an_application_without_any():
    assert allocate([group("A")], [application()]) == [([], [])]


def test_numbers_are_those_of_any_other_tool():
    # printf %s 00000000-0000-4000-8000-000000000001 | openssl dgst -sha256 -hmac 5eed…; printf %s 5eed… | sha256sum
    assert (
        allocation.number(SEED, "00000000-0000-4000-8000-000000000001")
        == "16f8780c21e417a2175e26473a4f4b88de8cd88656e8f0a21f74f351cc7c21ba"
    )
    assert allocation.commitment(SEED) == "9619e2c3275e1e8be9ca29f0d7e0668cfdc675efcac99dbfa3ed48872c69809f"


def test_the_lowest_number_comes_first():
    record = record_of([group("A", 3)], [application("A") for _ in range(20)])

    assert [one["order"] for one in record["applications"]] == list(range(1, 21))
    assert all(before["number"] < after["number"] for before, after in pairwise(record["applications"]))
    assert [one["given"] for one in record["applications"]] == [["A"]] * 3 + [[]] * 17
    assert [(one["given"], one["waiting"]) for one in record["groups"]] == [(3, 17)]


def test_a_pseudonym_that_comes_twice_is_no_draw():
    twice = application("A")

    with pytest.raises(ValueError, match="twice"):
        record_of([group("A")], [twice, twice])


# -- By chance -----------------------------------------------------------------------------------


@given(draws())
def test_no_group_gets_more_children_than_it_has_places(drawn):
    record = record_of(*drawn)

    for one in record["groups"]:
        given_places = sum(each["children"] for each in record["applications"] if one["group"] in each["given"])
        assert given_places == one["given"] <= one["free"]


@given(draws())
def test_nobody_has_a_second_place_where_somebody_has_none(drawn):
    record = record_of(*drawn)
    without = [one for one in record["applications"] if not one["given"]]

    for rich in record["applications"]:
        for extra in rich["given"][1:]:
            assert [poor for poor in without if extra in poor["wishes"] and poor["children"] <= rich["children"]] == []


@given(draws())
def test_nobody_later_has_what_somebody_earlier_liked_better(drawn):
    """First places: whoever comes earlier in the order had every wish that a later one of the same size got."""
    record = record_of(*drawn)

    for at, earlier in enumerate(record["applications"]):
        liked_better = (
            earlier["wishes"][: earlier["wishes"].index(earlier["given"][0])] if earlier["given"] else earlier["wishes"]
        )
        for later in record["applications"][at + 1 :]:
            if later["given"] and later["children"] >= earlier["children"]:
                assert later["given"][0] not in liked_better


@given(draws())
def test_what_is_given_was_wished_fits_together_and_is_not_too_much(drawn):
    record = record_of(*drawn)
    overlaps = {one["group"]: set(one["overlaps"]) for one in record["groups"]}

    for one in record["applications"]:
        assert len(one["given"]) <= one["places"]
        assert set(one["given"]) <= set(one["wishes"])
        assert set(one["queued"]) <= set(one["waits_for"]) - set(one["given"])
        assert not any(overlaps[name] & (set(one["given"]) | {name}) for name in one["given"])
        assert not any(overlaps[name] & set(one["given"]) for name in one["queued"])
        assert not (one["queued"] and len(one["given"]) == one["places"])


@given(draws(), st.randoms(use_true_random=False))
def test_the_result_does_not_depend_on_who_applied_first(drawn, dice):
    groups, applications = drawn
    shuffled = dice.sample(applications, k=len(applications))

    assert record_of(groups, applications) == record_of(groups, shuffled)


@given(draws())
def test_the_true_record_is_accepted_also_from_its_file(drawn):
    record = record_of(*drawn)

    assert verify(record) == allocation.Verdict(seed_ok=True, order_ok=True, result_ok=True)
    assert allocation.read(allocation.as_text(record).encode()) == record
