"""Which room and which message the ids of a client mean, and what it asks for.

A chat whose id is a number is the room of that id. Any other id is the client's own name for a room of the user's,
which is created with its first message.
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from accounts import idempotency
from accounts.models import ApiKey, User
from billing.models import Tier
from chatrooms import conversation, rooms
from chatrooms.attachments import attaching
from chatrooms.exceptions import MessageNotFound, ReplyIsFinal, RoomNotFound
from chatrooms.models import Chatroom, ExternalId, Message, Reply, Role, Status
from chatrooms.openai import inline_files
from chatrooms.openai.inline_files import InlineFile

MAX_CHAT_ID: Final = 100
CHAT_ID: Final = re.compile(r"^[A-Za-z0-9_.~:@-]+$")
"""What stands in a URL as it is."""

OWN_ID: Final = re.compile(r"[0-9]+")

SENT: Final = "ui message"
SENT_BY_KEY: Final = "ui message by key"
REGENERATED: Final = "ui regeneration"
"""Routes of idempotency keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a client asked for.

    Attributes:
        chat_id: the client's id of the chat.
        message_id: the client's id of the last message of the user's.
        content: its text.
        files: what is attached to it, in order.
        target_id: the message to change, or the message or reply to regenerate, if the client named one.
        key: the request's Idempotency-Key.
    """

    chat_id: str
    message_id: str
    content: str = ""
    files: tuple[InlineFile, ...] = ()
    target_id: str | None = None
    key: str | None = None


def room_of(*, user_id: int, chat_id: str) -> int | None:
    """The id of a chat's room; None if the client's name has none yet.

    Raises:
        RoomNotFound: the id is a room's own, and none of the user's has it; or it is none that a chat can have.
    """
    if not CHAT_ID.fullmatch(chat_id):
        raise RoomNotFound
    mine = Chatroom.objects.listed().filter(user_id=user_id)
    is_own = OWN_ID.fullmatch(chat_id) is not None
    named = mine.filter(pk=int(chat_id)) if is_own else mine.filter(external__external_id=chat_id)
    room_id: int | None = named.values_list("pk", flat=True).first()
    if room_id is None and is_own:
        raise RoomNotFound
    return room_id


def submit(*, user_id: int, turn: Turn, tier: Tier, api_key: ApiKey | None) -> int:
    """Send a message, or change the one that the client names; return its id.

    The client's id of the message is an idempotency key in its chat, and the request's own key is a second one: the
    same message again changes nothing, but a reply that failed is retried, as `useChat` asks for it.

    The files of a message that is known are left as they are.

    Raises:
        RoomNotFound: as `room_of` raises it.
        TooManyFiles, FileTooLarge and the other refusals of files: as `inline_files.keep` raises them.
        IdempotencyInFlight, IdempotencyKeyReused, InvalidIdempotencyKey: as `idempotency.once` raises them.
        NotLastMessage, ReplyInProgress: as `conversation.edit` raises them.
        QuotaExceeded and the other refusals of a charge: as `conversation.send` raises them.
    """
    room_id = room_of(user_id=user_id, chat_id=turn.chat_id)
    if room_id and turn.target_id and (found := _message(user_id, room_id, turn, turn.target_id)):
        _send_again(found, turn, api_key)
        return int(found.pk)

    chat = _name_of(room_id, turn.chat_id)
    own_key = _key_of(chat, turn.message_id)
    file_ids: list[int] = []
    if turn.files and not _is_known(user_id, own_key, turn.key):
        attaching.check_number(files=turn.files, most=tier.files_per_message)
        file_ids = inline_files.keep(user_id=user_id, tier=tier, files=turn.files)

    def send() -> int:
        """Make the room together with its first message: one that is refused leaves none."""
        room = room_id or _named_room(user_id=user_id, chat_id=turn.chat_id, api_key=api_key)
        sent = conversation.send(
            user_id=user_id, room_id=room, content=turn.content, file_ids=file_ids, tier=tier, api_key=api_key
        )
        return sent.pk

    files = [[file.name, hashlib.sha256(file.content).hexdigest()] for file in turn.files]
    names: dict[str, Any] = {
        "user_id": user_id,
        "body": {"chat": chat, "content": turn.content, "files": files},
        "status": 303,
    }

    def send_once() -> int:
        """Keep the message's own id, by which the client names it later, whether or not the request has a key."""
        return idempotency.once(**names, route=SENT, key=own_key, work=send).object_id

    return idempotency.once(**names, route=SENT_BY_KEY, key=turn.key, work=send_once).object_id


def regenerate(*, user_id: int, turn: Turn, api_key: ApiKey | None) -> int:
    """Request a further reply, to the last message unless the client names another; return the message's id.

    Raises:
        RoomNotFound: as `room_of` raises it.
        MessageNotFound: the chat has no such message.
        ReplyInProgress, QuotaExceeded and the other refusals: as `conversation.regenerate` raises them.
    """
    room_id = room_of(user_id=user_id, chat_id=turn.chat_id)
    found = _message_to_regenerate(user_id, room_id, turn) if room_id else None
    if found is None:
        raise MessageNotFound
    message_id: int = found.pk

    def work() -> int:
        conversation.regenerate(user_id=user_id, message_id=message_id, api_key=api_key)
        return message_id

    body = {"message": message_id}
    return idempotency.once(
        user_id=user_id, route=REGENERATED, key=turn.key, body=body, status=303, work=work
    ).object_id


def reply_to(*, user_id: int, message_id: int) -> Reply:
    """The current reply to a message.

    Raises:
        MessageNotFound: it was deleted meanwhile.
    """
    reply: Reply | None = Reply.objects.filter(answers_id=message_id, user_id=user_id, is_current=True).first()
    if reply is None:
        raise MessageNotFound
    return reply


def unfinished_reply(*, user_id: int, chat_id: str) -> Reply | None:
    """The reply that is under way in a chat, the newest if several are; None if there is none.

    Raises:
        RoomNotFound: as `room_of` raises it.
    """
    room_id = room_of(user_id=user_id, chat_id=chat_id)
    mine = Reply.objects.filter(room_id=room_id, user_id=user_id, is_current=True)
    found: Reply | None = mine.unknown().order_by("-pk").first() if room_id else None
    return found


def stop(*, user_id: int, chat_id: str) -> None:
    """Stop the reply that is under way in a chat, if there is one.

    Raises:
        RoomNotFound: as `room_of` raises it.
    """
    reply = unfinished_reply(user_id=user_id, chat_id=chat_id)
    if reply is not None:
        with suppress(ReplyIsFinal, MessageNotFound):  # it has ended since
            conversation.stop(user_id=user_id, message_id=reply.question.pk)


def _named_room(*, user_id: int, chat_id: str, api_key: ApiKey | None) -> int:
    """The room of a client's name, created if there is none. The lock of the user orders two first messages."""
    User.touch_rooms(user_id)
    found = room_of(user_id=user_id, chat_id=chat_id)
    if found is None:
        found = rooms.create(user_id=user_id, api_key=api_key).pk
        ExternalId.objects.create(room_id=found, user_id=user_id, external_id=chat_id)
    return found


def _send_again(message: Message, turn: Turn, api_key: ApiKey | None) -> None:
    names: dict[str, Any] = {"user_id": message.user_id, "message_id": message.pk, "api_key": api_key}
    if message.content != turn.content:
        conversation.edit(content=turn.content, **names)
    elif Reply.objects.filter(answers=message, is_current=True, status=Status.FAILED).exists():
        conversation.retry(**names)


def _message_to_regenerate(user_id: int, room_id: int, turn: Turn) -> Message | None:
    if turn.target_id:
        named = _message(user_id, room_id, turn, turn.target_id)
        return named or _message(user_id, room_id, turn, turn.message_id)
    last = Message.objects.in_room(room_id).filter(user_id=user_id).order_by("-pk")
    return _message(user_id, room_id, turn, turn.message_id) or last.first()


def _name_of(room_id: int | None, chat_id: str) -> str:
    """One name for a chat, whose room has an id of its own, and may have one of the client's as well."""
    if room_id is None or not OWN_ID.fullmatch(chat_id):
        return chat_id
    external: str | None = ExternalId.objects.filter(room_id=room_id).values_list("external_id", flat=True).first()
    return external or str(room_id)


def _key_of(chat: str, ui_id: str) -> str:
    """The idempotency key of a message: clients count from 0 in each chat. Hashed, since both may be long."""
    return hashlib.sha256(f"{chat}/{ui_id}".encode()).hexdigest()


def _is_known(user_id: int, own_key: str, key: str | None) -> bool:
    known = idempotency.object_of(user_id=user_id, route=SENT, key=own_key)
    if known is None and key is not None:
        known = idempotency.object_of(user_id=user_id, route=SENT_BY_KEY, key=key)
    return known is not None


def _message(user_id: int, room_id: int, turn: Turn, ui_id: str) -> Message | None:
    """The user's message that a client means: by its own id, or a reply's, or by the one that it was sent under."""
    mine = Message.objects.filter(user_id=user_id, room_id=room_id)
    found: Message | None = mine.filter(pk=int(ui_id)).first() if OWN_ID.fullmatch(ui_id) else None
    if found is None:
        key = _key_of(_name_of(room_id, turn.chat_id), ui_id)
        found = mine.filter(pk=idempotency.object_of(user_id=user_id, route=SENT, key=key)).first()
    return found if found is None or found.role == Role.USER else found.answers
