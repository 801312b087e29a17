"""Statements composed once: the same rows as a queryset gives, whatever the values and however many."""

from datetime import date

import pytest
from django.db import DataError, transaction
from django.forms import model_to_dict

from accounts.models import Learner, Residency, School
from accounts.outbox.models import Message
from accounts.statements import Insertion, Statement
from tests.factories import NOON, make_child, make_children, make_guardian, make_school

pytestmark = pytest.mark.django_db


def test_ids_lists_and_texts_go_where_the_queryset_has_them():
    liepaja, other = make_school("Liepājas skola", municipality="liepaja"), make_school("Cita skola")
    annija, roberts = make_child(school=liepaja), make_child(school=liepaja)
    make_child(school=other)
    statement = Statement(
        lambda name, ids: (
            Learner.objects.filter(school__municipality=name, pk__in=ids).select_related("school").order_by("pk")
        )
    )

    for _time in range(2):
        assert statement("liepaja", [annija.pk, roberts.pk]) == [annija, roberts]
        assert statement("liepaja", [roberts.pk]) == [roberts]
        assert statement("'; --", [roberts.pk]) == []
    assert statement("liepaja", [annija.pk])[0].school.name == "Liepājas skola"


def test_no_row_has_an_id_that_is_too_large_for_the_database():
    by_id = Statement(lambda pk: Learner.objects.filter(pk=pk))

    assert by_id(10**20) == []


def test_inserted_instances_get_their_ids_in_order():
    write = Insertion(School)
    for names in (["A"], ["B", "C", "D"], [str(number) for number in range(1200)]):
        schools = [School(name=name, municipality="ventspils", search_key=name) for name in names]

        write(schools)

        assert [School.objects.get(pk=one.pk).name for one in schools] == names
        assert [one._state.adding for one in schools] == [False] * len(names)
    write([])


def test_what_is_inserted_is_what_saving_would_have_kept():
    child = make_children(1)[0]
    facts = {"name": "Ņina", "at": NOON.isoformat(), "seats": 2}
    letter = Message(kind="x.y", event_key="k", learner=child, facts=facts, created_at=NOON, send_after=NOON)

    Insertion(Message)([letter])

    letter.refresh_from_db()
    assert (letter.facts, letter.created_at, letter.learner, letter.sent_at) == (facts, NOON, child, None)


def test_a_row_that_is_known_is_left_out_where_that_is_wanted():
    child = make_children(1)[0]
    write = Insertion(Message, skips_known=True)
    letters = [
        Message(kind="x.y", event_key=key, learner=child, created_at=NOON, send_after=NOON) for key in ("a", "a", "b")
    ]

    write(letters)
    write(letters[:1])

    assert sorted(Message.objects.values_list("event_key", flat=True)) == ["a", "b"]


@pytest.mark.parametrize("rows", [1, 40])
def test_few_and_many_keep_the_same(rows):
    """Values of each kind, some of them missing; choices as members of their class and as texts."""
    guardian = make_guardian()
    children = make_children(rows)
    given = [
        Learner(
            first_name=f'Ņ"{number}, \\', last_name="{}", birth_date=date(2016, 1, 1) if number % 2 else None,
            grade_school_year=None, residency=Residency.VENTSPILS if number % 2 else "elsewhere",
        )
        for number in range(rows)
    ]  # fmt: skip
    letters = [
        Message(
            kind="x.y", event_key=f"{number}", learner=child, recipient=guardian if number % 2 else None,
            facts={"list": [number, "a,b", None]}, created_at=NOON, send_after=NOON,
        )
        for number, child in enumerate(children)
    ]  # fmt: skip

    Insertion(Learner)(given)
    Insertion(Message)(letters)

    for one in (*given, *letters):
        kept = type(one).objects.get(pk=one.pk)
        assert model_to_dict(kept) == model_to_dict(one)


@pytest.mark.postgresql_only  # SQLite keeps texts of any length
@pytest.mark.parametrize("rows", [1, 40])
def test_what_is_too_long_is_refused_and_never_cut(rows):
    with pytest.raises(DataError), transaction.atomic():
        Insertion(School)([School(name="x" * 500, municipality="ventspils", search_key="x") for _ in range(rows)])
