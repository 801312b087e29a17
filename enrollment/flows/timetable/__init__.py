"""Changing lessons and telling everyone it touches: families, guests, instructors, substitutes.

`preview` says what would become of lessons and whom it touches, `change` does it and writes the letters in the same
transaction, `undo` takes both back. What lessons become is worked out below, by courses.flows.changes.
"""

from courses.flows.changes.applying import undo_until

from .changing import TOLD, change, undo
from .clashes import Clash
from .houses import MoveToHouse
from .previewing import Preview, fresh, preview, without_conflicts
from .reminding import remind_of_late_changes
from .touched import Touched

__all__ = [
    "TOLD", "Clash", "MoveToHouse", "Preview", "Touched", "change", "fresh", "preview", "remind_of_late_changes", "undo",
    "undo_until", "without_conflicts",
]  # fmt: skip
