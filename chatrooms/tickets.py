"""The ticket in a `stream_url`: it opens one reply's stream for clients that send no header (EventSource, curl)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self
from uuid import UUID

from django.core import signing

from chatrooms.exceptions import TicketInvalid

LIFETIME: Final = timedelta(minutes=5)
"""How long it can open a stream; an open stream stays open."""

SALT: Final = "chatrooms.tickets"


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
