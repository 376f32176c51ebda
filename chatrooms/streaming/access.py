"""Who may read a reply's stream."""

from dataclasses import dataclass
from uuid import UUID

from accounts import bearers
from accounts.api_keys import scopes
from accounts.current_user import Bearer
from accounts.models import ApiKey, Scope
from chatrooms.exceptions import MessageNotFound
from chatrooms.models import Reply
from chatrooms.streaming.request import StreamRequest
from chatrooms.tickets import Ticket
from config.http.problems import NotAuthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A reply that was requested, and the session or API key that may read it."""

    user_id: int
    bearer_id: UUID
    reply: Reply


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
