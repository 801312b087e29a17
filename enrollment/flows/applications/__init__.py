"""Applications: prepared before the opening, sent with one press, decided at once, by the worker, or by a draw.

docs/decisions/0005-applications.md
"""

from enrollment.outcomes import FULL, PLACE, QUEUE, UNNEEDED

from .announcing import announce_openings
from .deciding import decide, enter
from .preparing import MOST_PENDING, MOST_WISHES, drop, opens_at, prepare, prepare_each
from .sending import is_waited_for, send, submit

__all__ = [
    "FULL",
    "MOST_PENDING",
    "MOST_WISHES",
    "PLACE",
    "QUEUE",
    "UNNEEDED",
    "announce_openings",
    "decide",
    "drop",
    "enter",
    "is_waited_for",
    "opens_at",
    "prepare",
    "prepare_each",
    "send",
    "submit",
]  # fmt: skip
