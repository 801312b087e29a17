"""Venues with an address, and the rooms in them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.languages import InLanguage


class Venue(models.Model):
    slug = models.SlugField(unique=True)
    name_lv = models.CharField(_("name in Latvian"), max_length=160)
    name_en = models.CharField(_("name in English"), max_length=160)
    short_name = models.CharField(_("short name"), max_length=40)  # "VIZIUM": what cards and calendars say
    address = models.CharField(_("address"), max_length=160, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    opening_hours = models.JSONField(
        _("opening hours"), default=list, blank=True
    )  # [{"days": ["mon"], "opens": "10:00", "closes": "19:00"}]

    name = InLanguage()

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")

    def __str__(self):
        return self.name


class Room(models.Model):
    slug = models.SlugField(unique=True)
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="rooms")
    name_lv = models.CharField(_("name in Latvian"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    capacity = models.PositiveSmallIntegerField(_("seats in the room"))
    use = models.CharField(_("use"), max_length=20, blank=True)

    name = InLanguage()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.CheckConstraint(condition=Q(capacity__gt=0), name="room_has_seats"),
        ]

    def __str__(self):
        return f"{self.venue.short_name}, {self.name}"
