"""Draws: announced with the hash of a seed, held after the window, or cancelled.

docs/decisions/0006-draw.md
"""

from .announcing import announce, cancel, change
from .holding import due, hold
from .recording import names_of

__all__ = ["announce", "cancel", "change", "due", "hold", "names_of"]
