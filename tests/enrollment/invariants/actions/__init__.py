"""Everything that people, the desk, the worker and the clock can do about places, one small function each.

    @action(enrollments_in(OFFERED))     what it can be done to, by the books
    def refuse(world, one, pick): …      doing it, through the flow

`pick` chooses from a list; what is simpler, or happens mostly, stands first. An expected "no" is an answer like any
other; every other exception is a fault.
"""

from . import applications, clock, desk, families
from .registry import ACTIONS, Action

__all__ = ["ACTIONS", "Action", "applications", "clock", "desk", "families"]
