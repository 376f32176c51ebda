"""The secrets that sign: `whsec_<base64>`, shown once, and kept encrypted, since a hash cannot sign.

The key of the encryption comes from `SECRET_KEY`, so a dump of the database has no usable secret; and another
`SECRET_KEY` makes every secret unreadable.
"""

import base64
import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.crypto import salted_hmac

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
"""Standard Webhooks asks for 24 to 64."""

NONCE_BYTES: Final = 12


class Unreadable(Exception):
    """It was sealed with another `SECRET_KEY`, or for another endpoint."""


def new() -> bytes:
    """Return a new secret, from the system's random source."""
    return os.urandom(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """The text that the user's program verifies with."""
    return PREFIX + base64.b64encode(secret).decode()


def seal(secret: bytes, *, endpoint_id: UUID) -> bytes:
    """Encrypt a secret (AES-256-GCM), so that it can be read for this endpoint only."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key()).encrypt(nonce, secret, endpoint_id.bytes)


def unseal(sealed: bytes, *, endpoint_id: UUID) -> bytes:
    """Return the secret.

    Raises:
        Unreadable: it cannot be decrypted.
    """
    nonce, encrypted = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(_key()).decrypt(nonce, encrypted, endpoint_id.bytes)
    except InvalidTag:
        raise Unreadable from None


def _key() -> bytes:
    return salted_hmac("accounts.webhooks", "the key that seals secrets", algorithm="sha256").digest()
