from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = _("Enrollment")

    def ready(self):
        # Models can be imported only now. The outbox lies below this app and does not know what its letters carry.
        from accounts.outbox import delivery  # see above
        from enrollment import attachments, invitations  # see above

        for letter in ("place_given", "trial_agreed", "group_exchanged"):
            delivery.attachments[f"enrollment.{letter}"] = attachments.lessons_of_place
        for letter in ("substitution", "lessons_changed", "place_given", "group_cancelled"):
            delivery.alternatives[f"enrollment.{letter}"] = invitations.in_letter
