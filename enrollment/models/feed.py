"""Private calendar addresses: named, revocable, known by a hash alone."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Learner
from courses.models import FeedState, Room


class FeedKind(models.TextChoices):
    FAMILY = "family", _("family")  # all my children and me
    LEARNER = "learner", _("one learner")
    INSTRUCTOR = "instructor", _("lessons I teach")
    ROOM = "room", _("one room")


def new_token() -> str:
    """32 random octets for the address; shown once, stored only as a hash."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class FeedLinkQuerySet(models.QuerySet):
    def live(self):
        return self.filter(revoked_at=None)

    def visible_to(self, user):
        return self.filter(user=user)


class FeedLink(FeedState):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="feed_links")
    kind = models.CharField(max_length=12, choices=FeedKind, default=FeedKind.FAMILY)
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="feed_links", null=True, blank=True)
    room = models.ForeignKey(Room, models.PROTECT, related_name="feed_links", null=True, blank=True)
    name = models.CharField(_("name"), max_length=60)  # "Mammas telefons"
    token_sha256 = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=5, default="lv")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_fetched_at = models.DateTimeField(null=True, blank=True)
    last_fetched_by = models.CharField(max_length=60, blank=True)  # the program: "Apple", "Google", …

    objects = FeedLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar link")
        verbose_name_plural = _("calendar links")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FeedKind.values), name="feedlink_kind_is_known"),
            models.CheckConstraint(
                condition=Q(kind=FeedKind.LEARNER, learner__isnull=False)
                | (~Q(kind=FeedKind.LEARNER) & Q(learner=None)),
                name="feedlink_names_its_learner",
            ),
            models.CheckConstraint(
                condition=Q(kind=FeedKind.ROOM, room__isnull=False) | (~Q(kind=FeedKind.ROOM) & Q(room=None)),
                name="feedlink_names_its_room",
            ),
        ]

    def __str__(self):
        return f"#{self.pk} {self.kind}"
