"""The letters about places and lessons: one function per message, each giving drafts for everybody it concerns.

Whether to send is decided by the flow, which also puts them into the outbox.
"""

from .applications import application_received, application_refused, draw_cancelled, draw_outcomes, opening_soon
from .facts import event_key
from .making import families_of
from .places import (
    group_cancelled,
    group_changed,
    group_exchanged,
    group_runs,
    joined_waitlist,
    place_ended,
    place_given,
)
from .questions import (
    offer_ended,
    offer_reminder,
    place_unconfirmed,
    seat_offered,
    still_coming,
    still_coming_reminder,
    trial_agreed,
    trial_ended,
    trial_question,
)

__all__ = [
    "application_received", "application_refused", "draw_cancelled", "draw_outcomes", "event_key", "families_of",
    "group_cancelled", "group_changed", "group_exchanged", "group_runs", "joined_waitlist", "offer_ended", "offer_reminder",
    "opening_soon", "place_ended", "place_given", "place_unconfirmed", "seat_offered", "still_coming",
    "still_coming_reminder", "trial_agreed", "trial_ended", "trial_question",
]  # fmt: skip
