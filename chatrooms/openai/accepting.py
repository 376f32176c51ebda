"""Accepts a message in OpenAI's dialect as `conversation.send` accepts every other one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from rest_framework.request import Request

from accounts.api_keys.scopes import require
from accounts.current_user import current_bearer, current_key, current_user
from accounts.idempotency import Made, idempotent, object_of
from accounts.models import Scope, User
from chatrooms import conversation, rooms
from chatrooms.attachments import attaching
from chatrooms.exceptions import MessageNotFound
from chatrooms.limits import tier_of_request
from chatrooms.live_redirects import to_live_reply
from chatrooms.models import Reply, RoomKind
from chatrooms.openai import errors, inline_files
from chatrooms.openai.inline_files import InlineFile
from chatrooms.openai.said import Said, too_long
from chatrooms.replies.asked import Asked
from chatrooms.replies.context import tokens_asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The room of a message, and what its reply shall be there."""

    room_id: int
    kind: RoomKind
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A reply that was asked for, now or by the request that this one repeats; `headers` of the response."""

    reply_id: int
    headers: Mapping[str, str]


def accept(
    request: Request,
    *,
    route: str,
    said: Said,
    asked: Asked,
    place: Callable[[Asked], Place],
    respond: Callable[[Accepted], Any],
    status: int,
    param: str,
) -> Any:
    """Accept a message once for each `Idempotency-Key`.

    Args:
        request: of a user.
        route: its name for `idempotent`.
        said: what the client says, complete.
        asked: what the reply shall be.
        place: finds or makes the room, in the transaction of the message, with the user's row locked.
        respond: renders what was accepted.
        status: of that response.
        param: to blame if all that was said is too long.

    Raises:
        ContextTooLong: with what was said before, and with all files, it does not fit into the tier's context.
        MessageNotFound: the request repeats one whose reply was deleted since.
        ScopeMissing: the key may not read the files.
        As `place`, `conversation.send` and `inline_files.keep` raise them.
    """
    user_id, tier = current_user(request).pk, tier_of_request(request)
    file_ids: list[int] = []
    if not _is_repeat(request, route):
        file_ids = _file_ids(request, said)
        asked = replace(asked, turns=[_with_ids(turn, file_ids) for turn in asked.turns])

    def send() -> Made:
        with transaction.atomic():
            User.touch_rooms(user_id)
            placed = place(asked)
            sent = conversation.send(
                user_id=user_id,
                room_id=placed.room_id,
                kind=placed.kind,
                content=said.question,
                file_ids=file_ids,
                tier=tier,
                api_key=current_key(request),
                asked=placed.asked,
            )
            tokens = tokens_asked(asked=placed.asked, question=said.question, file_ids=file_ids, user_id=user_id)
            if tokens > tier.context_tokens:
                raise too_long(tokens, tier, param=param)
        return Made(object_id=sent.row["current__id"], data=errors.rate_limits(sent.unit.headers))

    def answer(made: Made) -> Any:
        headers = _headers_of_repeat(made, user_id) if made.data is None else made.data
        return respond(Accepted(reply_id=made.object_id, headers=headers))

    return idempotent(request, route=route, status=status, make=send, respond=answer)


def _headers_of_repeat(made: Made, user_id: int) -> dict[str, str]:
    if not Reply.objects.filter(pk=made.object_id, user_id=user_id).exists():
        raise MessageNotFound
    return {"Idempotency-Replayed": "true"}


def _is_repeat(request: Request, route: str) -> bool:
    """Whether the message was accepted before, so that its files are kept already."""
    key = request.headers.get("Idempotency-Key")
    return key is not None and object_of(user_id=current_user(request).pk, route=route, key=key) is not None


def _file_ids(request: Request, said: Said) -> list[int]:
    """The ids of all files, of which those within the request are kept first."""
    key, tier = current_key(request), tier_of_request(request)
    if key and any(isinstance(file, int) for file in said.attached):  # the model would read them to it
        require(key, Scope.FILES)
    attaching.check_number(files=said.attached, most=tier.files_per_message)
    inline = [file for file in said.attached if isinstance(file, InlineFile)]
    kept = iter(inline_files.keep(user_id=current_user(request).pk, tier=tier, files=inline))
    return [file if isinstance(file, int) else next(kept) for file in said.attached]


def _with_ids(turn: dict[str, Any], file_ids: list[int]) -> dict[str, Any]:
    """A turn that names its files by their ids, in place of their numbers."""
    return {**turn, "files": [file_ids[number] for number in turn["files"]]} if "files" in turn else turn


def new_place(request: Request, *, kind: RoomKind, asked: Asked) -> Place:
    """A room of its own."""
    room = rooms.create_hidden(user_id=current_user(request).pk, kind=kind)
    return Place(room_id=room.pk, kind=kind, asked=asked)


def redirect(request: Request, accepted: Accepted, *, dialect: str, options: Mapping[str, Any]) -> Any:
    """Send the client on to the reply."""
    return to_live_reply(
        request,
        reply_id=accepted.reply_id,
        bearer_id=current_bearer(request).pk,
        dialect=dialect,
        options=options,
        headers=accepted.headers,
    )
