"""Accepts a message in OpenAI's dialect as `conversation.send` accepts every other one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from rest_framework.request import Request

from accounts.api_keys.scopes import require
from accounts.current_user import current_bearer, current_key, current_user
from accounts.idempotency import Made, idempotent
from accounts.models import Scope
from chatrooms import conversation, rooms
from chatrooms.attachments import attaching
from chatrooms.exceptions import MessageNotFound
from chatrooms.limits import tier_of_request
from chatrooms.live_redirects import to_live_reply
from chatrooms.models import Reply, RoomKind
from chatrooms.openai import errors, inline_files
from chatrooms.openai.inline_files import InlineFile
from chatrooms.openai.said import Said
from chatrooms.replies.asked import Asked


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
    kind: RoomKind,
    room_id: int | None,
    respond: Callable[[Accepted], Any],
    status: int,
) -> Any:
    """Accept a message once for each `Idempotency-Key`.

    Args:
        request: of a user.
        route: its name for `idempotent`.
        said: what the client says, complete.
        asked: what the reply shall be.
        kind: of the room.
        room_id: the room; None for a new one.
        respond: renders what was accepted.
        status: of that response.

    Raises:
        MessageNotFound: the request repeats one whose reply was deleted since.
        ScopeMissing: the key may not read the files.
        As `conversation.send` and `inline_files.keep` raise them.
    """
    user_id, key, tier = current_user(request).pk, current_key(request), tier_of_request(request)
    if key and any(isinstance(file, int) for file in said.attached):  # the model would read them to it
        require(key, Scope.FILES)
    attaching.check_number(files=said.attached, most=tier.files_per_message)
    inline = [file for file in said.attached if isinstance(file, InlineFile)]
    kept = iter(inline_files.keep(user_id=user_id, tier=tier, files=inline))
    file_ids = [file if isinstance(file, int) else next(kept) for file in said.attached]

    def send() -> Made:
        with transaction.atomic():
            room = room_id or rooms.create_hidden(user_id=user_id, kind=kind).pk
            sent = conversation.send(
                user_id=user_id,
                room_id=room,
                kind=kind,
                content=said.question,
                file_ids=file_ids,
                tier=tier,
                api_key=key,
                asked=asked,
            )
        return Made(object_id=sent.row["current__id"], data=errors.rate_limits(sent.unit.headers))

    def answer(made: Made) -> Any:
        headers = made.data
        if headers is None:
            if not Reply.objects.filter(pk=made.object_id, user_id=user_id).exists():
                raise MessageNotFound
            headers = {"Idempotency-Replayed": "true"}
        return respond(Accepted(reply_id=made.object_id, headers=headers))

    return idempotent(request, route=route, status=status, make=send, respond=answer)


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
