"""Who is signed in: read on every request of theirs."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from accounts.statements import Statement

_user = Statement(lambda pk: User.objects.filter(pk=pk))


class Backend(AuthenticationBackend):
    def get_user(self, user_id):
        """The user while they may sign in; one who may no longer is gone at the next request."""
        user = next(iter(_user(int(user_id))), None)
        return user if user and self.user_can_authenticate(user) else None
