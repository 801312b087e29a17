"""Signing in: allauth's pages that this site uses, and no others."""

from allauth.account import views as allauth
from allauth.mfa import urls as second_factor
from allauth.mfa.base import views as giving
from django.urls import include, path

from accounts import views
from accounts.audiences import Audience, audience, for_all

# Who gives the second factor is not signed in yet; who sets it up is.
audience(Audience.PUBLIC)(giving.authenticate)

urlpatterns = for_all(
    Audience.PUBLIC,
    [
        path("login/", allauth.request_login_code, name="account_login"),
        path("login/", allauth.request_login_code, name="account_request_login_code"),
        path("login/code/", allauth.confirm_login_code, name="account_confirm_login_code"),
        path("logout/", allauth.logout, name="account_logout"),
        path("inactive/", allauth.account_inactive, name="account_inactive"),
        path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
        # Names that allauth links to; here they lead to the one form for known and new addresses.
        path("email/", views.signup_is_sign_in, name="account_email"),
        path("signup/", views.signup_is_sign_in, name="account_signup"),
        path("link/<str:token>/", views.sign_in_link, name="sign_in_link"),
        path("2fa/", include(for_all(Audience.SIGNED_IN, second_factor.urlpatterns))),
    ],
)
