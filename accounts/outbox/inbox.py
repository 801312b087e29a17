"""The demonstration's mail server: letters become files, and a page shows them."""

import email
import email.policy
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

NOT_KEPT = ("@rehearsal.example", "@scale.example")  # people invented by the thousand: nobody reads what they get
_NAME = re.compile(r"\d{20}-\d+\.eml")


class InboxBackend(BaseEmailBackend):
    """Keeps each letter as one .eml file in MAIL_DIR; refuses to work where there is no demonstration."""

    def send_messages(self, messages):
        if not settings.DEMO:
            raise OSError("The local inbox keeps letters of the demonstration only; set EMAIL_URL.")
        Path(settings.MAIL_DIR).mkdir(parents=True, exist_ok=True)
        for number, message in enumerate(messages):
            if all(address.endswith(NOT_KEPT) for address in message.recipients()):
                continue
            name = f"{time.time_ns():020d}-{number}.eml"
            temporary = Path(settings.MAIL_DIR) / f".{name}"
            temporary.write_bytes(message.message().as_bytes(linesep="\r\n"))
            temporary.rename(temporary.with_name(name))  # whole or not at all
        return len(messages)


@dataclass(frozen=True)
class Letter:
    name: str  # of its file, without the ending
    to: str
    subject: str
    date: datetime
    text: str
    html: str
    attachments: list[str]  # file names


def letters(*, to: str = "", limit: int = 100) -> list[Letter]:
    """The newest letters first, optionally those to one address."""
    found = []
    for path in sorted(Path(settings.MAIL_DIR).glob("[0-9]*.eml"), reverse=True):
        letter = _read(path)
        if not to or letter.to == to:
            found.append(letter)
        if len(found) == limit:
            break
    return found


def letter(name: str) -> Letter | None:
    path = Path(settings.MAIL_DIR) / f"{name}.eml"
    return _read(path) if _NAME.fullmatch(path.name) and path.exists() else None


def clear() -> None:
    for path in Path(settings.MAIL_DIR).glob("*.eml"):
        path.unlink()


def _moment(text) -> datetime:
    """Django writes UTC as "-0000", which the standard library reads as no zone at all."""
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Letter(
        name=path.stem, to=str(message["To"]), subject=" ".join(str(message["Subject"]).split()), date=_moment(message["Date"]),
        text=text.get_content() if text else "", html=html.get_content() if html else "",
        attachments=[part.get_filename() or "" for part in message.iter_attachments()],
    )  # fmt: skip
