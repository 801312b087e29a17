"""The append-only history of places: every change of state is exactly one row (TRUST, I8).

Replaying the rows of an enrollment gives its state; triggers in the database refuse to change a row.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.models import CourseRun
from enrollment import causes
from enrollment.refusals import Reason

from .enrollment import Enrollment, EnrollmentState


class LedgerEvent(models.TextChoices):
    RECEIVED = "received", _("application received")  # its first row: a place, or a place in the queue
    OFFERED = "offered", _("a freed place was offered")
    PROMOTED = "promoted", _("a freed place was given")
    ACCEPTED = "accepted", _("the offer was accepted")
    DECLINED = "declined", _("the offer was declined")
    EXPIRED = "expired", _("the offer ended without an answer")
    GIVEN_BACK = "given_back", _("the place was given back")
    RELEASED = "released", _("the place was passed on")
    RESTORED = "restored", _("undone")
    LEFT_QUEUE = "left_queue", _("left the queue")
    CANCELLED = "cancelled", _("cancelled by the centre")
    MOVED = "moved", _("moved to another group")
    DRAWN = "drawn", _("drawn by lot")  # the first row of what a draw gave
    TRANSFERRED = "transferred", _("changed for a place in another group")
    KEPT = "kept", _("the place was kept after the trial lesson")
    TRIAL_ENDED = "trial_ended", _("the trial lesson ended without a word")
    ASKED = "asked", _("asked whether they still come")  # changes no state
    RECONFIRMED = "reconfirmed", _("they still come")  # changes no state
    UNCONFIRMED = "unconfirmed", _("nobody said that they still come")
    STANDBY = "standby", _("given at the door")
    NO_SHOW = "no_show", _("did not come")
    SKIPPED = "skipped", _("passed over: not enough places for all together")  # changes no state


class LedgerEntry(models.Model):
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="ledger")
    run = models.ForeignKey(CourseRun, models.PROTECT, related_name="ledger")
    number = models.PositiveIntegerField()  # 1, 2, 3 … within the enrollment
    event = models.CharField(max_length=12, choices=LedgerEvent)
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12, choices=EnrollmentState)
    seats = models.SmallIntegerField()  # change of seats held: +1, 0, -1, or the head count of a party
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )  # none: the system
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    overrides = models.CharField(max_length=120, blank=True)  # codes of the refusals that staff overrode: "limit,clash"

    class Meta:
        verbose_name = _("ledger row")
        verbose_name_plural = _("ledger rows")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "number"], name="ledger_rows_are_numbered"),
            models.CheckConstraint(condition=Q(event__in=LedgerEvent.values), name="ledger_event_is_known"),
            models.CheckConstraint(condition=Q(to_state__in=EnrollmentState.values), name="ledger_state_is_known"),
        ]
        indexes = [models.Index(fields=["run", "id"], name="ledger_of_run")]

    def __str__(self):
        return f"#{self.enrollment_id}.{self.number} {self.event}"

    @property
    def reason_words(self) -> str:
        """The reason in the reader's language: what the code wrote in words, what a person wrote as it stands."""
        return causes.words(self.reason)

    @property
    def overridden(self) -> list[str]:
        """The rules that staff overrode, in words."""
        known = dict(Reason.choices)
        return [str(known.get(code, code)) for code in self.overrides.split(",") if code]
