"""Input about draws: its shape and type. What may be drawn and when is decided by enrollment.flows.draws."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.formatting import datetime_short, time, weekday_plural
from courses.models import Program, RunKind, Term
from enrollment.desk import draws as reads
from enrollment.forms.desk import ReasonField
from enrollment.forms.season import MomentField

LONGEST_SEED = 64


class ProgramField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        errors = {"required": _("Choose a program."), "invalid_choice": _("Choose a program.")}
        super().__init__(**{"label": _("Program"), "error_messages": errors} | kwargs)

    def label_from_instance(self, program):
        return program.name


class TermField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        errors = {"required": _("Choose a term."), "invalid_choice": _("Choose a term.")}
        super().__init__(**{"label": _("Term"), "error_messages": errors} | kwargs)

    def label_from_instance(self, term):
        return term.name


class WhatToDrawForm(forms.Form):
    """The first step of an announcement: groups of one program and term."""

    program = ProgramField(queryset=Program.objects.none(), empty_label=_("choose"))
    term = TermField(queryset=Term.objects.none(), required=False, empty_label=_("without a term"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["program"].queryset = reads.programs()
        self.fields["term"].queryset = reads.terms()


class GroupsField(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, run):
        when = weekday_plural(run.weekday).capitalize() if run.weekday is not None else ""
        if when and run.start_time:
            when += f" {time(run.start_time)}"
        places = _("places: %(count)s") % {"count": run.capacity}
        opens = _("opens by itself: %(when)s") % {"when": datetime_short(run.enrollment_opens_at)}
        return " · ".join(filter(None, (f"{run.code} {run.course.title}", when, places, opens)))


class DrawForm(forms.Form):
    """What is announced."""

    name_lv = forms.CharField(label=_("Name in Latvian"), max_length=160)
    name_en = forms.CharField(label=_("Name in English"), max_length=160)
    opens_at = MomentField(label=_("Applications from"))
    closes_at = MomentField(
        label=_("Applications until"), help_text=_("Places are drawn at this moment, by the system itself.")
    )
    runs = GroupsField(
        queryset=None, label=_("Groups"), error_messages={"required": _("Choose the groups whose places are drawn.")},
        help_text=_("Published groups in which nobody has a place or waits, and which belong to no other draw."),
    )  # fmt: skip

    def __init__(self, *args, runs, understood, **kwargs):
        """runs: those to choose from; understood: others that may be named, so that it is said what is in their way."""
        super().__init__(*args, **kwargs)
        self.fields["runs"].queryset = understood
        if self.is_bound:
            self.full_clean()
        self.fields["runs"].queryset = runs


class CancelDrawForm(forms.Form):
    reason = ReasonField(
        label=_("Reason"), help_text=_("Families read it in the letter. No personal codes or diagnoses.")
    )


class RehearsalForm(forms.Form):
    program = ProgramField(
        queryset=Program.objects.filter(courses__runs__kind=RunKind.GROUP).distinct().order_by("name_lv", "pk"),
        empty_label=_("choose"),
    )
    term = TermField(queryset=Term.objects.order_by("-starts_on", "-pk"), empty_label=_("choose"))
    seed = forms.CharField(
        required=False, max_length=LONGEST_SEED, widget=forms.HiddenInput, validators=[RegexValidator(r"\A[0-9a-f]+\Z")]
    )
