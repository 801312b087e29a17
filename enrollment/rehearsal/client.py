"""Sends what the browsers of many families send, and measures: `python client.py PLAN`, a process of its own.

The plan is a JSON file:

    {"host", "port", "phases": [{"name", "requests": ["POST / HTTP/1.1 …", …], "at": [seconds, …]},
                                {"name", "requests": […], "connections": 16}]}

A phase with `at` sends each request at its moment, whatever the server does, as people do. One with `connections` keeps
that many under way, to see how many a second the server can answer. Every request has a connection of its own.

Standard output: {"progress": {"phase", "done", "of"}} now and then; at the end {"phases": [{"name", "seconds",
"cpu_seconds", "late_ms", "answers": [[status, seconds, location], …]}]} in the order of the requests. `seconds` of an
answer count from the moment at which it was to be sent; status 0 means that the connection failed. `late_ms` is by how
much this program itself sent too late at worst: while that is small, it is not what is being measured.

Knows neither Django nor this project, so that it starts quickly and costs little: about 0.1 ms of a core per request.
"""

import json
import select
import socket
import sys
import time

SECONDS_TO_ANSWER = 60
SECONDS_BETWEEN_PROGRESS = 0.5
MOST_OCTETS = 65_536


class Exchange:
    """One request on a connection of its own."""

    __slots__ = ("at", "index", "received", "sent_at", "socket", "unsent")

    def __init__(self, index, octets, at):
        self.index, self.unsent, self.at = index, octets, at  # `at`: when it was to be sent, on the monotonic clock
        self.sent_at, self.received = None, b""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Phase:
    """Plays one phase of the plan."""

    def __init__(self, address, phase, tell):
        self.address, self.name, self.tell = address, phase["name"], tell
        self.octets = [text.encode() for text in phase["requests"]]
        self.at, self.connections = phase.get("at"), phase.get("connections")
        self.answers = [None] * len(self.octets)
        self.poll, self.open = select.epoll(), {}  # {file descriptor: Exchange}
        self.next, self.done, self.late, self.told_at = 0, 0, 0.0, 0.0

    def play(self):
        """The outcome; see above."""
        began, cpu = time.monotonic(), time.process_time()
        self.began = began
        while self.done < len(self.octets):
            self._send_due()
            for descriptor, _event in self.poll.poll(self._patience()):
                self._go_on(self.open[descriptor])
            self._give_up()
            self._progress()
        self.poll.close()
        return {
            "name": self.name, "seconds": time.monotonic() - began, "cpu_seconds": time.process_time() - cpu,
            "late_ms": self.late * 1000, "answers": self.answers,
        }  # fmt: skip

    def _send_due(self):
        while self.next < len(self.octets):
            now = time.monotonic()
            at = now if self.at is None else self.began + self.at[self.next]
            if at > now or (self.connections and len(self.open) >= self.connections):
                return
            self.late = max(self.late, now - at)
            exchange = Exchange(self.next, self.octets[self.next], at)
            self.next += 1
            self.open[exchange.socket.fileno()] = exchange
            self.poll.register(exchange.socket.fileno(), select.EPOLLOUT)
            error = exchange.socket.connect_ex(self.address)
            if error not in (0, 115):  # EINPROGRESS
                self._end(exchange, 0)

    def _patience(self):
        """Seconds until something has to be sent, at most until the next look around."""
        if self.at is None or self.next == len(self.octets):
            return SECONDS_BETWEEN_PROGRESS
        return max(0.0, min(SECONDS_BETWEEN_PROGRESS, self.began + self.at[self.next] - time.monotonic()))

    def _go_on(self, exchange):
        try:
            if exchange.unsent:
                exchange.unsent = exchange.unsent[exchange.socket.send(exchange.unsent) :]
                if not exchange.unsent:
                    self.poll.modify(exchange.socket.fileno(), select.EPOLLIN)
                return
            octets = exchange.socket.recv(MOST_OCTETS)
        except BlockingIOError:
            return
        except OSError:
            self._end(exchange, 0)
            return
        exchange.received += octets
        if not octets or is_complete(exchange.received):
            self._end(exchange, *read(exchange.received))

    def _end(self, exchange, status, location=""):
        del self.open[exchange.socket.fileno()]
        exchange.socket.close()  # which also takes it out of the poll
        self.answers[exchange.index] = [status, time.monotonic() - exchange.at, location]
        self.done += 1

    def _give_up(self):
        latest = time.monotonic() - SECONDS_TO_ANSWER
        for exchange in [one for one in self.open.values() if one.at < latest] if self.open else ():
            self._end(exchange, 0)

    def _progress(self):
        if time.monotonic() - self.told_at >= SECONDS_BETWEEN_PROGRESS:
            self.told_at = time.monotonic()
            self.tell({"progress": {"phase": self.name, "done": self.done, "of": len(self.octets)}})


def is_complete(octets: bytes) -> bool:
    """Whether the answer has arrived with its whole body; without a length it ends with the connection."""
    head, separator, body = octets.partition(b"\r\n\r\n")
    length = _header(head, b"content-length")
    return bool(separator) and length.isdigit() and len(body) >= int(length)


def read(octets: bytes) -> tuple[int, str]:
    """(status, address that it leads to) of an answer; (0, "") of what is none."""
    head, separator, _body = octets.partition(b"\r\n\r\n")
    if not separator or not octets.startswith(b"HTTP/1."):
        return 0, ""
    return int(octets[9:12]), _header(head, b"location").decode("latin-1")


def _header(head, name):
    at = head.lower().find(b"\r\n" + name + b":")
    return head[at + len(name) + 3 :].split(b"\r\n", 1)[0].strip() if at >= 0 else b""


def main():
    with open(sys.argv[1]) as file:
        plan = json.load(file)

    def tell(document):
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()

    address = (plan["host"], plan["port"])
    tell({"phases": [Phase(address, phase, tell).play() for phase in plan["phases"]]})


if __name__ == "__main__":
    main()
