"""Signing in without a letter, for programs that try the demonstration."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest

from accounts.models import User


def fresh_session(user: User) -> str:
    """A new signed-in session; its cookie's value."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    return request.session.session_key
