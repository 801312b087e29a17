"""Putting letters into the outbox, and taking them back before they leave."""

from datetime import datetime, timedelta

from accounts.outbox.models import Message


def draft(*, kind, event_key, now, recipient=None, address="", language="", facts=None, hold_seconds=0) -> Message:
    """A letter, not yet saved: to a user, or to a bare address.

    kind: "app.name", which names the templates `<app>/emails/<name>.subject.txt`, `.txt` and `.html`.
    facts: what the templates show. Keys ending in `_at` hold ISO times, in `_on` ISO dates; a value
    of the form {"lv": …, "en": …} is read in the recipient's language.
    hold_seconds: how long it waits, so that undoing the change also stops the letter.
    """
    return Message(
        kind=kind, event_key=event_key, recipient=recipient,
        address=address or recipient.email or "", language=language or recipient.language,
        facts=facts or {}, created_at=now, send_after=now + timedelta(seconds=hold_seconds),
    )  # fmt: skip


def enqueue(*messages: Message) -> None:
    """Save the letters in the transaction of the change they tell of; one told before is not told twice.

    A person without an e-mail address gets none: the desk sees that and phones.
    """
    Message.objects.bulk_create([message for message in messages if message.address], ignore_conflicts=True)


def stop(*, event_key_prefix: str, now: datetime) -> int:
    """Stop the letters of an event that was undone; how many had not left yet."""
    return Message.objects.waiting().filter(event_key__startswith=event_key_prefix).update(stopped_at=now)


def mark_read(*, user, now: datetime, message_id: int | None = None) -> int:
    """Note that a person has read one of their letters, or all of them; how many were new."""
    unread = Message.objects.visible_to(user).filter(read_at=None)
    if message_id is not None:
        unread = unread.filter(pk=message_id)
    return unread.update(read_at=now)
