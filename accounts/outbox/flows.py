"""Putting letters into the outbox, and taking them back before they leave."""

from datetime import datetime, timedelta

from django.db import models, transaction

from accounts.models import User
from accounts.outbox.models import Message
from accounts.statements import Insertion


def draft(
    *, kind, event_key, now, recipient=None, learner=None, address="", language="", facts=None, hold_seconds=0
) -> Message:
    """A letter, not yet saved: to a user, to everybody who acts for a learner, or to a bare address.

    With a recipient and a learner it is sent only while the one still acts for the other.
    kind: "app.name", which names the templates `<app>/emails/<name>.subject.txt`, `.txt` and `.html`.
    facts: what the templates show. Keys ending in `_at` hold ISO times, in `_on` ISO dates; a value
    of the form {"lv": …, "en": …} is read in the recipient's language.
    hold_seconds: how long it waits, so that undoing the change also stops the letter.
    """
    if recipient is not None:
        address, language = recipient.email or "", language or recipient.language
    return Message(
        kind=kind, event_key=event_key, recipient=recipient, learner=learner, address=address, language=language,
        facts=facts or {}, created_at=now, send_after=now + timedelta(seconds=hold_seconds),
    )  # fmt: skip


def enqueue(*messages: Message) -> None:
    """Save the letters in the transaction of the change they tell of; one told before is not told twice.

    A person without an e-mail address gets none: the desk sees that and phones.
    """
    addressed = [message for message in messages if message.address or message.learner_id]
    _write(addressed)


_write = Insertion(Message, skips_known=True)


@transaction.atomic
def address(message: Message) -> int:
    """Turn a letter to a learner into one per person who acts for them now; how many. Repeating it adds none.

    Done by the worker and not by the flow: while a seat is locked nobody looks up who is to be told.
    """
    letters = [
        Message(
            kind=message.kind, event_key=message.event_key, recipient=user, learner_id=message.learner_id,
            address=user.email, language=user.language, facts=message.facts, created_at=message.created_at,
            send_after=message.send_after,
        )
        for user in User.objects.acting_for(message.learner_id).exclude(email=None).order_by("pk")
    ]  # fmt: skip
    if not Message.objects.waiting().filter(pk=message.pk).delete()[0]:
        return 0  # another worker was faster
    Message.objects.bulk_create(letters, ignore_conflicts=True)
    return len(letters)


def stop(*, event_key_prefix: str, now: datetime) -> int:
    """Stop the letters of an event that was undone; how many had not left yet."""
    letters = Message.objects.waiting().filter(event_key__startswith=event_key_prefix)
    return letters.update(stopped_at=now, last_error="")  # with an error it would look given up, and be retried


def mark_read(*, user, now: datetime, message_id: int | None = None) -> int:
    """Note that a person has read one of their letters, or all of them; how many were new."""
    unread = Message.objects.visible_to(user).filter(read_at=None)
    if message_id is not None:
        unread = unread.filter(pk=message_id)
    return unread.update(read_at=now)


def retry(letters: models.QuerySet[Message], *, now: datetime) -> int:
    """Try letters again that were given up after many attempts; how many. What was undone stays stopped."""
    given_up = letters.order_by().filter(sent_at=None, stopped_at__isnull=False).exclude(last_error="")
    return Message.objects.filter(pk__in=given_up.values("pk")).update(stopped_at=None, attempts=0, send_after=now)
