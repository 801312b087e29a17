"""What an address of the board asks for. Whatever is wrong with it, the board shows something sensible instead."""

from dataclasses import dataclass
from datetime import date, time

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.formatting import weekday_name
from accounts.names import fold_query
from courses.models import Term, Venue
from enrollment.forms.timetable import ClockField
from enrollment.schedule.free import Search
from enrollment.schedule.freetime import minutes as minutes_of
from enrollment.schedule.wanted import By, View, Wanted

FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_CHOSEN = 200  # boxes of one kind
LONGEST_SEARCH = 100  # characters


@dataclass(frozen=True)
class Opened:
    """The lesson that is open beside the board, and where it was dragged to."""

    pk: int
    day: date | None = None
    starts: time | None = None
    room: str = ""  # slug; "" where it is


def read_day(text: str, *, today: date) -> date:
    """A day of an address; today when it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else today


def read_wanted(query: QueryDict, *, today: date) -> Wanted:
    """?day=2026-12-01&view=week&by=instructor&venue=…&room=…&person=…&run=…&q=…; `f` says that the filters were sent."""
    was_sent = "f" in query
    return Wanted(
        day=read_day(query.get("day", ""), today=today),
        view=_one_of(View, query.get("view"), View.DAY),
        by=_one_of(By, query.get("by"), By.ROOM),
        venues=_slugs(query, "venue"),
        rooms=_slugs(query, "room"),
        people=_ids(query, "person"),
        runs=_ids(query, "run"),
        text=fold_query(query.get("q", "")[:LONGEST_SEARCH]),
        shows_free="free" in query or not was_sent,
        shows_people="people" in query,
    )


def read_opened(query: QueryDict) -> Opened | None:
    """?lesson=12 and, when it was dragged, &to_day=2026-12-01&to=17:00&to_room=apmacibu-klase."""
    pk = query.get("lesson", "")
    if not (pk.isdecimal() and len(pk) < 12):
        return None
    today = date.min
    day = read_day(query.get("to_day", ""), today=today)
    return Opened(int(pk), None if day == today else day, _time(query.get("to", "")), query.get("to_room", "")[:60])


def _one_of(kind, text, default):
    return kind(text) if text in list(kind) else default


def _slugs(query, name) -> frozenset[str]:
    return frozenset(text[:60] for text in query.getlist(name)[:MOST_CHOSEN] if text)


def _ids(query, name) -> frozenset[int]:
    return frozenset(int(text) for text in query.getlist(name)[:MOST_CHOSEN] if text.isdecimal() and len(text) < 12)


def _time(text) -> time | None:
    try:
        moment = time.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo else moment.replace(second=0, microsecond=0)


class NumberField(forms.IntegerField):
    """A whole number between two, which its error names."""

    def __init__(self, *, min_value, max_value, **kwargs):
        words = format_lazy(_("Enter a number from {first} to {last}."), first=min_value, last=max_value)
        errors = dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)
        super().__init__(min_value=min_value, max_value=max_value, error_messages=errors, **kwargs)


class FreeForm(forms.Form):
    """What the free-slot finder is asked."""

    minutes = NumberField(label=_("Minutes"), min_value=15, max_value=600, initial=90)
    people = NumberField(label=_("People"), min_value=1, max_value=1000, initial=12)
    start = ClockField(label=_("From"), initial=time(14))
    until = ClockField(label=_("Until"), initial=time(20))
    when = forms.ChoiceField(
        label=_("How often"), choices=[("day", _("On one day")), ("term", _("Every week of a term"))], initial="day",
        widget=forms.RadioSelect,
    )  # fmt: skip
    day = forms.DateField(
        label=_("Day"), required=False, error_messages={"invalid": _("Enter a date, for example 24.11.2026.")}
    )
    term = forms.ModelChoiceField(
        Term.objects.order_by("-starts_on"), label=_("Term"), required=False, empty_label=_("Choose a term")
    )
    weekday = forms.TypedMultipleChoiceField(
        label=_("Weekdays"), required=False, coerce=int, choices=[(number, number) for number in range(7)],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    venue = forms.ModelChoiceField(Venue.objects.order_by("pk"), label=_("House"), required=False, empty_label=_("Any"))
    who = forms.ChoiceField(label=_("Instructor"), required=False)
    lesson = forms.IntegerField(required=False, min_value=1, max_value=10**11, widget=forms.HiddenInput)

    def __init__(self, *args, instructors, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["weekday"].choices = [(number, weekday_name(number)) for number in range(7)]
        self.fields["who"].choices = [
            ("", _("Does not matter")), ("any", _("Somebody who is free")), *((str(one.pk), one.name) for one in instructors)
        ]  # fmt: skip

    def clean(self):
        given = super().clean()
        if given.get("when") == "term" and not given.get("term") and "term" not in self.errors:
            self.add_error("term", _("Choose a term."))
        if given.get("start") and given.get("until") and given["until"] <= given["start"]:
            self.add_error("until", _("The end comes after the beginning."))
        return given

    def search(self) -> Search:
        given = self.cleaned_data
        weekly = given["when"] == "term"
        return Search(
            minutes=given["minutes"], people=given["people"], day=None if weekly else given["day"],
            term=given["term"] if weekly else None, weekdays=frozenset(given["weekday"]),
            first_minute=minutes_of(given["start"]), last_minute=minutes_of(given["until"]),
            venue=given["venue"].slug if given["venue"] else "", with_instructor=given["who"] == "any",
            instructor=int(given["who"]) if given["who"].isdecimal() else None, leave_out=given["lesson"],
        )  # fmt: skip
