"""Input of the front desk: its shape and type. What is allowed is decided by the flows."""

import re
from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.ages import FIRST_GRADE, LAST_GRADE
from accounts.models import Residency
from courses.models import CourseRun, Topic
from enrollment.forms.family import NOT_A_PUPIL, SchoolField, clean_name, clean_phone

_PERSONAL_CODE = re.compile(r"\b\d{6}\s?-?\s?\d{5}\b")
LONGEST_REASON = 300  # characters, as the ledger keeps them
OLDEST_YEARS = 110


def refuse_personal_codes(text):
    """A free text is read by many: no personal code in it (TRUST, Minimisation)."""
    if _PERSONAL_CODE.search(text):
        raise ValidationError(_("Leave out the personal code: this text is kept and shown."))


class ReasonField(forms.CharField):
    def __init__(self, **kwargs):
        defaults = {"max_length": LONGEST_REASON, "help_text": _("No personal codes or diagnoses here.")}
        super().__init__(**defaults | kwargs)
        self.validators.append(refuse_personal_codes)


class RunField(forms.ModelChoiceField):
    """A group by its id; which ones fit is for the flow to say."""

    def __init__(self, **kwargs):
        runs = CourseRun.objects.published().select_related("course__program", "room__venue", "term")
        defaults = {
            "queryset": runs,
            "label": _("Group"),
            "error_messages": {"required": _("Choose a group."), "invalid_choice": _("Choose a group.")},
        }
        super().__init__(**defaults | kwargs)


class EnrollForm(forms.Form):
    run = RunField()
    key = forms.UUIDField(widget=forms.HiddenInput)
    reason = ReasonField(label=_("Reason for the exception"), required=False)


class MoveForm(forms.Form):
    run = RunField()
    message = ReasonField(
        label=_("Why, for the family"),
        required=False,
        help_text=_("Stands in the letter. No personal codes or diagnoses here."),
    )
    reason = ReasonField(label=_("Reason for the exception"), required=False)


class CancelForm(forms.Form):
    reason = ReasonField(
        label=_("Reason"), help_text=_("The family reads it in the letter. No personal codes or diagnoses here.")
    )


class CapacityForm(forms.Form):
    capacity = forms.IntegerField(label=_("Seats"), min_value=0, max_value=999)
    reason = ReasonField(label=_("Reason"))


class GroupsFilter(forms.Form):
    """How the table of groups is narrowed; whatever does not make sense is left out."""

    q = forms.CharField(required=False, max_length=100)
    day = forms.IntegerField(required=False, min_value=0, max_value=6)
    topic = forms.ChoiceField(required=False, choices=[("", ""), *Topic.choices])
    free = forms.BooleanField(required=False)
    queue = forms.BooleanField(required=False)
    sort = forms.CharField(required=False, max_length=10)

    def read(self) -> dict:
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}


class BirthDateField(forms.DateField):
    def __init__(self, **kwargs):
        attributes = {"inputmode": "numeric", "autocomplete": "off", "placeholder": "27.3.2016"}
        super().__init__(label=_("Date of birth"), widget=forms.DateInput(attrs=attributes), **kwargs)


class GradeField(forms.TypedChoiceField):
    """A grade, or None for somebody who is no pupil: said, not left out, since groups depend on it."""

    def __init__(self, **kwargs):
        grades = [(str(grade), str(grade)) for grade in range(FIRST_GRADE, LAST_GRADE + 1)]
        super().__init__(
            label=_("Grade"), choices=[("", "–"), (NOT_A_PUPIL, _("not a pupil")), *grades],
            coerce=lambda value: None if value == NOT_A_PUPIL else int(value), **kwargs,
        )  # fmt: skip


class ChildFields(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=80)
    last_name = forms.CharField(label=_("Surname"), max_length=80)
    birth_date = BirthDateField()
    grade = GradeField()
    school = SchoolField(label=_("School"), required=False)
    residency = forms.ChoiceField(label=_("Residence"), choices=Residency, required=False)

    def __init__(self, *args, today: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_first_name(self):
        return clean_name(self.cleaned_data["first_name"])

    def clean_last_name(self):
        return clean_name(self.cleaned_data["last_name"])

    def clean_birth_date(self):
        born = self.cleaned_data["birth_date"]
        if born and not self.today - timedelta(days=366 * OLDEST_YEARS) < born <= self.today:
            raise ValidationError(_("Check the year of birth."))
        return born

    def clean_residency(self):
        return self.cleaned_data["residency"] or Residency.UNKNOWN

    def facts(self) -> dict:
        names = ("first_name", "last_name", "birth_date", "grade", "school", "residency")
        return {name: self.cleaned_data[name] for name in names}


class FactsForm(ChildFields):
    """What the family told, corrected by staff. Adults are not asked for a date of birth."""

    def __init__(self, *args, learner, today, **kwargs):
        initial = {
            "first_name": learner.first_name,
            "last_name": learner.last_name,
            "birth_date": learner.birth_date,
            "grade": learner.grade_on(today) or NOT_A_PUPIL,
            "school": learner.school,
            "residency": learner.residency,
        }
        super().__init__(*args, initial=initial, today=today, **kwargs)
        self.fields["birth_date"].required = learner.user_id is None


class NewChildForm(ChildFields):
    """One more child of a family that is known."""


class NewFamilyForm(ChildFields):
    """The walk-in: six facts, everything else may come later from the family itself."""

    guardian_name = forms.CharField(label=_("Parent's name and surname"), max_length=160)
    phone = forms.CharField(
        label=_("Phone"), max_length=20, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail address"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    is_new = forms.BooleanField(required=False, widget=forms.HiddenInput)  # said after seeing who may be the same

    def clean_guardian_name(self):
        name = clean_name(self.cleaned_data["guardian_name"])
        first, _space, last = name.rpartition(" ")
        if not first or len(first) > 80 or len(last) > 80:
            raise ValidationError(_("Enter the name and the surname."))
        return name

    def clean_phone(self):
        return clean_phone(self.cleaned_data["phone"])

    def clean_email(self):
        return self.cleaned_data["email"].strip().lower()
