"""What staff want of lessons: one, all of a group from it on, or those of a house. Shape and type; flows decide the rest."""

import re
from datetime import date, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from accounts.models import RoleGrant, User
from accounts.models.role import Role
from courses.flows import changes
from courses.flows.lessons import LONGEST_REASON
from courses.models import Lesson, LessonState, Room
from courses.refusals import TimetableRefused
from enrollment.flows.timetable import MoveToHouse
from enrollment.forms.desk import ReasonField

MOVE, CANCEL, REMOTE, INSTRUCTOR, TOPIC, RESTORE = "move", "cancel", "remote", "instructor", "topic", "restore"
ONE, ALL = "one", "all"
EVERYWHERE = "all"
FARTHEST = timedelta(days=3 * 366)  # what is typed beyond it is a slip
LONGEST_MASS = timedelta(days=366)
DAY_ERRORS = {"required": _("Enter the day."), "invalid": _("Enter the day.")}
TYPED_TIME = re.compile(r"(\d{1,2})(?:[:.]?(\d{2}))?", re.ASCII)
TIME_ERRORS = {"required": _("Enter the time."), "invalid": _("Enter the time, for example 16:30.")}


class DayField(forms.DateField):
    def __init__(self, **kwargs):
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(**{"widget": widget, "error_messages": DAY_ERRORS} | kwargs)

    def clean(self, value):
        day = super().clean(value)
        if day and abs(day - timezone.localdate()) > FARTHEST:
            raise ValidationError(_("Check the year."))
        return day


class ClockField(forms.TimeField):
    """Typed: the browser's own field counts to twelve where the machine speaks English."""

    def __init__(self, **kwargs):
        widget = forms.TimeInput(format="%H:%M", attrs={"inputmode": "numeric", "placeholder": "16:30", "maxlength": 8})
        super().__init__(**{"widget": widget, "error_messages": TIME_ERRORS} | kwargs)

    def to_python(self, value):
        """16:30, and as it is also written: 16.30, 1630, 16."""
        if isinstance(value, str) and (found := TYPED_TIME.fullmatch(value.strip())):
            value = f"{found[1]}:{found[2] or '00'}"
        at = super().to_python(value)
        return at and at.replace(second=0, microsecond=0)


class RoomField(forms.ModelChoiceField):
    """Rooms by house; `taken` are ids of rooms in which something is at that time."""

    def __init__(self, **kwargs):
        rooms = Room.objects.select_related("venue").order_by("venue__short_name", "capacity", "pk")
        super().__init__(**{"queryset": rooms, "to_field_name": "slug", "label": _("Room")} | kwargs)
        self.taken = None

    def label_from_instance(self, room):
        words = _("%(room)s · seats: %(seats)s") % {"room": room, "seats": room.capacity}
        if self.taken is None:
            return words
        return f"{words} · {pgettext_lazy('choice of rooms', 'taken') if room.pk in self.taken else pgettext_lazy('choice of rooms', 'free')}"


class TeacherField(forms.ModelChoiceField):
    """Who may teach; `taken` are ids of people who teach elsewhere at that time."""

    def __init__(self, **kwargs):
        super().__init__(queryset=User.objects.none(), **kwargs)
        self.taken = None

    def label_from_instance(self, person):
        if self.taken is None:
            return str(person)
        busy = pgettext_lazy("choice of instructors", "teaches then")
        return f"{person} · {busy if person.pk in self.taken else pgettext_lazy('choice of instructors', 'free')}"


class LessonReason(ReasonField):
    def __init__(self, **kwargs):
        super().__init__(**{
            "label": _("Reason"), "required": False, "max_length": LONGEST_REASON,
            "help_text": _("Families read it in the letter. No personal codes or diagnoses here."),
        } | kwargs)  # fmt: skip


class LessonForm(forms.Form):
    """One form for each thing one can want; `what` says which. Reads an address as well as a post."""

    what: str

    def __init__(self, data=None, *, lesson: Lesson, **kwargs):
        self.lesson = lesson
        super().__init__(data, initial=self.at_first(lesson), **kwargs)

    @classmethod
    def at_first(cls, lesson: Lesson) -> dict:
        return {}

    def order(self) -> changes.Order:
        """Raises TimetableRefused for a time that does not exist."""
        raise NotImplementedError


class MoveForm(LessonForm):
    what = MOVE
    day = DayField(label=_("Day"))
    starts = ClockField(label=pgettext_lazy("time", "Start"))
    ends = ClockField(label=pgettext_lazy("time", "End"))
    room = RoomField(required=False, empty_label=_("no room"))
    reason = LessonReason()

    @classmethod
    def at_first(cls, lesson):
        starts, ends = timezone.localtime(lesson.starts_at), timezone.localtime(lesson.ends_at)
        room = lesson.room and lesson.room.slug
        return {"day": starts.date(), "starts": starts.time(), "ends": ends.time(), "room": room}

    def order(self):
        given, was = self.cleaned_data, self.at_first(self.lesson)
        room = given["room"]
        minutes = _minutes(given["ends"]) - _minutes(given["starts"])
        length = (self.lesson.ends_at - self.lesson.starts_at) // timedelta(minutes=1)
        return changes.Move(
            days=(given["day"] - was["day"]).days, reason=given["reason"],
            at=given["starts"] if given["starts"] != was["starts"] else None,
            minutes=minutes if minutes != length else None,
            room_id=room.pk if room and room.pk != self.lesson.room_id else None,
        )  # fmt: skip


class CancelForm(LessonForm):
    what = CANCEL
    reason = LessonReason(required=True, error_messages={"required": _("Say why: families read it.")})
    day = DayField(label=_("Replaced on"), required=False)
    starts = ClockField(label=pgettext_lazy("time", "Start"), required=False)
    room = RoomField(required=False, empty_label=_("the same room"))

    def clean(self):
        given = super().clean()
        if bool(given.get("day")) != bool(given.get("starts")) and not self.errors:
            self.add_error("starts" if given.get("day") else "day", _("A replacement needs a day and a time."))
        return given

    def order(self):
        given = self.cleaned_data
        if not given["day"]:
            return changes.Cancel(reason=given["reason"])
        return changes.Cancel(
            reason=given["reason"], replaced_at=changes.local_moment(given["day"], given["starts"], self.lesson),
            replaced_in=given["room"] and given["room"].pk,
        )  # fmt: skip


class RemoteForm(LessonForm):
    what = REMOTE
    reason = LessonReason()

    def order(self):
        return changes.TurnRemote(reason=self.cleaned_data["reason"])


class InstructorForm(LessonForm):
    what = INSTRUCTOR
    instead = TeacherField(
        label=_("Who teaches"), empty_label=_("choose"), error_messages={"required": _("Choose who teaches.")}
    )
    absent = forms.ModelChoiceField(
        User.objects.none(), label=_("Instead of"), required=False, empty_label=_("everybody")
    )
    reason = LessonReason(help_text=_("The substitute reads it. No personal codes or diagnoses here."))

    def __init__(self, data=None, *, lesson, **kwargs):
        super().__init__(data, lesson=lesson, **kwargs)
        teaching = RoleGrant.objects.live().filter(role=Role.INSTRUCTOR).values("user")
        self.fields["instead"].queryset = User.objects.filter(pk__in=teaching, is_active=True).order_by(
            "last_name", "pk"
        )
        self.fields["absent"].queryset = lesson.instructors.order_by("last_name", "pk")
        if len(lesson.instructors.all()) < 2:
            del self.fields["absent"]

    def order(self):
        absent = self.cleaned_data.get("absent")
        return changes.Substitute(
            instead=self.cleaned_data["instead"].pk, absent=absent and absent.pk, reason=self.cleaned_data["reason"]
        )


class TopicForm(LessonForm):
    what = TOPIC
    topic = forms.CharField(label=_("Topic"), max_length=200, required=False)

    @classmethod
    def at_first(cls, lesson):
        return {"topic": lesson.topic}

    def order(self):
        return changes.SetTopic(topic=self.cleaned_data["topic"])


class RestoreForm(LessonForm):
    what = RESTORE
    reason = LessonReason()

    def order(self):
        return changes.Restore(reason=self.cleaned_data["reason"])


FORMS = {form.what: form for form in (MoveForm, CancelForm, RemoteForm, InstructorForm, TopicForm, RestoreForm)}


def kinds_for(lesson: Lesson, *, now: datetime) -> list[str]:
    """What can be wanted of this lesson, the usual first."""
    if lesson.ends_at <= now:
        return [TOPIC]
    if lesson.state == LessonState.CANCELLED:
        return [RESTORE]
    if lesson.is_remote:
        return [MOVE, CANCEL, INSTRUCTOR, TOPIC]
    return [MOVE, CANCEL, REMOTE, INSTRUCTOR, TOPIC]


def data_for(form: type[LessonForm], lesson: Lesson, query) -> dict | None:
    """What an address says, completed by what the lesson is; None when it says nothing of this form."""
    names = [name for name in form.base_fields if name in query]
    if not names and not (form in (RemoteForm, RestoreForm) and query.get("what") == form.what):
        return None
    data = {name: value for name, value in form.at_first(lesson).items() if value is not None}
    data = {name: _typed(value) for name, value in data.items()}
    data |= {name: query[name] for name in names}
    if form is MoveForm and "starts" in query and "ends" not in query:
        data["ends"] = _later(query["starts"], lesson.ends_at - lesson.starts_at) or data["ends"]
    return data


def _typed(value):
    match value:
        case time():
            return value.strftime("%H:%M")
        case date():
            return value.isoformat()
    return str(value)


def _later(clock: str, length: timedelta) -> str:
    try:
        return (datetime.combine(date(2000, 1, 1), time.fromisoformat(clock)) + length).strftime("%H:%M")
    except ValueError:
        return ""


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


class MassForm(forms.Form):
    """Everything of a house or a room between two days."""

    where = forms.ChoiceField(label=_("Where"))
    first = DayField(label=_("From"))
    last = DayField(label=_("Until"))
    what = forms.ChoiceField(
        label=_("What happens"),
        choices=[(CANCEL, _("Cancel")), (REMOTE, _("Hold online")), (MOVE, _("Move elsewhere or to another day"))],
    )
    to = forms.ChoiceField(label=_("Where to"), required=False)
    days = forms.IntegerField(label=_("Days later"), required=False, min_value=-60, max_value=60, initial=0)
    reason = LessonReason()
    skip = forms.BooleanField(label=_("Leave out lessons that something stands against"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rooms = list(Room.objects.select_related("venue").order_by("venue__short_name", "pk"))
        venues = {room.venue_id: room.venue for room in rooms}
        houses = [(f"venue-{pk}", str(venue.name)) for pk, venue in venues.items()]
        single = [(f"room-{room.pk}", str(room)) for room in rooms]
        self.fields["where"].choices = [(EVERYWHERE, _("everywhere")), (_("Houses"), houses), (_("Rooms"), single)]
        self.fields["to"].choices = [("", _("the same rooms")), (_("Houses"), houses), (_("Rooms"), single)]

    def clean(self):
        given = super().clean()
        first, last = given.get("first"), given.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        elif first and last and last - first > LONGEST_MASS:
            self.add_error("last", _("At most a year at once."))
        if given.get("what") == CANCEL and not given.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say why: families read it."))
        if given.get("what") == MOVE and not given.get("to") and not given.get("days") and not self.errors:
            self.add_error("to", _("Say where to, or how many days later."))
        return given

    def order(self) -> changes.Order:
        given = self.cleaned_data
        if given["what"] == CANCEL:
            return changes.Cancel(reason=given["reason"])
        if given["what"] == REMOTE:
            return changes.TurnRemote(reason=given["reason"])
        kind, _dash, pk = given["to"].partition("-")
        days = given["days"] or 0
        if kind == "venue":
            return MoveToHouse(reason=given["reason"], days=days, venue_id=int(pk))
        return changes.Move(reason=given["reason"], days=days, room_id=int(pk) if kind else None)

    def lessons(self, *, now: datetime):
        """Those that are to take place there and then and are not over."""
        given = self.cleaned_data
        first = changes.local_moment(given["first"], time(0))
        last = changes.local_moment(given["last"] + timedelta(days=1), time(0))
        found = Lesson.objects.published().scheduled().filter(starts_at__gte=first, starts_at__lt=last, ends_at__gt=now)
        kind, _dash, pk = given["where"].partition("-")
        if kind == "venue":
            found = found.filter(room__venue=int(pk))
        elif kind == "room":
            found = found.filter(room=int(pk))
        return found.order_by("starts_at", "pk")


class PublishForm(forms.Form):
    """What was seen when the button was pressed."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    fingerprint = forms.CharField(max_length=64, widget=forms.HiddenInput)
    clashes_seen = forms.BooleanField(required=False, label=_("I have seen whose lessons would overlap"))


def refused_time(form: forms.Form, refused: TimetableRefused) -> None:
    """Put a refusal beside the field that it is about, where there is one."""
    fields = {
        "ends_first": "ends", "no_such_time": "starts", "room_small": "room", "room_taken": "room", "outside_term": "day",
        "into_the_past": "day",
    }  # fmt: skip
    name = fields.get(refused.reason.value)
    form.add_error(name if name in form.fields else None, str(refused.reason.label))
