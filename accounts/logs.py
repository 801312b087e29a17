"""What the site's log lines look like: one JSON object each, with ids and never people (TRUST, 30).

A line has the time (UTC), level, logger, message, and those extras that are named below. The message is
masked: addresses with a secret in them, e-mail addresses and personal codes do not get through.
An exception is told by its type and the places of its stack: its text may quote a database row.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime

# Extras that may be in a line: ids, numbers and words of our own.
EXTRAS = (
    "reference", "status_code", "user_id", "learner_id", "enrollment_id", "run_id", "offer_id", "message_id", "duration_ms",
)  # fmt: skip

# The part of an address that opens something to whoever has it, and whatever follows it.
_SECRETS_IN_PATHS = re.compile(r"(/(?:k|offers|tickets|accounts/link)/)[^\s\"'<>]+")
_QUERIES = re.compile(r"(/[^\s\"'<>?]*)\?[^\s\"'<>]*")
_EMAILS = re.compile(r"[^\s@\"'<>()=,:]+@[^\s@\"'<>()=,:]+\.\w+")
_PERSONAL_CODES = re.compile(r"\b\d{6}-?\d{5}\b")


def masked(text: str) -> str:
    """The text without secrets in paths, queries, e-mail addresses and personal codes."""
    text = _SECRETS_IN_PATHS.sub(r"\1…", text)
    text = _QUERIES.sub(r"\1?…", text)
    return _PERSONAL_CODES.sub("…", _EMAILS.sub("…@…", text))


class MaskingFilter(logging.Filter):
    """Masks the finished message of every record, whoever wrote it: Django's own lines name whole paths."""

    def filter(self, record):
        record.msg, record.args = masked(record.getMessage()), ()
        return True


class JsonFormatter(logging.Formatter):
    def format(self, record):
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        line |= {name: getattr(record, name) for name in EXTRAS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line |= _exception(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class LineFormatter(logging.Formatter):
    """The same for people at a terminal: a line, and the stack below it."""

    def format(self, record):
        clock = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        line = f"{clock} {record.levelname} {record.name} {masked(record.getMessage())}"
        line += "".join(f" {name}={getattr(record, name)}" for name in EXTRAS if hasattr(record, name))
        if record.exc_info and record.exc_info[0]:
            told = _exception(record.exc_info)
            line += "\n  " + "\n  ".join([*told["stack"], told["exception"]])
        return line


def _exception(exc_info):
    kind, _error, trace = exc_info
    stack = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
    return {"exception": f"{kind.__module__}.{kind.__qualname__}", "stack": stack}
