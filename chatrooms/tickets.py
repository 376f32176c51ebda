"""The ticket in a URL of the process `stream`: it opens one reply for clients that send no header."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Self
from uuid import UUID

from django.core import signing

from chatrooms.exceptions import TicketInvalid

LIFETIME: Final = timedelta(minutes=5)
"""How long it can open a stream; an open stream stays open."""

SALT: Final = "chatrooms.tickets"
DIALECT_SALT: Final = "chatrooms.tickets.dialect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The reply that it opens, and the session or API key: when that has ended, the ticket is invalid."""

    reply_id: int
    bearer_id: UUID

    def __str__(self) -> str:
        return signing.dumps([self.reply_id, self.bearer_id.hex], salt=SALT)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check the signature and the age.

        Raises:
            TicketInvalid: the ticket is forged or has expired.
        """
        try:
            reply_id, bearer_id = signing.loads(text, salt=SALT, max_age=LIFETIME)
            return cls(reply_id=int(reply_id), bearer_id=UUID(bearer_id))
        except (signing.BadSignature, ValueError, TypeError):
            raise TicketInvalid from None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectTicket:
    """It opens one reply in the dialect of another API; `chatrooms.live_redirects` sends clients there with it.

    Attributes:
        dialect: the name under which `chatrooms.streaming.dialects` knows it.
        options: what the rendering has to know of the request, of JSON's types.
        headers: of the response, since a client that follows a redirect sees only those of the last one.
    """

    reply_id: int
    bearer_id: UUID
    dialect: str
    options: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        values = [self.reply_id, self.bearer_id.hex, self.dialect, dict(self.options), dict(self.headers)]
        return signing.dumps(values, salt=DIALECT_SALT, compress=True)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check the signature and the age.

        Raises:
            TicketInvalid: the ticket is forged or has expired.
        """
        try:
            reply_id, bearer_id, dialect, options, headers = signing.loads(text, salt=DIALECT_SALT, max_age=LIFETIME)
        except (signing.BadSignature, ValueError, TypeError):
            raise TicketInvalid from None
        return cls(reply_id=reply_id, bearer_id=UUID(bearer_id), dialect=dialect, options=options, headers=headers)
