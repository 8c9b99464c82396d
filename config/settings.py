"""Settings, read from the environment. A missing or bad value raises; nothing unsafe is a default.

Reading order of the file: environment, apps, requests, database, sign-in, the change log, API, work, look,
security. One file for all that the environment sets, so longer than others.
"""

import sys
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from config.embedded.urls import celery_broker_url, database_settings
from config.settings_signin import *  # noqa: F403

# Lets classes such as ModelAdmin[Bank] name their model at run time too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

# -- environment -----------------------------------------------------------------------------
# DEMO is set by `make demo` alone: invented people with short passwords exist only there.
DEMO = env.bool("COUNTERFOIL_DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)

_COMMAND = sys.argv[1] if len(sys.argv) > 1 and sys.argv[0].endswith("manage.py") else ""
# Commands that need no secret and open no database: they run on a fresh clone.
_STANDALONE = {"read_export", "check_exports", "collectstatic", "generate_sample", "makemessages",
               "compilemessages", "check_isolation_report", "eval_regulars", "eval_categories",
               "make_brand_list", "help", ""}  # fmt: skip
_ASKS_HELP = bool(_COMMAND) and not {"-h", "--help"}.isdisjoint(sys.argv)
_STANDALONE_NOW = _ASKS_HELP or (_COMMAND in _STANDALONE - {""} and "--bank" not in sys.argv)


def required(name: str, what: str) -> str:
    """An environment variable that production can't run without."""
    value: str = env.str(name, default="")
    if value or _STANDALONE_NOW:
        return value
    raise ImproperlyConfigured(f"{name} is not set: {what}. See .env.example.")


SECRET_KEY = required("SECRET_KEY", "a long random text that signs sessions") or "standalone"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
if not ALLOWED_HOSTS and not DEBUG and not _STANDALONE_NOW:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS is not set: the host names of the banks. See .env.example."
    )

# -- apps --------------------------------------------------------------------------------------
# In public: the list of banks, and the operators with their sign-ins. In a bank: everything else.
_PEOPLE = [
    "accounts",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
]
_STATELESS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_filters",
    "django_htmx",
    "import_export",
    "config",
]
SHARED_APPS = ["django_tenants", "accounts.banks", *_PEOPLE, *_STATELESS]
TENANT_APPS = [
    *_PEOPLE,
    *_STATELESS,
    "accounts.audit",
    "accounts.customers",
    "accounts.jobs",
    "accounts.idempotency",
    "transactions",
    "analytics",
    "recommendations",
    "alerts",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL = "banks.Bank"
TENANT_DOMAIN_MODEL = "banks.Domain"
PUBLIC_SCHEMA_NAME = "public"
# Inside a bank nothing of public can be read: search_path holds the bank's schema alone.
EXTRA_SET_TENANT_METHOD_PATH = "accounts.banks.tenancy.only_own_schema"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- requests ----------------------------------------------------------------------------------
MIDDLEWARE = [
    # These two before anything that can answer: files and refused hosts carry the headers as well.
    "accounts.middleware.AnswerMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.banks.middleware.BankMiddleware",
    "accounts.banks.middleware.CleanInputMiddleware",
    "config.pages.middleware.PageMethodsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.customers.clock.BankTimeMiddleware",
    "accounts.middleware.IdleMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.CountersAwayMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.NoStoreMiddleware",
    "config.pages.middleware.PurposeMiddleware",
    "accounts.audit.middleware.AuditMiddleware",
]
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.urls_operator"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
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
                "config.pages.navigation.navigation",
                "accounts.second_factor.notice",
            ],
        },
    }
]
# Uploads: a customer's file and a staff member's; larger ones are refused while they arrive.
UPLOAD_LIMIT_CUSTOMER = env.int("UPLOAD_LIMIT_CUSTOMER", default=10 * 2**20)
UPLOAD_LIMIT_STAFF = env.int("UPLOAD_LIMIT_STAFF", default=200 * 2**20)
# Files that one person may bring within the window.
UPLOAD_WINDOW_SECONDS = 600
UPLOADS_PER_CUSTOMER = env.int("UPLOADS_PER_CUSTOMER", default=30)
UPLOADS_PER_STAFF = env.int("UPLOADS_PER_STAFF", default=120)
# A folder with one folder per bank's schema, looked through by `manage.py watch_folder`; "" = none.
WATCHED_FOLDER = env.str("WATCHED_FOLDER", default="")
WATCHED_FOLDER_SETTLE_SECONDS = env.float("WATCHED_FOLDER_SETTLE_SECONDS", default=10.0)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = [
    "accounts.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# -- database ----------------------------------------------------------------------------------
# Two roles: the owner migrates and makes banks, the app serves. Only these commands get the owner.
OWNER_COMMANDS = {
    "migrate",
    "migrate_schemas",
    "create_bank",
    "create_installation",
    "grant_banks",
    "audit_erase",
    "seed_demo",
}
AS_OWNER = _COMMAND in OWNER_COMMANDS
_DATABASE_URL = (
    required("MIGRATION_DATABASE_URL", "the owner role's database address, for migrations")
    if AS_OWNER
    else required("DATABASE_URL", "the database address of the role that serves")
)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "accounts.banks.postgresql",
        **(database_settings(_DATABASE_URL) if _DATABASE_URL else {"NAME": "none"}),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {})
if env.bool("DATABASE_POOL", default=False):
    # For web processes only: a pool in a prefork worker gains nothing.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_SIZE", default=8),
        "max_lifetime": 1800,
    }
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
# The name of the role that serves, granted its rights after each migration.
APP_ROLE = env.str("APP_ROLE", default="app")
# Each bank's own database role (accounts/banks/roles.py): auto = where the server and the owner allow it,
# on = refuse to serve a bank without, off. Two installations on one server take two prefixes.
BANK_ROLES = env.str("BANK_ROLES", default="auto")
if BANK_ROLES not in ("auto", "on", "off"):
    raise ImproperlyConfigured(f"BANK_ROLES is {BANK_ROLES!r}: take auto, on or off.")
BANK_ROLE_PREFIX = env.str("BANK_ROLE_PREFIX", default="") or f"{APP_ROLE}_"
# The owner stays itself in a bank: its tables are its own.
DATABASES["default"]["BANK_ROLES"] = "off" if AS_OWNER else BANK_ROLES
# Each request and task asks the server first whether it stands in its own bank.
CHECK_SCHEMA = env.bool("CHECK_SCHEMA", default=DEBUG)

REDIS_URL = (
    required("REDIS_URL", "the address of Redis: redis://host:6379 or unix:///path") or "redis://"
)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # Keys carry the schema name, so no bank reads another's.
        "KEY_FUNCTION": "accounts.banks.tenancy.cache_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}

# -- sign-in -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# What no installation changes stands in config/settings_signin.py.
# A sorted file of SHA-1 hashes (or of their first digits) in hexadecimal, or of passwords, one a line.
BREACHED_PASSWORDS_FILE = env.str("BREACHED_PASSWORDS_FILE", default="")
if BREACHED_PASSWORDS_FILE and not Path(BREACHED_PASSWORDS_FILE).is_file():
    raise ImproperlyConfigured(
        f"BREACHED_PASSWORDS_FILE: there is no file {BREACHED_PASSWORDS_FILE}."
    )
# Staff and operators reach nothing before they have a second factor; the demo shows a banner instead.
SECOND_FACTOR_REQUIRED = not DEMO
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)
JWT_LIFETIME_MINUTES = env.int("JWT_LIFETIME_MINUTES", default=30)
HEADLESS_ONLY = False
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "accounts.tokens.BankTokenStrategy"  # noqa: S105
HEADLESS_JWT_PRIVATE_KEY = required(
    "JWT_PRIVATE_KEY", "an RSA key in PEM that signs API tokens"
).replace("\\n", "\n")
HEADLESS_JWT_ALGORITHM = "RS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = JWT_LIFETIME_MINUTES * 60
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 24 * 3600
# Stateless tokens of one bank would sign in the same id at another: every token is checked
# against its own bank's session.
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True

# -- the change log ----------------------------------------------------------------------------
# The first key signs, further ones (after a comma) only verify what they signed before.
AUDIT_SIGNING_KEY = required(
    "AUDIT_SIGNING_KEY", "64 hexadecimal digits that sign the change log's seals"
)
# Seconds between seals, and the operators' mailbox for each bank's daily head.
AUDIT_SEAL_SECONDS = env.float("AUDIT_SEAL_SECONDS", default=5.0)
AUDIT_HEADS_TO = env.list("AUDIT_HEADS_TO", default=[])

# -- connections to other banks ----------------------------------------------------------------
# Whose API is asked: sandbox, production, or stand-in (the demo's own, at PLAID_BASE_URL). Without it, or
# without its id and secret, or without keys to seal what it gives, nobody can connect a bank.
PLAID_ENV = env.str("PLAID_ENV", default="")
PLAID_BASE_URL = env.str("PLAID_BASE_URL", default="")
PLAID_CLIENT_ID = env.str("PLAID_CLIENT_ID", default="")
PLAID_SECRET = env.str("PLAID_SECRET", default="")
if PLAID_ENV not in ("", "sandbox", "production", "stand-in"):
    raise ImproperlyConfigured(
        f"PLAID_ENV is {PLAID_ENV!r}: take sandbox or production, or leave it empty."
    )
if (PLAID_ENV == "stand-in" or PLAID_BASE_URL) and not DEMO:
    raise ImproperlyConfigured(
        "PLAID_ENV=stand-in and PLAID_BASE_URL are the demo's alone: take sandbox or production."
    )
# `id:64 hexadecimal digits`, after commas: the first seals, all of them open (rotate_provider_keys).
PROVIDER_KEYS = env.str("PROVIDER_KEYS", default="")
# New secrets are sealed with ML-KEM-768 and X25519 together; those sealed otherwise still open.
POST_QUANTUM = env.bool("POST_QUANTUM", default=False)

# -- API ---------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BankTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.SignedIn"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.rendering.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.parsing.CleanJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.errors.api_exception_handler",
    "DEFAULT_THROTTLE_CLASSES": [],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
DRF_STANDARDIZED_ERRORS = {"ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True}
SPECTACULAR_SETTINGS = {
    "TITLE": "Counterfoil API",
    "DESCRIPTION": "The figures of one bank: the same queries and definitions as the pages.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {},
    "COMPONENT_SPLIT_REQUEST": True,
}

# -- work that lasts ---------------------------------------------------------------------------
# A worker holds a job for the lease and renews it by heartbeat; a failed one is tried again after
# these waits; the sweep finds what no message woke. Tests shorten them.
JOBS_LEASE_SECONDS = env.float("JOBS_LEASE_SECONDS", default=20.0)
JOBS_HEARTBEAT_SECONDS = env.float("JOBS_HEARTBEAT_SECONDS", default=5.0)
JOBS_RETRY_SECONDS = env.list("JOBS_RETRY_SECONDS", cast=float, default=[10.0, 60.0])
JOBS_SWEEP_SECONDS = env.float("JOBS_SWEEP_SECONDS", default=30.0)
# Tests alone run jobs inside a transaction, which is rolled back afterwards.
JOBS_INLINE = False

CELERY_BROKER_URL = celery_broker_url(REDIS_URL)
# A request never waits for a Redis that is away: one try, and the sweep finds the job in its table.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "connect_retries_timeout": 2,
    "socket_connect_timeout": 2.0,
    # A message in hand is not kept in Redis: the job table knows what is left to do. Putting such
    # messages back while Redis is away would end the worker (kombu 5.7).
    "ack_emulation": False,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A backend keeps about 20 kB for every table it touched, so processes are renewed.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# Three lines, all idempotent; what is due stands in each bank's job table (accounts/jobs). The nights'
# line only puts jobs in: each bank's own clock says when its night begins (config/nightly.py).
CELERY_BEAT_SCHEDULE = {
    "nights": {"task": "config.tasks.plan_nights", "schedule": 300.0},
    "sweep": {"task": "accounts.jobs.tasks.sweep", "schedule": JOBS_SWEEP_SECONDS},
    "housekeeping": {"task": "accounts.jobs.tasks.housekeeping", "schedule": 3600.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = env.str(
    "BEAT_SCHEDULE_FILE", default=str(BASE_DIR / ".local" / "beat")
)

# -- look, words, files ------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".local" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or DEMO
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = BASE_DIR / ".local" / "media"
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
IMPORT_EXPORT_SKIP_ADMIN_LOG = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default="django.core.mail.backends.console.EmailBackend"
    if DEMO
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.str("SMTP_HOST", default="localhost")
EMAIL_PORT = env.int("SMTP_PORT", default=25)
EMAIL_HOST_USER = env.str("SMTP_USER", default="")
EMAIL_HOST_PASSWORD = env.str("SMTP_PASS", default="")
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="counterfoil@localhost")

# -- security ----------------------------------------------------------------------------------
# The demo speaks plain http on loopback; anything else is https.
HTTPS = env.bool("HTTPS", default=not (DEMO or DEBUG))
SECURE_SSL_REDIRECT = HTTPS and env.bool("SECURE_SSL_REDIRECT", default=True)
# No cookie of its own for messages: what they say stays in the bank's session.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_HSTS_SECONDS = 2 * 365 * 86400 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of ours add to X-Forwarded-For: the address that the outermost of them saw counts,
# whatever the header held before. With none the header is not read at all.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1) if BEHIND_PROXY else 0
ALLAUTH_TRUSTED_PROXY_COUNT = REST_FRAMEWORK["NUM_PROXIES"] = TRUSTED_PROXIES
# Where to report a weakness (/.well-known/security.txt): an https address or mailto:.
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default=f"mailto:{DEFAULT_FROM_EMAIL}")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "device"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # Ids only, one JSON object a line (accounts/logs.py).
    "formatters": {"line": {"()": "accounts.logs.JsonLines"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": env.str("LOG_LEVEL", default="INFO")},
    # Signed heads and operators' acts leave the house whatever the level of the rest.
    "loggers": {"audit": {"level": "INFO"}},
}
