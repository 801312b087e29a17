"""SQLite for one process of many threads: writers queue up instead of polling.

SQLite has one writer at a time; a thread that finds it busy sleeps up to 100 ms and tries again, so
that forty families at once spend nearly all their time asleep. Within a process this backend lets
them wait for a lock instead, and the next goes on the moment the one before it commits. Other
processes (the worker) still meet SQLite's own lock; nothing about isolation changes.
"""

import threading
from collections import defaultdict

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

_turns = defaultdict(threading.Lock)  # {database file: whose turn it is to write}


class DatabaseWrapper(base.DatabaseWrapper):
    _turn = None

    def _start_transaction_under_autocommit(self):
        turn = _turns[str(self.settings_dict["NAME"])]
        seconds = self.settings_dict["OPTIONS"].get("timeout", 5)
        if not turn.acquire(timeout=seconds):
            raise OperationalError("database is locked")
        self._turn = turn
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._give_turn()
            raise

    def _commit(self):
        super()._commit()
        self._give_turn()  # a commit that failed is rolled back, and gives the turn then

    def _rollback(self):
        try:
            super()._rollback()
        finally:
            self._give_turn()

    def _close(self):
        try:
            super()._close()
        finally:
            self._give_turn()

    def _give_turn(self):
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.release()
