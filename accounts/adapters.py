"""Where allauth meets this project: letters leave through the outbox, and nobody has a password."""

from allauth.account.adapter import DefaultAccountAdapter
from django.utils import timezone
from django.utils.translation import get_language

from accounts.flows import sign_in


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False  # an account begins with the first sign-in code (accounts.forms.SignInForm)

    def generate_login_code(self):
        return sign_in.new_code()

    def send_mail(self, template_prefix, email, context):
        if template_prefix == "account/email/login_code":
            # The next address travels with the link, so that another device goes on where this one stopped.
            next_address = self.request.POST.get("next", "")
            sign_in.send_code(
                email=email,
                code=context["code"],
                next_address=next_address,
                language=get_language(),
                now=timezone.now(),
            )
        else:
            super().send_mail(template_prefix, email, context)
