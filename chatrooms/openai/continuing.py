"""Where the message of a response goes: to a conversation, after an earlier response, or to a room of its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rest_framework.request import Request

from accounts.current_user import current_user
from chatrooms.exceptions import ReplyInProgress, RoomNotFound
from chatrooms.models import READABLE, UNFINISHED, Message, Reply, Role, RoomKind
from chatrooms.openai.accepting import Place, new_place
from chatrooms.openai.errors import InvalidParameter, ResponseNotFound
from chatrooms.openai.response_object import CONVERSATION, PREFIX, number_in
from chatrooms.openai.response_request import ResponseRequest
from chatrooms.replies.asked import Asked
from chatrooms.replies.context import Exchange, exchanges


def place_of(request: Request, body: ResponseRequest, asked: Asked) -> Place:
    """The room for a request, in the transaction of its message, with the user's row locked.

    Raises:
        RoomNotFound, ResponseNotFound: what it goes on from is not one of the user's.
        ReplyInProgress: the earlier response is not finished.
        InvalidParameter: the earlier response failed; or a conversation is given more than a message.
    """
    if body.conversation_id is not None:
        room_id = number_in(body.conversation_id, CONVERSATION)
        if room_id is None:
            raise RoomNotFound
        if asked.turns:
            raise InvalidParameter("A conversation takes one message at a time.", param="input")
        return Place(room_id=room_id, kind=RoomKind.CHAT, asked=asked)
    kind = RoomKind.RESPONSE if body.store else RoomKind.COMPLETION
    if body.previous_response_id is None:
        return new_place(request, kind=kind, asked=asked)
    earlier = response_of(current_user(request).pk, body.previous_response_id)
    if earlier.status in UNFINISHED:
        raise ReplyInProgress
    if earlier.status not in READABLE:
        raise InvalidParameter("That response failed.", param="previous_response_id")
    before = Asked.of(earlier).turns
    if kind == earlier.room.kind and not asked.turns and _is_newest(earlier):
        return Place(room_id=earlier.room_id, kind=kind, asked=asked.after(before))
    return _fork(request, kind, earlier, asked)


def response_of(user_id: int, text: str) -> Reply:
    """A response by its id, with its room and its message.

    Raises:
        ResponseNotFound: it is not one of the user's, or was not stored.
    """
    number = number_in(text, PREFIX)
    found = Reply.objects.filter(pk=number, user_id=user_id, asked__has_key="repeated").exclude(
        room__kind=RoomKind.COMPLETION
    )
    reply: Reply | None = found.select_related("room", "answers").first() if number is not None else None
    if reply is None:
        raise ResponseNotFound
    return reply


def _is_newest(reply: Reply) -> bool:
    later = Message.objects.filter(room_id=reply.room_id, role=Role.USER, pk__gt=reply.question.pk)
    return not later.exists()


def _fork(request: Request, kind: RoomKind, earlier: Reply, asked: Asked) -> Place:
    """A room of its own, for which all that was said until then is copied."""
    said = exchanges(room_id=earlier.room_id, after=0, before=earlier.question.pk + 1, newest_first=True)
    turns: list[dict[str, Any]] = Asked.of(earlier).turns + _turns_of(said[::-1]) + asked.turns
    return new_place(request, kind=kind, asked=replace(asked, turns=turns))


def _turns_of(said: Sequence[Exchange]) -> list[dict[str, Any]]:
    return [
        turn
        for exchange in said
        for turn in (
            {"role": "user", "text": exchange.message, "files": [file["id"] for file in exchange.files]},
            {"role": "model", "text": exchange.reply},
        )
    ]
