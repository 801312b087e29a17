"""PostgreSQL with a cheaper look at whether a connection still lives.

Django asks the server before the first use in every request, which on an opening morning costs as much as a statement of
the work itself. A server that ends a connection says so on it at once: while a connection that was used a moment ago has
nothing to read, it lives. One that was idle for longer is asked, since its server may have gone without a word.
"""

import select
import time

from django.db.backends.postgresql import base

ASKED_AGAIN_AFTER_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    _known_at = 0.0  # when it was last known to live, on the monotonic clock
    _kept = None  # a cursor of the present connection

    def kept_cursor(self):
        """A cursor for statements that are read to their end at once: making one costs as much as a small statement."""
        if self.queries_logged:
            return self.cursor()
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self._kept is None or self._kept.cursor.connection is not self.connection:
            self._kept = self.cursor()
        return self._kept

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
