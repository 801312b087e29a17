"""What families type: a child's facts and their own. Shape and type only; rules live in the flows."""

import re
from datetime import date, timedelta

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _, gettext_lazy

from accounts.ages import FIRST_GRADE, LAST_GRADE, school_year
from accounts.models import Residency, School
from accounts.names import fold, phone_digits
from accounts.widgets import DateBoxes

OLDEST_CHILD_YEARS = 25
NOT_A_PUPIL = "none"
LONGEST_DRAFT = 200  # characters of one field
_NAME = re.compile(r"[^\W\d_][^\d_<>@/\\{}]*")


def clean_name(text: str) -> str:
    """Any letters of any language, hyphens, spaces and apostrophes; never changed but for its spaces."""
    name = " ".join(text.split())
    if name and not _NAME.fullmatch(name):
        raise ValidationError(_("Write the name in letters, as in the passport."))
    return name


def clean_phone(text: str) -> str:
    """29 123 456, +371 29123456, +44 …: stored as +37129123456 (E.164)."""
    digits = phone_digits(re.sub(r"^\s*00", "+", text))
    if re.search(r"[^\d\s+()./-]", text) or not 8 <= len(digits) <= 15:
        raise ValidationError(_("Write 8 digits, for example 29 123 456; with + and the country's code from abroad."))
    return f"+371{digits}" if len(digits) == 8 else f"+{digits}"


class SchoolField(forms.CharField):
    """A school chosen by typing: a name of the list, or any part of it that only one school has."""

    def __init__(self, *, listed_only=False, **kwargs):
        super().__init__(max_length=160, **kwargs)
        self.listed_only = listed_only
        self.widget.attrs.update({"class": "js-type-ahead", "list": "schools", "autocomplete": "off"})

    def prepare_value(self, value):
        return str(value) if isinstance(value, School) else value

    def clean(self, value):
        text = super().clean(value)
        folded = _fold_school(text)
        if not folded:
            return None
        found = [school for school in schools() if all(word in _fold_school(school.name) for word in folded.split())]
        exact = [school for school in found if _fold_school(school.name) == folded]
        if len(exact or found) == 1:
            return (exact or found)[0]
        if self.listed_only:
            raise ValidationError(_("Choose a school from the list. If it is not there, call us."))
        if folded in {_fold_school(other) for other in (other_school(), "Cita skola", "Other school")}:
            return None
        raise ValidationError(
            _("Choose a school from the list. If it is not there, write: %(other)s.") % {"other": other_school()}
        )


def _fold_school(name):
    return " ".join(fold(name).replace(".", " ").split())


def other_school() -> str:
    return _("Other school")


def schools() -> list[School]:
    return list(School.objects.order_by("name"))


def school_names() -> list[str]:
    """What the type-ahead offers, the other one last."""
    return [*School.objects.order_by("name").values_list("name", flat=True), other_school()]


class ChildForm(forms.Form):
    """Six answers about a child, each asked once in its life."""

    first_name = forms.CharField(
        label=gettext_lazy("Child's first name"), max_length=80, widget=forms.TextInput({"autocomplete": "off"})
    )
    last_name = forms.CharField(
        label=gettext_lazy("Child's surname"), max_length=80, widget=forms.TextInput({"autocomplete": "off"})
    )
    birth_date = forms.DateField(
        label=gettext_lazy("Date of birth"), help_text=gettext_lazy("For example: 27 3 2016"), widget=DateBoxes(),
        error_messages={
            "invalid": gettext_lazy("Write the day, month and year, for example 27 3 2016."),
            "required": gettext_lazy("Write the day, month and year, for example 27 3 2016."),
        },
    )  # fmt: skip
    school = SchoolField(
        label=gettext_lazy("School"), required=False,
        help_text=gettext_lazy("Begin to write its name. Leave empty if the child does not go to school yet."),
    )  # fmt: skip
    grade = forms.ChoiceField(
        label=gettext_lazy("Grade"), error_messages={"required": gettext_lazy("Choose the grade.")}
    )
    residency = forms.ChoiceField(
        label=gettext_lazy("Declared residence of the child"), widget=forms.RadioSelect,
        choices=[(Residency.VENTSPILS, gettext_lazy("In Ventspils")), (Residency.ELSEWHERE, gettext_lazy("Elsewhere"))],
        error_messages={"required": gettext_lazy("Choose where the child's residence is declared.")},
    )  # fmt: skip

    def __init__(self, *args, today: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        year = school_year(today)
        field = self.fields["grade"]
        field.label = _("Grade in school year %(years)s") % {"years": f"{year}/{year + 1}"}
        field.choices = [
            ("", _("Choose")), (NOT_A_PUPIL, _("Not a pupil yet")),
            *((str(grade), str(grade)) for grade in range(FIRST_GRADE, LAST_GRADE + 1)),
        ]  # fmt: skip

    @staticmethod
    def initial_of(learner, *, today: date) -> dict:
        """What is known about a child, as the form shows it."""
        known = learner.residency != Residency.UNKNOWN
        return {
            "first_name": learner.first_name, "last_name": learner.last_name, "birth_date": learner.birth_date,
            "school": learner.school, "grade": str(learner.grade_on(today) or NOT_A_PUPIL),
            "residency": learner.residency if known else None,
        }  # fmt: skip

    def clean_first_name(self):
        return clean_name(self.cleaned_data["first_name"])

    def clean_last_name(self):
        return clean_name(self.cleaned_data["last_name"])

    def clean_birth_date(self):
        born = self.cleaned_data["birth_date"]
        if born > self.today:
            raise ValidationError(_("The date of birth is in the future. Check the year."))
        if born < self.today - timedelta(days=366 * OLDEST_CHILD_YEARS):
            raise ValidationError(_("Check the year. An adult signs in with an e-mail of their own."))
        return born

    def clean_grade(self):
        grade = self.cleaned_data["grade"]
        return None if grade == NOT_A_PUPIL else int(grade)


# {name of a draft: the fields it keeps, as the browser names them}
DRAFTS = {
    "child": (
        "first_name",
        "last_name",
        "birth_date_0",
        "birth_date_1",
        "birth_date_2",
        "school",
        "grade",
        "residency",
    ),
}


def draft_of(form: str, data) -> dict[str, str]:
    """What was typed into that form so far, cut to a sane length; only fields that it has."""
    typed = {name: data.get(name, "").replace("\x00", "")[:LONGEST_DRAFT] for name in DRAFTS[form]}
    return {name: text for name, text in typed.items() if text}


def child_initial_of_draft(data: dict[str, str]) -> dict:
    """A kept draft as initial values: the boxes of the date exactly as they were left."""
    initial = {name: value for name, value in data.items() if not name.startswith("birth_date")}
    boxes = [data.get(f"birth_date_{index}", "") for index in range(3)]
    return initial | ({"birth_date": ".".join(boxes)} if any(boxes) else {})


class ProfileForm(forms.Form):
    """Who signs in: name and phone, the language of letters, and for a teacher the school."""

    first_name = forms.CharField(
        label=gettext_lazy("Your first name"), max_length=80, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=gettext_lazy("Your surname"), max_length=80, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=30, help_text=gettext_lazy("We call only when a lesson changes at the last moment."),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    school = SchoolField(
        listed_only=True,
        label=gettext_lazy("School where you work"),
        help_text=gettext_lazy("Begin to write its name."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of letters"), widget=forms.RadioSelect, choices=settings.LANGUAGES,
    )  # fmt: skip

    def __init__(self, *args, as_teacher=False, brief=False, **kwargs):
        """as_teacher: asks the school, and no phone; brief: only what an enrollment needs."""
        super().__init__(*args, **kwargs)
        if not as_teacher:
            del self.fields["school"]
        if brief:
            del self.fields["language"]
            if as_teacher:
                del self.fields["phone"]
        elif as_teacher:
            self.fields["phone"].required = False

    def clean_first_name(self):
        return clean_name(self.cleaned_data["first_name"])

    def clean_last_name(self):
        return clean_name(self.cleaned_data["last_name"])

    def clean_phone(self):
        text = self.cleaned_data["phone"]
        return clean_phone(text) if text else ""
