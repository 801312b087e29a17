"""That a learner belongs to Ventspils: declared by the family, confirmed by staff who saw it."""

from datetime import datetime

from django.db import transaction

from accounts import staff_log
from accounts.models import Learner, User


@transaction.atomic
def confirm(*, learner: Learner, by: User, now: datetime) -> bool:
    """Note that the declared school or residence was seen; False when it was confirmed before."""
    confirmed = Learner.objects.filter(pk=learner.pk, evidence_confirmed_at=None).update(
        evidence_confirmed_at=now, changed_at=now
    )
    if confirmed:
        staff_log.write(by=by, about=learner, what="evidence confirmed", now=now)
    return bool(confirmed)
