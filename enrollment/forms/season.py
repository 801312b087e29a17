"""Input of who builds the season: its shape and type. What is allowed is decided by courses.flows.season."""

import re
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.ages import FIRST_GRADE, LAST_GRADE
from accounts.formatting import weekday_name
from courses.flows.season.drafts import GroupFacts, Shift
from courses.flows.season.terms import BreakFacts, TermFacts
from courses.flows.season.venues import RoomFacts, VenueFacts
from courses.models import Course, CourseStatus, Room, RunState, Term
from courses.opening import WEEKDAYS, closed_periods, rows_of, week_of
from enrollment.forms.timetable import ClockField

FIRST_YEAR, LAST_YEAR = date(2000, 1, 1), date(2100, 12, 31)
SHORTEST, LONGEST = 10, 600  # minutes of a lesson
CLOSED_PERIODS = 3  # of a venue


class DayField(forms.DateField):
    def __init__(self, **kwargs):
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        errors = {"required": _("Enter the day."), "invalid": _("Enter the day.")}
        super().__init__(**{"widget": widget, "error_messages": errors} | kwargs)

    def clean(self, value):
        day = super().clean(value)
        if day and not FIRST_YEAR <= day <= LAST_YEAR:
            raise ValidationError(_("Check the year."))
        return day


class MomentField(forms.DateTimeField):
    def __init__(self, **kwargs):
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        errors = {"required": _("Enter the day and the time."), "invalid": _("Enter the day and the time.")}
        super().__init__(**{"widget": widget, "error_messages": errors} | kwargs)

    def clean(self, value):
        moment = super().clean(value)
        if moment and not FIRST_YEAR <= moment.date() <= LAST_YEAR:
            raise ValidationError(_("Check the year."))
        return moment


class WeekdayField(forms.TypedChoiceField):
    def __init__(self, *, empty=None, **kwargs):
        first = [] if empty is None else [("", empty)]
        super().__init__(
            choices=lambda: [*first, *((day, weekday_name(day)) for day in range(7))],
            coerce=int,
            empty_value=None,
            **kwargs,
        )


class RoomField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        rooms = Room.objects.select_related("venue").order_by("venue__short_name", "name_lv", "pk")
        super().__init__(**{"queryset": rooms, "label": _("Room"), "required": False} | kwargs)

    def label_from_instance(self, room):
        return f"{room} · {room.capacity}"


class Seen(forms.Form):
    """A form that says what its reader saw."""

    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)

    def see(self, version: str) -> None:
        """Show a bound form again with what was typed, and as seen what is there now."""
        self.data = self.data.copy()
        self.data["seen"] = version


# -- Terms and breaks --------------------------------------------------------------------------------


class TermForm(Seen):
    name_lv = forms.CharField(label=_("Name in Latvian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"))
    classes_start_on = DayField(
        label=_("Classes start"), required=False, help_text=_("Empty: on the first day of the term.")
    )
    enrollment_opens_at = MomentField(
        label=_("Enrollment opens"), required=False, help_text=_("What a copied group gets; each group has its own.")
    )
    with_breaks = forms.BooleanField(label=_("Take over the breaks, a year later"), required=False)

    def facts(self) -> TermFacts:
        names = ("name_lv", "name_en", "starts_on", "ends_on", "classes_start_on", "enrollment_opens_at")
        return TermFacts(**{name: self.cleaned_data[name] for name in names})


class GradeField(forms.TypedChoiceField):
    def __init__(self, **kwargs):
        grades = [("", _("everybody")), *((grade, grade) for grade in range(FIRST_GRADE, LAST_GRADE + 1))]
        super().__init__(
            choices=grades, coerce=int, empty_value=None, required=False, label=_("Grade"),
            help_text=_("A break of one grade is for groups of exactly that grade."), **kwargs,
        )  # fmt: skip


class BreakForm(Seen):
    name_lv = forms.CharField(label=_("Name in Latvian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"), help_text=_("Included."))
    grade = GradeField()

    def facts(self) -> BreakFacts:
        names = ("name_lv", "name_en", "starts_on", "ends_on", "grade")
        return BreakFacts(**{name: self.cleaned_data[name] for name in names})


class BreaksFileForm(forms.Form):
    file = forms.FileField(
        label=_("Calendar file (.ics)"), help_text=_("Up to 1 MB. Nothing is added before you have seen it."),
        widget=forms.ClearableFileInput(attrs={"accept": ".ics,text/calendar"}),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )  # fmt: skip
    grade = GradeField()


class TakeBreaksForm(forms.Form):
    found = forms.CharField(max_length=400_000, widget=forms.HiddenInput)  # signed
    take = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args, count: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["take"].choices = [(number, number) for number in range(count)]


# -- Groups ------------------------------------------------------------------------------------------


class DraftFields(Seen):
    weekday = WeekdayField(label=_("Day"))
    start_time = ClockField(label=_("Starts"))
    room = RoomField(empty_label=_("none yet"))

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = people


class GroupForm(DraftFields):
    duration_minutes = forms.IntegerField(label=_("Minutes"), min_value=SHORTEST, max_value=LONGEST)
    instructors = forms.TypedMultipleChoiceField(
        label=_("Instructors"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    capacity = forms.IntegerField(label=_("Seats"), min_value=1, max_value=999)
    minimum_size = forms.IntegerField(label=_("Takes place with at least"), min_value=1, max_value=999)
    starts_on = DayField(
        label=_("Not before"), required=False, help_text=_("Empty: from the first day of classes of the term.")
    )
    decision_on = DayField(
        label=_("Decision day"), required=False, help_text=_("When it is decided whether there are enough.")
    )
    enrollment_opens_at = MomentField(label=_("Enrollment opens"))
    enrollment_closes_at = MomentField(label=_("Enrollment closes"))
    lose_odd_dates = forms.BooleanField(label=_("Lose these dates"), required=False)

    field_order = ["seen", "course", "weekday", "start_time", "duration_minutes", "room", "instructors"]

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, people=people, **kwargs)
        self.fields["instructors"].choices = [(one.pk, str(one)) for one in people]

    def clean(self):
        given = super().clean()
        if given.get("minimum_size") and given.get("capacity") and given["minimum_size"] > given["capacity"]:
            self.add_error("minimum_size", _("Not more than there are seats."))
        return given

    def facts(self) -> GroupFacts:
        given = {name: self.cleaned_data[name] for name in GroupFacts.__dataclass_fields__}
        return GroupFacts(**given | {"instructors": tuple(sorted(given["instructors"]))})


class NewGroupForm(GroupForm):
    course = forms.ModelChoiceField(
        Course.objects.exclude(status=CourseStatus.HISTORIC).order_by("title_lv", "pk"), label=_("Course"),
        empty_label=_("Choose a course"), error_messages={"required": _("Choose a course.")},
    )  # fmt: skip


class PlaceForm(DraftFields):
    """What is changed most, beside the list: when, where and who. Several instructors stay unless one is chosen."""

    instructor = forms.TypedChoiceField(label=_("Instructor"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, people=people, **kwargs)
        self.fields["instructor"].choices = [("", _("as it is")), *((one.pk, str(one)) for one in people)]


class DateForm(Seen):
    day = DayField(label=_("Day"))
    at = ClockField(label=_("Starts"))
    lesson = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ChosenForm(forms.Form):
    """Drafts of a term by their ids; those of others are passed over."""

    group = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args, term: Term, **kwargs):
        super().__init__(*args, **kwargs)
        self.term = term
        self.drafts = dict(term.runs.filter(state=RunState.DRAFT).order_by("code").values_list("pk", "code"))
        self.fields["group"].choices = list(self.drafts.items())

    def read(self) -> list[int]:
        """The chosen ones, as far as they make sense; all drafts when nothing was chosen at all."""
        given = self.data.getlist("group") if hasattr(self.data, "getlist") else []
        chosen = {int(one) for one in given if one.isdecimal() and len(one) < 19}
        return [pk for pk in self.drafts if pk in chosen] if given else list(self.drafts)

    def read_published(self) -> list[int]:
        """Those of the chosen ones that are no drafts any more: somebody has published them meanwhile."""
        given = self.data.getlist("group") if hasattr(self.data, "getlist") else []
        chosen = [int(one) for one in given if one.isdecimal() and len(one) < 19]
        return list(self.term.runs.filter(pk__in=chosen, state=RunState.PUBLISHED).values_list("pk", flat=True))


class ShiftForm(forms.Form):
    minutes_later = forms.TypedChoiceField(
        label=_("Time"), coerce=int, required=False, empty_value=0,
        choices=[("", _("as it is")), *((minutes, f"{minutes:+d} min") for minutes in (-120, -60, -30, -15, 15, 30, 60, 120))],
    )  # fmt: skip
    weekday = WeekdayField(label=_("Day"), required=False, empty=_("as it is"))
    room = RoomField(empty_label=_("as it is"))
    instructor = forms.TypedChoiceField(label=_("Instructor"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["instructor"].choices = [("", _("as it is")), *((one.pk, str(one)) for one in people)]

    def clean(self):
        given = super().clean()
        if not self.errors and self.by_how_much() == Shift():
            raise ValidationError(_("Choose what changes."))
        return given

    def _chosen(self):
        return {name: self.cleaned_data.get(name) for name in ("minutes_later", "weekday", "room", "instructor")}

    def by_how_much(self) -> Shift:
        return Shift(**self._chosen())


class TermField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        errors = {"required": _("Choose a term.")}
        terms = Term.objects.order_by("-starts_on", "-pk")
        super().__init__(terms, empty_label=_("Choose a term"), error_messages=errors, **kwargs)


class CopyForm(forms.Form):
    source = TermField(label=_("Copy from"))
    target = TermField(label=_("Copy into"))


class GroupsOfTermFilter(forms.Form):
    """How the groups of a term are narrowed; what does not make sense is left out."""

    state = forms.ChoiceField(required=False, choices=[("", ""), ("draft", ""), ("published", "")])
    day = forms.IntegerField(required=False, min_value=0, max_value=6)
    room = forms.IntegerField(required=False, min_value=0)
    person = forms.IntegerField(required=False, min_value=0)
    look = forms.BooleanField(required=False)
    step = forms.ChoiceField(required=False, choices=[("", ""), ("2", "")])
    tick = forms.ChoiceField(required=False, choices=[("", ""), ("all", ""), ("free", "")])
    open = forms.IntegerField(required=False, min_value=0)

    def read(self) -> dict:
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}


# -- Venues ------------------------------------------------------------------------------------------


class VenueForm(Seen):
    name_lv = forms.CharField(label=_("Name in Latvian"), max_length=160)
    name_en = forms.CharField(label=_("Name in English"), max_length=160)
    short_name = forms.CharField(label=_("Short name"), max_length=40, help_text=_("Cards and calendars show it."))
    address = forms.CharField(label=_("Address"), max_length=160, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in WEEKDAYS:
            self.fields[f"{name}_opens"] = ClockField(label=_("Opens"), required=False)
            self.fields[f"{name}_closes"] = ClockField(label=_("Closes"), required=False)
        for number in range(CLOSED_PERIODS):
            self.fields[f"closed_{number}_from"] = forms.CharField(label=_("Closed from"), max_length=6, required=False)
            self.fields[f"closed_{number}_until"] = forms.CharField(label=_("until"), max_length=6, required=False)
            self.fields[f"closed_{number}_days"] = forms.TypedMultipleChoiceField(
                label=_("On these days"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
                choices=lambda: [(day, weekday_name(day)) for day in range(7)],
            )  # fmt: skip

    @staticmethod
    def initial_of(venue) -> dict:
        found = {name: getattr(venue, name) for name in ("name_lv", "name_en", "short_name", "address")}
        for day, (opens, closes) in week_of(venue).items():
            found |= {f"{WEEKDAYS[day]}_opens": opens, f"{WEEKDAYS[day]}_closes": closes}
        for number, (days, first, last) in enumerate(closed_periods(venue)[:CLOSED_PERIODS]):
            found |= {f"closed_{number}_days": list(days), f"closed_{number}_from": month_day_shown(first)}
            found |= {f"closed_{number}_until": month_day_shown(last)}
        return found

    def week(self):
        """(weekday, field of opening, field of closing)"""
        return [(day, self[f"{name}_opens"], self[f"{name}_closes"]) for day, name in enumerate(WEEKDAYS)]

    def closed(self):
        names = ("from", "until", "days")
        return [[self[f"closed_{number}_{name}"] for name in names] for number in range(CLOSED_PERIODS)]

    def clean(self):
        given = super().clean()
        self._week, self._closed = {}, []
        for day, name in enumerate(WEEKDAYS):
            opens, closes = given.get(f"{name}_opens"), given.get(f"{name}_closes")
            if bool(opens) != bool(closes):
                self.add_error(f"{name}_closes", _("Enter both times, or none."))
            elif opens and closes <= opens:
                self.add_error(f"{name}_closes", _("Closes after it opens."))
            elif opens:
                self._week[day] = (opens, closes)
        for number in range(CLOSED_PERIODS):
            self._clean_closed(given, number)
        return given

    def _clean_closed(self, given, number):
        first, last = (_month_day(given.get(f"closed_{number}_{name}")) for name in ("from", "until"))
        days = given.get(f"closed_{number}_days") or []
        if (first, last, days) == ("", "", []):
            return
        if not (first and last):
            self.add_error(f"closed_{number}_from", _("Enter both days as 01.11."))
            return
        self._closed.append((tuple(days or range(7)), first, last))

    def facts(self) -> VenueFacts:
        names = {name: self.cleaned_data[name] for name in ("name_lv", "name_en", "short_name", "address")}
        return VenueFacts(**names, opening_hours=rows_of(self._week, self._closed))


def month_day_shown(month_day: str) -> str:
    """ "11-01" as "01.11." """
    month, day = month_day.split("-")
    return f"{day}.{month}."


def _month_day(text) -> str | None:
    """ "01.11." as "11-01", "" for nothing, None for what is no day of a leap year."""
    if not text:
        return ""
    if not (match := re.fullmatch(r"\s*(\d{1,2})[./](\d{1,2})\.?\s*", text)):
        return None
    try:
        return f"{date(2000, int(match[2]), int(match[1])):%m-%d}"
    except ValueError:
        return None


class RoomForm(Seen):
    name_lv = forms.CharField(label=_("Name in Latvian"), max_length=120)
    name_en = forms.CharField(label=_("Name in English"), max_length=120)
    capacity = forms.IntegerField(label=_("Seats"), min_value=1, max_value=9999)
    use = forms.ChoiceField(
        label=_("Use"), required=False,
        choices=[
            ("", _("other use")), ("class", _("lessons")), ("workshop", _("workshops")), ("meeting", _("meetings")),
            ("show", _("shows")), ("event", _("events")), ("visit", _("exhibition")), ("public", _("public zone")),
            ("online", _("online")),
        ],
    )  # fmt: skip

    def facts(self) -> RoomFacts:
        return RoomFacts(**{name: self.cleaned_data[name] for name in ("name_lv", "name_en", "capacity", "use")})
