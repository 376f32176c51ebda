"""The second factor of staff: an authenticator app (TOTP, RFC 6238), and single-use recovery codes."""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User

RECOVERY_CODES: Final = 10

ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without characters that are easily confused on paper."""

CODE_LENGTH: Final = 12
"""Characters of a recovery code: 59 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedSecondFactor:
    """What the staff member stores. It cannot be shown again."""

    uri: str = field(repr=False)
    """otpauth://, for the authenticator app."""
    codes: list[str] = field(repr=False)


def issue(*, user: User) -> IssuedSecondFactor:
    """Create a new authenticator and new recovery codes; the old ones stop working at the same moment."""
    with transaction.atomic():
        revoke(user=user)
        device = TOTPDevice.objects.create(user=user, name="authenticator", confirmed=True)
        recovery = StaticDevice.objects.create(user=user, name="recovery codes", confirmed=True)
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        for code in codes:
            recovery.token_set.create(token=recovery_code_digest(code))
    return IssuedSecondFactor(uri=device.config_url, codes=codes)


def normalize_code(code: str) -> str:
    """Remove what users and keyboards add: spaces, hyphens, capitals."""
    return "".join(code.split()).replace("-", "").lower()


def recovery_code_digest(code: str) -> str:
    """What the database stores of a recovery code: a keyed hash (NIST SP 800-63B-4, look-up secrets).

    The column of django-otp has 16 characters, which hold 80 bits: more than a code has.
    """
    digest = salted_hmac("accounts.recovery_code", normalize_code(code), algorithm="sha256").digest()
    return base64.b32encode(digest[:10]).decode()


def revoke(*, user: User) -> None:
    """Delete all authenticators and recovery codes of the user."""
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.filter(user=user).delete()


def _new_code() -> str:
    """A code with at least one letter, since digits alone are taken for a code of the authenticator."""
    while (code := "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))).isdigit():
        pass
    return code
