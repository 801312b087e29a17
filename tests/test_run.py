"""The closing line and the exit code of tests/run.py."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.run import Counts, closing_line, verdict

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("total", "line"),
    [
        (Counts(passed=12), "12 passed, 0 failed"),
        (Counts(passed=12, failed=1), "12 passed, 1 failed"),
        (Counts(passed=12, failed=1, skipped=2), "12 passed, 1 failed, 2 skipped"),
    ],
)
def test_the_closing_line(total, line):
    assert closing_line(total) == line


@pytest.mark.parametrize(
    ("counts", "exit_code", "reasons"),
    [
        (Counts(passed=1), 0, []),
        (Counts(passed=1, failed=1), 1, ["sqlite: 1 failed"]),
        (Counts(passed=1, skipped=1), 0, ["sqlite: 1 skipped or expected to fail; every test has to run"]),
        (Counts(), 0, ["sqlite: no test passed"]),
        (Counts(passed=1), 3, ["sqlite: pytest ended with exit code 3"]),
    ],
)
def test_what_makes_a_run_bad(counts, exit_code, reasons):
    assert verdict({"sqlite": counts}, {"sqlite": exit_code}) == reasons


ONE_OF_EACH = """
import pytest

def test_passes(): pass
def test_fails(): assert False
def test_errs(missing_fixture): pass
def test_is_skipped(): pytest.skip("no")
def test_is_expected_to_fail(): pytest.xfail("no")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tests", "last_line", "exit_code"),
    [
        ("def test_passes(): pass", "1 passed, 0 failed", 0),
        (ONE_OF_EACH, "1 passed, 2 failed, 2 skipped", 1),
        ("raise RuntimeError", "0 passed, 1 failed", 1),
    ],
)
def test_a_whole_run_ends_with_its_verdict(tmp_path, tests, last_line, exit_code):
    (tmp_path / "test_some.py").write_text(tests)
    command = [sys.executable, "-m", "tests.run", "--only=sqlite", "-p", "tests.conftest", "--rootdir=.", "-c"]
    command += ["pyproject.toml", str(tmp_path)]

    run = subprocess.run(command, capture_output=True, text=True, cwd=postgres.VAR_DIR.parent, stdin=subprocess.DEVNULL)

    assert (run.stdout.splitlines()[-1], run.returncode) == (last_line, exit_code), run.stdout + run.stderr


@pytest.mark.slow
def test_a_server_is_gone_when_its_run_is_over():
    with postgres.server() as url, psycopg.connect(url) as connection:
        (data,) = connection.execute("SHOW data_directory").fetchone()
        pid = int(Path(data, "postmaster.pid").read_text().split()[0])
        assert int(connection.execute("SHOW max_connections").fetchone()[0]) >= 200

    assert not Path(data).exists()
    assert not Path("/proc", str(pid)).exists()
