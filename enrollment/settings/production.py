"""Strict: no default for a secret, an address or mail; the start fails and names what is missing."""

from .base import *  # noqa: F403
from .base import env

DEBUG = False
DEMO = False
SECRET_KEY = env("SECRET_KEY")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("development-only"):
    raise env.refusal("SECRET_KEY", "is not a secret of at least 50 characters of its own")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
env.db_url("DATABASE_URL")  # used in base.py, where it has a default; here its absence stops the start
SITE_ADDRESS = env.site_url("SITE_ADDRESS")
CSRF_TRUSTED_ORIGINS = [SITE_ADDRESS]
vars().update(env.email_url("EMAIL_URL"))

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ROOT = None
