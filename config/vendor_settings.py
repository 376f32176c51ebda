"""What the settings of the vendors (Gemini, Twilio, Stripe) must be, for `config.environment`."""

import re
from collections.abc import Iterator
from typing import Final, Protocol

STRIPE_KEY: Final = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9]{24,}")
"""The format of Stripe's secret and restricted keys; dj-stripe refuses any other at its first call."""


class VendorSettings(Protocol):
    """The settings that are checked here, of `config.environment.Environment`."""

    DEBUG: bool
    GEMINI_API_KEY: str
    GEMINI_ALLOW_STORED: bool
    STRIPE_SECRET_KEY: str
    STRIPE_WEBHOOK_SECRET: list[str]
    STRIPE_API_HOST: str

    @property
    def GEMINI_CLIENT(self) -> str | None: ...  # noqa: N802  a setting's name
    @property
    def SMS_DELIVERY(self) -> str | None: ...  # noqa: N802


def problems(env: VendorSettings) -> list[str]:
    """What is missing or unsafe, one line each; values are never shown."""
    return [*_gemini_problems(env), *_sms_problems(env), *_stripe_problems(env)]


def _gemini_problems(env: VendorSettings) -> Iterator[str]:
    if env.GEMINI_CLIENT is None:
        yield "GEMINI_API_KEY is required when DEBUG is off (or choose GEMINI_CLIENT=stand-in)"
    elif env.GEMINI_CLIENT != "stand-in" and not env.GEMINI_API_KEY:
        yield f"GEMINI_API_KEY is required by GEMINI_CLIENT={env.GEMINI_CLIENT}"
    if env.GEMINI_CLIENT == "google-generativeai" and not (env.DEBUG or env.GEMINI_ALLOW_STORED):
        yield (
            "GEMINI_CLIENT=google-generativeai cannot forbid Google to store prompts: use google-genai, or set "
            "GEMINI_ALLOW_STORED=true if they may be stored (see docs/privacy.md)"
        )


def _sms_problems(env: VendorSettings) -> Iterator[str]:
    if env.SMS_DELIVERY is None:
        yield "SMS_DELIVERY is required when DEBUG is off: twilio"
    if env.SMS_DELIVERY == "twilio":
        for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"):
            if not getattr(env, name):
                yield f"{name} is required by SMS_DELIVERY=twilio"


def _stripe_problems(env: VendorSettings) -> Iterator[str]:
    if env.STRIPE_SECRET_KEY and not STRIPE_KEY.fullmatch(env.STRIPE_SECRET_KEY):
        yield "STRIPE_SECRET_KEY is not a key of Stripe's: sk_ or rk_, test_ or live_, 24 letters and digits"
    if env.STRIPE_SECRET_KEY and not env.STRIPE_WEBHOOK_SECRET and not env.DEBUG:
        yield "STRIPE_WEBHOOK_SECRET is required beside STRIPE_SECRET_KEY: without it a payment does not lead to Pro"
    if env.STRIPE_API_HOST and not env.DEBUG and "_live_" in env.STRIPE_SECRET_KEY:
        yield "STRIPE_API_HOST would send a live key to a host other than Stripe; remove one of them"
