"""What every environment shares. The environment is read here and in its siblings, nowhere else.

Each variable is documented in docs/operations.md; a malformed one stops the start and names itself.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class Environment(environ.Env):
    """The environment read strictly: what is missing or malformed stops the start.

    A variable that is set but empty counts as not set, as compose files leave it. A value is taken as it is: unlike the
    parent class it never stands for another variable, so a secret may begin with a dollar sign.
    """

    def get_value(self, var, cast=None, default=environ.Env.NOTSET, parse_default=False):
        text = self.ENVIRON.get(var, "").strip()
        if text:
            try:
                return self._yes_or_no(text) if cast is bool else self.parse_value(text, cast)
            except ValueError as problem:
                raise self.refusal(var, problem) from problem
        if default is self.NOTSET:
            raise self.refusal(var, "is not set")
        return default

    def db_url(self, var="DATABASE_URL", default=environ.Env.NOTSET, engine=None):
        value = self.get_value(var, default=default)
        if not value.startswith(("sqlite:///", "postgres://", "postgresql://")):
            raise self.refusal(var, "begins with neither sqlite:/// nor postgres://")
        return self.db_url_config(value, engine=engine)

    def email_url(self, var="EMAIL_URL", default=environ.Env.NOTSET, backend=None):
        value = self.get_value(var, default=default)
        if value.partition(":")[0] not in self.EMAIL_SCHEMES:
            raise self.refusal(var, f"begins with none of {', '.join(self.EMAIL_SCHEMES)}")
        return self.email_url_config(value, backend=backend)

    def site_url(self, var, default=environ.Env.NOTSET):
        """An address without a path, as pages and e-mails put one behind it."""
        value = self.get_value(var, default=default)
        if not value.startswith(("http://", "https://")) or value.count("/") != 2:
            raise self.refusal(var, f"{value!r} is not of the form https://host")
        return value

    def refusal(self, var, problem):
        return ImproperlyConfigured(f"Environment variable {var}: {problem}. See docs/operations.md.")

    @staticmethod
    def _yes_or_no(text):
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        if text.lower() not in words:
            raise ValueError(f"{text!r} is neither yes nor no")
        return words[text.lower()]


env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"  # everything written at run time; ignored by git
VAR_DIR.mkdir(exist_ok=True)

# -- Who may use demonstration data and shortcuts ----------------------------------------------
DEMO = env.bool("DEMO", default=False)

# -- Applications: accounts <- courses <- enrollment -------------------------------------------
INSTALLED_APPS = [
    "enrollment",
    "courses",
    "accounts",
    "accounts.outbox",
    "accounts.apps.AdminConfig",  # django.contrib.admin, with our rules of who may open it
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "courses.middleware.CalendarMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.audiences.AudienceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "enrollment.urls"
WSGI_APPLICATION = "enrollment.wsgi.application"
ASGI_APPLICATION = "enrollment.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "accounts.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- Database ---------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOCK_TIMEOUT_SECONDS = env.int("LOCK_TIMEOUT_SECONDS", default=3)
STATEMENT_TIMEOUT_SECONDS = env.int("STATEMENT_TIMEOUT_SECONDS", default=20)

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE makes every transaction a writer from its start: without it SQLite, which knows no
    # row locks, lets two families read the same free seat (docs/decisions/0002-places.md).
    DATABASES["default"]["CONN_MAX_AGE"] = None  # opening the file anew costs more than most pages read
    DATABASES["default"]["ENGINE"] = "accounts.sqlite"  # the same, with threads that queue up to write
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;",
    }
else:
    DATABASES["default"]["ENGINE"] = "accounts.postgresql"  # the same, asking less often whether it lives
    # A connection per thread that stays open: a pool's lending costs as much as a small query.
    DATABASES["default"]["CONN_MAX_AGE"] = 600
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = (
        True  # one that died with its server is made anew, not shown to a family
    )
    DATABASES["default"]["OPTIONS"] = {
        # Statements are bound and planned by the server, and kept planned when they come again.
        "server_side_binding": True,
        "prepare_threshold": 3,
        "connect_timeout": 3,
        "options": f"-c lock_timeout={LOCK_TIMEOUT_SECONDS}s -c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s "
        "-c idle_in_transaction_session_timeout=30s",
    }

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    }
}

# -- People and sign-in -------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
AUTH_PASSWORD_VALIDATORS = []  # nobody has a password: sign-in is by a code sent to the e-mail address
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "enrollment:family_home"
LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"  # the code itself proves the address
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 30 * 60  # seconds
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "request_login_code": "accounts.forms.SignInForm",
    "confirm_login_code": "accounts.forms.SignInCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Ventspils Digitālais centrs"
STAFF_SECOND_FACTOR_REQUIRED = env.bool("STAFF_SECOND_FACTOR_REQUIRED", default=True)

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "enrollment.views.errors.csrf_failure"

# -- Languages and time -------------------------------------------------------------------------
LANGUAGE_CODE = "lv"
LANGUAGES = [("lv", _("Latvian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["accounts.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Riga"

# -- Static files ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns when nothing has been collected yet

# -- Security ---------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300

# -- Mail ---------------------------------------------------------------------------------
EMAIL_TIMEOUT = 10
_CENTRE = "Ventspils Digitālais centrs <pieteikumi@digitalaiscentrs.example>"
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=_CENTRE)
MAIL_DIR = VAR_DIR / "mail"  # where the demo's inbox keeps its letters
SITE_ADDRESS = env.site_url("SITE_ADDRESS", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}")

# -- The centre, as shown on every page -------------------------------------------------------
CENTRE_PHONE = env("CENTRE_PHONE", default="63 600 000")
CENTRE_EMAIL = env("CENTRE_EMAIL", default="info@digitalaiscentrs.example")

# -- Business numbers -------------------------------------------------------------------------
APPLICATIONS_SETTLE_SECONDS = LOCK_TIMEOUT_SECONDS + 1  # by then whoever came before is answered or written down
OPENING_NOTICE_HOURS = 24  # before an opening, to whoever has prepared
OFFER_MINIMUM_HOURS = 2  # an offer is never shorter, however near the start
OFFER_QUIET_FROM_HOUR = 21  # local hours between which no offer expires
OFFER_QUIET_UNTIL_HOUR = 8
STAFF_MESSAGE_HOLD_SECONDS = 60  # undo within this time also stops the message
LATE_CHANGE_HOURS = 24  # a lesson changed nearer to its start than this is a late change
LATE_CHANGE_REMINDER_HOURS = 3  # before it, whose calendar has not fetched the change is told once more
WITHDRAWAL_UNDO_MINUTES = 10  # a seat given back is held this long for undo
RECONFIRM_HOURS = 48  # to say that one still comes, when the start is far
DECISION_HOUR = 9  # local: from then on a group is decided on its decision day
TRAVEL_MINUTES_BETWEEN_VENUES = 15
CURRENT_PUPIL_DAYS = 200  # a pupil of last spring is a current one in autumn: after a group's end it counts so long
FEED_REFRESH_HOURS_PRIVATE = 1
FEED_REFRESH_HOURS_PUBLIC = 6

# -- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.problems.answer",
    "DEFAULT_THROTTLE_RATES": {"account": "300/min", "network": "30000/min"},  # accounts.throttles
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ventspils Digitālais centrs: enrollment API",
    "DESCRIPTION": "Catalogue, families and enrollments of the centre.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ProgramKind": "courses.models.ProgramKind",
        "CourseKind": "courses.models.CourseKind",
        "CourseStatus": "courses.models.CourseStatus",
        "RunKind": "courses.models.RunKind",
        "RunState": "courses.models.RunState",
        "LessonState": "courses.models.LessonState",
        "EnrollmentState": "enrollment.models.EnrollmentState",
        "OfferState": "enrollment.models.OfferState",
        "ApplicationState": "enrollment.models.ApplicationState",
    },
}

# One JSON object per line, with ids and never people (accounts/logs.py).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "accounts.logs.JsonFormatter"}, "line": {"()": "accounts.logs.LineFormatter"}},
    "filters": {"masking": {"()": "accounts.logs.MaskingFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["masking"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {
        # Django's own handlers would print whole paths and mail whole requests.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},  # a 404 or 409 is an answer, not an event
        "psycopg.pool": {"level": "ERROR"},  # it tells of every attempt while the database is away
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
