"""Imports point down, names say what they mean, and each of these rules can fail."""

from functools import cache
from pathlib import Path

import pytest

from tests import architecture

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
RULES = [
    architecture.imports_upwards,
    architecture.imports_of_plumbing,
    architecture.imports_between_siblings,
    architecture.unexplained_inner_imports,
    architecture.imports_against_the_layers,
    architecture.cycles,
    architecture.modules_named_for_nothing,
]


@cache
def project():
    return architecture.read(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule):
    assert rule(project()) == []


def test_no_file_is_longer_than_a_module_should_be():
    assert architecture.long_files(ROOT) == []


def test_nothing_lies_at_the_top_that_a_newcomer_would_not_expect():
    assert architecture.strangers(ROOT) == []


def test_the_project_is_seen_at_all():
    tree = project()

    assert {"accounts.models.user", "courses.models", "enrollment.settings.base"} <= set(tree.modules)
    assert {architecture.app_of(one.source) for one in tree.imports} == set(architecture.APPS)


# -- The rules themselves, each shown a tree that breaks it ---------------------------------------


@pytest.fixture
def plant(tmp_path):
    """Write {path: source} below a temporary folder, with the packages' __init__.py, and return the folder."""

    def plant_files(files):
        for name, source in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
            for folder in path.relative_to(tmp_path).parents:
                if folder != Path() and path.suffix == ".py":
                    (tmp_path / folder / "__init__.py").touch()
        return tmp_path

    return plant_files


@pytest.mark.parametrize(
    ("rule", "files", "found"),
    [
        (
            architecture.imports_upwards,
            {"accounts/flows.py": "from courses import models\n", "courses/models.py": "import accounts\n"},
            ["accounts.flows:1 imports courses.models"],
        ),
        (
            architecture.imports_upwards,
            {"courses/flows.py": "def flow():\n    import enrollment.models\n", "enrollment/models.py": ""},
            ["courses.flows:2 imports enrollment.models"],
        ),
        (
            architecture.imports_of_plumbing,
            {"enrollment/flows.py": "from .settings import base\nfrom enrollment import urls\n"}
            | {"enrollment/settings/base.py": "", "enrollment/settings/test.py": "from .base import *\n"}
            | {"enrollment/urls/family.py": ""},
            ["enrollment.flows:1 imports enrollment.settings.base", "enrollment.flows:2 imports enrollment.urls"],
        ),
        (
            architecture.imports_between_siblings,
            {"enrollment/payments/apps.py": "", "enrollment/payments/models.py": "from enrollment.models import Run\n"}
            | {"enrollment/messages/apps.py": "", "enrollment/models.py": ""}
            | {"enrollment/messages/flows.py": "from enrollment.payments.models import Invoice\n"},
            ["enrollment.messages.flows:1 imports enrollment.payments.models"],
        ),
        (
            architecture.unexplained_inner_imports,
            {"accounts/flows.py": "def why():\n    import json  # slow to load\n\ndef flow():\n    import json\n"},
            ["accounts.flows:5"],
        ),
        (
            architecture.imports_against_the_layers,
            {"courses/models/run.py": "from courses.flows.seats import take\n", "courses/flows/seats.py": ""},
            ["courses.models.run:1 imports courses.flows.seats (layer 1 imports layer 3)"],
        ),
        (
            architecture.imports_against_the_layers,
            {"courses/models.py": "from . import ages\n", "courses/ages.py": "from . import forms\n"}
            | {"courses/forms.py": ""},
            ["courses.models:1 imports courses.ages (layer 1 imports layer 4)"],
        ),
        (
            architecture.imports_against_the_layers,
            {"accounts/outbox/models.py": "import accounts.outbox.flows\n", "accounts/outbox/flows.py": ""},
            ["accounts.outbox.models:1 imports accounts.outbox.flows (layer 1 imports layer 3)"],
        ),
        (
            architecture.cycles,
            {"accounts/ages.py": "from accounts import names\n", "accounts/names.py": "from .ages import age\n"},
            ["accounts.ages -> accounts.names -> accounts.ages"],
        ),
        (
            architecture.modules_named_for_nothing,
            {"courses/flows/utils.py": "", "courses/common/money.py": "", "courses/flows/seats.py": ""},
            ["courses.common", "courses.common.money", "courses.flows.utils"],
        ),
    ],
)
def test_a_rule_finds_what_breaks_it(plant, rule, files, found):
    assert sorted(rule(architecture.read(plant(files)))) == found


def test_what_is_allowed_is_not_found(plant):
    files = {
        "accounts/models.py": "from django.db import models\nfrom accounts.ages import age\n",
        "accounts/ages.py": "import datetime\n",
        "courses/flows/runs.py": "from accounts.models import User\nfrom courses.models import Run\nfrom . import seats\n",
        "courses/flows/seats.py": "from ..models import Run\n",
        "courses/models.py": "",
        "enrollment/views/family.py": "from enrollment import forms\nfrom enrollment.flows import enrollments\n",
        "enrollment/forms.py": "from enrollment.flows import enrollments\n",
        "enrollment/flows/enrollments.py": "from courses.flows import seats\n",
    }

    tree = architecture.read(plant(files))

    assert [broken for rule in RULES for broken in rule(tree)] == []


def test_a_long_file_is_found(plant):
    root = plant({"courses/models.py": "\n" * 401, "courses/views.py": "\n" * 400, "tests/test_all.py": "\n" * 500})

    assert architecture.long_files(root) == ["courses/models.py: 401", "tests/test_all.py: 500"]


def test_a_stranger_at_the_top_is_found(plant):
    root = plant({"notes.txt": "", ".gitignore": "var/\n*.pyc\n", "var/db": "", "README.md": "", "old.pyc": ""})

    assert architecture.strangers(root) == ["notes.txt"]
