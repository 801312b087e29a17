"""The proof of a draw: it accepts the true record and no other, and has an answer to any file at all."""

import copy
import json

import pytest
from hypothesis import given, strategies as st

from enrollment import allocation
from enrollment.allocation import verify
from tests.enrollment.records import MOMENTS, SEED, application, group, record_of

pytestmark = pytest.mark.once


# -- Tampering -----------------------------------------------------------------------------------


@pytest.fixture
def record():
    """Five applications for two overlapping groups and a third; one without any wish that fits."""
    return record_of(
        [group("A", 2, "B"), group("B", 1, "A"), group("C", 5)],
        [
            application("A", "B", "C", places=2), application("A", children=2), application("B", "A"), application(),
            application("A", "C", waits_for="A"),
        ],
        limit=2,
    )  # fmt: skip


def leaves(value, path=()):
    """The path of every value in a document that is no container, and of every list and object."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*path, key))


def change(document, path, how):
    *way, last = path
    for step in way:
        document = document[step]
    document[last] = how(document[last])


def other(value):
    """A value of the same kind that is another one."""
    match value:
        case bool() | None:
            return 3
        case int():
            return value + 1
        case str() if value.startswith("2026"):
            return value.replace("2026", "2025")
        case str():
            return ("0" if value[0] != "0" else "1") + value[1:]
        case list():
            return value[:-1] if value else ["A"]
        case dict():
            return {**value, "en": "more"}


def test_no_single_field_can_be_changed_unseen(record):
    assert verify(record).is_good

    for path in leaves(record):
        if path:
            tampered = copy.deepcopy(record)
            change(tampered, path, other)
            verdict = verify(tampered)
            assert not (verdict.seed_ok and verdict.order_ok and verdict.result_ok), path
            assert verdict.differences, path


def test_no_field_can_be_left_out_or_be_of_another_kind(record):
    for path in leaves(record):
        if not path:
            continue
        for wrong in (None, True, -1, 1.5, "", "x" * 301, [], {}, [[]], "\ud800", "\x1b[2J"):
            tampered = copy.deepcopy(record)
            change(tampered, path, lambda value, wrong=wrong: wrong)
            if tampered != record:
                assert not verify(tampered).is_good, (path, wrong)
        missing = copy.deepcopy(record)
        *way, last = path
        place = missing
        for step in way:
            place = place[step]
        del place[last]
        assert not verify(missing).is_good, path


def test_two_applications_can_not_change_places(record):
    for at in range(len(record["applications"]) - 1):
        tampered = copy.deepcopy(record)
        entries = tampered["applications"]
        entries[at], entries[at + 1] = entries[at + 1], entries[at]
        assert not verify(tampered).order_ok


def test_each_of_the_three_is_judged_by_itself(record):
    seed, order, result = (copy.deepcopy(record) for _ in range(3))
    seed["seed_sha256"] = "0" * 64
    order["applications"][0]["order"] = 7
    next(one for one in result["applications"] if one["given"])["given"] = []
    for one in (seed, order, result):
        one["sha256"] = allocation.fingerprint(one)  # whoever changes a record can write this anew

    assert [(one.seed_ok, one.order_ok, one.result_ok) for one in map(verify, (seed, order, result))] == [
        (False, True, True),
        (True, False, True),
        (True, True, False),
    ]
    assert verify(seed).differences == [
        allocation.Difference("seed", "seed_sha256", allocation.commitment(SEED), "0" * 64)
    ]


def test_another_seed_changes_every_number(record):
    record["seed"] = "0" * 64

    verdict = verify(record)

    assert (verdict.seed_ok, verdict.order_ok) == (False, False)
    assert len([one for one in verdict.differences if one.what == "number"]) >= 5


def test_an_application_can_not_be_added_or_taken_out(record):
    for at in range(len(record["applications"])):
        less, more = copy.deepcopy(record), copy.deepcopy(record)
        del less["applications"][at]
        more["applications"].insert(at, record["applications"][at])
        assert not verify(less).is_good
        assert not verify(more).is_good


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("closes_at", "2026-08-10T06:00:00+00:00", "moment"),
        ("limit", 1, "places"),
    ],
)
def test_what_contradicts_itself_is_said(record, name, value, what):
    record[name] = value

    assert what in {one.what for one in verify(record).differences}


def test_many_differences_are_counted_and_not_all_told():
    record = record_of([group("A", 200)], [application("A") for _ in range(300)])
    record["seed"] = "0" * 64

    told = verify(record).as_json()["differences"]

    assert (len(told), told[-1]["what"]) == (allocation.MOST_LISTED + 1, "further differences")


# -- Files that are no record ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b"{", "line 1"),
        (b'{"seed": NaN}', "NaN"),
        (b'{"seed": 1, "seed": 2}', "twice"),
        (b"[" * 200_000, "nested too deeply"),
        (b"9" * 5000, "not JSON"),
        (b"\x00", "not JSON"),
    ],
)
def test_what_is_no_json_is_refused_with_the_reason(octets, reason):
    with pytest.raises(allocation.Malformed, match=reason):
        allocation.read(octets)


def test_a_file_larger_than_any_draw_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(allocation, "MOST_OCTETS", 10)

    with pytest.raises(allocation.Malformed, match="larger"):
        allocation.read(b" " * 11)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(sorted(MOMENTS)), inner, max_size=4),
)  # fmt: skip


@given(JSON)
def test_any_document_at_all_gets_an_answer(document):
    verdict = verify(document)

    assert verdict.differences
    json.dumps(verdict.as_json())


@given(st.data())
def test_a_record_with_anything_anywhere_gets_an_answer(data):
    record = record_of(
        [group("A", 2), group("B")], [application("A", "B", places=2), application("A", children=2)], limit=2
    )
    path = data.draw(st.sampled_from([path for path in leaves(record) if path]))
    change(record, path, lambda value: data.draw(JSON))

    json.dumps(verify(record).as_json())
