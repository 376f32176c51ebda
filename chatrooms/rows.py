"""How rooms and messages are read from the database for the API, and shown as JSON.

These requests make up most of the load, so neither models nor serializers are made for each row. `MessageSerializer`
and `RoomSerializer` describe the same JSON for the OpenAPI document; a test holds both to be equal.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import FilteredRelation, Q, QuerySet

from chatrooms.models import READABLE, UNFINISHED, Chatroom, Message, MessageQuerySet
from chatrooms.tickets import Ticket
from config.http.fields import json_time
from config.infrastructure.compiled import compiled

Row = Mapping[str, Any]
"""A row by the names of its columns."""

ROOM: Final = (
    *("id", "user_id", "name", "pinned", "archived", "system_instruction", "model", "temperature"),
    *("thinking", "show_thoughts", "search", "response_schema", "created_at", "updated_at"),
)
MESSAGE: Final = ("id", "room_id", "user_id", "role", "content", "created_at", "edited_at", "files")
REPLY: Final = (
    *("id", "status", "model", "error", "finish_reason", "prompt_tokens", "output_tokens", "tokens_estimated"),
    *("cached_tokens", "tool_tokens", "thought_tokens", "response_id", "service_tier", "retry_code"),
    *("next_attempt_at", "started_at", "finished_at", "parts", "content"),
)


def with_current_reply(messages: MessageQuerySet) -> QuerySet[Message, Any]:
    """The rows of `message_json`: messages of the user, each with its current reply."""
    joined = messages.annotate(current=FilteredRelation("replies", condition=Q(replies__is_current=True)))
    shown: QuerySet[Message, Any] = joined.filter(current__isnull=False).values(
        *MESSAGE, *(f"current__{name}" for name in REPLY)
    )
    return shown


@compiled
def message(user_id: int, message_id: int) -> QuerySet[Message, Any]:
    """One of the user's messages."""
    return with_current_reply(Message.objects.of_user(user_id).filter(pk=message_id))


@compiled
def newest_messages(user_id: int, room_id: int) -> QuerySet[Message, Any]:
    """The messages of one of the user's rooms, the newest first."""
    return with_current_reply(Message.objects.listed().in_room(room_id).filter(user_id=user_id).order_by("-id"))


@compiled
def room(user_id: int, room_id: int) -> QuerySet[Chatroom, Any]:
    """One of the user's rooms."""
    found: QuerySet[Chatroom, Any] = Chatroom.objects.listed().filter(user_id=user_id, pk=room_id).values(*ROOM)
    return found


def room_json(row: Row, *, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """A room as in the API."""
    shown = {name: row[name] for name in ROOM}
    return shown | {
        "created_at": json_time(row["created_at"]),
        "updated_at": json_time(row["updated_at"]),
        "messages": messages,
    }


def retry_json(*, code: str, at: datetime | None) -> dict[str, Any] | None:
    """Why and when a reply is attempted again; None if it does not wait for that."""
    return {"code": code, "at": json_time(at)} if code else None


def message_json(row: Row, *, bearer_id: UUID) -> dict[str, Any]:
    """A message as in the API; its `stream_url` is valid while the session or API key is."""
    status, reply_id = row["current__status"], row["current__id"]
    ticket = Ticket(reply_id=reply_id, bearer_id=bearer_id) if status in UNFINISHED else None
    return {
        "id": row["id"],
        "chatroom_id": row["room_id"],
        "user_id": row["user_id"],
        "role": row["role"],
        "content": row["content"],
        "created_at": json_time(row["created_at"]),
        "edited_at": json_time(row["edited_at"]),
        "files": row["files"] or [],
        "gemini_response": row["current__content"] if status in READABLE else None,
        "reply": {
            "id": reply_id,
            "status": status,
            "model": row["current__model"] or None,
            "error": row["current__error"] or None,
            "finish_reason": row["current__finish_reason"] or None,
            "prompt_tokens": row["current__prompt_tokens"],
            "output_tokens": row["current__output_tokens"],
            "tokens_estimated": row["current__tokens_estimated"],
            "cached_tokens": row["current__cached_tokens"],
            "tool_tokens": row["current__tool_tokens"],
            "thought_tokens": row["current__thought_tokens"],
            "response_id": row["current__response_id"] or None,
            "service_tier": row["current__service_tier"] or None,
            "retry": retry_json(code=row["current__retry_code"], at=row["current__next_attempt_at"]),
            "started_at": json_time(row["current__started_at"]),
            "finished_at": json_time(row["current__finished_at"]),
            "parts": row["current__parts"] if status in READABLE else None,
        },
        "stream_url": f"{settings.STREAM_ORIGIN}/message/{row['id']}/stream?ticket={ticket}" if ticket else None,
    }
