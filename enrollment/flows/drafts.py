"""Half-typed forms, kept until they are sent."""

from datetime import datetime

from accounts.models import User
from enrollment.models import FormDraft


def save(*, user: User, form: str, data: dict[str, str], now: datetime) -> FormDraft:
    """Keep what was typed so far; the newest wins, whichever device it came from."""
    draft, _ = FormDraft.objects.update_or_create(user=user, form=form, defaults={"data": data, "saved_at": now})
    return draft


def forget(*, user: User, form: str) -> None:
    """The form was sent, or its writer begins again."""
    FormDraft.objects.filter(user=user, form=form).delete()
