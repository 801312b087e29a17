"""Runs the client beside the server, and reads what it measured."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from enrollment.demo.serving import end, start
from enrollment.rehearsal.serving import HOST, Site

CLIENT = Path(__file__).with_name("client.py")


class ClientFailed(Exception):
    """The client ended without an outcome."""


@dataclass(frozen=True)
class Answer:
    status: int  # 0: the connection failed
    seconds: float  # from the moment at which the request was to be sent
    location: str


@dataclass(frozen=True)
class Played:
    """One phase as the client saw it."""

    name: str
    seconds: float
    cpu_seconds: float  # of the client itself
    late_ms: float  # by how much the client was late at worst
    answers: list[Answer]  # in the order of the requests

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds

    @property
    def client_share(self) -> float:
        """Of one core."""
        return self.cpu_seconds / self.seconds


def phase(name: str, requests: list[str], *, at: list[float] | None = None, connections: int | None = None) -> dict:
    """A phase of the client's plan: each request at its moment, or that many under way at all times."""
    return {"name": name, "requests": requests, **({"at": at} if at is not None else {"connections": connections})}


def play(
    site: Site, phases: list[dict], *, progress: Callable[[str, int, int], None] = lambda name, done, of: None
) -> list[Played]:
    """Let a client of its own process send it all; `progress` gets phase, requests answered and requests in all."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps({"host": HOST, "port": site.port, "phases": phases}))
        client = start([sys.executable, str(CLIENT), str(plan)], stdout=subprocess.PIPE, text=True)
        try:
            for line in client.stdout:
                document = json.loads(line)
                if "phases" in document:
                    return [
                        Played(**one | {"answers": [Answer(*answer) for answer in one["answers"]]})
                        for one in document["phases"]
                    ]
                seen = document["progress"]
                progress(seen["phase"], seen["done"], seen["of"])
        finally:
            client.stdout.close()
            end([client])
    raise ClientFailed("The client ended without an outcome; what it said is above.")


def percentile(answers: list[Answer], share: float) -> float:
    """Milliseconds within which that share of the answers came; 0 when there were none."""
    ordered = sorted(one.seconds for one in answers)
    return ordered[ceil(share * len(ordered)) - 1] * 1000 if ordered else 0.0
