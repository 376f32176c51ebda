"""What can go wrong between a user and a room."""

from http import HTTPStatus

from config.errors import NotFound, Problem


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
