"""Changing lessons: one, all from a date on, or those of a whole house.

`orders` say what is wanted, `planning` works out what each lesson would become, `conflicts` what stands against it,
`applying` does it and takes it back. Families are told by the flows above, which know them
(docs/decisions/0009-timetable.md).
"""

from .alternatives import Alternatives, alternatives_of
from .applying import apply, undo
from .conflicts import Conflict, conflicts_of
from .orders import Cancel, Move, Order, Restore, SetTopic, Substitute, TurnRemote
from .planning import Edit, Plan, Snapshot, local_moment, plan

__all__ = [
    "Alternatives", "Cancel", "Conflict", "Edit", "Move", "Order", "Plan", "Restore", "SetTopic", "Snapshot", "Substitute", "TurnRemote",
    "alternatives_of", "apply", "conflicts_of", "local_moment", "plan", "undo",
]  # fmt: skip
