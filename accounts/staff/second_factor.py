"""The second factor of the staff: an authenticator (TOTP, RFC 6238), and recovery codes that work once each."""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User

CODES: Final = 10
"""Recovery codes."""

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another one when it is read from paper."""

LENGTH: Final = 12
"""Letters of a recovery code: 59 bits. They contain letters always, so that none looks like the authenticator's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What the person keeps, and nobody can be shown again."""

    uri: str = field(repr=False)
    """otpauth://, for the authenticator."""
    codes: list[str] = field(repr=False)


def issue(*, user: User) -> Issued:
    """Make a new authenticator and new recovery codes; the old ones stop working in the same moment."""
    with transaction.atomic():
        revoke(user=user)
        device = TOTPDevice.objects.create(user=user, name="authenticator", confirmed=True)
        recovery = StaticDevice.objects.create(user=user, name="recovery codes", confirmed=True)
        codes = [_new_code() for _ in range(CODES)]
        for code in codes:
            recovery.token_set.create(token=kept_of(code))
    return Issued(uri=device.config_url, codes=codes)


def as_meant(code: str) -> str:
    """A code without what people and keyboards add to it: blanks, hyphens between groups, capitals."""
    return "".join(code.split()).replace("-", "").lower()


def kept_of(code: str) -> str:
    """What the database keeps of a recovery code: a hash with a key outside it (NIST SP 800-63B-4, look-up secrets).

    The library's column has 16 characters, which hold 80 bits: more than a code has.
    """
    digest = salted_hmac("accounts.recovery_code", as_meant(code), algorithm="sha256").digest()
    return base64.b32encode(digest[:10]).decode()


def revoke(*, user: User) -> None:
    """Take every authenticator and every recovery code away."""
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.filter(user=user).delete()


def _new_code() -> str:
    """A code with a letter in it: six digits alone would be taken for the authenticator's."""
    while (code := "".join(secrets.choice(LETTERS) for _ in range(LENGTH))).isdigit():
        pass
    return code
