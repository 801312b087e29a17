"""What can be wanted of lessons. Plain values: the same order is previewed, sent, and tried again."""

from dataclasses import dataclass
from datetime import datetime, time

from courses.models import ChangeKind


@dataclass(frozen=True, kw_only=True)
class Order:
    reason: str = ""  # families read it


@dataclass(frozen=True, kw_only=True)
class Move(Order):
    """To another day, time or room; what is None stays. A lesson with a room is not held online any more."""

    kind = ChangeKind.MOVED
    days: int = 0  # later, in local days; earlier when negative
    at: time | None = None  # local
    minutes: int | None = None
    room_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Cancel(Order):
    """Without a replacement, or of a single lesson with one at that start, in that room; None keeps the room."""

    kind = ChangeKind.CANCELLED
    replaced_at: datetime | None = None
    replaced_in: int | None = None


@dataclass(frozen=True, kw_only=True)
class Restore(Order):
    """Takes place after all, when and where it was to."""

    kind = ChangeKind.RESTORED


@dataclass(frozen=True, kw_only=True)
class Substitute(Order):
    """`instead` teaches in place of `absent`; of everybody, when nobody is named."""

    kind = ChangeKind.SUBSTITUTED
    instead: int
    absent: int | None = None


@dataclass(frozen=True, kw_only=True)
class TurnRemote(Order):
    """Held online at the same time; the room is free."""

    kind = ChangeKind.REMOTE


@dataclass(frozen=True, kw_only=True)
class SetTopic(Order):
    kind = ChangeKind.TOPIC
    topic: str
