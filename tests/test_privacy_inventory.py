"""Every column says whether it is about a person, and the program keeps what the declarations promise."""

from datetime import date

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.urls import get_resolver
from rest_framework.serializers import ModelSerializer, Serializer

from accounts import logs
from accounts.models import Residency, TeacherProfile, User
from accounts.personal import Category, Erase, Export, Ground, Kept, Mask, Personal, Reader
from enrollment import inventory
from enrollment.inventory import INVENTORY
from enrollment.models import Enrollment
from tests.factories import NOON, make_child, make_guardian, make_school, make_slot, make_user
from tests.sound import OURS, SOUND

LIBRARIES = {"admin.LogEntry", "sessions.Session", "account.EmailAddress", "mfa.Authenticator"}  # with people in them
EMPTY_OF_PEOPLE = {  # of libraries: words of the program, or not used here
    "auth.Permission", "auth.Group", "contenttypes.ContentType", "account.EmailConfirmation",
}  # fmt: skip
# What tells who somebody is, rather than what they did.
TELLING = {Category.IDENTITY, Category.CONTACT, Category.AGE, Category.SCHOOLING, Category.RESIDENCE}


def columns(model):
    """Concrete columns and relations to many, by the names that the model gives them."""
    return {field.name for field in (*model._meta.concrete_fields, *model._meta.many_to_many)}


def told(text, value):
    return str(value) in text if len(str(value)) > 3 else str(value) in text.split()


# -- The declarations ----------------------------------------------------------------------------


def test_every_model_is_declared():
    assert {model._meta.label for model in INVENTORY} == {model._meta.label for model in OURS} | LIBRARIES
    assert {model._meta.label for model in apps.get_models()} - {
        model._meta.label for model in INVENTORY
    } == EMPTY_OF_PEOPLE


@pytest.mark.parametrize("model", INVENTORY, ids=lambda model: model._meta.label_lower)
def test_every_column_is_declared_and_no_other(model):
    declared = set(INVENTORY[model])

    assert columns(model) - declared == set(), "undeclared"
    assert declared - columns(model) == set(), "declared, and not there"


@pytest.mark.parametrize("model", INVENTORY, ids=lambda model: model._meta.label_lower)
def test_erasure_can_be_done_as_declared(model):
    declared = {name: one for name, one in INVENTORY[model].items() if one}
    fields = {name: model._meta.get_field(name) for name in declared}

    assert len({one.erase is Erase.DELETE_ROW for one in declared.values()}) <= 1, "a row is deleted whole or stays"
    for name, one in declared.items():
        field = fields[name]
        if one.erase is Erase.EMPTY:
            assert field.null or "" in (field.get_default(), *dict(field.flatchoices)) or _has_neutral(field), name
        if one.erase is Erase.DETACH:
            assert field.is_relation or model._meta.label == "admin.LogEntry" or _stays_with_a_reference(declared), name
        if one.export is Export.ROLE_ONLY:
            assert field.is_relation or model._meta.object_name == "Guardianship", name


def _has_neutral(field):
    return field.choices and Residency.UNKNOWN in dict(field.flatchoices)


def _stays_with_a_reference(declared):
    """A row about an employee stays as it is: it loses its person by what it refers to."""
    return all(one.erase is Erase.DETACH or one.category is not Category.STAFF for one in declared.values())


def test_what_nobody_reads_is_hidden_and_nothing_else():
    facts = {"category": Category.CONTACT, "purpose": "x", "ground": Ground.CONTRACT, "kept": Kept.PLACE,
             "export": Export.AS_IT_IS, "erase": Erase.EMPTY}  # fmt: skip

    with pytest.raises(ValueError, match="hidden"):
        Personal(**facts, mask=Mask.HIDDEN, readers=(Reader.SELF,))
    with pytest.raises(ValueError, match="hidden"):
        Personal(**facts, mask=Mask.WHOLE, readers=(Reader.NOBODY,))


# -- The program ---------------------------------------------------------------------------------


@pytest.fixture
def full_rows(db):
    """{model: a row whose personal columns are all filled}, beside a sound one of every other model."""
    rows = {model: make() for model, make in SOUND.items() if any(INVENTORY[model].values())}
    guardian = make_guardian(email="ilze.kalnberza@example.lv", first_name="Ilze", last_name="Kalnbērza")
    child = make_child(
        guardian, first_name="Sniedze", last_name="Kalnbērza", birth_date=date(2016, 3, 27), grade=4,
        school=make_school("Piejūras skola"), residency=Residency.VENTSPILS,
    )  # fmt: skip
    child.calendar_name = "Sniedzīte"
    child.save()
    teacher = TeacherProfile.objects.create(
        user=guardian, school=child.school, subject="Informātika", confirmed_at=NOON
    )
    party = Enrollment.objects.create(
        run=make_slot(), submission=rows[Enrollment].submission, guest_name="Zemīte", guest_email="zemite@example.lv",
        state="confirmed", received_at=NOON, changed_at=NOON, priority=1,
    )  # fmt: skip
    return rows | {User: guardian, type(child): child, TeacherProfile: teacher, Enrollment: party}


def personal_values(row):
    """(column, value as text, declared) of what tells who somebody is."""
    for name, one in INVENTORY[type(row)].items():
        if one and one.category in TELLING and not type(row)._meta.get_field(name).is_relation and getattr(row, name):
            yield name, str(getattr(row, name)), one


def test_a_rows_text_names_nobody_but_where_pages_show_the_name(full_rows):
    leaks = [
        f"{type(row).__name__}.{name}"
        for row in full_rows.values()
        for name, value, one in personal_values(row)
        if told(str(row), value) and not one.names
    ]

    assert [name for name, _value, one in personal_values(full_rows[User]) if one.names] == ["first_name", "last_name"]
    assert leaks == []


def test_a_rows_representation_names_nobody(full_rows):
    """It is what comes into logs, tracebacks and error reports."""
    leaks = [
        f"{type(row).__name__}.{name}"
        for row in full_rows.values()
        for name, value, _one in personal_values(row)
        if told(repr(row), value)
    ]

    assert leaks == []


def test_log_lines_carry_no_column_that_tells_who_somebody_is():
    telling = {name for _model, name, one in inventory.personal() if one.category in TELLING or one.mask is Mask.HIDDEN}

    assert "email" in telling
    assert telling & set(logs.EXTRAS) == set()
    assert [name for name in logs.EXTRAS if not name.endswith(("_id", "_ms", "_code")) and name != "reference"] == []


def serializers_of_ours():
    assert get_resolver().url_patterns  # imports the API
    found, waiting = [], [Serializer]
    while waiting:
        waiting.extend(waiting.pop().__subclasses__())
        found.extend(
            one for one in waiting if one.__module__.partition(".")[0] in ("accounts", "courses", "enrollment")
        )
    return set(found)


def test_serializers_name_their_fields_and_offer_nothing_hidden():
    hidden = {name for _model, name, one in inventory.personal() if one.mask is Mask.HIDDEN}

    assert len(serializers_of_ours()) > 5
    for serializer in serializers_of_ours():
        assert not issubclass(serializer, ModelSerializer), f"{serializer}: name the fields one by one"
        assert set(serializer._declared_fields) & hidden - {"created_at"} == set(), serializer


@pytest.mark.parametrize("model", [model for model in admin.site._registry if model in INVENTORY])
def test_the_admin_shows_what_administrators_may_read_and_little_of_it_in_lists(model):
    shown = admin.site._registry[model]
    declared = {name: one for name, one in INVENTORY[model].items() if one}
    plain = {name: name.removesuffix("_id") for name in (*shown.list_display, *(shown.fields or ()))}

    for name, column in plain.items():
        if column in declared:
            assert Reader.ADMINISTRATOR in declared[column].readers, name
            if name == column and name in shown.list_display and declared[column].category in TELLING:
                assert declared[column].mask is Mask.WHOLE, name
    assert shown.fields, "names its fields"


@pytest.mark.django_db
def test_the_log_of_the_admin_keeps_no_names(client):
    keeper = make_user(first_name="Valdis", last_name="Ozols", is_staff=True, is_superuser=True)
    person = make_guardian(first_name="Ilze", last_name="Kalnbērza")
    client.force_login(keeper)

    client.post(f"/admin/accounts/user/{person.pk}/change/", {"is_active": "", "is_staff": ""})

    entry = apps.get_model("admin.LogEntry").objects.get()
    assert entry.object_repr == f"user #{person.pk}"
    assert "Kalnbērza" not in entry.change_message


# -- The document --------------------------------------------------------------------------------


@pytest.mark.once
def test_the_document_is_as_make_privacy_docs_writes_it():
    assert inventory.DOCUMENT.read_text(encoding="utf-8") == inventory.document(inventory.written_by_hand())


@pytest.mark.once
def test_the_document_tells_of_every_personal_column_and_keeps_what_people_wrote(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(inventory, "DOCUMENT", tmp_path / "privacy.md")
    inventory.DOCUMENT.write_text(f"# By hand\n{inventory.BEGINS}\nold\n", encoding="utf-8")

    call_command("privacy_docs")

    text = inventory.DOCUMENT.read_text(encoding="utf-8")
    assert text.startswith("# By hand\n")
    assert "\nold\n" not in text
    untold = [
        f"{model.__name__}.{name}"
        for model, name, _one in inventory.personal()
        if f"`{model.__name__}.{name}`" not in text
    ]
    assert untold == []
    assert capsys.readouterr().out.startswith("privacy.md: ")
