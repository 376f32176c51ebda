"""The text of an API key: `kvk_<id>_<secret><checksum>`.

The id finds the row. The secret has 256 random bits; the row has only its keyed hash. The checksum proves nothing: it
lets a key that was mistyped or cut off be refused without a query, and scanners of source code tell a key from noise.
"""

import re
import secrets
import string
import zlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.crypto import salted_hmac

from accounts.exceptions import ApiKeyInvalid
from accounts.models.api_keys import KEY_PREFIX

ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH: Final = 43
"""Letters and digits: 62 ** 43 is the first power above 2 ** 256."""

CHECKSUM_LENGTH: Final = 6
"""62 ** 6 is the first power above 2 ** 32."""

SHAPE: Final = re.compile(
    rf"{KEY_PREFIX}(?P<id>[0-9a-f]{{32}})_(?P<secret>[0-9A-Za-z]{{{SECRET_LENGTH}}})"
    rf"(?P<checksum>[0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """A key as its holder has it. It is never logged, so its `repr` does not show the secret."""

    id: UUID
    secret: str

    def __str__(self) -> str:
        body = f"{KEY_PREFIX}{self.id.hex}_{self.secret}"
        return body + _checksum(body)

    def __repr__(self) -> str:
        return f"<key {self.id}>"

    @property
    def digest(self) -> str:
        """The HMAC-SHA256 of the secret, bound to the id and keyed by `SECRET_KEY`, outside the database."""
        return salted_hmac("accounts.api_keys", f"{self.id.hex}/{self.secret}", algorithm="sha256").hexdigest()


def new(key_id: UUID) -> KeyText:
    """Return a text with a new secret for the key of this id, from the system's random source."""
    return KeyText(id=key_id, secret="".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH)))


def read(text: str) -> KeyText:
    """Read what a client sent.

    Raises:
        ApiKeyInvalid: it is not the text of a key, or its checksum is wrong.
    """
    found = SHAPE.fullmatch(text)
    if found is None or _checksum(text[:-CHECKSUM_LENGTH]) != found["checksum"]:
        raise ApiKeyInvalid
    return KeyText(id=UUID(found["id"]), secret=found["secret"])


def _checksum(body: str) -> str:
    """The CRC-32, in the alphabet's digits."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
