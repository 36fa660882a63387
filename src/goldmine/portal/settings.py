"""Django's settings of the portal: from environment variables and the portal's policy.

========================  =============================================================================================
``GOLDMINE_WORK``         the bank's work folder; ``data`` if not set
``GOLDMINE_DATABASE_URL`` PostgreSQL, as ``postgresql://user@host/name``; SQLite in the work folder if not set
``GOLDMINE_NUMBERS_URL``  the same for the store of names and telephone numbers
``GOLDMINE_NUMBERS_KEY``  the key that store is encrypted with
``GOLDMINE_PORTAL_SECRET`` signs sessions; `goldmine portal serve` makes one in the work folder
``GOLDMINE_PORTAL_HOSTS`` names that the portal is reached under, separated by commas; this machine alone if not set
``GOLDMINE_PORTAL_DAY``   the day whose work is shown, for a sample bank whose time is past; today if not set
``GOLDMINE_PORTAL_TLS``   1: the portal is reached over HTTPS only, through the bank's proxy
``GOLDMINE_MLFLOW_URL``   where MLflow listens on this machine, for operators; ``GOLDMINE_DAGSTER_URL`` for Dagster
``GOLDMINE_PORTAL_SETTINGS`` a Python file whose settings come last: sign-in by LDAP or OpenID Connect
========================  =============================================================================================
"""

import os
import runpy
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key

from goldmine.core.dates import parse_day
from goldmine.core.workspace import at_home
from goldmine.portal.databases import database
from goldmine.portal.policy import portal_policy

_POLICY = portal_policy()
_TLS = os.environ.get("GOLDMINE_PORTAL_TLS", "") == "1"
_HOSTS = [name.strip() for name in os.environ.get("GOLDMINE_PORTAL_HOSTS", "").split(",") if name.strip()]

GOLDMINE_WORK = at_home(os.environ.get("GOLDMINE_WORK") or "data")
GOLDMINE_DAY = parse_day(_DAY, "GOLDMINE_PORTAL_DAY") if (_DAY := os.environ.get("GOLDMINE_PORTAL_DAY", "")) else None

DEBUG = False
SECRET_KEY = os.environ.get("GOLDMINE_PORTAL_SECRET") or get_random_secret_key()
ALLOWED_HOSTS = _HOSTS or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in _HOSTS] if _TLS else []

INSTALLED_APPS = [
    "goldmine.portal.apps.PortalConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "goldmine.portal.middleware.health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "goldmine.portal.middleware.session_age",
    "goldmine.portal.middleware.language",
    "goldmine.portal.navigation.navigation",
    "goldmine.portal.middleware.same_view",
    "goldmine.portal.middleware.row_security",
    "goldmine.portal.api.errors.wrong_method",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "goldmine.portal.urls"
WSGI_APPLICATION = "goldmine.portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {
            "environment": "goldmine.portal.templating.environment",
            "context_processors": ["goldmine.portal.templating.shared_context"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

_PORTAL = GOLDMINE_WORK / "portal"
DATABASES = {
    "default": database(os.environ.get("GOLDMINE_DATABASE_URL", ""), _PORTAL / "portal.sqlite3"),
    "numbers": database(os.environ.get("GOLDMINE_NUMBERS_URL", ""), _PORTAL / "numbers.sqlite3"),
}
DATABASE_ROUTERS = ["goldmine.portal.databases.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
OIDC_CALLBACK_CLASS = "goldmine.portal.open_id.SignedIn"  # used where OpenID Connect is
AXES_FAILURE_LIMIT = _POLICY.failed_sign_ins
AXES_COOLOFF_TIME = _POLICY.locked_minutes / 60
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "goldmine.portal.pages.sign_in.locked"
AXES_CLIENT_IP_CALLABLE = "goldmine.portal.addresses.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
OTP_TOTP_ISSUER = "Goldmine"

SESSION_COOKIE_AGE = _POLICY.session_minutes * 60
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _TLS else None
SECURE_SSL_REDIRECT = _TLS
SECURE_HSTS_SECONDS = 31_536_000 if _TLS else 0
CSRF_FAILURE_VIEW = "goldmine.portal.pages.failures.too_old"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = _POLICY.uploads.megabytes * 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = _POLICY.uploads.megabytes * 1_000_000
FILE_UPLOAD_PERMISSIONS = 0o600

LANGUAGE_CODE = "zh-hans" if _POLICY.language == "zh" else "en"
TIME_ZONE = _POLICY.time_zone
USE_I18N = USE_TZ = True

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

if _FILE := os.environ.get("GOLDMINE_PORTAL_SETTINGS", ""):
    _OWN = runpy.run_path(str(at_home(_FILE)), init_globals=dict(globals()))
    globals().update({name: value for name, value in _OWN.items() if name.isupper() and not name.startswith("_")})
