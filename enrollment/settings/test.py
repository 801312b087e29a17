"""Fast and offline. The database comes from DATABASE_URL, so one suite runs on both."""

import os

from .base import *  # noqa: F403
from .base import DATABASES, VAR_DIR

DEBUG = False
DEMO = True
SECRET_KEY = "test-only-key-with-enough-length-for-the-signing-checks"
ALLOWED_HOSTS = ["*"]
STAFF_SECOND_FACTOR_REQUIRED = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # look for a file when it is asked for, rather than list them all for each test client
SITE_ADDRESS = "http://testserver"
ACCOUNT_RATE_LIMITS = False

# Runs at the same time, in one checkout or on one server, do not meet: each has a test database of its own.
if DATABASES["default"]["ENGINE"] == "accounts.sqlite":
    # A real file, so that threads of a race share one database as processes do in life.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / f"test-{os.getpid()}.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # no power cuts here
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_enrollment_{os.getpid()}"}
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # a test database cannot be dropped while a connection holds it
