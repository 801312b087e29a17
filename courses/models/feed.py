"""What a calendar address remembers between fetches, so that an unchanged feed costs almost nothing."""

from django.db import models


class FeedState(models.Model):
    """`fingerprint` is cheap to compute and changes whenever the calendar may have changed;

    `etag` is the hash of the octets last sent, `octets_changed_at` the time they last differed, so
    that Last-Modified only ever moves forward, also after a deletion (CALENDARS, 9).
    """

    fingerprint = models.CharField(max_length=200, blank=True, default="")
    etag = models.CharField(max_length=64, blank=True, default="")
    octets_changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class PublicFeed(FeedState):
    path = models.CharField(max_length=300)
    language = models.CharField(max_length=5)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["path", "language"], name="publicfeed_is_kept_once")]

    def __str__(self):
        return self.path
