"""Who may read a reply's stream."""

from dataclasses import dataclass
from uuid import UUID

from accounts import tokens
from accounts.models import Session
from chatrooms.exceptions import MessageNotFound
from chatrooms.models import Reply
from chatrooms.streaming.request import StreamRequest
from chatrooms.tickets import Ticket
from config.http.problems import NotAuthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A reply that was requested, and the session that may read it."""

    user_id: int
    session_id: UUID
    reply: Reply


def authorize(request: StreamRequest) -> Access:
    """Return the reply whose stream the request may read.

    Raises:
        TicketInvalid, TokenInvalid, TokenExpired, SessionEnded, NotAuthenticated: the client is not authenticated.
        MessageNotFound: the message is not one of the user's.
    """
    session, reply_id = _session_of(request)
    request.user_id = session.user_id  # here, so that the log names who was refused, too
    mine = Reply.objects.filter(answers_id=request.message_id, user_id=session.user_id)
    reply = (mine.filter(pk=reply_id) if reply_id else mine.filter(is_current=True)).first()
    if reply is None:
        raise MessageNotFound
    return Access(user_id=session.user_id, session_id=session.pk, reply=reply)


def _session_of(request: StreamRequest) -> tuple[Session, int | None]:
    """Return the session, and the one reply that a ticket opens; an access token counts before a ticket."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return tokens.session_of(token.strip()), None
    if text := request.query.get("ticket", [""])[0]:
        ticket = Ticket.parse(text)
        return tokens.living_session(ticket.session_id), ticket.reply_id
    raise NotAuthenticated
