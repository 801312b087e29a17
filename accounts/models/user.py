"""Who signs in: guardians, adult learners, teachers, instructors and staff; one account may be all of them."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.names import phone_digits, search_key

from .role import BUILDER_ROLES, STAFF_ROLES, Role


class UserQuerySet(models.QuerySet):
    def acting_for(self, learner_id):
        """Everybody who acts for a learner: the live guardians and the learner's own login."""
        guardian = models.Q(guardianships__learner=learner_id, guardianships__ended_at=None)
        return self.filter(guardian | models.Q(learner=learner_id), is_active=True).distinct()

    def matching(self, folded_words):
        """People whose name, e-mail or phone holds every one of the folded words."""
        matches = self
        for word in folded_words:
            matches = matches.filter(search_key__contains=word)
        return matches


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def get_by_natural_key(self, email):
        return self.get(email=email.strip().lower())

    def create_user(self, email, password=None, **fields):
        """A user without a password: signing in is by a code sent to the address."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_unusable_password() if password is None else user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with a login, known by e-mail."""

    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)  # null: enrolled by phone, no e-mail
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("surname"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=5, default="lv")
    search_key = models.CharField(max_length=400, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the admin"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_is_unique_in_any_case",
                violation_error_message=_("This e-mail address is already known."),
            ),
        ]

    def __str__(self):
        return self.get_full_name() or f"#{self.pk}"

    def __repr__(self):
        return f"<{type(self).__name__} #{self.pk}>"  # may come into a log or an error report: no name

    def save(self, *args, **kwargs):
        if self.email is not None:
            self.email = self.email.strip().lower() or None
        self.search_key = " ".join(
            [search_key(self.first_name, self.last_name), self.email or "", phone_digits(self.phone)]
        )
        super().save(*args, **kwargs)

    def get_full_name(self):
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self):
        return self.first_name

    @cached_property
    def roles(self) -> frozenset[str]:
        """The live roles, read once per request: one that is withdrawn is gone at the next."""
        return frozenset(self.role_grants.live().values_list("role", flat=True))

    @property
    def is_desk_staff(self):
        return bool(self.roles & STAFF_ROLES)

    @property
    def is_builder(self):
        return bool(self.roles & BUILDER_ROLES)

    @property
    def is_instructor(self):
        return Role.INSTRUCTOR in self.roles
