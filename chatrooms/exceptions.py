"""The errors of chatrooms, messages, replies and streams."""

from http import HTTPStatus
from typing import Final

from billing.exceptions import TOKENS_USED_UP
from chatrooms.attachments.exceptions import StorageUnavailable
from config.http.problems import InternalError, NotFound, Problem
from gemini.exceptions import codes

WORKER_LOST: Final = "worker_lost"
"""Every worker that generated the reply died."""

REPLY_ERRORS: Final = sorted(
    {
        *codes(),
        *(kind.code for kind in TOKENS_USED_UP),
        InternalError.code,
        StorageUnavailable.code,
        WORKER_LOST,
    }
)
"""Why a reply failed; docs/errors.md explains each code."""


class RoomNotFound(NotFound):
    """There is no such room, or it belongs to another account."""

    detail = "No such chatroom."


class MessageNotFound(NotFound):
    """There is no such message, or it belongs to another account, or the id is that of a reply."""

    detail = "No such message."


class TooManyRooms(Problem):
    """The account has `ROOMS_PER_USER` rooms."""

    status = HTTPStatus.CONFLICT
    code = "too_many_rooms"
    title = "You have too many chatrooms"
    detail = "Delete one first."


class TooManyWaiting(Problem):
    """The user has as many unfinished replies as the tier allows; nothing was stored or charged."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_waiting"
    title = "Too many of your messages are still waiting for a reply"


class ReplyInProgress(Problem):
    """The room has an unfinished reply, and the request needs it to be finished."""

    status = HTTPStatus.CONFLICT
    code = "reply_in_progress"
    title = "A reply in this chatroom is not finished yet"
    detail = "Wait for it, or stop it."


class ReplyIsFinal(Problem):
    """There is nothing to stop."""

    status = HTTPStatus.CONFLICT
    code = "reply_is_final"
    title = "The reply is finished already"


class ReplyHasNotFailed(Problem):
    """Only a failed reply can be retried."""

    status = HTTPStatus.CONFLICT
    code = "reply_has_not_failed"
    title = "The reply has not failed"
    detail = "To get another one, regenerate it."


class NotLastMessage(Problem):
    """Only the last message of a room can be edited: later ones build on the old text."""

    status = HTTPStatus.CONFLICT
    code = "not_last_message"
    title = "Only the last message of a chatroom can be edited"


class ModelNotAllowed(Problem):
    """The tier does not have this model, or the API key may not use it."""

    status = HTTPStatus.FORBIDDEN
    code = "model_not_allowed"
    title = "This model is not available to you"


class TicketInvalid(Problem):
    """The ticket in the URL was not issued here, or is older than five minutes."""

    status = HTTPStatus.UNAUTHORIZED
    code = "ticket_invalid"
    title = "The ticket in the URL is not valid"
    detail = "Get the message again; its stream_url has a new one."


class TooManyStreams(Problem):
    """The user has as many open streams as allowed."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_streams"
    title = "You have too many open streams"
    detail = "Close one first."


class StreamUnavailable(Problem):
    """The stream is unavailable at the moment; the message still gets its reply."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "stream_unavailable"
    title = "The stream is not available at the moment"
    detail = "The reply is generated all the same: get the message."
