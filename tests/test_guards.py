"""The guards of tests/guards.py, provoked."""

import socket
import warnings

import pytest
from django.conf import settings
from django.template import Context, engines
from django.template.base import Origin, Template

from tests import guards

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "address", [("192.0.2.1", 80), ("2001:db8::1", 443, 0, 0), ("example.org", 80), ("10.0.0.1", 1)]
)
def test_no_test_connects_to_another_machine(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(guards.NetworkUsed):
        connection.connect(address)


def test_no_test_asks_a_name_server():
    with pytest.raises(guards.NetworkUsed):
        socket.create_connection(("example.org", 80))


def test_this_machine_is_allowed():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_a_warning_is_an_error():
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def render(source, path=None, **context):
    path = path or settings.BASE_DIR / "templates" / "page.html"
    engine = engines["django"].engine

    return Template(source, Origin(str(path)), str(path), engine).render(Context(context))


@pytest.mark.parametrize(
    "source",
    [
        "{{ missing }}",
        "{{ person.missing }}",
        "{{ missing|default:'–' }}",
        "{% for one in missing %}{% endfor %}{{ missing }}",
        "{% blocktranslate %}Hello {{ missing }}{% endblocktranslate %}",
        "{% load i18n %}{% blocktranslate with name=missing %}{{ name }}{% endblocktranslate %}",
    ],
)
def test_an_undefined_variable_of_our_templates_fails(source):
    with pytest.raises(guards.UndefinedVariable, match=r"page\.html: undefined variable .*missing"):
        render(source, person={"name": "Anna"})


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% if missing %}yes{% else %}no{% endif %}", "no"),
        ("{{ empty }}|{{ nothing }}|{{ empty|default:'–' }}", "|None|–"),
    ],
)
def test_what_a_template_may_ask(source, shown):
    assert render(source, empty="", nothing=None) == shown


def test_the_templates_of_libraries_are_left_as_they_are():
    path = settings.BASE_DIR / ".venv" / "lib" / "site-packages" / "library" / "page.html"

    assert render("{{ missing }}|{{ missing|default:'–' }}", path) == "|–"
    assert render("{% blocktranslate %}Hello {{ missing }}{% endblocktranslate %}", path) == "Hello "


def test_the_attributes_of_an_allauth_element_are_optional():
    path = settings.BASE_DIR / "templates" / "allauth" / "elements" / "field.html"

    assert render("{{ attrs.placeholder }}", path, attrs={}) == ""
    with pytest.raises(guards.UndefinedVariable):
        render("{{ missing }}", path, attrs={})
