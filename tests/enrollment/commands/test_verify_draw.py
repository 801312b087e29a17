"""`manage.py verify_draw FILE`: the verdict on a published draw, from its file alone."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from enrollment import allocation
from tests.enrollment.records import application, group, record_of

pytestmark = pytest.mark.once

GOOD = {"seed_ok": True, "order_ok": True, "result_ok": True, "differences": []}


@pytest.fixture
def record():
    return record_of([group("A"), group("B", 3)], [application("A", "B") for _ in range(4)])


@pytest.fixture
def write(tmp_path):
    def write_file(content):
        path = tmp_path / "draw.json"
        path.write_bytes(content if isinstance(content, bytes) else allocation.as_text(content).encode())
        return path

    return write_file


def verify(capsys, *arguments):
    """(exit code, standard output)."""
    code = 0
    try:
        call_command("verify_draw", *map(str, arguments))
    except SystemExit as ended:
        code = ended.code
    return code, capsys.readouterr().out


def test_a_true_record_ends_with_0(record, write, capsys):
    code, told = verify(capsys, write(record), "--json")

    assert (code, json.loads(told)) == (0, GOOD)


def test_a_changed_record_ends_with_1_and_says_what(record, write, capsys):
    first = record["applications"][0]
    first["given"] = []

    code, told = verify(capsys, write(record), "--json")

    found = json.loads(told)
    assert (code, found["seed_ok"], found["order_ok"], found["result_ok"]) == (1, True, True, False)
    assert found["differences"][0] == {"where": first["pseudonym"], "what": "given", "expected": ["A"], "found": []}


@pytest.mark.parametrize("octets", [b"", b"not json", b"[]", b"{}", b"\xff", b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_whatever_a_file_holds_the_answer_is_a_document(octets, write, capsys):
    code, told = verify(capsys, write(octets), "--json")

    found = json.loads(told)
    assert (code, list(found)) == (1, list(GOOD))
    assert found["differences"]


def test_in_words_a_hostile_file_can_not_write_to_the_terminal(write, capsys):
    _code, told = verify(capsys, write(json.dumps({"\x1b[2J": 1, "\ud800": 2}).encode()))

    assert "\x1b" not in told
    assert "\\u001b[2J: expected" in told


def test_in_words_the_verdict_is_said_first(record, write, capsys):
    _code, told = verify(capsys, write(record))

    assert told.splitlines() == [
        "seed: as it should be",
        "order: as it should be",
        "result: as it should be",
        "differences: 0",
    ]


@pytest.mark.parametrize("name", ["nowhere.json", ".", "a\0b"])
def test_without_a_file_to_read_it_ends_with_2(name, tmp_path):
    with pytest.raises(CommandError) as refused:
        call_command("verify_draw", f"{tmp_path}/{name}")

    assert refused.value.returncode == 2


def test_no_database_is_needed(record, write):
    nowhere = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_draw", str(write(record)), "--json"]

    done = subprocess.run(command, env=os.environ | nowhere, capture_output=True, text=True, check=False)

    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, GOOD, "")


def test_used_wrongly_it_ends_with_2():
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_draw"]

    done = subprocess.run(command, capture_output=True, check=False)

    assert (done.returncode, done.stdout) == (2, b"")
