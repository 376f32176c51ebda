"""What the environment may say: every setting, typed, with its default, checked as a whole at start."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from config import vendor_settings
from config.file_settings import FileEnvironment
from config.processes import is_service_link

ROOT = Path(__file__).resolve().parent.parent

MINIMUM_KEY_BYTES = 32
"""RFC 7518 section 3.2: an HS256 key has at least the 256 bits of the hash."""

HOSTING_MARKERS = ("RENDER", "RAILWAY_ENVIRONMENT_ID", "FLY_APP_NAME", "DYNO", "KUBERNETES_SERVICE_HOST")
"""Variables that hosting platforms set in every container; where one is present, this is production."""

ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?")

MINIMUM_TOKEN = 16
"""Characters of a token; attempts to guess it are not limited."""

CERTIFICATE_CHECKS = ("required", "optional", "none")
"""What `ssl_cert_reqs` in a URL may be: redis-py does not know the names that Celery's documentation has."""

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


def _split(value: object) -> object:
    """Turn `a, b` into `["a", "b"]`; leave anything else to the field's own check."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[list[str], NoDecode, BeforeValidator(_split)]


class Environment(FileEnvironment):
    """The settings by their names in the environment. Times are in seconds."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, case_sensitive=True)

    DEBUG: bool = False
    SECRET_KEY: str = ""
    JWT_SIGNING_KEY: str = ""
    ALLOWED_HOSTS: Names = []
    DATABASE_URL: str = ""
    DATABASE_POOL_SIZE: int = Field(default=16, ge=1, le=200)
    REDIS_URL: str = ""
    CACHE_URL: str = ""
    DATA_DIR: Path | None = None
    PORT: int = Field(default=8000, ge=1, le=65535)
    STREAM_PORT: int | None = Field(default=None, ge=1, le=65535)
    WEB_THREADS: int = Field(default=32, ge=9, le=1000)
    PASSWORD_HASHES_AT_ONCE: int = Field(default=2, ge=1, le=64)
    WEB_ORIGIN: str = ""
    APP_ORIGINS: Names = []
    STREAM_ORIGIN: str = ""
    STREAMS_PER_USER: int = Field(default=10, ge=1)
    DOCS_OPEN: bool = True
    PROXY_HOPS: int = Field(default=0, ge=0, le=10)
    LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    LOG_FORMAT: Literal["json", "console"] | None = None
    METRICS_PORT: int | None = Field(default=None, ge=1, le=65532)
    METRICS_TOKEN: str = Field(default="", pattern=r"^[\x21-\x7e]*$")
    SENTRY_DSN: str = ""
    SENTRY_ENVIRONMENT: str = ""
    OTEL_EXPORTER_OTLP_ENDPOINT: str = ""
    OTEL_EXPORTER_OTLP_HEADERS: str = ""

    GEMINI_CLIENT: Literal["google-genai", "google-generativeai", "stand-in"] | None = None
    GEMINI_API_KEY: str = ""
    GEMINI_BASE_URL: str = ""
    GEMINI_MODEL: str = "gemini-flash-latest"
    GEMINI_FALLBACK_MODEL: str = ""
    GEMINI_BREAKER_FAILURES: int = Field(default=5, ge=1)
    GEMINI_CONCURRENCY: int = Field(default=64, ge=1, le=1000)
    GEMINI_CONNECT_TIMEOUT: float = Field(default=5, gt=0)
    GEMINI_READ_TIMEOUT: float = Field(default=60, gt=0)
    GEMINI_TOTAL_TIMEOUT: float = Field(default=180, gt=0)
    GEMINI_ALLOW_STORED: bool = False
    GEMINI_INLINE_BYTES: int = Field(default=256 * 1024, ge=0, le=16 * 1024**2)
    GEMINI_STAND_IN_DELAY: float = Field(default=0.02, ge=0)

    REPLY_LEASE: float = Field(default=15, ge=2)
    REPLY_REAP_EVERY: float = Field(default=3, gt=0)
    REPLY_REPUBLISH_AFTER: float = Field(default=10, gt=0)
    REPLY_DRAIN: float = Field(default=8, ge=0)
    ROOMS_PER_USER: int = Field(default=500, ge=1)

    PHONE_DEFAULT_REGION: str = Field(default="IN", pattern=r"^[A-Z]{2}$")
    SMS_DELIVERY: Literal["response", "console", "twilio"] | None = None
    SHOW_CODES_TO_ANYONE: bool = False
    SMS_COUNTRIES: Names = []
    SMS_PER_NUMBER_HOUR: int = Field(default=5, ge=1)
    SMS_PER_NUMBER_DAY: int = Field(default=10, ge=1)
    SMS_PER_ADDRESS_HOUR: int = Field(default=20, ge=1)
    SMS_PER_PREFIX_HOUR: int = Field(default=50, ge=1)
    SMS_PER_COUNTRY_DAY: int = Field(default=2000, ge=1)
    SMS_PER_DAY: int = Field(default=5000, ge=1)
    TWILIO_ACCOUNT_SID: str = ""
    TWILIO_AUTH_TOKEN: str = ""
    TWILIO_FROM: str = ""
    TWILIO_BASE_URL: str = "https://api.twilio.com"

    WEBHOOK_ALLOW_LOOPBACK: bool = False

    AUTH_REQUESTS_PER_MINUTE: int = Field(default=60, ge=1)

    STRIPE_SECRET_KEY: str = ""
    STRIPE_WEBHOOK_SECRET: Names = []
    STRIPE_API_HOST: str = ""
    STRIPE_TIMEOUT: float = Field(default=8, gt=0, le=20)
    STRIPE_CUSTOMER_KEY: str = Field(default="kuvaka_user", pattern=r"^[a-z0-9_]{1,40}$")
    STRIPE_PRO_PRODUCT: str = Field(default="kuvaka_pro", pattern=r"^[A-Za-z0-9_]{1,60}$")
    STRIPE_PRO_LOOKUP_KEY: str = Field(default="kuvaka_pro_monthly", pattern=r"^[A-Za-z0-9_]{1,60}$")
    STRIPE_PRO_AMOUNT: int = Field(default=999, ge=1)
    STRIPE_PRO_CURRENCY: str = Field(default="usd", pattern=r"^[a-z]{3}$")
    STRIPE_PAYMENT_METHODS: Names = ["card"]
    STRIPE_PROMOTION_CODES: bool = False
    STRIPE_AUTOMATIC_TAX: bool = False
    STRIPE_DISPUTE_ENDS_PRO: bool = True
    PRETEND_STRIPE_PORT: int | None = Field(default=None, ge=1, le=65535)
    DAILY_TOKEN_CEILING: int = Field(default=50_000_000, ge=1)
    TOKEN_SHARE_BASIC: float = Field(default=2, gt=0, le=100)
    TOKEN_SHARE_PRO: float = Field(default=10, gt=0, le=100)
    STOPPED_UNITS_PER_DAY: int = Field(default=5, ge=0, le=1_000_000)

    RETAIN_MESSAGES_DAYS: int | None = Field(default=None, ge=1, le=36500)
    RETAIN_SESSIONS_DAYS: int = Field(default=90, ge=1, le=3650)
    RETAIN_STAFF_ACTIONS_DAYS: int | None = Field(default=None, ge=30, le=36500)
    RETAIN_STRIPE_EVENTS_DAYS: int = Field(default=30, ge=4, le=3650)
    RETAIN_WEBHOOK_DELIVERIES_DAYS: int = Field(default=30, ge=7, le=365)
    RETAIN_RESULTS_DAYS: int = Field(default=1, ge=1, le=365)

    @model_validator(mode="before")
    @classmethod
    def _without_service_links(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Remove what Kubernetes sets for a Service called `stream`: STREAM_PORT=tcp://10.0.0.7:8001."""
        return {name: value for name, value in given.items() if not is_service_link(name, str(value))}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Fill what follows from other settings, then refuse what is missing or unsafe, all of it at once."""
        self._derive()
        problems = [
            *self._key_problems(),
            *self._production_problems(),
            *self._provider_problems(),
            *self._watching_problems(),
            *self._file_problems(),
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _derive(self) -> None:
        self.GEMINI_CLIENT = self.GEMINI_CLIENT or (
            "google-genai" if self.GEMINI_API_KEY else "stand-in" if self.DEBUG else None
        )
        self.SMS_DELIVERY = self.SMS_DELIVERY or ("response" if self.DEBUG else None)
        self.LOG_FORMAT = self.LOG_FORMAT or ("console" if self.DEBUG else "json")
        if self.DEBUG:
            self.ALLOWED_HOSTS = self.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
            self.WEB_ORIGIN = self.WEB_ORIGIN or f"http://127.0.0.1:{self.PORT}"
            self.STREAM_ORIGIN = self.STREAM_ORIGIN or f"http://127.0.0.1:{self.STREAM_PORT or self.PORT + 1}"
        self.STREAM_ORIGIN = self.STREAM_ORIGIN or self.WEB_ORIGIN
        self.CACHE_URL = self.CACHE_URL or self.REDIS_URL
        self.SENTRY_ENVIRONMENT = self.SENTRY_ENVIRONMENT or ("development" if self.DEBUG else "production")

    def _key_problems(self) -> list[str]:
        found = [
            f"{name} needs at least {MINIMUM_KEY_BYTES} bytes; make one with: python -c "
            "'import secrets; print(secrets.token_urlsafe(48))'"
            for name in ("SECRET_KEY", "JWT_SIGNING_KEY")
            if len(getattr(self, name).encode()) < MINIMUM_KEY_BYTES
        ]
        if self.SECRET_KEY and self.SECRET_KEY == self.JWT_SIGNING_KEY:
            found.append("JWT_SIGNING_KEY must differ from SECRET_KEY")
        return found

    def _production_problems(self) -> list[str]:
        if self.DEBUG:
            return self._debug_problems()
        found = [
            f"{name} is required when DEBUG is off"
            for name in ("ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "WEB_ORIGIN")
            if not getattr(self, name)
        ]
        if "*" in self.ALLOWED_HOSTS:
            found.append("ALLOWED_HOSTS must name the hosts when DEBUG is off, not *")
        if self.SMS_DELIVERY == "response" and not self.SHOW_CODES_TO_ANYONE:
            found.append(
                "SMS_DELIVERY=response returns every one-time code to the client, so anyone can sign in as anyone; "
                "when DEBUG is off it needs SHOW_CODES_TO_ANYONE=true"
            )
        if self.WEBHOOK_ALLOW_LOOPBACK:
            found.append(
                "WEBHOOK_ALLOW_LOOPBACK lets users have requests sent to this machine; it works with DEBUG only"
            )
        if self.SMS_DELIVERY == "console":
            found.append("SMS_DELIVERY=console prints one-time codes; it works with DEBUG only")
        return found

    def _debug_problems(self) -> list[str]:
        public = [host for host in self.ALLOWED_HOSTS if host not in LOCAL_HOSTS]
        markers = [name for name in HOSTING_MARKERS if name in os.environ]
        found = [f"DEBUG must be off in production ({name} is set)" for name in markers]
        if public:
            found.append(f"DEBUG must be off in production (ALLOWED_HOSTS names {', '.join(public)})")
        return found

    def _provider_problems(self) -> list[str]:
        found = [
            f"{name} is not a URL of the kind {kinds}: it starts with {urlsplit(value).scheme or 'no scheme'}"
            for name, kinds in (
                ("DATABASE_URL", ("postgres", "postgresql")),
                ("REDIS_URL", ("redis", "rediss")),
                ("CACHE_URL", ("redis", "rediss")),
                ("WEB_ORIGIN", ("http", "https")),
                ("STREAM_ORIGIN", ("http", "https")),
                ("GEMINI_BASE_URL", ("http", "https")),
                ("TWILIO_BASE_URL", ("http", "https")),
                ("STRIPE_API_HOST", ("http", "https")),
                ("SENTRY_DSN", ("http", "https")),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", ("http", "https")),
            )
            if (value := getattr(self, name)) and urlsplit(value).scheme not in kinds
        ]
        found += [
            f"{name}: ssl_cert_reqs is one of {', '.join(CERTIFICATE_CHECKS)}"
            for name in ("REDIS_URL", "CACHE_URL")
            if not set(parse_qs(urlsplit(getattr(self, name)).query).get("ssl_cert_reqs", ())) <= {*CERTIFICATE_CHECKS}
        ]
        found += [
            f"APP_ORIGINS: {origin} is no origin: https://app.example.com, without a path"
            for origin in self.APP_ORIGINS
            if not ORIGIN.fullmatch(origin)
        ]
        return [*found, *vendor_settings.problems(self)]

    def _watching_problems(self) -> list[str]:
        if self.METRICS_TOKEN and len(self.METRICS_TOKEN) < MINIMUM_TOKEN:
            return [f"METRICS_TOKEN needs at least {MINIMUM_TOKEN} characters: anyone who guesses it can read /metrics"]
        return []


class ConfigurationError(Exception):
    """The environment is missing something, or something in it is malformed or too weak."""


def load() -> Environment:
    """Read the environment, and below it the file named by `ENV_FILE` (`.env` beside manage.py if that is not set).

    Raises:
        ConfigurationError: with one line per problem, so that all can be mended at once; values are never shown.
    """
    try:
        return Environment(_env_file=os.environ.get("ENV_FILE", ROOT / ".env"))
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    lines: list[str] = []
    for item in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        lines += [f"{name}: {message}"] if name else message.splitlines()
    return "\n".join(["Kuvaka cannot start with this environment:", *(f"  - {line}" for line in lines)])


def names() -> Mapping[str, object]:
    """Every setting's name with its default, for the tests that hold the documents and the deployment files to it."""
    return {name: field.default for name, field in Environment.model_fields.items()}
