"""One-time codes: their limits, their digits, and the digest that is stored."""

import secrets
from datetime import timedelta
from typing import Final

from django.utils.crypto import salted_hmac

from accounts.models import OneTimeCode

LIFETIME: Final = timedelta(minutes=5)
"""How long a code is valid, by the database's clock; NIST SP 800-63B-4 section 3.1.3.2 allows ten minutes."""

RESEND_AFTER: Final = timedelta(seconds=60)
"""How long after one code another can be requested for the same phone number and purpose."""

GUESSES: Final = 5
"""Guesses evaluated per code."""


def new_digits() -> str:
    """Return six digits, each as likely as any other, from the system's random source."""
    return f"{secrets.randbelow(10**6):06}"


def digest_of(code: OneTimeCode, digits: str) -> str:
    """Return the HMAC-SHA256 of a code, bound to its request and keyed by `SECRET_KEY`, outside the database."""
    bound = f"{code.purpose}/{code.mobile_number}/{code.user_id}/{code.pk}/{digits}"
    return salted_hmac("accounts.one_time_code", bound, algorithm="sha256").hexdigest()
