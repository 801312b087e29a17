"""Whether the site works, for monitors: no session, no cookie, and an answer within seconds whatever is down."""

import select
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from accounts.outbox import heartbeats
from accounts.outbox.models import Message

WORKER_STALE_AFTER = timedelta(seconds=30)
SECONDS_TO_ANSWER = 2


@audience(Audience.PUBLIC)
@require_safe
def healthz(request):
    """{"status", "database", "worker", "outbox_waiting"}; 503 when the database does not answer.

    worker: "ok", "stale" (silent for 30 s) or "unknown" (never seen, or the database is down).
    outbox_waiting: letters that should have left by now; null when nobody can tell.
    """
    try:
        health = _health(now=timezone.now())
    except (DatabaseError, InterfaceError, OSError):
        connection.close()
        health = {"status": "down", "database": "down", "worker": "unknown", "outbox_waiting": None}
    response = JsonResponse(health, status=503 if health["status"] == "down" else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _health(*, now):
    _connect()
    seen = heartbeats.last(heartbeats.WORKER)
    worker = "unknown" if seen is None else "ok" if now - seen <= WORKER_STALE_AFTER else "stale"
    return {
        "status": "ok" if worker == "ok" else "degraded",
        "database": "ok",
        "worker": worker,
        "outbox_waiting": Message.objects.due(now=now).count(),
    }


def _connect():
    """Ask the server itself, with limits of our own: a page may wait longer for the database than a monitor."""
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        with connection.wrap_database_errors:
            _ask(connection.connection)


def _ask(probe):
    """One query that is waited for only so long, also when the server's process stands still."""
    wire = probe.pgconn
    wire.send_query(b"SELECT 1")
    answered = select.poll()
    answered.register(wire.socket, select.POLLIN)
    if not answered.poll(SECONDS_TO_ANSWER * 1000):
        probe.close()
        raise OperationalError("the database is silent")
    while result := wire.get_result():
        if result.error_message:
            raise OperationalError("the database refuses a query")
