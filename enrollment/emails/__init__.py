"""The letters about places and lessons: one function per message, each giving drafts for everybody it concerns.

Whether to send is decided by the flow, which also puts them into the outbox.
"""

from .applications import application_received, application_refused, draw_cancelled, draw_outcomes, opening_soon
from .facts import event_key, in_each_language
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
from .timetable import change_key, late_change, lessons_changed, substitution, teaching_changed

__all__ = [
    "application_received", "application_refused", "change_key", "draw_cancelled", "draw_outcomes", "event_key", "families_of",
    "group_cancelled", "group_changed", "group_exchanged", "group_runs", "in_each_language", "joined_waitlist", "late_change", "lessons_changed", "offer_ended", "offer_reminder",
    "opening_soon", "place_ended", "place_given", "place_unconfirmed", "seat_offered", "still_coming",
    "still_coming_reminder", "substitution", "teaching_changed", "trial_agreed", "trial_ended", "trial_question",
]  # fmt: skip
