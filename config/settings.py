"""Django's settings, all of them made from the environment (`config.environment` says which names there are)."""

import gc
import os
import sys
from datetime import timedelta
from typing import Any

import dj_database_url

from config import api_settings, file_settings, processes
from config.admin_settings import *  # noqa: F403  Django reads every name of this module
from config.api_settings import *  # noqa: F403
from config.environment import ROOT, ConfigurationError, load
from config.infrastructure.broker import broker_url
from config.infrastructure.database import TimeoutConnection
from config.observability import logs, sentry, tracing

# Imports make half a million lasting objects: garbage collections would find nothing and take a fifth of the start.
# `config.apps` turns them on again.
gc.disable()

try:
    env = load()
except ConfigurationError as error:
    sys.exit(str(error))

BASE_DIR = ROOT
DEBUG = env.DEBUG
SECRET_KEY = env.SECRET_KEY
ALLOWED_HOSTS = env.ALLOWED_HOSTS
WEB_ORIGIN = env.WEB_ORIGIN.rstrip("/")
CSRF_TRUSTED_ORIGINS = [WEB_ORIGIN]  # also where a proxy drops the port from Host
APP_ORIGINS = [origin.rstrip("/") for origin in env.APP_ORIGINS]
"""Pages elsewhere that may use the API from a browser."""
STREAM_ORIGIN = env.STREAM_ORIGIN.rstrip("/")
STREAMS_PER_USER = env.STREAMS_PER_USER
DOCS_OPEN = env.DOCS_OPEN
WEB_THREADS = env.WEB_THREADS
PROXY_HOPS = env.PROXY_HOPS
DATA_DIR = env.DATA_DIR or ROOT / ".data"

DATABASE_URL, REDIS_URL, CACHE_URL = env.DATABASE_URL, env.REDIS_URL, env.CACHE_URL
if DEBUG and not (DATABASE_URL and REDIS_URL):
    sys.exit(
        "No database or Redis: start them with `make run`, and give commands with `make manage`; "
        "or set DATABASE_URL and REDIS_URL."
    )

# --- Django -----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its default one would replace our site, and with it the second factor
    "config.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_results",
    "djstripe",
    "accounts",
    "billing",
    "chatrooms",
    "config.apps.ProjectConfig",  # last: its admin unregisters pages of the other apps
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"  # the chat page activates others
LANGUAGES = [("en", "English"), ("hi", "Hindi"), ("ar", "Arabic")]
LANGUAGE_COOKIE_NAME = "kuvaka_language"
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = ROOT / "staticfiles"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG  # tests' clients, too, then index nothing
LOGGING_CONFIG = None
logs.configure(level=env.LOG_LEVEL, style=env.LOG_FORMAT or "json")

# --- Metrics, traces, reports of errors -------------------------------------------------------------------------------

METRICS_PORT = env.METRICS_PORT
METRICS_TOKEN = env.METRICS_TOKEN
KUVAKA_PROCESS = os.environ.get(processes.NAME, "")
tracing.configure(
    endpoint=env.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers=env.OTEL_EXPORTER_OTLP_HEADERS,
    process=KUVAKA_PROCESS,
    environment=env.SENTRY_ENVIRONMENT,
)
sentry.configure(dsn=env.SENTRY_DSN, environment=env.SENTRY_ENVIRONMENT, process=KUVAKA_PROCESS)

# --- Transport security (Django's deployment checklist) ---------------------------------------------------------------

SECURE_SSL_REDIRECT = not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_HOPS else None
SECURE_HSTS_SECONDS = 0 if DEBUG else int(timedelta(days=730).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
SECURE_REFERRER_POLICY = "no-referrer"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": ["'none'"], "frame-ancestors": ["'none'"]}}
"""`config.http.middleware.PolicyMiddleware` writes it once; views with pages replace it."""

CORS_ALLOWED_ORIGINS = APP_ORIGINS

# --- PostgreSQL -------------------------------------------------------------------------------------------------------

# Nothing is left behind in a connection between two transactions, so that PgBouncer may share it out: cursors of the
# server's outlive them. `TimeoutConnection` prepares no statements behind one.
_database = dj_database_url.parse(DATABASE_URL, conn_health_checks=True, disable_server_side_cursors=True)
DATABASES: dict[str, dict[str, Any]] = {"default": {**_database}}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "connect_timeout": 3,
    "prepare_threshold": 2,
    # A request that finds no connection is refused after two seconds rather than queued for ever; the worker's own,
    # longer timeout is set where the worker starts (config.celery).
    "pool": {
        "min_size": 1,
        "max_size": env.DATABASE_POOL_SIZE,
        "timeout": 2,
        "reconnect_timeout": 5,  # then the next request retries, instead of a back-off that grows to minutes
        "connection_class": TimeoutConnection,
    },
}

# --- Redis: cache and comfort limits ----------------------------------------------------------------------------------

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "kuvaka",
        "TIMEOUT": 300,
        "OPTIONS": {
            "REDIS_CLIENT_CLASS": "config.infrastructure.circuit_breaker.GuardedRedis",
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 0.25,
            "SOCKET_TIMEOUT": 0.25,
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
        },
    }
}
RATELIMIT_FAIL_OPEN = True
SILENCED_SYSTEM_CHECKS = [
    "django_ratelimit.E003",  # it lists the cache back ends it knows, and django-redis (atomic add and incr) is not
    "django_ratelimit.W001",  # on that list
    "djstripe.W002",  # STRIPE_API_HOST is set: our own check of the environment keeps live keys from it
]
AUTH_REQUESTS_PER_MINUTE = env.AUTH_REQUESTS_PER_MINUTE

# --- Celery -----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_RESULT_BACKEND = "config.infrastructure.result_backend.ResultBackend"
CELERY_RESULT_EXTENDED = False
CELERY_RESULT_EXPIRES = None  # they are purged with everything else (accounts.personal_data.retention)

# --- accounts ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["accounts.hashing.LimitedArgon2Hasher"]
PASSWORD_HASHES_AT_ONCE = env.PASSWORD_HASHES_AT_ONCE
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"accounts.passwords.{name}"} for name in ("LengthValidator", "CommonValidator", "OwnNumberValidator")
]
JWT_SIGNING_KEY = env.JWT_SIGNING_KEY
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "AUDIENCE": "kuvaka",
    "ISSUER": "kuvaka",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "UPDATE_LAST_LOGIN": False,
}
PHONE_DEFAULT_REGION = env.PHONE_DEFAULT_REGION
SMS_DELIVERY, SMS_COUNTRIES = env.SMS_DELIVERY, env.SMS_COUNTRIES
SMS_PER_NUMBER_HOUR = env.SMS_PER_NUMBER_HOUR
SMS_PER_NUMBER_DAY = env.SMS_PER_NUMBER_DAY
SMS_PER_ADDRESS_HOUR = env.SMS_PER_ADDRESS_HOUR
SMS_PER_PREFIX_HOUR = env.SMS_PER_PREFIX_HOUR
SMS_PER_COUNTRY_DAY = env.SMS_PER_COUNTRY_DAY
SMS_PER_DAY = env.SMS_PER_DAY
TWILIO_ACCOUNT_SID = env.TWILIO_ACCOUNT_SID
TWILIO_AUTH_TOKEN = env.TWILIO_AUTH_TOKEN
TWILIO_FROM = env.TWILIO_FROM
TWILIO_BASE_URL = env.TWILIO_BASE_URL
WEBHOOK_ALLOW_HTTP, WEBHOOK_ALLOW_LOOPBACK = DEBUG, env.WEBHOOK_ALLOW_LOOPBACK

# --- How long things are kept; None is for ever -----------------------------------------------------------------------

RETAIN_MESSAGES = timedelta(days=env.RETAIN_MESSAGES_DAYS) if env.RETAIN_MESSAGES_DAYS else None
RETAIN_SESSIONS = timedelta(days=env.RETAIN_SESSIONS_DAYS)
RETAIN_STAFF_ACTIONS = timedelta(days=env.RETAIN_STAFF_ACTIONS_DAYS) if env.RETAIN_STAFF_ACTIONS_DAYS else None
RETAIN_STRIPE_EVENTS = timedelta(days=env.RETAIN_STRIPE_EVENTS_DAYS)
RETAIN_WEBHOOK_DELIVERIES = timedelta(days=env.RETAIN_WEBHOOK_DELIVERIES_DAYS)
RETAIN_RESULTS = timedelta(days=env.RETAIN_RESULTS_DAYS)

# --- chatrooms and gemini ---------------------------------------------------------------------------------------------

ROOMS_PER_USER = env.ROOMS_PER_USER
REPLY_LEASE = timedelta(seconds=env.REPLY_LEASE)
REPLY_REAP_EVERY = env.REPLY_REAP_EVERY
REPLY_REPUBLISH_AFTER = timedelta(seconds=env.REPLY_REPUBLISH_AFTER)
REPLY_DRAIN = env.REPLY_DRAIN
GEMINI_CLIENT: str = env.GEMINI_CLIENT or ""
GEMINI_API_KEY = env.GEMINI_API_KEY
GEMINI_BASE_URL = env.GEMINI_BASE_URL
GEMINI_MODEL, GEMINI_FALLBACK_MODEL = env.GEMINI_MODEL, env.GEMINI_FALLBACK_MODEL
GEMINI_BREAKER_FAILURES = env.GEMINI_BREAKER_FAILURES
GEMINI_CONCURRENCY = env.GEMINI_CONCURRENCY
GEMINI_CONNECT_TIMEOUT = env.GEMINI_CONNECT_TIMEOUT
GEMINI_READ_TIMEOUT = env.GEMINI_READ_TIMEOUT
GEMINI_TOTAL_TIMEOUT = env.GEMINI_TOTAL_TIMEOUT
GEMINI_ALLOW_STORED = env.GEMINI_ALLOW_STORED
GEMINI_INLINE_BYTES = env.GEMINI_INLINE_BYTES
GEMINI_STAND_IN_DELAY = env.GEMINI_STAND_IN_DELAY

# --- Files -----------------------------------------------------------------------------------------------------------

STORAGES = file_settings.storages(env, DATA_DIR, hashed=not DEBUG or "collectstatic" in sys.argv)
FILES_CLAMD = env.FILES_CLAMD

# --- billing ----------------------------------------------------------------------------------------------------------

STRIPE_SECRET_KEY = env.STRIPE_SECRET_KEY
STRIPE_LIVE_MODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
STRIPE_API_VERSION = "2026-08-26.dahlia"
STRIPE_WEBHOOK_SECRETS = env.STRIPE_WEBHOOK_SECRET
if env.STRIPE_API_HOST:  # dj-stripe asks whether the name exists
    STRIPE_API_HOST = env.STRIPE_API_HOST.rstrip("/")
STRIPE_TIMEOUT = env.STRIPE_TIMEOUT
STRIPE_CUSTOMER_KEY = env.STRIPE_CUSTOMER_KEY
STRIPE_PRO_PRODUCT = env.STRIPE_PRO_PRODUCT
STRIPE_PRO_LOOKUP_KEY = env.STRIPE_PRO_LOOKUP_KEY
STRIPE_PRO_AMOUNT = env.STRIPE_PRO_AMOUNT
STRIPE_PRO_CURRENCY = env.STRIPE_PRO_CURRENCY
STRIPE_PAYMENT_METHODS = env.STRIPE_PAYMENT_METHODS
STRIPE_PROMOTION_CODES = env.STRIPE_PROMOTION_CODES
STRIPE_AUTOMATIC_TAX = env.STRIPE_AUTOMATIC_TAX
STRIPE_DISPUTE_ENDS_PRO = env.STRIPE_DISPUTE_ENDS_PRO
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
DJSTRIPE_SUBSCRIBER_MODEL = AUTH_USER_MODEL
DJSTRIPE_SUBSCRIBER_CUSTOMER_KEY = STRIPE_CUSTOMER_KEY
DAILY_TOKEN_CEILING = env.DAILY_TOKEN_CEILING
TOKEN_SHARES = {"basic": env.TOKEN_SHARE_BASIC, "pro": env.TOKEN_SHARE_PRO}
STOPPED_UNITS_PER_DAY = env.STOPPED_UNITS_PER_DAY

# --- The API and the admin site ---------------------------------------------------------------------------------------

SPECTACULAR_SETTINGS = {**api_settings.SPECTACULAR, "SERVERS": [{"url": WEB_ORIGIN}]}
