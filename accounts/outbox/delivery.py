"""Rendering and sending what waits in the outbox: at least once, recognisably the same (TRUST, 7)."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import User
from accounts.outbox import flows
from accounts.outbox.models import Message

logger = logging.getLogger(__name__)

RETRY_AFTER_MINUTES = (1, 5, 30, 120, 360, 720)  # then the letter is given up and shows on the desk
SIGN_IN_CODE = "accounts.sign_in_code"

# {message kind: function of (message, facts) -> [(file name, content, mime type)]}, filled by the apps above.
attachments: dict[str, Callable[[Message, dict], list[tuple[str, str, str]]]] = {}

# {message kind: function of (message, facts) -> [(text, type)]}: the same once more, for programs that understand it.
alternatives: dict[str, Callable[[Message, dict], list[tuple[str, str]]]] = {}


def readable(facts: dict, language: str) -> dict:
    """Facts as templates use them: times and dates parsed, texts in two languages chosen."""
    return {name: _readable(name, value, language) for name, value in facts.items()}


def _readable(name, value, language):
    match value:
        case str() if name.endswith("_at") and value:
            return timezone.localtime(datetime.fromisoformat(value))
        case str() if name.endswith("_on") and value:
            return date.fromisoformat(value)
        case {"lv": _, "en": _}:
            return value.get(language) or value["lv"]
        case dict():
            return readable(value, language)
        case list():
            return [_readable(name, item, language) for item in value]
        case _:
            return value


def compose(message: Message) -> EmailMultiAlternatives:
    """The letter in the recipient's language, with its plain-text twin and what is attached."""
    app, _, name = message.kind.partition(".")
    stem = f"{app}/emails/{name}"
    facts = readable(message.facts, message.language)
    context = {
        "facts": facts, **facts, "site": settings.SITE_ADDRESS, "LANGUAGE_CODE": message.language,
        "CENTRE_PHONE": settings.CENTRE_PHONE, "CENTRE_EMAIL": settings.CENTRE_EMAIL,
    }  # fmt: skip
    with translation.override(message.language):
        subject = " ".join(render_to_string(f"{stem}.subject.txt", context).split())
        letter = EmailMultiAlternatives(
            subject=subject, body=_tidy(render_to_string(f"{stem}.txt", context)),
            to=[message.address], reply_to=[settings.CENTRE_EMAIL],
            # The same id at every attempt, so that a letter sent twice is recognisably one.
            headers={"Message-ID": f"<message-{message.pk}@{_host()}>", "Content-Language": message.language},
        )  # fmt: skip
        letter.attach_alternative(render_to_string(f"{stem}.html", {**context, "subject": subject}), "text/html")
        for alternative in alternatives.get(message.kind, lambda *_: [])(message, facts):
            letter.attach_alternative(*alternative)
        for file in attachments.get(message.kind, lambda *_: [])(message, facts):
            letter.attach(*file)
    return letter


def _tidy(text):
    """Without the empty lines that a template leaves where it had nothing to say."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _host():
    return settings.SITE_ADDRESS.partition("://")[2].partition(":")[0]


def send(message: Message, *, now: datetime) -> bool:
    """Send one letter; False when it has to wait for another attempt.

    Claimed by compare-and-set, so that two workers do not send it at once; nothing is locked while
    the mail server answers.
    """
    retry_after = timedelta(minutes=RETRY_AFTER_MINUTES[min(message.attempts, len(RETRY_AFTER_MINUTES) - 1)])
    claimed = (
        Message.objects.waiting()
        .filter(pk=message.pk, attempts=message.attempts)
        .update(attempts=F("attempts") + 1, send_after=now + retry_after)
    )
    if not claimed:
        return False
    if message.learner_id and not User.objects.acting_for(message.learner_id).filter(pk=message.recipient_id).exists():
        # Whoever no longer acts for the child is told nothing more about it (TRUST, 14).
        Message.objects.waiting().filter(pk=message.pk).update(stopped_at=now)
        return False
    try:
        letter = compose(message)
        letter.send()
    except (SMTPException, OSError) as error:
        given_up = message.attempts + 1 >= len(RETRY_AFTER_MINUTES)
        Message.objects.waiting().filter(pk=message.pk).update(
            last_error=type(error).__name__, **({"stopped_at": now} if given_up else {})
        )
        logger.warning("message %s not sent: %s", message.pk, type(error).__name__)
        return False
    # A sign-in code is not kept once it has left: who reads the outbox later must not find it.
    kept = {"subject": letter.subject, "text": letter.body} if message.kind != SIGN_IN_CODE else {"facts": {}}
    # It has left, even if it was stopped while the mail server answered.
    Message.objects.filter(pk=message.pk).update(sent_at=now, stopped_at=None, last_error="", **kept)
    return True


def send_due(*, now: datetime, limit: int = 200) -> Iterator[bool]:
    """Send what is due, oldest first; yields for each letter whether it left."""
    for message in Message.objects.to_address(now=now).order_by("send_after", "pk")[:limit]:
        flows.address(message)
    due = Message.objects.due(now=now).exclude(address="").select_related("recipient").order_by("send_after", "pk")
    for message in due[:limit]:
        yield send(message, now=now)
