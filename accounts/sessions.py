"""Sessions in the database, read at every request by a statement that is composed once.

Not kept in the memory of a process: who signs out in one would stay signed in at the others (TRUST, 17).
"""

from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.statements import Statement

_of_key = Statement(lambda key: db.SessionStore.get_model_class().objects.filter(session_key=key))


class SessionStore(db.SessionStore):
    def _get_session_from_db(self):
        found = _of_key(self.session_key or "")
        if found and found[0].expire_date > timezone.now():
            return found[0]
        self._session_key = None
        return None
