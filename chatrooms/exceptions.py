"""What can go wrong between a user and a room."""

from http import HTTPStatus
from typing import Final

from billing.exceptions import TOKENS_USED_UP
from config.http.problems import InternalError, NotFound, Problem
from gemini.exceptions import codes

WORKER_LOST: Final = "worker_lost"
"""The workers that made the answer died, all of them."""

REPLY_ERRORS: Final = sorted({*codes(), *(kind.code for kind in TOKENS_USED_UP), InternalError.code, WORKER_LOST})
"""Why a reply failed; docs/errors.md says what each means."""


class RoomNotFound(NotFound):
    """No such room, or somebody else's."""

    detail = "No such chatroom."


class MessageNotFound(NotFound):
    """No such message, or somebody else's, or the id of a reply."""

    detail = "No such message."


class TooManyRooms(Problem):
    """The account holds as many rooms as it may."""

    status = HTTPStatus.CONFLICT
    code = "too_many_rooms"
    title = "You have as many chatrooms as an account may have"
    detail = "Delete one first."


class TooManyWaiting(Problem):
    """The user has as many unfinished replies as the tier allows; nothing was stored or charged."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_waiting"
    title = "Too many of your messages are still waiting for an answer"


class ReplyInProgress(Problem):
    """The room has an unfinished reply; what is asked for needs it to be over."""

    status = HTTPStatus.CONFLICT
    code = "reply_in_progress"
    title = "An answer in this chatroom is not finished yet"
    detail = "Wait for it, or stop it."


class ReplyIsFinal(Problem):
    """There is nothing to stop."""

    status = HTTPStatus.CONFLICT
    code = "reply_is_final"
    title = "The answer is finished already"


class ReplyHasNotFailed(Problem):
    """Only a failed reply is retried."""

    status = HTTPStatus.CONFLICT
    code = "reply_has_not_failed"
    title = "The answer has not failed"
    detail = "Regenerate it for another one."


class NotLastMessage(Problem):
    """Only the last message of a room can be edited: what follows answered the old text."""

    status = HTTPStatus.CONFLICT
    code = "not_last_message"
    title = "Only the last message of a chatroom can be edited"


class ModelNotAllowed(Problem):
    """The tier does not have this model, or nobody does."""

    status = HTTPStatus.FORBIDDEN
    code = "model_not_allowed"
    title = "Your tier does not have this model"


class TicketInvalid(Problem):
    """The ticket in the address is not one of ours, or older than five minutes."""

    status = HTTPStatus.UNAUTHORIZED
    code = "ticket_invalid"
    title = "The ticket in the address is not valid any more"
    detail = "Get the message again; its stream_url has a new one."


class TooManyStreams(Problem):
    """The user holds as many streams open as one may."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_streams"
    title = "You have too many streams open"
    detail = "Close one first."


class StreamUnavailable(Problem):
    """Live replies cannot be had at this moment; the answer can, from the message."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "stream_unavailable"
    title = "The stream is not to be had just now"
    detail = "The answer is on its way all the same: get the message."
