"""The export of a room, and the sections about rooms for `accounts.personal_data.export`."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from accounts.downloads import in_pages
from accounts.personal_data.export import rows
from chatrooms.markdown import closed, on_one_line
from chatrooms.models import READABLE, Chatroom, ExternalId, Message, Revision, Role, Summary

ROOM_FIELDS: Final = (
    "id",
    "kind",
    "name",
    "pinned",
    "archived",
    "system_instruction",
    "model",
    "temperature",
    "thinking",
    "show_thoughts",
    "search",
    "response_schema",
    "created_at",
    "updated_at",
)
MESSAGE_FIELDS: Final = (
    "id",
    "room_id",
    "role",
    "answers_id",
    "is_current",
    "status",
    "content",
    "model",
    "error",
    "finish_reason",
    "prompt_tokens",
    "output_tokens",
    "tokens_estimated",
    "cached_tokens",
    "tool_tokens",
    "thought_tokens",
    "parts",
    "response_id",
    "service_tier",
    "asked",
    "created_at",
    "edited_at",
    "finished_at",
)


def rooms(user_id: int) -> Iterable[Any]:
    return rows(Chatroom.objects.filter(user_id=user_id), *ROOM_FIELDS)


def external_ids(user_id: int) -> Iterable[Any]:
    """What clients call the rooms."""
    return rows(ExternalId.objects.filter(user_id=user_id), "room_id", "external_id")


def messages(user_id: int) -> Iterable[Any]:
    """Return all messages and replies; a reply names its message by `answers_id`."""
    return rows(Message.objects.filter(user_id=user_id), *MESSAGE_FIELDS)


def revisions(user_id: int) -> Iterable[Any]:
    """Return the earlier texts of edited messages."""
    return rows(Revision.objects.filter(message__user_id=user_id), "message_id", "content", "written_at")


def summaries(user_id: int) -> Iterable[Any]:
    """Return the notes that the model gets in place of the oldest turns of long rooms."""
    return rows(Summary.objects.filter(room__user_id=user_id), "room_id", "content", "upto", "updated_at")


def room_as_json(room: Chatroom) -> Iterator[str]:
    """Yield a room with its messages and their current replies as JSON."""
    head = {name: getattr(room, name) for name in ("id", "name", "system_instruction", "model", "temperature")}
    yield f'{json.dumps(head, ensure_ascii=False)[:-1]}, "messages": ['
    for number, message in enumerate(_conversation(room)):
        reply = message.reply
        exported = {
            "id": message.pk,
            "content": message.content,
            "created_at": message.created_at.isoformat(),
            "files": message.files or [],
            "answer": reply.content if reply.status in READABLE else None,
            "status": reply.status,
            "model": reply.model or None,
        }
        yield f"{',' if number else ''}\n  {json.dumps(exported, ensure_ascii=False)}"
    yield "]}\n"


def room_as_markdown(room: Chatroom) -> Iterator[str]:
    """Yield a room as Markdown, for a person to read."""
    yield f"# {on_one_line(room.name)}\n"
    for message in _conversation(room):
        reply = message.reply
        yield f"\n**You**, {message.created_at:%Y-%m-%d %H:%M} UTC\n\n{closed(message.content)}\n"
        yield "".join(f"\n*File: {on_one_line(file['name'])}*\n" for file in message.files or [])
        if reply.status in READABLE and reply.content:
            stopped = " (stopped)" if reply.status == "stopped" else ""
            yield f"\n**{reply.model or 'Gemini'}**{stopped}\n\n{closed(reply.content)}\n"
        elif reply.error:
            yield f"\n*No reply: {reply.error}.*\n"


def _conversation(room: Chatroom) -> Iterator[Message]:
    """Yield the messages in their order with their replies, a page at a time."""
    written = Message.objects.in_room(room.pk).filter(role=Role.USER).with_reply()
    return (message for message in in_pages(written) if message.current_replies)
