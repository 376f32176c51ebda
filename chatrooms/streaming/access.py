"""Who may read a reply's stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts import bearers
from accounts.api_keys import scopes
from accounts.current_user import Bearer
from accounts.models import ApiKey, Scope
from chatrooms.exceptions import MessageNotFound
from chatrooms.models import Reply
from chatrooms.streaming.request import StreamRequest
from chatrooms.tickets import DialectTicket, Ticket
from config.http.problems import NotAuthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A reply that was requested, and the session or API key that may read it."""

    user_id: int
    bearer_id: UUID
    reply: Reply
    dialect: str = ""
    """In which it is sent, with the options and headers of the ticket; empty for our own format."""
    options: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def authorize(request: StreamRequest) -> Access:
    """Return the reply whose stream the request may read.

    Raises:
        TicketInvalid, TokenInvalid, TokenExpired, SessionEnded, NotAuthenticated: the client is not authenticated.
        ApiKeyInvalid, ApiKeyExpired, ApiKeyEnded: nor by a key.
        ScopeMissing: the key may not read.
        MessageNotFound: the message is not one of the user's.
    """
    bearer, reply_id = _bearer_of(request)
    request.user_id = bearer.user_id  # here, so that the log names who was refused, too
    mine = Reply.objects.filter(answers_id=request.message_id, user_id=bearer.user_id)
    reply = (mine.filter(pk=reply_id) if reply_id else mine.filter(is_current=True)).first()
    if reply is None:
        raise MessageNotFound
    return Access(user_id=bearer.user_id, bearer_id=bearer.pk, reply=reply)


def authorize_by_ticket(request: StreamRequest) -> Access:
    """Return the reply that the ticket in the URL opens in a dialect; what is in the headers does not count.

    Raises:
        NotAuthenticated, TicketInvalid, SessionEnded: there is no ticket that works.
        MessageNotFound: the ticket is for another reply, or the reply was deleted.
    """
    text = request.query.get("ticket", [""])[0]
    if not text:
        raise NotAuthenticated
    ticket = DialectTicket.parse(text)
    bearer = bearers.living(ticket.bearer_id)
    request.user_id = bearer.user_id
    reply = Reply.objects.filter(pk=ticket.reply_id, user_id=bearer.user_id).first()
    if reply is None or reply.pk != request.reply_id:
        raise MessageNotFound
    return Access(
        user_id=bearer.user_id,
        bearer_id=bearer.pk,
        reply=reply,
        dialect=ticket.dialect,
        options=ticket.options,
        headers=ticket.headers,
    )


def _bearer_of(request: StreamRequest) -> tuple[Bearer, int | None]:
    """Return the session or key, and the one reply that a ticket opens; what is in the header counts before a ticket.

    A key that a ticket names needs no scope: it got the ticket with a message that it may read, or has sent.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        bearer = bearers.bearer_of(token.strip())
        if isinstance(bearer, ApiKey):
            scopes.require(bearer, Scope.ROOMS_READ)
        return bearer, None
    if text := request.query.get("ticket", [""])[0]:
        ticket = Ticket.parse(text)
        return bearers.living(ticket.bearer_id), ticket.reply_id
    raise NotAuthenticated
