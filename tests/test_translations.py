"""The Latvian catalogue says everything that the sources say, and nothing else."""

import gettext as gnu
from io import BytesIO

import polib
import pytest
from babel.messages import mofile, pofile

from tests import catalogue
from tests.catalogue import Message

pytestmark = pytest.mark.once


def test_the_latvian_catalogue_is_complete():
    found = catalogue.problems(polib.pofile(str(catalogue.PO), wrapwidth=0), catalogue.messages())

    assert found == [], "\n".join(["", *found])


def test_the_catalogue_is_as_make_messages_writes_it():
    found = polib.pofile(str(catalogue.PO), wrapwidth=0)
    written = polib.pofile(str(catalogue.PO), wrapwidth=0)
    catalogue.update(written, catalogue.messages())

    assert [entry.msgid for entry in found] == [entry.msgid for entry in written]


def test_latvian_has_three_forms():
    with catalogue.PO.open("rb") as file:
        compiled = BytesIO()
        mofile.write_mo(compiled, pofile.read_po(file, locale="lv"))
    compiled.seek(0)

    plural = gnu.GNUTranslations(compiled).plural

    assert {0: plural(0), 1: plural(1), 2: plural(2), 11: plural(11), 21: plural(21), 111: plural(111)} == {
        0: 2, 1: 0, 2: 1, 11: 1, 21: 0, 111: 1,
    }  # fmt: skip


# -- Reading the sources --------------------------------------------------------------------------


def read(*messages):
    return [(message.context, message.text, message.plural) for message in messages]


def test_strings_of_python_are_found_under_any_name():
    source = """
from django.utils import translation
from django.utils.translation import gettext as say, gettext_lazy as _, ngettext, npgettext_lazy, pgettext
say("said"), _("lazy " "and joined"), translation.gettext("by module"), pgettext("month", "May")
ngettext("%(n)s seat", "%(n)s seats", 2) % {"n": 2}, npgettext_lazy("chair", "seat", "seats", "n")
f"{say('inside')}", say(variable), other("not this")
"""

    assert sorted(read(*catalogue.from_python(source, "flows.py")), key=str) == sorted(
        [
            (None, "said", ""),
            (None, "lazy and joined", ""),
            (None, "by module", ""),
            ("month", "May", ""),
            (None, "%(n)s seat", "%(n)s seats"),
            ("chair", "seat", "seats"),
            (None, "inside", ""),
        ],
        key=str,
    )


@pytest.mark.parametrize("glued", ['_(f"Hello {name}")', '_("Hello " + name)', '_("Hello %s" % name)'])
def test_a_string_put_together_is_refused(glued):
    with pytest.raises(ValueError, match=r"flows\.py:1: a translatable string is put together"):
        list(catalogue.from_python(glued, "flows.py"))


def test_strings_of_templates_are_found():
    source = """{% load i18n %}
{% translate "Anna's 50%" %}{% translate "May" context "month" as may %}
{% component label=_("Label") %}{{ name|default:_("nobody") }}
{% blocktranslate count n=seats trimmed %}
  {{ n }} seat
{% plural %}
  {{ n }} seats
{% endblocktranslate %}
{# translate "Not this" #}
"""

    assert read(*catalogue.from_template(source, "page.html")) == [
        (None, "Anna's 50%%", ""),
        ("month", "May", ""),
        (None, "Label", ""),
        (None, "nobody", ""),
        (None, "%(n)s seat", "%(n)s seats"),
    ]


# -- Judging --------------------------------------------------------------------------------------


def entry(msgid, msgstr="", plural="", forms=(), **more):
    return polib.POEntry(msgid=msgid, msgstr=msgstr, msgid_plural=plural, msgstr_plural=dict(enumerate(forms)), **more)


SEATS = Message("%(n)s seat", plural="%(n)s seats")


@pytest.mark.parametrize(
    ("entries", "wanted", "problems"),
    [
        ([entry("Seat", "Vieta")], {Message("Seat")}, []),
        ([], {Message("Seat", place="a.py:1")}, ["missing: 'Seat', a.py:1"]),
        ([entry("Seat", "Vieta")], {Message("Seat", "chair", place="a.py:1")},
         ["missing: 'Seat' (context 'chair'), a.py:1", "not in the sources: 'Seat'"]),
        ([entry("Seat", " ")], {Message("Seat")}, ["empty: 'Seat'"]),
        ([entry("Seat", "Vieta", flags=["fuzzy"])], {Message("Seat")}, ["fuzzy: 'Seat'"]),
        ([entry("Seat", "Vieta", obsolete=True)], set(), ["obsolete: 'Seat'"]),
        ([entry("Seat", "Vieta")], set(), ["not in the sources: 'Seat'"]),
        ([entry("Seat", "Vieta", comment="library: allauth")], set(), []),
        ([entry("Hello %(name)s", "Sveiki")], {Message("Hello %(name)s")}, ["other placeholders: 'Hello %(name)s'"]),
        ([entry("Hello {name}", "Sveiki, {nams}")], {Message("Hello {name}")}, ["other placeholders: 'Hello {name}'"]),
        ([entry("100%% of %(n)s", "100%% no %(n)s")], {Message("100%% of %(n)s")}, []),
        ([entry("Name: ", "Vārds:")], {Message("Name: ")}, ["other space or line break at its ends: 'Name: '"]),
        ([entry(SEATS.text, plural=SEATS.plural, forms=["%(n)s vieta", "%(n)s vietas", "nav vietu"])], {SEATS}, []),
        ([entry(SEATS.text, plural=SEATS.plural, forms=["viena vieta", "%(n)s vietas", "nav vietu"])], {SEATS},
         ["other placeholders: '%(n)s seat'"]),
        ([entry(SEATS.text, plural=SEATS.plural, forms=["%(n)s vieta", "%(n)s vietas"])], {SEATS},
         ["not 3 plural forms: '%(n)s seat'"]),
        ([entry(SEATS.text, "%(n)s vieta")], {SEATS}, ["other plural than in the sources: '%(n)s seat', "]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_catalogue(entries, wanted, problems):
    file = polib.POFile()
    file.extend(entries)

    assert catalogue.problems(file, wanted) == problems


def test_bringing_a_catalogue_up_to_date_keeps_what_is_said():
    file = polib.POFile()
    file.extend([entry("Seat", "Vieta"), entry("Old", "Vecs"), entry("Send", "Sūtīt", comment="library: allauth")])

    catalogue.update(file, {Message("Seat"), SEATS})

    assert [(one.msgid, one.msgstr, one.flags) for one in file] == [
        ("%(n)s seat", "", ["python-format"]),
        ("Seat", "Vieta", []),
        ("Send", "Sūtīt", []),
    ]
    assert file[0].msgstr_plural == {0: "", 1: "", 2: ""}
