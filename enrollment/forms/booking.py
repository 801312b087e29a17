"""A booking by head count: how many, a name, an e-mail address. No account."""

from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.flows.bookings import LARGEST_PARTY


class BookingForm(forms.Form):
    seats = forms.IntegerField(
        label=_("How many people"), min_value=1, max_value=LARGEST_PARTY, initial=2,
        help_text=_("Adults and children together, up to %(most)s. For a larger group call or write to us.") % {"most": LARGEST_PARTY},
        error_messages={
            "min_value": _("Write a number from 1 to 10."), "max_value": _("Write a number from 1 to 10."),
            "invalid": _("Write a number from 1 to 10."), "required": _("Write a number from 1 to 10."),
        },
    )  # fmt: skip
    name = forms.CharField(
        label=_("Name and surname"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write the name under which to keep the places.")},
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail address"), help_text=_("The ticket is sent there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Write an e-mail address, for example anna@example.lv."),
            "invalid": _("Write an e-mail address, for example anna@example.lv."),
        },
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)  # sent twice, it is one booking

    def seats_or_default(self) -> int:
        """The head count typed so far, for the price line."""
        try:
            seats = int(self["seats"].value())
        except (TypeError, ValueError):
            return 1
        return seats if 1 <= seats <= LARGEST_PARTY else 1
