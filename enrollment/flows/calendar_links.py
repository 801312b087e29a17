"""Private calendar addresses: made, replaced, revoked one by one. Only a hash of an address is kept."""

import base64
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.models import Learner, User
from courses.models import Room
from enrollment.models import FeedKind, FeedLink
from enrollment.models.feed import token_hash

MAX_LIVE_LINKS = 30  # per person: a family has a few programs each; past it something repeats itself


class TooManyLinks(Exception):
    """The person has as many live links as one may have; one of them must be revoked first."""


@transaction.atomic
def create(
    *,
    user: User,
    name: str,
    kind: FeedKind = FeedKind.FAMILY,
    learner: Learner | None = None,
    room: Room | None = None,
    language: str,
    now: datetime,
    key: UUID | None = None,
) -> tuple[FeedLink, str]:
    """A new link and its token, which is told this once.

    The token follows from `key`, made with the form, and the site's secret: the same form sent twice is one link.
    Raises TooManyLinks.
    """
    token = _token(user, key or uuid4())
    existing = FeedLink.objects.filter(user=user, token_sha256=token_hash(token)).first()
    if existing:
        return existing, token
    if FeedLink.objects.filter(user=user).live().count() >= MAX_LIVE_LINKS:
        raise TooManyLinks
    columns = {
        "user": user, "kind": kind, "learner": learner, "room": room, "name": name, "language": language, "created_at": now,
    }  # fmt: skip
    link, _is_new = FeedLink.objects.get_or_create(token_sha256=token_hash(token), defaults=columns)
    return link, token


@transaction.atomic
def replace(*, link: FeedLink, now: datetime, key: UUID) -> tuple[FeedLink, str]:
    """End a link and make another for the same calendar, for when an address got into wrong hands."""
    revoke(link=link, now=now)
    return create(
        user=link.user, name=link.name, kind=link.kind, learner=link.learner, room=link.room, language=link.language,
        now=now, key=uuid5(key, f"replaces {link.pk}"),
    )  # fmt: skip


def revoke(*, link: FeedLink, now: datetime) -> bool:
    """From now on the address answers as if it had never been. False when it was revoked before."""
    return bool(FeedLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now))


def _token(user: User, key: UUID) -> str:
    """32 octets that nobody can compute without the site's secret key."""
    mac = salted_hmac("enrollment.flows.calendar_links", f"{user.pk}:{key}", algorithm="sha256")
    return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()
