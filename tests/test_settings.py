"""What each environment insists on before it starts, asked of a fresh process as an operator's would be."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.once, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent
SECRET = "$ecret-of-the-test-" + "0123456789abcdefghijklmnopqrstuvwxyz"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "enrollment.settings.production",
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "enroll.example",
    "DATABASE_URL": "postgres://enrollment:secret@127.0.0.1:1/enrollment",
    "EMAIL_URL": "smtp+tls://sender:secret@127.0.0.1:587",
    "SITE_ADDRESS": "https://enroll.example",
}
DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "enrollment.settings.development"}


def manage(*arguments, environment):
    """Run manage.py in this environment and no other; the exit code and both outputs together."""
    run = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return run.returncode, run.stdout


def ask(expression, environment):
    """The value of an expression about the settings, as text."""
    program = f"from django.conf import settings; settings.DEBUG; print({expression})"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )
    return run.stdout.strip() or run.stderr.strip().splitlines()[-1]


def refusal(variable, problem):
    return f"django.core.exceptions.ImproperlyConfigured: Environment variable {variable}: {problem}. See docs/operations.md."


def test_production_passes_every_check_of_deployment():
    assert manage("check", "--deploy", "--fail-level=DEBUG", environment=PRODUCTION) == (
        0,
        "System check identified no issues (0 silenced).\n",
    )


@pytest.mark.parametrize("variable", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_URL", "SITE_ADDRESS"])
@pytest.mark.parametrize("given", [{}, {"empty": ""}], ids=["missing", "empty"])
def test_production_starts_with_nothing_missing(variable, given):
    environment = {name: value for name, value in PRODUCTION.items() if name != variable}
    environment |= dict.fromkeys([variable] if given else [], "")

    assert ask("settings", environment) == refusal(variable, "is not set")


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("SECRET_KEY", "short", "is not a secret of at least 50 characters of its own"),
        ("SECRET_KEY", "k7" * 40, "is not a secret of at least 50 characters of its own"),
        ("DATABASE_URL", "mysql://127.0.0.1/x", "begins with neither sqlite:/// nor postgres://"),
        ("SITE_ADDRESS", "enroll.example", "'enroll.example' is not of the form https://host"),
        ("SITE_ADDRESS", "https://enroll.example/", "'https://enroll.example/' is not of the form https://host"),
        ("LOCK_TIMEOUT_SECONDS", "ten", "invalid literal for int() with base 10: 'ten'"),
        ("SECURE_SSL_REDIRECT", "maybe", "'maybe' is neither yes nor no"),
    ],
)
def test_production_refuses_what_is_malformed(variable, value, problem):
    assert ask("settings", PRODUCTION | {variable: value}) == refusal(variable, problem)


def test_production_refuses_mail_that_it_cannot_send():
    assert ask("settings", PRODUCTION | {"EMAIL_URL": "pigeon://loft"}).startswith(
        "django.core.exceptions.ImproperlyConfigured: Environment variable EMAIL_URL: begins with none of smtp,"
    )


def test_production_refuses_the_key_of_development():
    key = ask("settings.SECRET_KEY", DEVELOPMENT)

    assert len(key) >= 50
    assert ask("settings", PRODUCTION | {"SECRET_KEY": key}) == refusal(
        "SECRET_KEY", "is not a secret of at least 50 characters of its own"
    )


def test_production_takes_a_secret_as_it_is():
    assert ask("settings.SECRET_KEY", PRODUCTION) == SECRET


def test_production_has_no_demonstration_however_it_is_asked():
    asked = PRODUCTION | {"DEMO": "1", "DEBUG": "1"}

    assert ask("(settings.DEMO, settings.DEBUG)", asked) == "(False, False)"


def test_production_keeps_the_limits_of_its_database():
    limits = "-c lock_timeout=3s -c statement_timeout=20s -c idle_in_transaction_session_timeout=30s"

    assert ask("settings.DATABASES['default']['OPTIONS']['options']", PRODUCTION) == limits


def test_sqlite_begins_every_transaction_as_a_writer_in_every_environment():
    database = "settings.DATABASES['default']"
    asked = f"{database}['ENGINE'], {database}['OPTIONS']['transaction_mode']"
    production = PRODUCTION | {"DATABASE_URL": "sqlite:////tmp/enrollment.sqlite3"}

    assert [ask(asked, environment) for environment in (DEVELOPMENT, production)] == ["accounts.sqlite IMMEDIATE"] * 2


def test_development_starts_with_nothing_set():
    code, output = manage("check", environment={})

    assert (code, output) == (0, "System check identified no issues (0 silenced).\n")


def test_no_model_waits_for_a_migration():
    code, output = manage("makemigrations", "--check", "--dry-run", environment={})

    assert (code, output) == (0, "No changes detected\n")


def test_every_variable_that_is_read_is_documented_and_no_other():
    sources = [path.read_text() for path in (ROOT / "enrollment" / "settings").glob("*.py")]
    read = {name for source in sources for name in re.findall(r"""\benv(?:\.\w+)?\(["']([A-Z_]+)["']""", source)}
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.partition("## Environment")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)) == read | {"DJANGO_SETTINGS_MODULE"}
