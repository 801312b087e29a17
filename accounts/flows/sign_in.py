"""Signing in by a code or a link sent to an e-mail address; the first time makes the account."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.outbox import delivery, flows as outbox
from accounts.outbox.models import Message

LINK_MINUTES = 30  # as long as the code lives
_SALT = "accounts.sign-in-link"


def new_code() -> str:
    """Six digits: easy to read aloud and to type on a phone; five attempts make guessing hopeless."""
    return f"{secrets.randbelow(10**6):06d}"


@transaction.atomic
def account_for(*, email: str, language: str) -> User:
    """The account of that address, made now when there is none: known and new addresses look alike (TRUST, 19)."""
    user, _ = User.objects.get_or_create(email=email.strip().lower(), defaults={"language": language, "password": "!"})
    return user


def send_code(*, email, code, next_address, language, now) -> bool:
    """Send the code and a link that does the same on another device. Sent at once; the worker repeats what failed."""
    user = User.objects.get(email=email.strip().lower())
    message = outbox.draft(
        kind=delivery.SIGN_IN_CODE, event_key=f"sign-in-{user.pk}-{now.timestamp():.6f}", recipient=user,
        language=language or user.language, now=now,
        facts={"code": code, "link": settings.SITE_ADDRESS + link_path(user, next_address=next_address)},
    )  # fmt: skip
    message.save()
    return delivery.send(message, now=now)


def link_path(user: User, *, next_address: str = "") -> str:
    """The path of a link that signs in once: it dies with the next sign-in, or after LINK_MINUTES."""
    token = signing.dumps({"user": user.pk, "seen": _seen(user), "next": next_address}, salt=_SALT, compress=True)
    return reverse("sign_in_link", args=[token])


def read_link(token: str) -> tuple[User, str] | None:
    """The user and the next address of a valid link; None when it is false, old or used."""
    try:
        claims = signing.loads(token, salt=_SALT, max_age=timedelta(minutes=LINK_MINUTES))
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=claims["user"], is_active=True).first()
    if user is None or claims["seen"] != _seen(user):
        return None
    next_address = claims["next"] if url_has_allowed_host_and_scheme(claims["next"], allowed_hosts=None) else ""
    return user, next_address


def _seen(user):
    return user.last_login.isoformat() if user.last_login else ""


def forget_unused_accounts(*, now) -> int:
    """Remove accounts whose address was typed but never proven; how many."""
    old = User.objects.filter(last_login=None, date_joined__lt=now - timedelta(days=7), first_name="")
    unused = old.filter(guardianships=None, learner=None, role_grants=None)
    ids = list(unused.values_list("pk", flat=True))
    Message.objects.filter(recipient__in=ids).delete()
    return User.objects.filter(pk__in=ids).delete()[0]
