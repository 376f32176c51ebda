"""The digits of one-time codes, and the digest that is kept of them."""

import secrets

from django.utils.crypto import salted_hmac

from accounts.models import OneTimeCode


def new_digits() -> str:
    """Return six digits, each as likely as any other, from the system's random source."""
    return f"{secrets.randbelow(10**6):06}"


def digest_of(code: OneTimeCode, digits: str) -> str:
    """Return the HMAC-SHA256 of a code, bound to its request and keyed by `SECRET_KEY`, outside the database."""
    bound = f"{code.purpose}/{code.mobile_number}/{code.user_id}/{code.pk}/{digits}"
    return salted_hmac("accounts.one_time_code", bound, algorithm="sha256").hexdigest()
