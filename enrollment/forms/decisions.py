"""Input about whether a group takes place, and at the door."""

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.forms.desk import ReasonField


class DecisionForm(forms.Form):
    decision_on = forms.DateField(
        label=_("Decision day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("Enter the day."), "invalid": _("Enter the day.")},
    )  # fmt: skip
    minimum_size = forms.IntegerField(label=_("Takes place with at least"), min_value=1, max_value=999)
    reason = ReasonField(label=_("Reason"), help_text=_("Kept in the group's history. No personal codes or diagnoses."))


class CancelRunForm(forms.Form):
    reason = ReasonField(
        label=_("Reason"),
        help_text=_("Families read it in the letter, everybody on the group's page. No personal codes or diagnoses."),
    )


class DoorForm(forms.Form):
    reason = ReasonField(label=_("Why others are passed over"), required=False)
