"""Input about people: its shape and type. Rules live in the flows."""

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from django.utils.translation import get_language, gettext_lazy as _

from accounts.flows import sign_in


class SignInForm(RequestLoginCodeForm):
    """The e-mail address, known or new: both get a code, and nobody learns which it was."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["email"]
        field.label = _("E-mail address")
        field.widget.attrs.update({"autocomplete": "email", "inputmode": "email"})
        field.widget.attrs.pop("placeholder", None)

    def clean_email(self):
        email = super().clean_email()  # looks the account up and limits the rate
        if email and self._user is None:
            self._user = sign_in.account_for(email=email, language=get_language())
        return email


class SignInCodeForm(ConfirmLoginCodeForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Six-digit code")
        field.widget.attrs.update({"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12})
        field.widget.attrs.pop("placeholder", None)

    def clean_code(self):
        # Pasted from a letter it may come with spaces.
        self.cleaned_data["code"] = "".join(self.cleaned_data["code"].split())
        return super().clean_code()
