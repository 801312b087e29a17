"""What is published tells nobody a small number: tried against somebody who tries every world behind it."""

from itertools import product

import pytest
from hypothesis import given, strategies as st

from enrollment.fairness import publishing, suppression
from enrollment.fairness.counting import Counts
from enrollment.fairness.suppression import FEW, HIDDEN, column
from tests.enrollment.fairness.attacks import could_be, told_apart, totals

NUMBERS = st.integers(min_value=0, max_value=30)


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([20, 30, 50], [20, 30, 50]),
        ([20, 3, 50], [HIDDEN, FEW, 50]),  # the smallest that is shown is left out besides
        ([0, 9, 50], [FEW, HIDDEN, 50]),  # nothing is no less telling than a little
        ([5, 1, 50, 7], [5, FEW, HIDDEN, 7]),  # 5 + 1 would say that the 1 is no more than that
        ([5, 1, 7, 7, 8], [HIDDEN, FEW, HIDDEN, HIDDEN, 8]),  # where none is large enough, some are together
        ([3, 4], None),  # 7 together: each of them would be known within 1
        ([1, 2, 0, 1], [FEW, FEW, FEW, FEW]),  # 4 together: each of them may be any of 0 to 4
        ([0, 0, 0], None),
        ([0, 6], None),
        ([], []),
    ],
)
def test_small_numbers_are_left_out_and_so_is_what_they_could_be_computed_from(numbers, shown):
    assert column(numbers) == shown


@given(st.lists(NUMBERS, max_size=14))
def test_no_small_number_of_a_column_can_be_computed_from_its_total(numbers):
    shown = column(numbers)

    if shown is not None:
        total = sum(numbers)
        assert [value for value in shown if isinstance(value, int) and value < 5] == []
        assert list(told_apart(shown, total, total)) == []
        assert [
            number
            for number, values in zip(numbers, could_be(shown, total, total), strict=True)
            if number not in values
        ] == []


@given(st.lists(NUMBERS, min_size=1, max_size=6), st.integers(0, 20), st.integers(0, 20))
def test_nor_from_a_total_that_is_known_within_limits(numbers, below, above):
    least, most = max(0, sum(numbers) - below), sum(numbers) + above

    if (shown := column(numbers, least=least, most=most)) is not None:
        assert list(told_apart(shown, least, most)) == []


def test_all_small_columns_one_by_one():
    """Every column of up to three numbers up to 11, so that no corner is left to chance."""
    undone = [
        (numbers, shown)
        for size in range(1, 4)
        for numbers in product(range(12), repeat=size)
        if (shown := column(numbers)) is not None and list(told_apart(shown, sum(numbers), sum(numbers)))
    ]

    assert undone == []


def test_the_attack_finds_what_leaving_out_the_small_ones_alone_would_tell(monkeypatch):
    """The twin without its guard: only what is small is left out."""
    monkeypatch.setattr(suppression, "_keeps_secret", lambda shown, least, most: True)

    shown = column([20, 3, 50])

    assert (shown, list(told_apart(shown, 73, 73)), could_be(shown, 73, 73)[1]) == ([20, FEW, 50], [1], {3})


# -- A whole report --------------------------------------------------------------------------------


@st.composite
def counts(draw):
    """Some children with all that is counted about each."""
    grades, topics = ["4", "5", "6", "other"], ["robotics", "science"]
    made = Counts(
        grades=grades, topics=topics, ways=["first_hour", "later", "queue"], rules=["clash", "several"], limit=2
    )
    child = st.tuples(
        st.integers(0, 2), st.booleans(), st.sampled_from(grades), st.sampled_from(made.ways), st.sampled_from(topics)
    )
    for number, had_before, grade, way, topic in draw(st.lists(child, max_size=60)):
        made.applied += 1
        made.with_one += number == 1
        made.with_more += number == 2
        made.first_time[had_before] += 1
        made.by_grade[grade] += 1
        both = [topic] if number < 2 else topics
        made.by_topic.update(both)
        if number:
            made.first_time_placed[had_before] += 1
            made.by_grade_placed[grade] += 1
            made.by_topic_placed.update(both)
            made.by_way[way] += 1
    made.past_rules.update(draw(st.dictionaries(st.sampled_from(made.rules), st.integers(1, 12))))
    made.offers.update(draw(st.dictionaries(st.sampled_from(["accepted", "declined", "expired"]), st.integers(1, 30))))
    return made


@given(counts())
def test_no_small_number_of_a_report_can_be_computed_from_all_of_it(made):
    """Every world of (with a place, without) that the numbers allow, and in each every world of each table."""
    report = publishing.figures(made)
    numbers, worlds = report["numbers"], list(totals(report["numbers"]))

    assert (made.placed, made.without) in worlds or made.applied > 40
    for name in ("placed", "without"):
        if numbers[name] == FEW:
            assert {world[name == "without"] for world in worlds} == set(range(5))
    for name, table in report["tables"].items():
        for at, heading in enumerate(table["columns"], 1):
            shown = [row[at] for row in table["rows"]]
            learned = [set() for _ in shown]
            for least, most in _limits(name, heading, worlds, made):
                learned = [known | values for known, values in zip(learned, could_be(shown, least, most), strict=True)]
            assert [key for key, value, known in zip([row[0] for row in table["rows"]], shown, learned, strict=True)
                    if value == FEW and known != set(range(5))] == [], (name, heading)  # fmt: skip


def _limits(name, heading, worlds, made):
    """The totals that a column can have, by all that is published: the attacker is told even more, the true ones."""
    if name in ("offers", "past_rules"):
        total = made.offers.total() if name == "offers" else made.past_rules.total()
        return {(total, total)}
    true = made.without if heading == publishing.WITHOUT else made.placed
    known = {without if heading == publishing.WITHOUT else placed for placed, without in worlds}
    assert true in known
    return (
        {(true, made.applied * 2 if heading == publishing.WITHOUT else true * 2)}
        if name == "topics"
        else {(true, true)}
    )
