"""Convenient on one's own machine: a demo is allowed, mail goes to the local inbox."""

from .base import *  # noqa: F403
from .base import LOGGING, env

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=True)
SECRET_KEY = env("SECRET_KEY", default="development-only-key-that-production-refuses-to-start-with")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
STAFF_SECOND_FACTOR_REQUIRED = env.bool("STAFF_SECOND_FACTOR_REQUIRED", default=False)
EMAIL_BACKEND = "accounts.outbox.inbox.InboxBackend"
if env("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))

# Static files are served from the sources: no collecting step before a page looks right.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = env.bool("DEBUG", default=False)

LOGGING["handlers"]["console"]["formatter"] = "line"
