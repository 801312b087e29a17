"""Granting and ending roles of staff. A role that ended is gone at the next request."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import RoleGrant, User
from accounts.permissions import is_manager


def may_grant(user: User) -> bool:
    """Managers, and the operator's account."""
    return user.is_superuser or is_manager(user)


@transaction.atomic
def grant(*, user: User, role: str, by: User, now: datetime) -> RoleGrant:
    """Give somebody a role; the live grant when they have it already. Nobody gives themself one (TRUST, 14)."""
    if not may_grant(by) or (user.pk == by.pk and not by.is_superuser):
        raise PermissionDenied
    given, _ = RoleGrant.objects.get_or_create(
        user=user, role=role, ended_at=None, defaults={"granted_by": by, "granted_at": now}
    )
    return given


def end(*, role_grant: RoleGrant, by: User, now: datetime) -> bool:
    """Take a role back; False when it had ended before."""
    if not may_grant(by):
        raise PermissionDenied
    return bool(RoleGrant.objects.live().filter(pk=role_grant.pk).update(ended_at=now))
