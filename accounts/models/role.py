"""What a member of staff may do: roles are granted and ended, never edited away."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    INSTRUCTOR = "instructor", _("Instructor")
    DESK = "desk", _("Front desk")
    COORDINATOR = "coordinator", _("Coordinator")
    MANAGER = "manager", _("Manager")


STAFF_ROLES = frozenset({Role.DESK, Role.COORDINATOR, Role.MANAGER})  # may open the desk
BUILDER_ROLES = frozenset({Role.COORDINATOR, Role.MANAGER})  # may build the season


class RoleGrantQuerySet(models.QuerySet):
    def live(self):
        return self.filter(ended_at=None)


class RoleGrant(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="rolegrant_role_is_known"),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(ended_at=None),
                name="rolegrant_is_live_once",
                violation_error_message=_("This person already has this role."),
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()} #{self.user_id}"
