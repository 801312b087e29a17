"""Who may do what, as predicates that pages, API and templates share."""

from allauth.account.authentication import get_authentication_records

from accounts.models import Role


def is_instructor(user) -> bool:
    return user.is_instructor


def is_desk_staff(user) -> bool:
    return user.is_desk_staff


def is_builder(user) -> bool:
    return user.is_builder


def is_manager(user) -> bool:
    return Role.MANAGER in user.roles


def is_administrator(user) -> bool:
    """Who may open the admin: flagged for it, and still holding a building role (or the operator's account)."""
    return user.is_staff and (user.is_superuser or is_builder(user))


def has_second_factor(request) -> bool:
    """Whether this session was opened with a second factor."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))
