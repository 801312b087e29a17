"""PostgreSQL with a cheaper look at whether a connection still lives.

Django asks the server before the first use in every request, which on an opening morning costs as much as a statement of
the work itself. A server that ends a connection says so on it at once: while a connection that was used a moment ago has
nothing to read, it lives. One that was idle for longer is asked, since its server may have gone without a word.
"""

import select
import time

from django.db.backends.postgresql import base
from psycopg.pq import ExecStatus

ASKED_AGAIN_AFTER_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    _known_at = 0.0  # when it was last known to live, on the monotonic clock
    _kept = None  # a cursor of the present connection
    _prepared_on, _prepared = None, {}  # a connection, and what is prepared on it: {SQL: name}

    def kept_cursor(self):
        """A cursor for statements that are read to their end at once: making one costs as much as a small statement."""
        if self.queries_logged:
            return self.cursor()
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self._kept is None or self._kept.cursor.connection is not self.connection:
            self._kept = self.cursor()
        return self._kept

    def first_row(self, sql: str, text: str) -> tuple[str | None, ...] | None:
        """The first row of a statement of our own with one value, as texts.

        Prepared, sent and read by the driver's lowest layer: for a statement that is asked thousands of times a second a
        cursor costs as much as the server's answer. Whatever goes wrong there is asked again, and told, in the usual way.
        """
        if not self.queries_logged and not self.in_atomic_block:
            self.close_if_health_check_failed()
            self.ensure_connection()
            result = self._ask(sql, text.encode())
            if result is not None:
                if not result.ntuples:
                    return None
                values = (result.get_value(0, column) for column in range(result.nfields))
                return tuple(None if value is None else value.decode() for value in values)
            self._prepared_on = None
        with self.cursor() as cursor:
            cursor.execute(sql, [text])
            row = cursor.fetchone()
        return row and tuple(None if value is None else str(value) for value in row)

    def _ask(self, sql, value):
        """The result; None when it is none: a lost connection, a statement that the server has forgotten."""
        server = self.connection.pgconn
        if self._prepared_on is not self.connection:
            self._prepared_on, self._prepared = self.connection, {}
        name = self._prepared.get(sql)
        if name is None:
            name = b"kept_%d" % len(self._prepared)
            if server.prepare(name, sql.replace("%s", "$1").encode()).status != ExecStatus.COMMAND_OK:
                return None
            self._prepared[sql] = name
        result = server.exec_prepared(name, [value])
        return result if result.status == ExecStatus.TUPLES_OK else None

    def is_usable(self):
        now = time.monotonic()
        is_recent = now - self._known_at < ASKED_AGAIN_AFTER_SECONDS
        usable = (is_recent and self._is_silent()) or super().is_usable()
        self._known_at = now if usable else 0.0
        return usable

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        self._known_at = time.monotonic()
        return connection

    def _is_silent(self):
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
